"""The baseline: a bare Flask page on the same server with the same settings."""

from flask import Flask

app = Flask(__name__, static_folder=None)


@app.get("/")
def hello() -> str:
    return "hello"
