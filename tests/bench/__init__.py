"""How fast, how small, how many: ``python -m tests.bench``."""
