"""Commands as the operator types them, outside of the test's own application context."""

import contextvars

from click.testing import Result
from flask import Flask


def run_alone(app: Flask, *words: str) -> Result:
    """``flask --app wsgi …``: the result carries the exit code and the output."""
    return contextvars.Context().run(app.test_cli_runner().invoke, args=list(words))
