"""What belongs to the request at hand: the person who asks, and the settings of the application."""

from flask import abort, current_app

from accelerator.accounts.sessions import current_viewer
from accelerator.accounts.viewer import Viewer
from accelerator.config import Settings


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def me() -> Viewer:
    """The signed-in person; routes of this kind have already checked that there is one."""
    viewer = current_viewer()
    if viewer is None:
        abort(401)
    return viewer
