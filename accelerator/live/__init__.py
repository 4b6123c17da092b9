"""Open pages that keep up: the hub streams fragments, and pages that cannot reach it ask for the same ones."""
