"""``flask import-requests``: a foreign CSV becomes requests, again and again, and nothing of ours is lost."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from accelerator.board import transitions as board
from accelerator.board.importing import RequestDraft, count_records, load_mapping, read_drafts
from accelerator.board.importing.commands import known_codes, run_import, save_regions
from accelerator.board.models import HelpRequest, Outcome, RequestStatus
from accelerator.board.search import normalise
from accelerator.clock import utcnow
from accelerator.extensions import db
from accelerator.integrity.models import IntegrityEvent
from accelerator.regions.models import Region
from tests.alone import run_alone
from tests.cast import ALMATY, Cast, viewer_of
from tests.site import Site, text_of
from tests.steps import claim_now, count_events, events_of, take, wait

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "accelerator" / "board" / "importing" / "mappings"
NYC = ROOT.parent / "shared" / "data" / "nyc-service-opportunities.csv"
needs_nyc = pytest.mark.skipif(not NYC.exists(), reason=f"the real data set is not beside the checkout: {NYC}")

KAZAKH_MAP = """
source = "aul"
[file]
delimiter = ";"
[dates]
timezone = "Asia/Almaty"
[fields.source_id]
column = "нөмірі"
[fields.title]
column = "атауы"
[fields.story]
column = "мәтіні"
[fields.lang]
value = "kk"
[fields.kind]
column = "түрі"
values = { "қар күреу" = "seniors", "сабақ" = "tutoring" }
[fields.region]
value = "KZ-75"
[fields.district]
column = "ауданы"
values = { "Медеу ауданы" = "KZ-75/medeu" }
[fields.people]
column = "адам"
default = 1
[fields.starts_at]
column = "күні"
formats = ["%d %B %Y %H:%M"]
[fields.min_age]
value = 16
[fields.state]
column = "күйі"
values = { "ашық" = "open", "жабық" = "closed" }
default = "open"
"""
HEADER = "нөмірі;атауы;мәтіні;түрі;ауданы;адам;күні;күйі"
ROWS = (
    "1;Қар күреу;Ауладағы қарды күреу.;қар күреу;Медеу ауданы;1;;",
    "2;Сабақ;Математикадан көмек.;сабақ;;3;;",
)
RUSSIAN = '''№;Заголовок;Описание;Дата;Время;Район;Категория;Сколько человек;Сколько времени;Нужна машина;Опубликовано
17;Убрать снег;"Расчистить двор, ""до калитки""";7 октября 2049 г.;14:30;Медеуский;Уборка;5 чел.;1,5 ч;да;01.10.2019
18;Выгулять собаку;Звоните +7 701 123 45 67;;;Бостандыкский;;;;нет;01.10.2019
19;;Без заголовка;;;;;;;;
'''


@pytest.fixture
def aul(tmp_path: Path) -> Path:
    (tmp_path / "aul.toml").write_text(KAZAKH_MAP, encoding="utf-8")
    return write(tmp_path, *ROWS)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "aul.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def run(app: Flask, file: Path, mapping: Path | None = None, *options: str) -> Result:
    """The command, as the operator types it."""
    return run_alone(app, "import-requests", str(file), "--map", str(mapping or file.with_suffix(".toml")), *options)


def imported(source_id: str) -> HelpRequest:
    chosen = select(HelpRequest).where(HelpRequest.source_id == source_id).execution_options(populate_existing=True)
    return db.read.scalars(chosen).one()


def count(table: type = HelpRequest) -> int:
    return db.read.scalars(select(func.count()).select_from(table)).one()


@needs_nyc
def test_a_dry_run_of_the_real_file_writes_nothing_at_all(context: Flask) -> None:
    before = (count(), count(Region), count(IntegrityEvent))
    files = set(db.settings.instance_path.iterdir())
    result = run(context, NYC, MAPPINGS / "nyc.toml", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "660 would be imported, 0 would be updated, 0 unchanged, 5 bad" in result.output
    assert (count(), count(Region), count(IntegrityEvent)) == before
    assert {path.name for path in files} >= {
        path.name for path in db.settings.instance_path.iterdir() if "-wal" not in path.name and "-shm" not in path.name
    }


@needs_nyc
def test_the_real_file_is_imported_and_again_unchanged(context: Flask, site: Site) -> None:
    result = run(context, NYC, MAPPINGS / "nyc.toml")
    assert "660 imported, 0 updated, 0 unchanged, 5 bad (see " in result.output
    assert count() == 660
    assert "Brooklyn" in text_of(site.get("/requests?region=US-NY&district=US-NY/brooklyn"))
    bad = db.settings.instance_path / "nyc-service-opportunities-bad-rows.csv"
    with bad.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["opportunity_id"] for row in rows} == {"4987", "5066", "5005", "5020", "5352"}
    assert all(row["line"].isdigit() and "expected" in row["reason"] for row in rows)
    events = count_events()
    again = run(context, NYC, MAPPINGS / "nyc.toml")
    assert "0 imported, 0 updated, 660 unchanged, 5 bad" in again.output
    assert count_events() == events


def test_a_kazakh_file_by_its_own_mapping(context: Flask, site: Site, aul: Path) -> None:
    result = run(context, aul)
    assert "2 imported, 0 updated, 0 unchanged, 0 bad." in result.output
    page = site.get("/requests", params={"q": "ҚАР"})
    assert "Қар күреу" in text_of(page)
    assert page.html.find("h2", lang="kk")
    assert (imported("2").kind_code, imported("2").capacity, imported("1").district_code) == (
        "tutoring",
        3,
        "KZ-75/medeu",
    )


def test_a_russian_file_by_the_example(context: Flask, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "ru.csv"
    path.write_bytes(RUSSIAN.encode("cp1251"))
    result = run(context, path, MAPPINGS / "example-ru.toml", "--bad", str(tmp_path / "bad.csv"))
    assert "2 imported, 0 updated, 0 unchanged, 1 bad" in result.output
    snow = imported("17")
    assert (snow.title, snow.locale, snow.capacity, snow.needs) == ("Убрать снег", "ru", 5, 1)
    assert snow.starts_at is not None
    assert snow.starts_at.isoformat() == "2049-10-07T09:30:00+00:00"
    assert imported("18").kind_code == "animals"
    assert "701" not in text_of(site.get(f"/requests/{imported('18').id}"))
    bad = (tmp_path / "bad.csv").read_text("utf-8-sig")
    assert "Заголовок" in bad
    assert "\n4," in bad


def test_a_changed_row_updates_and_the_search_follows(context: Flask, site: Site, aul: Path) -> None:
    run(context, aul)
    write(aul.parent, ROWS[0].replace("Қар күреу;", "Мұз шабу;"), ROWS[1], "3;Жаңа;Жаңа іс.;сабақ;;1;;")
    result = run(context, aul)
    assert "1 imported, 1 updated, 1 unchanged, 0 bad." in result.output
    assert "Мұз шабу" in text_of(site.get("/requests", params={"q": "мұз"}))
    assert events_of(f"request:{imported('1').id}") == ["request.imported", "request.edited"]
    assert count() == 3


def test_what_a_coordinator_wrote_stays(context: Flask, cast: Cast, aul: Path) -> None:
    run(context, aul)
    with db.transaction():
        request = board.lock_request(imported("1").id)
        request.title, request.search_text = "Қарды бірге күрейік", normalise("Қарды бірге күрейік")
        board.edit(request, seen_version=request.version, by=viewer_of(cast.dee), at=utcnow())
    assert "0 updated, 2 unchanged" in run(context, aul).output
    write(aul.parent, ROWS[0].replace("Қар күреу;", "Мұз шабу;"), ROWS[1])
    assert "0 updated, 2 unchanged" in run(context, aul).output
    assert imported("1").title == "Қарды бірге күрейік"


def test_a_coordinators_closing_and_pausing_stay(context: Flask, cast: Cast, aul: Path) -> None:
    run(context, aul)
    dee = viewer_of(cast.dee)
    with db.transaction():
        board.close(imported("1").id, by=dee, at=utcnow(), outcome=Outcome.DUPLICATE)
        board.pause(imported("2").id, by=dee, at=utcnow())
    run(context, aul)
    assert (imported("1").status, imported("1").outcome) == ("closed", "duplicate")
    assert imported("2").status == "paused"


def test_promises_survive_a_smaller_number_and_a_closed_row(context: Flask, cast: Cast, aul: Path) -> None:
    run(context, aul)
    request_id = imported("2").id
    claims = [take(request_id, person) for person in (cast.ben, cast.cy)]
    write(aul.parent, ROWS[0], ROWS[1].replace(";3;;", ";1;;жабық"))
    run(context, aul)
    request = imported("2")
    assert (request.capacity, request.taken, request.status) == (2, 2, RequestStatus.OPEN)
    assert [claim_now(claim_id).state for claim_id in claims] == ["claimed", "claimed"]


def test_more_places_go_to_who_waits(context: Flask, cast: Cast, aul: Path) -> None:
    run(context, aul)
    request_id = imported("1").id
    take(request_id, cast.ben)
    waiting = wait(request_id, cast.cy)
    write(aul.parent, ROWS[0].replace(";1;;", ";2;;"), ROWS[1])
    run(context, aul)
    assert claim_now(waiting).state == "claimed"


def test_a_row_that_is_closed_at_its_source_leaves_the_board(context: Flask, site: Site, aul: Path) -> None:
    run(context, aul)
    write(aul.parent, ROWS[0].replace(";1;;", ";1;;жабық"), ROWS[1])
    assert "1 updated" in run(context, aul).output
    assert imported("1").status == "closed"
    assert "Қар күреу" not in text_of(site.get("/requests"))
    assert "2 unchanged" in run(context, aul).output


def test_bad_rows_are_told_with_line_and_reason_and_can_be_mended(context: Flask, aul: Path) -> None:
    write(aul.parent, ROWS[0], "4;Атаусыз түр;Мәтін;балет;;1;;", "5;Көп;Мәтін;сабақ;;көп;;")
    bad = aul.parent / "bad.csv"
    result = run(context, aul, None, "--bad", str(bad))
    assert result.exit_code == 0
    assert "1 imported" in result.output
    assert f"2 bad (see {bad})." in result.output
    with bad.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["3", "4"]
    assert "балет" in rows[0]["reason"]
    assert '"көп"' in rows[1]["reason"]
    assert rows[0]["атауы"] == "Атаусыз түр"


def test_a_wrong_mapping_stops_with_a_sentence_before_anything_is_written(context: Flask, aul: Path) -> None:
    aul.with_suffix(".toml").write_text(KAZAKH_MAP.replace('column = "атауы"', 'colunm = "атауы"'), "utf-8")
    result = run(context, aul)
    assert result.exit_code == 1
    assert "colunm" in result.output
    assert 'did you mean "column"' in result.output
    assert count() == 0


def test_an_interrupted_import_goes_on_where_it_stopped(context: Flask, tmp_path: Path, aul: Path) -> None:
    path = write(aul.parent, *(f"{number};Іс {number};Мәтін.;сабақ;;1;;" for number in range(1, 301)))
    mapping = load_mapping(path.with_suffix(".toml"))
    save_regions(mapping)

    def killed() -> Iterator[RequestDraft]:
        drafts = read_drafts(path, mapping, now=utcnow(), known=known_codes(mapping))
        for number, draft in enumerate(drafts):
            if number == 250:
                raise KeyboardInterrupt
            assert isinstance(draft, RequestDraft)
            yield draft

    with pytest.raises(KeyboardInterrupt):
        run_import(killed(), count_records(path, mapping), now=utcnow(), dry_run=False)
    db.session.rollback()
    assert count() == 200
    assert "100 imported, 0 updated, 200 unchanged" in run(context, path).output
    assert count() == 300


def test_an_imported_request_belongs_to_its_regions_desk(context: Flask, site: Site, cast: Cast, aul: Path) -> None:
    run(context, aul)
    assert imported("1").region_code == ALMATY
    page = site.as_(cast.dee).get(f"/desk/requests/{imported('1').id}")
    assert "taken over from a list" in text_of(page)
    site.as_(cast.eve).get(f"/desk/requests/{imported('1').id}", status=404)


def test_words_of_money_wait_for_a_coordinators_look(context: Flask, site: Site, cast: Cast, aul: Path) -> None:
    money = "3;Жинау;Ақша жинап береміз.;сабақ;;1;;"
    write(aul.parent, *ROWS, money)
    result = run(context, aul)
    assert "3 imported, 0 updated, 0 unchanged, 0 bad." in result.output
    assert "1 of them need a coordinator's look (money: 1): new ones wait" in result.output
    request_id = imported("3").id
    site.get(f"/requests/{request_id}", status=404)
    dee = site.as_(cast.dee)
    assert "Жинау" in text_of(dee.get("/desk", params={"q": "Жинау"}))
    page = dee.get(f"/desk/requests/{request_id}")
    assert [mark.get_text() for mark in page.html.select("mark")] == ["Ақша жинап"]
    dee.press(page, "Publish", status=422)
    dee.press(page, "Publish", accepted="money", status=303)
    assert "Жинау" in text_of(site.get("/requests"))
    write(aul.parent, *ROWS, money.replace("береміз", "алып береміз"))
    assert "3 unchanged" in run(context, aul).output
    assert imported("3").story == "Ақша жинап береміз.", "new words that nobody has looked at are not shown"


def test_the_command_says_what_was_found(context: Flask, aul: Path) -> None:
    rows = ["3;Жинау;Ақша жинап береміз.;сабақ;;1;;", "4;Жазыңыз;Біздің бет: vk.com/ayagoz;сабақ;;1;;"]
    write(aul.parent, *ROWS, *rows, "5;Екеуі;Ақша жинап береміз, бет: vk.com/ayagoz;сабақ;;1;;")
    output = run(context, aul).output
    assert "3 of them need a coordinator's look (handle: 2, money: 2): new ones wait at the desk" in output
    assert "look (" not in run(context, write(aul.parent, *ROWS)).output


def test_closed_ones_that_speak_of_money_are_shown_to_nobody(context: Flask, site: Site, aul: Path) -> None:
    write(aul.parent, "3;Жинау;Ақша жинап береміз.;сабақ;;1;;жабық")
    run(context, aul)
    assert imported("3").status == "closed"
    site.get(f"/requests/{imported('3').id}", status=404)
