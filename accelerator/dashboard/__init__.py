"""The volunteer's own page: promises with their next steps, what waits, hours and deeds."""
