"""Private words, encrypted with a key for each person; the keys stand apart from the database."""
