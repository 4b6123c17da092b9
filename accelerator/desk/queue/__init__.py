"""The desk's queue: what burns, why it is there, and the next step as one button."""
