"""Appeals: what people write to the coordinators and to the auditors, and the answer that is owed to them by a date.

Two kinds of envelopes. What goes to the coordinators is sealed with a key of its own in the `vault`. Integrity
reports, and complaints about coordinators, are sealed to the auditors' public key: nobody who runs this server
can read them (`sealing`, `opening`).
"""
