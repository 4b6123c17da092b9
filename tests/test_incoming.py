"""How much may be sent, and where."""

import pytest
from flask import Flask

from accelerator import incoming
from accelerator.config import ROOT
from tests.cast import Cast
from tests.site import Site, text_of


def test_only_forms_with_photos_may_be_large(site: Site, cast: Cast) -> None:
    much = {"word": "x" * (incoming.WITHOUT_PHOTOS + 1)}
    answer = site.as_(cast.ben).post("/me/settings", much, 413)
    assert "too large to send" in text_of(answer)


def test_the_forms_with_photos_are_known_by_name(app: Flask) -> None:
    folder = ROOT / "templates"
    marks = ('type="file"', "ui.field(form.photos")
    with_files = [path for path in folder.rglob("*.html") if any(mark in path.read_text("utf-8") for mark in marks)]
    assert {path.relative_to(folder).as_posix() for path in with_files} == {
        "errors/once_more.html",
        "appeals/report.html",
        "board/report.html",
        "deeds/tell.html",
        "design.html",
    }
    assert set(app.view_functions) >= incoming.WITH_PHOTOS


@pytest.mark.parametrize("sizes", [[10], [5, 5], [3, 8], [20], [9, 0, 1, 1]])
def test_a_file_keeps_one_byte_more_than_a_photo_may_have(sizes: list[int]) -> None:
    with incoming.FileWithinLimit() as file:
        file.room = 10
        for size in sizes:
            assert file.write(b"x" * size) == size
        file.seek(0)
        assert len(file.read()) == min(sum(sizes), 10)
