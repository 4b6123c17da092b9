"""Objects that live as long as the process; `accelerator.create_app` ties them to the application."""

from flask_babel import Babel

from accelerator.database import Database
from accelerator.vault.vault import Vault

db = Database()
babel = Babel()
vault = Vault()
