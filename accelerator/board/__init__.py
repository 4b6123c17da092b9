"""The board: requests for help and the promises (claims) that volunteers make on them.

The way of a request, from URL to SQL: ``routes.py`` (URL table) → ``views.py`` → ``forms.py`` and
``queries.py`` (reading) or ``transitions.py`` (changing) → ``models.py``. Cards are drawn in ``cards.py``.
"""
