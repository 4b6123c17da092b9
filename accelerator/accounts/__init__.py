"""Accounts: people who sign in, their sessions, passwords and profile."""
