"""The questionnaire on paper: A4, large type, boxes to tick and lines to write on, made of the same version.

The library that writes PDF takes half a second to load and a form half a second to draw: it is loaded when
somebody first asks for paper, and what was drawn is kept.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, cast

from flask_babel import gettext

from accelerator.config import ROOT, Settings
from accelerator.kept import Kept
from accelerator.questionnaire.answers import options_of, say_if
from accelerator.questionnaire.consent import consent_text
from accelerator.questionnaire.document import Document, Kind, Question
from accelerator.questionnaire.queries import read_body
from accelerator.reference import Places

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = ROOT / "accelerator" / "fonts"
#: Type sizes in points; nothing on the form is smaller than the last.
TITLE, HEADING, LABEL, TEXT = 24, 19, 16, 14
#: Millimetres.
MARGIN, LINE, BOX, WRITING = 18, 7.2, 5.5, 11
INK, SOFT = (31, 45, 54), (90, 104, 114)
#: How many lines to write on.
LINES = {Kind.LONG_TEXT: 7}
#: What the fonts can draw (see fonts/README); hyphens and spaces of other kinds are made plain before.
NOT_IN_FONT = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u017f\u0400-\u04ff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030"
    "\u2032\u2033\u2039\u203a\u20ac\u20b8\u20bd\u2116\u2122\u2190-\u2193\u2212]"
)
Desks = Sequence[tuple[str, str]]

_kept: Kept[bytes] = Kept(24)
_one_at_a_time = Lock()


def draw(version_id: int, body: str, language: str, settings: Settings, desks: Desks, places: Places) -> bytes:
    """The PDF of a version in one language; from memory when it was asked for before."""
    kinds = tuple(places.kind_choices(language))
    operator = (settings.operator, settings.operator_bin, settings.operator_address, settings.keep_contact_days)
    key = (version_id, body, language, operator, tuple(desks), kinds)
    found = _kept.get(key)
    if found is not None:
        return found
    with _one_at_a_time:
        return _kept.get(key) or _kept.put(key, draw_anew(version_id, body, language, settings, desks, places))


def draw_anew(version_id: int, body: str, language: str, settings: Settings, desks: Desks, places: Places) -> bytes:
    document = read_body(body)
    paper = Paper(document, language, places, settings, version_id)
    paper.head()
    for page in document.pages:
        paper.heading(page.title.get(language, ""), page.questions[:1])
        for question in page.questions[1:]:
            paper.together(partial(paper.question, question))
    paper.way_back(desks)
    paper.consent(consent_text(document, language, settings, name="_" * 30))
    return paper.output()


class Paper:
    """One form being drawn."""

    def __init__(self, document: Document, language: str, places: Places, settings: Settings, version_id: int) -> None:
        self.document, self.language, self.places, self.settings = document, language, places, settings
        self.foot = gettext("Version %(number)s", number=version_id)
        self.pdf = self._make(language)
        self.width = self.pdf.epw

    def _make(self, language: str) -> "FPDF":
        from fpdf import FPDF

        foot = self.foot

        class Form(FPDF):
            """Every page says which version it is and how many there are."""

            def footer(self) -> None:
                self.set_y(-16)
                self.set_font("form", size=TEXT)
                self.set_text_color(*SOFT)
                self.cell(0, LINE, f"{foot}  ·  {self.page_no()} / {{nb}}")

        pdf = Form(format="A4")
        pdf.set_lang(language)
        pdf.set_title(gettext("Request for help"))
        pdf.set_margins(MARGIN, MARGIN, MARGIN)
        pdf.set_auto_page_break(True, margin=20)
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            pdf.add_font("form", style, FONTS / file)
        pdf.set_draw_color(*INK)
        pdf.set_line_width(0.35)
        pdf.add_page()
        return pdf

    def output(self) -> bytes:
        return bytes(self.pdf.output())

    # ---- parts ----

    def head(self) -> None:
        self.write(gettext("Accelerator of Good"), TEXT, soft=True)
        self.write(gettext("Request for help"), TITLE, bold=True)
        self.write(
            gettext(
                "Help is free, and nobody may ask you for anything in return. Tick the boxes that fit, and write on "
                "the lines. What you do not know, leave empty: a coordinator will call you."
            ),
            TEXT,
        )

    def heading(self, text: str, then: Sequence[Question]) -> None:
        """A heading is never the last thing on a page: the first question stays with it."""

        def both() -> None:
            self.gap(5)
            self.write(text, HEADING, bold=True)
            self.rule(self.pdf.l_margin, self.pdf.w - self.pdf.r_margin, self.pdf.y)
            for question in then:
                self.question(question)

        self.together(both)

    def question(self, question: Question) -> None:
        self.gap(3)
        lead = say_if(question, self.document, self.language, self.places)
        if lead:
            self.write(lead, TEXT, soft=True)
        self.write(question.label.get(self.language, ""), LABEL, bold=True)
        hint = question.hint.get(self.language, "")
        if hint:
            self.write(hint, TEXT, soft=True)
        self.answer(question)

    def answer(self, question: Question) -> None:
        options = options_of(question, self.places, self.language)
        if options:
            return self.boxes([label for _, label in options])
        if question.kind is Kind.PLACE:
            self.named_line(gettext("City or region"))
            return self.named_line(gettext("District"))
        if question.kind is Kind.DATE:
            return self.squares((2, 2, 4), ".")
        if question.kind is Kind.PHONE:
            return self.squares((1, 3, 3, 2, 2), " ")
        if question.id == "time":
            return self.squares((2, 2), ":")
        for _ in range(LINES.get(question.kind, 1)):
            self.line()
        return None

    def consent(self, text: str) -> None:
        self.pdf.add_page()
        first, _, rest = text.partition("\n")
        self.write(first, HEADING, bold=True)
        for paragraph in rest.split("\n"):
            if paragraph.strip():
                self.gap(1.5)
                self.together(partial(self.write, paragraph, TEXT))
        self.together(self.signature)

    def signature(self) -> None:
        self.gap(3)
        for label in (gettext("Name"), gettext("Signature"), gettext("Date")):
            self.named_line(label)

    def way_back(self, desks: Desks) -> None:
        def part() -> None:
            self.gap(6)
            self.write(gettext("Where to bring the form"), HEADING, bold=True)
            if self.settings.operator_address:
                self.write(self.settings.operator_address, TEXT)
            else:
                self.line()
            for name, phone in desks:
                self.write(f"{name}: {phone}", TEXT)
            self.gap(2)
            self.write(gettext("A coordinator calls within two working days and tells you your code."), TEXT)

        self.together(part)
        self.together(self.for_the_desk)

    def for_the_desk(self) -> None:
        self.gap(6)
        self.write(gettext("Filled in by the coordinator"), LABEL, bold=True)
        for label in (gettext("Number of the request"), gettext("Received on"), gettext("Coordinator")):
            self.named_line(label)

    # ---- strokes ----

    def together(self, part: Callable[[], None]) -> None:
        """Draw a part on one page; a part longer than a page runs on."""
        pdf = self.pdf
        with pdf.offset_rendering() as trial:
            self.pdf = cast("FPDF", trial)
            part()
        self.pdf = pdf
        if trial.page_break_triggered:
            pdf.add_page()
        part()

    def gap(self, height: float) -> None:
        self.pdf.set_y(self.pdf.y + height)

    def write(self, text: str, size: int, *, bold: bool = False, soft: bool = False, indent: float = 0) -> None:
        self.pdf.set_font("form", "B" if bold else "", size)
        self.pdf.set_text_color(*(SOFT if soft else INK))
        self.pdf.set_x(self.pdf.l_margin + indent)
        self.pdf.multi_cell(self.width - indent, size * 0.5, drawable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def rule(self, left: float, right: float, y: float) -> None:
        self.pdf.line(left, y, right, y)

    def line(self) -> None:
        """A line to write on."""
        self.keep(WRITING)
        y = self.pdf.y + WRITING - 1
        self.rule(self.pdf.l_margin, self.pdf.w - self.pdf.r_margin, y)
        self.pdf.set_y(self.pdf.y + WRITING)

    def named_line(self, label: str) -> None:
        self.keep(WRITING)
        y = self.pdf.y
        self.pdf.set_font("form", "", TEXT)
        self.pdf.set_text_color(*INK)
        self.pdf.set_xy(self.pdf.l_margin, y + WRITING - 1 - LINE)
        text = drawable(label) + " "
        self.pdf.cell(self.pdf.get_string_width(text), LINE, text)
        self.rule(self.pdf.x + 1, self.pdf.w - self.pdf.r_margin, y + WRITING - 1)
        self.pdf.set_xy(self.pdf.l_margin, y + WRITING)

    def squares(self, groups: Sequence[int], between: str) -> None:
        """A box for each digit."""
        size = 8.5
        self.keep(size + 3)
        x, y = self.pdf.l_margin, self.pdf.y + 1.5
        for n, digits in enumerate(groups):
            if n:
                self.pdf.set_font("form", "B", LABEL)
                self.pdf.text(x + 1, y + size - 2, between)
                x += 5
            for _ in range(digits):
                self.pdf.rect(x, y, size, size)
                x += size
        self.pdf.set_xy(self.pdf.l_margin, y + size + 1.5)

    def boxes(self, labels: Sequence[str]) -> None:
        """A box and its words, in two columns where all the words are short."""
        self.pdf.set_font("form", "", TEXT)
        column = self.width / 2
        widest = max(self.pdf.get_string_width(drawable(label)) for label in labels)
        columns = 2 if len(labels) > 3 and widest < column - BOX - 6 else 1
        for start in range(0, len(labels), columns):
            self.keep(LINE + 2)
            y = bottom = self.pdf.y + 1
            for n, label in enumerate(labels[start : start + columns]):
                self.pdf.set_y(y)
                left = n * column
                self.pdf.rect(self.pdf.l_margin + left, y + 0.6, BOX, BOX)
                self.write(label, TEXT, indent=left + BOX + 3)
                bottom = max(bottom, self.pdf.y)
            self.pdf.set_y(max(bottom, y + LINE) + 0.5)

    def keep(self, height: float) -> None:
        """Begin a new page where this much no longer fits (strokes do not break pages by themselves)."""
        if self.pdf.will_page_break(height):
            self.pdf.add_page()


def drawable(text: str) -> str:
    """The text without what the fonts have no picture for."""
    return NOT_IN_FONT.sub("", text.replace("\t", " "))
