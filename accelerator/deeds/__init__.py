"""Good deeds: what happened, shown only as far as its doer allows."""
