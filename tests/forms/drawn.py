"""What is put into a form: as people type, as browsers send it, and as nobody's browser would."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote_plus

from hypothesis import strategies as st
from PIL import Image

from accelerator.clock import utcnow
from accelerator.forms import LONGEST_VALUE
from tests.forms.rendered import CHOSEN, WRITTEN, Field, Form

TEXTS = (
    "Нан мен дәрі әкеліп беріңізші",
    "Принесите, пожалуйста, хлеба — «белого»",
    "Bring bread, please.",
    "first line\nsecond line\n\nafter a blank one",
    "",
    " ",
    "\n\t \r\n",
    "\u200b\u200d\ufeff",
    "zero\x00byte and \x07bell \x1b[31m",
    "\u202eright to left\u202c \u2066שלום\u2069 مرحبا",
    "e\u0301 й ﬁ \u0958 ｆｕｌｌ",
    "\U0001d160" * 30,
    "👵🏽 👨‍👩‍👧",
    "<script>alert(1)</script>\"'></textarea>{{7*7}}${7*7}",
    "' OR 1=1 --; DROP TABLE users; %s%n%(x)s {0} \\ %00",
    "x\r\nSet-Cookie: session=1",
    "javascript:alert(1)",
    "//evil.example/\\",
    "8 701 123 45 67",
    "+7 (701) 000-00-24 доб. 5",
    "aigerim@mail.kz",
    "a@b",
    "пошта@мысал.қаз",
    "7K3M-9PQR-2XVT-H4WN",
    "ОІЅ-АВЕ",
    "Абай 12, 4 пәтер, 8 701 123 45 67, 4111 1111 1111 1111, донат",
    "Ж" * 90,
    "щ" * 6000,
    "word " * 1500,
    "[" * 7900,
    "\ufffe\uffff\U0010ffff",
)
NUMBERS = (
    "", "0", "1", "2", "7", "24", "59", "60", "100", "501", "1000", "-1", "-0", "+5", " 7 ", "1.5", "1e3", "0x10",
    "1_000", "1 200", "٣", "৪২", "²", "½", "Ⅷ", "９", "NaN", "inf", "9" * 10, "9" * 15, "9" * 19, "9" * 30, "9" * 5000,
    "9223372036854775807", "-9223372036854775809", "2147483648", "үш", "KZ-75",
)  # fmt: skip
DATES = (
    "", utcnow().date().isoformat(), "2030-12-30", "2026-02-31", "31.12.2026", "1/2/2027", "2026-1-5", "0001-01-01",
    "1900-01-01", "9999-12-31", "275760-09-13", "+2026-01-01", "2026-W10", "20261231", "٢٠٢٦-١٢-٣١", "ертең",
)  # fmt: skip
TIMES = ("", "17:30", "00:00", "23:59", "24:00", "9:5", "17.30", "17", "5 pm", "١٧:٣٠", "99:99", "түс", "17:30:59")
MOMENTS = (
    "", "2030-12-30T17:30", "2030-12-30T17:30:15", "0001-01-01T00:00", "9999-12-31T23:59", "275760-09-13T00:00",
    "2026-02-31T10:00", "2030-12-30 17:30", "30.12.2030 17:30", "2030-12-30", "T", "2000-01-01T00:00",
)  # fmt: skip
#: Old browsers show a plain field for these; so anything can be typed into it.
TYPED_AS_TEXT = {"number": NUMBERS, "date": DATES, "time": TIMES, "datetime-local": MOMENTS}
#: Values that no choice offers.
TAMPERED = (
    "cat",
    "KZ-99",
    "KZ-71",
    "KZ-75/nowhere",
    "\x00",
    "",
    " ",
    "on",
    "0",
    "1",
    "-1",
    "9" * 30,
    "٣",
    "None",
    "[]",
)
#: What the product's tables know, and a form of it does not ask.
ASSIGNED = (
    ("role", "admin"), ("status", "closed"), ("state", "confirmed"), ("region_id", "1"), ("region_code", "KZ-71"),
    ("user_id", "1"), ("id", "1"), ("is_admin", "1"), ("may_edit_questionnaire", "1"), ("may_edit_questionnaire", "y"),
    ("created_by_id", "1"), ("requester_id", "1"), ("version", "99"), ("verified_at", "2026-01-01"), ("taken", "0"),
    ("thanks", "1000"), ("for_auditors", ""), ("__proto__", "x"), ("a[b]", "c"), ("\x00", "\x00"), ("ключ", "мән"),
    ("options-²-en", "x"), ("options-99-value", "x"), (f"options-{'9' * 30}-kk", "x"), ("answers", "x"),
    ("website", "https://spam.example"), ("row", "remove:²"), ("row", "up:0"), ("go", "back"), ("then", "check"),
    ("view", "page"), ("next", "//evil.example"), ("next", "/desk"), ("_method", "DELETE"),
)  # fmt: skip


AnyThing = TypeVar("AnyThing")


def photo(kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, kind)
    return file.getvalue()


JPEG = photo()
FILES = (
    ("", b""),
    ("photo.jpg", JPEG),
    ("сурет 1.png", photo("PNG")),
    ("photo.webp", photo("WEBP")),
    ("empty.jpg", b""),
    ("cut.jpg", JPEG[:200]),
    ("..\\..//etc/passwd", JPEG),
    ('na"me\r\nX: y.jpg', JPEG),
    ("not.jpg", b"%PDF-1.7 \x00\xff"),
    ("x.svg", b"<svg onload=alert(1)>"),
    ("phone.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 40),
    ("n" * 300 + ".gif", b"GIF89a\x01\x00\x01\x00"),
)
any_text = st.sampled_from(TEXTS) | st.text(max_size=60)
broken_text = any_text | st.sampled_from(("half \ud83d", "\udfff\ud800")) | st.text(st.characters(), max_size=20)


class Draws:
    """What one case is made of, drawn before the page is seen.

    The pages change with every case, and Hypothesis wants the same draws to ask for the same things.
    """

    def __init__(self, seed: int, texts: list[str], broken: list[str]) -> None:
        self.texts, self.broken = texts, broken
        self._seed, self._random = seed, Random(seed)

    def __repr__(self) -> str:
        return f"Draws({self._seed}, {self.texts!r}, {self.broken!r})"

    def one(self, choices: Sequence[AnyThing]) -> AnyThing:
        return self._random.choice(choices)

    def few(self, choices: Sequence[AnyThing], most: int) -> list[AnyThing]:
        """Up to ``most`` of them, perhaps one of them again."""
        return [self.one(choices) for _ in range(self._random.randint(0, most if choices else 0))]

    def bits(self) -> int:
        return self._random.getrandbits(30)


draws = st.builds(
    Draws,
    st.integers(0, 2**64),
    st.lists(any_text, min_size=8, max_size=8),
    st.lists(broken_text, min_size=4, max_size=4),
)


@dataclass
class Sending:
    """What goes out, and what of it a person has typed into fields in sight."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)
    #: Whether something in it can come from no browser.
    is_tampered: bool = False

    def typed(self, name: str) -> list[str]:
        return [text for other, text in self.pairs if other == name]

    def body(self, form: Form) -> tuple[bytes, str]:
        """The bytes as a browser would write them, and their type."""
        if form.is_multipart:
            return as_multipart(self)
        pairs = [*self.pairs, *((name, filename) for name, filename, _ in self.files)]
        return as_query(pairs).encode(), "application/x-www-form-urlencoded"


def as_query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote_plus(as_bytes(name))}={quote_plus(as_bytes(text))}" for name, text in pairs)


def as_bytes(text: str) -> bytes:
    """Halves of a pair stand for bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def as_multipart(sending: Sending) -> tuple[bytes, str]:
    edge = b"----edge-of-the-tests"
    parts = [_part(edge, name, b"", as_bytes(text)) for name, text in sending.pairs]
    parts += [
        _part(edge, name, b'; filename="' + _quoted(filename) + b'"\r\nContent-Type: image/jpeg', content)
        for name, filename, content in sending.files
    ]
    return b"".join(parts) + b"--" + edge + b"--\r\n", f"multipart/form-data; boundary={edge.decode()}"


def _part(edge: bytes, name: str, more: bytes, content: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="' + _quoted(name) + b'"' + more
    return b"--" + edge + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def _quoted(name: str) -> bytes:
    return as_bytes(name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A"))


def draw_sending(drawn: Draws, form: Form, good: dict[str, Any]) -> Sending:
    """The form filled in: rightly but for a few fields, all at random, or tampered with.

    ``good`` is what a page of ours would send, so that cases reach what lies behind the form.
    """
    way = drawn.one(("as it is", "one field", "some fields", "all fields", "tampered", "tampered"))
    sending = Sending(is_tampered=way == "tampered")
    names = [each.name for each in form.fields if each.is_seen]
    most = {"as it is": 0, "one field": 1}.get(way, 3)
    wild = set(names if way == "all fields" else drawn.few(names, most))
    for each in form.fields:
        if sending.is_tampered:
            tamper(drawn, sending, each, good)
        elif each.name in wild:
            fill(drawn, sending, each, form)
        else:
            leave(sending, each, good)
    if form.button:
        sending.pairs.append(form.button)
    if sending.is_tampered:
        sending.pairs += drawn.few(ASSIGNED, 4)
    return sending


def leave(sending: Sending, each: Field, good: dict[str, Any]) -> None:
    """As the page has it or, what a person has to say, as they would say it rightly."""
    texts = each.values
    given = good.get(each.name)
    if each.is_seen and given is not None and (each.kind not in CHOSEN or given in each.offered):
        texts = (str(given),)
    elif each.kind == "radio" and not texts:
        texts = each.offered[:1]
    elif each.kind == "select" and texts in ((), ("",)):
        texts = tuple(value for value in each.offered if value)[:1]
    elif each.name not in good and each.kind in ("text", "textarea") and texts == ("",):
        texts = ("Good words",)
    sending.pairs += [(each.name, text) for text in texts]


def fill(drawn: Draws, sending: Sending, each: Field, form: Form) -> None:
    """As somebody in front of a browser could."""
    if each.kind == "file":
        sending.files += [(each.name, *file) for file in drawn.few(FILES, 5)]
    elif each.kind in CHOSEN:
        sending.pairs += [(each.name, value) for value in choose(drawn, each)]
    else:
        text = drawn.one(TYPED_AS_TEXT.get(each.kind, drawn.texts))
        sending.pairs.append((each.name, as_typed(text, each, is_checked=form.is_checked_first)))


def choose(drawn: Draws, each: Field) -> tuple[str, ...]:
    """Some of what is offered."""
    number = drawn.bits()
    if each.kind == "checkbox":
        return tuple(value for place, value in enumerate(each.offered) if number >> place % 30 & 1)
    if not each.offered or (each.kind == "radio" and number % 7 == 0):
        return ()
    return (each.offered[number % len(each.offered)],)


def as_typed(text: str, each: Field, *, is_checked: bool) -> str:
    """The text as a browser lets it into the field, and sends it."""
    if each.kind not in WRITTEN and each.kind != "password":
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    held = lines if each.kind == "textarea" else lines.replace("\n", "")
    held = cut(held, min(each.most or LONGEST_VALUE, LONGEST_VALUE))
    if is_checked and not is_let_through(held, each):
        return good_number(each) if each.kind == "number" else held or "Some words"
    return held.replace("\n", "\r\n")


def cut(text: str, most: int) -> str:
    """Browsers count as UTF-16 does."""
    while len(text.encode("utf-16-le", "surrogatepass")) // 2 > most:
        text = text[: most if len(text) > most else -1]
    return text


def is_let_through(text: str, each: Field) -> bool:
    """Whether a browser that looks first would send it."""
    if each.kind != "number":
        return bool(text) or not each.is_required
    if not text:
        return not each.is_required
    is_number = text.isascii() and text.removeprefix("-").isdigit()
    return is_number and (each.low is None or int(text) >= each.low) and (each.high is None or int(text) <= each.high)


def good_number(each: Field) -> str:
    return str(each.low or 1)


def tamper(drawn: Draws, sending: Sending, each: Field, good: dict[str, Any]) -> None:
    """As only a program would: left out, sent twice, of another kind, not among the choices, hidden ones changed."""
    if each.name == "csrf_token":
        return leave(sending, each, good)
    what = drawn.one(("left", "left", "left", "missing", "twice", "odd", "odd", "file"))
    if what == "left":
        return leave(sending, each, good)
    if what == "twice":
        leave(sending, each, good)
    if what in ("twice", "odd"):
        odd = drawn.one((drawn.texts, drawn.broken, TAMPERED, NUMBERS, DATES + MOMENTS))
        sending.pairs.append((each.name, drawn.one(odd)))
    if what == "file":
        sending.files.append((each.name, *drawn.one(FILES)))
    return None
