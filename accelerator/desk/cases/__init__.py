"""One case at the desk: its words, its people, its history, and everything a coordinator does with it."""
