"""What has to be true of every answer to a form, whatever was put into it."""

import re
import unicodedata
from functools import cache

from webtest import TestResponse

from accelerator.forms import LONGEST_VALUE, without_controls
from accelerator.i18n import OTHER_LANGUAGE
from tests.forms.drawn import Sending
from tests.forms.rendered import WRITTEN, Field, Form, Page, read_page
from tests.test_translations import CATALOGUES, PLACEHOLDER, entries, forms_of

CYRILLIC = re.compile(r"[\u0400-\u04ff]")
#: A form of two fields says what is wrong once, beside the field, and the focus goes there.
WITHOUT_LIST = frozenset({"/login"})
#: Fields that come back empty on purpose.
SECRET = frozenset({"password", "file"})


def check_answer(answer: TestResponse, form: Form, sending: Sending, language: str, yes: tuple[int, ...]) -> None:
    """No fault of ours, a declared status; if something is to be mended, all is told and nothing is lost."""
    told = f"{form.action} answered {answer.status} to {sending.pairs} {[(f[0], f[1]) for f in sending.files]}"
    allowed = {*yes, 303, 409, 422} | ({400, 404, 410} if sending.is_tampered else set())
    is_switch = form.button is not None and form.button[0] == OTHER_LANGUAGE
    assert answer.status_int in allowed | ({200} if is_switch else set()), told
    if form.button and is_switch and answer.status_int == 200:
        page = read_page(answer)
        assert page.language == form.button[1]
        assert not page.errors, "nothing was sent yet"
        check_kept(page, form, sending)
    if answer.status_int == 422:
        page = read_page(answer)
        language = form.button[1] if form.button and is_switch else language
        check_told(page, language, is_tampered=sending.is_tampered, has_list=form.path not in WITHOUT_LIST)
        check_kept(page, form, sending)
    if answer.status_int == 409 and not sending.is_tampered:
        check_words_kept(read_page(answer), form, sending)


def check_told(page: Page, language: str, *, is_tampered: bool, has_list: bool) -> None:
    """A sentence beside a field, tied to it, in the reader's language, and a list at the head that leads there."""
    assert page.language == language
    assert not page.loose_errors, f"no field can name these as its description: {page.loose_errors}"
    for id, sentence in page.errors.items():
        assert id in page.described, f"no field names #{id} as its description: {sentence}"
        check_language(sentence, language)
    for link in page.links:
        assert link.removeprefix("#") in page.ids, f"the list leads to {link}, which is not there"
    if is_tampered:  # a hidden field has no place for a sentence
        return
    assert page.errors, "no sentence stands beside a field"
    assert page.links or not has_list, f"no list of what is to be mended: {page.errors}"


@cache
def sentences(language: str) -> dict[str, str]:
    """The sentences of one language, without those with a hole in them; the English ones are the keys."""
    found: dict[str, str] = {}
    for message in entries(CATALOGUES["ru" if language == "en" else language]):
        for english, words in zip(forms_of(message.id), forms_of(message.string), strict=False):
            if not PLACEHOLDER.search(english):
                found[english] = english if language == "en" else words
    return found


def check_language(sentence: str, language: str) -> None:
    """Nothing of another language in it; what people typed may be quoted."""
    if language != "en":
        assert CYRILLIC.search(sentence), f"not in {language}: {sentence}"
    own = sentences(language)
    for other in {"kk", "ru", "en"} - {language}:
        foreign = [s for e, s in sentences(other).items() if len(s) > 12 and s in sentence and own.get(e) != s]
        assert not [s for s in foreign if s not in own.values()], f"{other} in a page of {language}: {sentence}"


def check_kept(page: Page, form: Form, sending: Sending) -> None:
    """What a person typed or chose stands in the form again."""
    seen = {each.name for each in form.fields if each.is_seen}
    again = [other for other in page.forms if other.path == form.path and {f.name for f in other.fields} & seen]
    if not seen or (sending.is_tampered and not again):  # a code or a number that is none leads elsewhere
        return
    assert again, f"the form that was sent to {form.path} is not on the page that came back"
    losses = [list(find_losses(form, other, sending)) for other in again]
    assert [] in losses, f"lost: {min(losses, key=len)}"


def find_losses(form: Form, again: Form, sending: Sending) -> list[str]:
    lost = []
    for each in form.fields:
        sent = sending.typed(each.name)
        if not each.is_seen or each.kind in SECRET or not could_be_typed(each, sent, sending):
            continue
        shown = again.find(each.name)
        if shown is None and each.name.startswith(("options-", "only_values")):
            continue  # an answer to choose, of a question that is now answered in another way
        if shown is None or not is_shown(each, sent, shown):
            lost.append(f"{each.name}: {sent} came back as {shown.values if shown else None}")
    return lost


def could_be_typed(each: Field, sent: list[str], sending: Sending) -> bool:
    """Whether a browser could have sent this of the field. What is longer than everything is cut, as it is told."""
    if not sending.is_tampered:
        return True
    if len(sent) != 1 or each.name in [name for name, _, _ in sending.files]:
        return False
    if each.kind not in WRITTEN:
        return sent[0] in each.offered and each.kind != "checkbox"
    is_short = len(sent[0]) <= min(each.most or LONGEST_VALUE, LONGEST_VALUE)
    return is_short and not any("\ud800" <= letter <= "\udfff" for letter in sent[0])


def is_shown(each: Field, sent: list[str], shown: Field) -> bool:
    if each.kind not in WRITTEN:
        return set(sent) == set(shown.values) or (not sent and shown.values == shown.offered[:1])
    typed, there = squeeze(sent[0]), squeeze(shown.values[0])
    return typed.casefold() == there.casefold() if each.kind == "email" else typed == there


def check_words_kept(page: Page, form: Form, sending: Sending) -> None:
    """After a refusal that no field is to blame for: the words are on the page, in the form or to be copied."""
    there = squeeze(page.text + "".join(v for other in page.forms for field in other.fields for v in field.values))
    for each in form.fields:
        if each.kind in ("text", "textarea"):
            for text in sending.typed(each.name):
                assert squeeze(text) in there, f"lost after 409: {each.name}: {text!r}"


def squeeze(text: str) -> str:
    """What people would call the same text: spaces, invisible letters and ways of composing do not count."""
    kept = "".join(c for c in without_controls(text) if c.isprintable() and not c.isspace())
    return unicodedata.normalize("NFD", kept)
