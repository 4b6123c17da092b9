"""Nothing of the interface is left in one language, and what is translated reads as it should."""

import csv
import gettext
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import force_locale
from jinja2 import Environment, nodes

from accelerator import formatting
from accelerator.reference import CAPABILITIES

ROOT = Path(__file__).parent.parent
TRANSLATIONS = ROOT / "accelerator" / "translations"
TEMPLATES = ROOT / "templates"
REFERENCE = ROOT / "accelerator" / "reference"
LANGUAGES = ("kk", "ru")
REMEDY = "Run `make translations`, then fill in or remove these words in accelerator/translations/{kk,ru}."

#: The English words that stay as they are in Kazakh or Russian, each with the reason.
SAME_WORDS: dict[str, str] = {}

#: Words in templates that are the same in every language, each with the reason.
NAMES = {
    "WhatsApp": "a product's name",
    "Telegram": "a product's name",
    "Қазақша": "each language is named in itself",
    "Русский": "each language is named in itself",
    "English": "each language is named in itself",
}
#: The page of samples shows words in three languages on purpose; it is open in a demonstration only.
SAMPLES = TEMPLATES / "design.html"

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
#: A tracking code given as an example, or the number of a law, is no word of any script.
CODE = re.compile(r"\b([0-9A-Z]{4}(-[0-9A-Z]{4}){3}|\d+-[IVX]+)\b")
WORD = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[A-Za-z]")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
KAZAKH = re.compile("[ӘәҒғҚқҢңӨөҰұҮүҺһІі]")
SPOKEN_ATTRIBUTES = ("alt", "aria-label", "content", "data-many", "data-offline", "data-one", "placeholder", "title")


def load(language: str) -> Catalog:
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, abort_invalid=True)  # its own header names the language and the plural forms


CATALOGUES = {language: load(language) for language in LANGUAGES}


def entries(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def key_of(message: Message) -> Any:
    """What identifies a message: its English words, both forms where there are two."""
    return tuple(message.id) if isinstance(message.id, (list, tuple)) else message.id


def forms_of(words: Any) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[Any]:
    """All words of the interface as they stand in the source now."""
    target = tmp_path_factory.mktemp("words") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    command += ["-F", str(TRANSLATIONS / "babel.cfg"), "-k", "_l", "-k", "lazy_gettext", "-o", str(target)]
    subprocess.run([*command, "accelerator", "templates"], cwd=ROOT, check=True)
    with target.open("rb") as file:
        return {key_of(message) for message in entries(read_po(file))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_the_words_of_the_source(extracted: set[Any], language: str) -> None:
    kept = {key_of(message) for message in entries(CATALOGUES[language])}
    missing, obsolete = extracted - kept, kept - extracted
    assert not missing, f"not in the {language} catalogue: {sorted(map(str, missing))}. {REMEDY}"
    assert not obsolete, f"no longer in the source: {sorted(map(str, obsolete))}. {REMEDY}"
    assert not CATALOGUES[language].obsolete, f"obsolete entries are kept. {REMEDY}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language: str) -> None:
    for_translators = [
        key_of(m) for m in entries(CATALOGUES[language]) if m.fuzzy or not all(w.strip() for w in forms_of(m.string))
    ]
    assert not for_translators, f"empty or fuzzy in {language}: {for_translators}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_left_in_english(language: str) -> None:
    left = [
        key_of(m) for m in entries(CATALOGUES[language]) if {*forms_of(m.id)} & {*forms_of(m.string)} - {*SAME_WORDS}
    ]
    assert not left, f"the same as in English: {left}. Translate them, or name the reason in SAME_WORDS."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_has_the_placeholders(language: str) -> None:
    for message in entries(CATALOGUES[language]):
        wanted = set(PLACEHOLDER.findall(forms_of(message.id)[-1]))
        for words in forms_of(message.string):
            assert set(PLACEHOLDER.findall(words)) == wanted, f"{message.id}: {words}"
            assert "%" not in PLACEHOLDER.sub("", words), f"a lone percent sign: {words}"
            assert words == words.strip(), f"spaces at an end: {words!r}"


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("kk", {0: 1, 1: 0, 2: 1, 5: 1, 11: 1, 21: 1}),
        ("ru", {0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 21: 0, 22: 1}),
    ],
)
def test_plural_formulas(language: str, forms: dict[int, int]) -> None:
    catalogue = CATALOGUES[language]
    choose = gettext.c2py(catalogue.plural_expr)
    assert {number: choose(number) for number in forms} == forms
    assert str(catalogue.locale) == language
    assert catalogue.num_plurals == max(forms.values()) + 1
    for message in entries(catalogue):
        if message.pluralizable:
            assert len(forms_of(message.string)) == catalogue.num_plurals, message.id


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("kk", 1, "1 адам"),
        ("kk", 5, "5 адам"),
        ("kk", 21, "21 адам"),
        ("ru", 1, "1 человек"),
        ("ru", 2, "2 человека"),
        ("ru", 5, "5 человек"),
        ("ru", 21, "21 человек"),
    ],
)
def test_numbers_of_people(language: str, number: int, words: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, CATALOGUES[language])
    compiled.seek(0)
    translations = gettext.GNUTranslations(compiled)
    assert translations.ngettext("%(num)s person", "%(num)s people", number) % {"num": number} == words


def assert_one_script(text: str) -> None:
    """A Latin letter that looks like a Cyrillic one breaks searching, sorting and reading aloud."""
    for word in WORD.findall(CODE.sub("", PLACEHOLDER.sub("", text))):
        assert not (LATIN.search(word) and CYRILLIC.search(word)), f"two scripts in {word!r}: {text}"
        assert not (LATIN.search(word) and len(word) == 1), f"a lone Latin letter: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_written_in_one_script(language: str) -> None:
    for message in entries(CATALOGUES[language]):
        for words in forms_of(message.string):
            assert_one_script(words)


def test_each_catalogue_is_in_its_language() -> None:
    kazakh = " ".join(w for m in entries(CATALOGUES["kk"]) for w in forms_of(m.string))
    russian = " ".join(w for m in entries(CATALOGUES["ru"]) for w in forms_of(m.string))
    assert {letter.lower() for letter in KAZAKH.findall(kazakh)} >= set("әғқңөұүі")
    assert not KAZAKH.findall(russian)


# ---- templates ----


def templates() -> list[Path]:
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if path != SAMPLES]


class Words(HTMLParser):
    """The words of a page that a person sees or hears, without those that Jinja puts in."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        spoken = {name: value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES}
        if tag == "meta":  # settings for browsers and messengers; what people read there comes from Jinja
            spoken.pop("content", None)
        self.found += spoken.values()

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


JINJA = Environment(autoescape=True)


def markup_of(source: str) -> str:
    """A template with a space in place of everything that belongs to Jinja."""
    return "".join(value if kind == "data" else " " for _, kind, value in JINJA.lex(source))


def macro_calls(source: str) -> list[nodes.Call]:
    """Calls of the macros that draw words: ``ui.button(…)``, ``desk.one_button(…)``."""
    calls = [call for call in JINJA.parse(source).find_all(nodes.Call) if isinstance(call.node, nodes.Getattr)]
    return [call for call in calls if getattr(call.node.node, "name", "") in ("ui", "desk")]


def literals(node: nodes.Node) -> Iterator[str]:
    """Strings in an expression, except those inside of ``_()``."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ("_", "ngettext"):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from literals(child)


def looks_like_words(text: str) -> bool:
    """ "Save", "Сақтау" and "two words" are for people; codes, names of files and addresses are not."""
    words = text.strip()
    return bool(re.match(r"[A-Z][a-z]|[a-z]+ [a-z]+", words) or CYRILLIC.search(words)) and "/" not in words


def unspoken(texts: Iterator[str] | list[str]) -> list[str]:
    """Those texts that hold a word which is no name."""
    return [t.strip() for t in texts if any(len(w) > 1 for w in WORD.findall(t)) and t.strip() not in NAMES]


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_all_words_of_a_template_can_be_translated(path: Path) -> None:
    source = path.read_text("utf-8")
    page = Words()
    page.feed(re.sub(r"&\w+;", " ", markup_of(source)))
    page.close()
    assert not unspoken(page.found), "put these words into _()"
    strings = [text for call in macro_calls(source) for text in literals(call) if looks_like_words(text)]
    assert not unspoken(strings), "put these words into _()"


def test_the_template_check_sees_plain_words() -> None:
    page = Words()
    page.feed(markup_of("<p title='Not yet'>{{ _('Good') }} and bad{# a remark #}</p><script>let x</script>"))
    assert unspoken(page.found) == ["Not yet", "and bad"]
    call = macro_calls("{{ ui.button('Save it', _('Keep'), 'quiet') }}")[0]
    assert [text for text in literals(call) if looks_like_words(text)] == ["Save it"]


# ---- words that are data ----


def rows_of(name: str, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((REFERENCE / name).read_text("utf-8"))[table]
    return rows


@pytest.mark.parametrize(
    ("name", "table", "fields"), [("capabilities.toml", "capability", "need_"), ("kinds.toml", "kind", "hint_")]
)
def test_reference_words_are_there_in_three_languages(name: str, table: str, fields: str) -> None:
    for row in rows_of(name, table):
        for prefix in ("", fields):
            words = [row.get(f"{prefix}{language}", "").strip() for language in ("kk", "ru", "en")]
            assert all(words), f"{name}: {row['code']}"
            assert len(set(words)) == 3, f"{name}: {row['code']} is the same in two languages"
            assert_one_script(" ".join(words[:2]))


def test_every_capability_has_words() -> None:
    assert [row["code"] for row in rows_of("capabilities.toml", "capability")] == list(CAPABILITIES)


def test_every_region_has_three_names() -> None:
    with (REFERENCE / "regions-kz.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert all(row[language].strip() for language in ("kk", "ru", "en")), row


# ---- days ----


@pytest.mark.parametrize(
    ("language", "near", "far"),
    [
        ("kk", "сенбі", "2027 ж. 7 қаңтар"),
        ("ru", "суббота", "7 января 2027"),
        ("en", "Saturday", "7 January 2027"),
    ],
)
def test_days_in_three_languages(context: Flask, language: str, near: str, far: str) -> None:
    zone, now = ZoneInfo("Asia/Almaty"), datetime(2026, 11, 23, 6, tzinfo=UTC)
    with force_locale(language):
        assert formatting.day(datetime(2026, 11, 28, 6, tzinfo=UTC), now, zone) == near
        assert formatting.day(datetime(2027, 1, 7, 6, tzinfo=UTC), now, zone) == far
