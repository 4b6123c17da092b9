"""The WSGI application: ``granian --interface wsgi wsgi:app``, ``flask --app wsgi …``."""

import sys

from accelerator import create_app
from accelerator.config import SettingsError

try:
    app = create_app()
except SettingsError as refused:
    sys.exit(str(refused))
