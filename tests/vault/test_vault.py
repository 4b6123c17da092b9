"""The vault as features use it: bound to row and column, and a key goes exactly when its transaction stands."""

import shutil
from typing import Any

import pytest
from sqlalchemy import select

from accelerator.clock import utcnow
from accelerator.extensions import db, vault
from accelerator.help.contact import Contact, open_contact, seal_contact
from accelerator.help.models import Requester
from accelerator.vault.keys import KeyGone
from accelerator.vault.sealing import Unreadable
from tests.factories import make_requester
from tests.steps import row

pytestmark = pytest.mark.usefixtures("context")
APA = Contact(name="Apa Bota", phone="+77011234567", street="Abay", door="12, 4")


def requester(number: int) -> Requester:
    return row(Requester, number)


def test_a_contact_moved_to_another_person_does_not_open() -> None:
    one, two = make_requester(contact=APA)[0], make_requester(contact=Contact(name="Ata"))[0]
    with db.transaction() as session:
        first, second = session.get_one(Requester, one), session.get_one(Requester, two)
        first.sealed_contact, second.sealed_contact = second.sealed_contact, first.sealed_contact
    for number in (one, two):
        with pytest.raises(Unreadable):
            open_contact(requester(number))


def test_not_even_with_the_key_that_belongs_to_it() -> None:
    """Somebody who can write into the table moves row and key name together."""
    one = make_requester(contact=APA)[0]
    first = requester(one)
    stranger = Requester(id=one + 1, key_name=first.key_name, sealed_contact=first.sealed_contact)
    with pytest.raises(Unreadable):
        open_contact(stranger)


def test_a_contact_in_the_column_of_the_answers_does_not_open() -> None:
    first = requester(make_requester(contact=APA)[0])
    assert first.key_name is not None
    assert first.sealed_contact is not None
    with pytest.raises(Unreadable):
        vault.open(first.key_name, first.sealed_contact, first, "sealed_answers")


def test_the_same_phone_is_found_again_by_a_hash_that_needs_the_key(tmp_path: Any) -> None:
    one, two = make_requester(contact=APA)[0], make_requester(contact=APA)[0]
    assert requester(one).phone_hash == requester(two).phone_hash
    assert requester(one).phone_hash != vault.fingerprint("code", APA.phone), "each purpose has its own"
    keys = db.settings.keys_path
    keys.rename(keys.with_name("apart"))
    vault.init_app(db.settings)
    assert requester(one).phone_hash != vault.fingerprint("phone", APA.phone), "without the key nobody can try phones"
    shutil.rmtree(keys)
    keys.with_name("apart").rename(keys)
    vault.init_app(db.settings)


# ---- a key goes exactly when its transaction stands ----


def is_there(name: str) -> bool:
    try:
        vault.keys.get(name)
    except KeyGone:
        return False
    return True


def touch() -> None:
    db.session.execute(select(Requester.id)).all()


def test_a_key_goes_after_the_commit_and_not_before() -> None:
    name = vault.keys.create()
    touch()
    vault.destroy_after_commit(db.session, name)
    assert is_there(name)
    db.session.commit()
    assert not is_there(name)


def test_a_transaction_that_is_rolled_back_keeps_the_key_also_when_another_one_commits() -> None:
    name = vault.keys.create()
    touch()
    vault.destroy_after_commit(db.session, name)
    db.session.rollback()
    touch()
    db.session.commit()
    assert is_there(name)


def test_called_before_the_first_statement_it_belongs_to_the_transaction_that_follows() -> None:
    name = vault.keys.create()
    vault.destroy_after_commit(db.session, name)
    touch()
    db.session.rollback()
    touch()
    db.session.commit()
    assert is_there(name)


def test_the_end_of_a_savepoint_is_not_the_end() -> None:
    name = vault.keys.create()
    touch()
    vault.destroy_after_commit(db.session, name)
    with db.session.begin_nested():
        touch()
    assert is_there(name), "the savepoint is released, nothing is on the disk"
    other = db.session.begin_nested()
    other.rollback()
    db.session.commit()
    assert not is_there(name)


def test_a_savepoint_that_is_rolled_back_takes_its_erasures_with_it() -> None:
    name = vault.keys.create()
    touch()
    inner = db.session.begin_nested()
    vault.destroy_after_commit(db.session, name)
    inner.rollback()
    db.session.commit()
    assert is_there(name)


def test_a_file_of_keys_that_cannot_be_written_does_not_undo_the_erasure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = vault.keys.create()
    touch()
    vault.destroy_after_commit(db.session, name)

    def refuse(_names: list[str]) -> int:
        raise OSError("read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(vault.keys, "destroy", refuse)
        db.session.commit()
    assert "daily sweep" in caplog.text
    assert name not in caplog.text
    assert is_there(name)


def test_what_a_browser_sealed_opens_for_that_browser_alone() -> None:
    sealed = vault.seal_for_browser("cookie", "Abay 12", "help_drafts|1|sealed")
    assert vault.open_for_browser("cookie", sealed, "help_drafts|1|sealed") == "Abay 12"
    for token, place in (("other", "help_drafts|1|sealed"), ("cookie", "help_drafts|2|sealed")):
        with pytest.raises(Unreadable):
            vault.open_for_browser(token, sealed, place)


def test_an_erased_person_has_no_contact_to_seal() -> None:
    gone = Requester(id=1, key_name=None, erased_at=utcnow())
    with pytest.raises(ValueError, match="erased"):
        seal_contact(gone, APA)
    assert open_contact(gone) == Contact()
