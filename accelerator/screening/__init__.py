"""What must not stand in public text: contacts, numbers of papers and cards, house numbers, collecting money.

`finding.find_private` finds it, `rules.check_public` refuses it, `marking` marks it, `looking` shows it at the desk,
`hints` asks its writer.
"""
