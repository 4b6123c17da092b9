"""The consent as a person reads it: the version's text with the operator's name and number filled in."""

import hashlib

from accelerator.config import Settings
from accelerator.questionnaire.document import Document

#: Where no operator is named yet (a demonstration): what stands in the text instead.
NOBODY = {"kk": "(оператор әлі аталмаған)", "ru": "(оператор ещё не назван)", "en": "(no operator named yet)"}
THE_PERSON = {"kk": "сауалнамада аталған адам", "ru": "тот, кто назван в анкете", "en": "the person named in the form"}


def consent_text(document: Document, language: str, settings: Settings, *, name: str = "") -> str:
    """The whole text. ``name``: of the person whose data it is, as the law asks; on paper they write it themselves."""
    return fill(document, language, settings).replace("{name}", name or THE_PERSON[language])


def consent_hash(document: Document, language: str, settings: Settings) -> bytes:
    """SHA-256 of the text without the person's name: a hash of a name could be guessed, and the log keeps none."""
    return hashlib.sha256(fill(document, language, settings).encode()).digest()


def fill(document: Document, language: str, settings: Settings) -> str:
    return (
        document.consent.get(language, "")
        .replace("{operator}", settings.operator or NOBODY[language])
        .replace("{bin}", settings.operator_bin or "—")
        .replace("{days}", str(settings.keep_contact_days))
    )
