"""The consent: the version's text with the operator's name, and a hash that says which text it was."""

from pathlib import Path

import pytest

from accelerator.questionnaire.consent import consent_hash, consent_text
from tests.databases import make_settings
from tests.questionnaire.documents import BUILTIN, LANGUAGES

OPERATOR = {"AOG_OPERATOR": "ОО «Көмек»", "AOG_OPERATOR_BIN": "123456789012", "AOG_KEEP_CONTACT_DAYS": "45"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_names_the_operator_the_person_and_the_term(tmp_path: Path, language: str) -> None:
    text = consent_text(BUILTIN, language, make_settings(tmp_path, **OPERATOR), name="Бота апа")
    for part in ("ОО «Көмек»", "123456789012", "Бота апа", "45"):
        assert part in text
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_an_operator_it_says_so_instead_of_a_gap(tmp_path: Path, language: str) -> None:
    text = consent_text(BUILTIN, language, make_settings(tmp_path))
    assert "{" not in text
    assert "()" not in text


def test_a_name_is_never_read_as_a_place_to_fill_in(tmp_path: Path) -> None:
    text = consent_text(BUILTIN, "en", make_settings(tmp_path, **OPERATOR), name="{operator}")
    assert "I, {operator}, agree" in text


def test_the_hash_is_of_the_text_and_not_of_the_person(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, **OPERATOR)
    hashes = {consent_hash(BUILTIN, language, settings) for language in LANGUAGES}
    assert len(hashes) == 3
    assert consent_hash(BUILTIN, "kk", settings) == consent_hash(BUILTIN, "kk", make_settings(tmp_path, **OPERATOR))
    other = make_settings(tmp_path, **(OPERATOR | {"AOG_OPERATOR_BIN": "210987654321"}))
    assert consent_hash(BUILTIN, "kk", settings) != consent_hash(BUILTIN, "kk", other)
