"""A volunteer looks at the contact of a promise: the button, the answer, and its address."""
