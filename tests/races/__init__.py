"""Many people at once, and everything that can break in the middle: the promises of the portal under stress."""
