"""The WSGI application: ``granian --interface wsgi wsgi:app``, ``flask --app wsgi …``."""

import signal
import sys

# granian's workers are forks: until they serve they have their parent's way to hear of an end, and would miss it.
signal.signal(signal.SIGTERM, signal.SIG_DFL)

from accelerator import create_app  # noqa: E402
from accelerator.config import SettingsError  # noqa: E402

try:
    app = create_app()
except SettingsError as refused:
    sys.exit(str(refused))
