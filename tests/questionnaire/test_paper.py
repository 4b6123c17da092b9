"""The form on paper: everything that is asked, in every language, large enough, on pages that say which they are."""

import re
import subprocess
import sys
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask_babel import force_locale
from fontTools.ttLib import TTFont

from accelerator.config import ROOT
from accelerator.extensions import db
from accelerator.questionnaire import paper
from accelerator.questionnaire.answers import options_of
from accelerator.questionnaire.document import Document, Kind
from accelerator.reference import places
from tests.databases import make_settings
from tests.questionnaire.documents import BUILTIN, LANGUAGES, floor, lift, said, with_own
from tests.site import Site

DESKS = (("Алматы", "+7 727 000 00 00"),)
LETTERS = "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮүФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя₸№«»“”…–—"


def drawn(app: Flask, language: str, document: Document = BUILTIN, **environ: str) -> bytes:
    settings = make_settings(app.config["SETTINGS"].instance_path, **environ)
    with app.test_request_context(), force_locale(language):
        return paper.draw(7, document.to_json(), language, settings, DESKS, places(db.read))


def streams(pdf: bytes) -> list[bytes]:
    """The contents of a PDF's streams, unpacked."""
    found = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    unpacked = []
    for raw in found:
        try:
            unpacked.append(zlib.decompress(raw))
        except zlib.error:
            unpacked.append(raw)
    return unpacked


def read_text(pdf: bytes) -> str:
    """The words of our own PDFs: glyphs of a font named in octets, with a table of what they stand for."""
    parts, tables = streams(pdf), {}
    for part in parts:
        if b"beginbfchar" in part or b"beginbfrange" in part:
            table = {int(code, 16): chr(int(letter, 16)) for code, letter in PAIR.findall(part)}
            for first, last, letter in RANGE.findall(part):
                start = int(first, 16)
                table |= {start + n: chr(int(letter, 16) + n) for n in range(int(last, 16) - start + 1)}
            tables[len(tables) + 1] = table
    lines = []
    for page in (part for part in parts if b" Tf" in part):
        font = 1
        for number, text in re.findall(rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL):
            if number:
                font = int(number)
            elif text:
                raw = re.sub(rb"\\([\\()nr])", lambda m: {b"n": b"\n", b"r": b"\r"}.get(m[1], m[1]), text)
                codes = [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
                lines.append("".join(tables[font].get(code, "?") for code in codes))
    return " ".join(" ".join(lines).split())


PAIR = re.compile(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>$", re.MULTILINE)
RANGE = re.compile(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>$", re.MULTILINE)


@pytest.mark.parametrize("file", ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
def test_the_fonts_have_every_letter(file: str) -> None:
    with TTFont(BytesIO((ROOT / "accelerator" / "fonts" / file).read_bytes())) as font:
        known = set(font.getBestCmap())
    assert not [letter for letter in LETTERS if ord(letter) not in known]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_asked_stands_on_paper(app: Flask, language: str) -> None:
    text = read_text(drawn(app, language, AOG_OPERATOR="ОО «Көмек»", AOG_OPERATOR_BIN="123456789012"))
    with app.test_request_context():
        known = places(db.read)
    for page in BUILTIN.pages:
        assert page.title[language] in text
        for question in page.questions:
            assert question.label[language] in text
            for hint in question.hint.get(language, "").split():
                assert hint in text
            for _, label in options_of(question, known, language):
                assert label in text, label
    for word in BUILTIN.consent[language].split():
        assert "{" in word or word in text
    assert "ОО «Көмек»" in text
    assert "123456789012" in text
    assert "+7 727 000 00 00" in text
    assert "?" not in text.replace("?", "", sum(part.count("?") for part in labels(language))), "an unknown letter"


def labels(language: str) -> list[str]:
    texts = [page.title[language] for page in BUILTIN.pages]
    return texts + [q.label[language] + q.hint.get(language, "") for q in BUILTIN.questions()]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ["Көмек сұрау", "Қолы", "7-нұсқа · 1 / "]),
        ("ru", ["Заявка на помощь", "Подпись", "Версия 7 · 1 / "]),
        ("en", ["Request for help", "Signature", "Version 7 · 1 / "]),
    ],
)
def test_it_says_its_version_and_where_to_sign(app: Flask, language: str, words: list[str]) -> None:
    text = read_text(drawn(app, language))
    for word in words:
        assert word in text


def test_nothing_is_smaller_than_fourteen_points_and_the_paper_is_a4(app: Flask) -> None:
    pdf = drawn(app, "kk")
    sizes = {float(size) for part in streams(pdf) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", part)}
    assert min(sizes) >= 14
    assert set(re.findall(rb"/MediaBox \[([^\]]*)\]", pdf)) == {b"0 0 595.28 841.89"}


def test_the_address_stands_there_or_a_line_for_it(app: Flask) -> None:
    assert "Абай 1" in read_text(drawn(app, "ru", AOG_OPERATOR_ADDRESS="Алматы, Абай 1"))
    assert "Куда принести анкету" in read_text(drawn(app, "ru"))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_coordinators_own_question_of_any_kind_is_drawn(app: Flask, kind: Kind) -> None:
    options = floor().options if kind in (Kind.CHOICE, Kind.SEVERAL) else ()
    document = with_own(lift(kind=kind, options=options, label=said("Жаңа сұрақ 🐎\u200b ok")))
    assert "Жаңа сұрақ ok" in read_text(drawn(app, "kk", document))


def test_long_words_and_many_answers_run_on_over_pages(app: Flask) -> None:
    label = "сөз " * 110 + "Ұ" * 60
    many = tuple(replace(floor().options[0], value=f"a{n}", label=said(f"Жауап {n}")) for n in range(40))
    document = with_own(floor(only_if=None, label=said(label), hint=said(label), options=many), page="who")
    text = read_text(drawn(app, "kk", document))
    assert "Жауап 39" in text
    assert text.count("сөз") >= 220


def test_the_page_serves_it_and_keeps_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = site.get("/help/paper.pdf?lang=kk")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.body.startswith(b"%PDF-")
    assert "Көмек сұрау" in read_text(answer.body)
    monkeypatch.setattr(paper, "draw_anew", lambda *_: pytest.fail("drawn again"))
    assert site.get("/help/paper.pdf?lang=kk").body == answer.body


@pytest.mark.parametrize("query", ["", "?lang=", "?lang=de", "?lang=kk&lang=ru", "?lang=%00"])
def test_another_language_is_the_readers(site: Site, query: str) -> None:
    assert site.language("ru").get(f"/help/paper.pdf{query}").body.startswith(b"%PDF-")


def test_the_library_is_loaded_when_paper_is_asked_for() -> None:
    program = "import sys, accelerator; sys.exit('fpdf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
