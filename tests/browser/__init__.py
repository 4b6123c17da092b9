"""Walks through the pages in a real Chromium, against the real processes."""
