"""Foreign CSV files into drafts: the real file, damaged files, and other languages by mapping alone."""

import contextlib
import re
import string
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accelerator.board.importing import (
    BadRow,
    Mapping,
    MappingError,
    RequestDraft,
    count_records,
    load_mapping,
    mask_contacts,
    mask_private,
    read_drafts,
)
from accelerator.board.importing.amounts import parse_count, parse_minutes
from accelerator.board.importing.cleaning import clean_text, split_at_word
from accelerator.board.importing.dates import compile_format, parse_moment

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "accelerator" / "board" / "importing" / "mappings"
NYC = ROOT.parent / "shared" / "data" / "nyc-service-opportunities.csv"
NOW = datetime(2025, 11, 22, 9, 0, tzinfo=UTC)

needs_nyc = pytest.mark.skipif(not NYC.exists(), reason=f"the real data set is not beside the checkout: {NYC}")

SMALL = """
source = "small"
[fields.source_id]
column = "id"
[fields.title]
column = "title"
[fields.story]
column = "story"
[fields.lang]
value = "en"
[fields.kind]
value = "other"
[fields.region]
value = "KZ-75"
"""


@pytest.fixture
def small(tmp_path: Path) -> Mapping:
    return make_mapping(tmp_path, SMALL)


def make_mapping(folder: Path, text: str, name: str = "mapping.toml") -> Mapping:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def read(folder: Path, mapping: Mapping, content: str | bytes, now: datetime = NOW) -> list[RequestDraft | BadRow]:
    path = folder / "input.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(mapping.file.encoding))
    items = list(read_drafts(path, mapping, now=now))
    assert count_records(path, mapping) == len(items)
    return items


def draft_of(item: RequestDraft | BadRow) -> RequestDraft:
    assert isinstance(item, RequestDraft), item
    return item


def bad_of(item: RequestDraft | BadRow) -> BadRow:
    assert isinstance(item, BadRow), item
    return item


def one_field(folder: Path, field: str, rule: str, cell: str) -> RequestDraft | BadRow:
    """One row whose column x feeds `field` by `rule`."""
    base = SMALL.replace('[fields.kind]\nvalue = "other"\n', "") if field == "kind" else SMALL
    mapping = make_mapping(folder, base + f'[fields.{field}]\ncolumn = "x"\n{rule}\n')
    (item,) = read(folder, mapping, f'id,title,story,x\n1,Title,Story,"{cell}"\n')
    return item


# The real file


@pytest.fixture(scope="module")
def nyc() -> Mapping:
    return load_mapping(MAPPINGS / "nyc.toml")


@pytest.fixture(scope="module")
def nyc_items(nyc: Mapping) -> list[RequestDraft | BadRow]:
    return list(read_drafts(NYC, nyc, now=NOW))


@pytest.fixture(scope="module")
def nyc_drafts(nyc_items: list[RequestDraft | BadRow]) -> dict[str, RequestDraft]:
    return {item.source_id: item for item in nyc_items if isinstance(item, RequestDraft)}


@needs_nyc
def test_the_real_file_is_read_in_full(nyc: Mapping, nyc_items: list[RequestDraft | BadRow]) -> None:
    assert count_records(NYC, nyc) == len(nyc_items) == 665
    assert sum(isinstance(item, RequestDraft) for item in nyc_items) == 660


@needs_nyc
def test_each_bad_row_of_the_real_file_has_its_line_and_reason(
    nyc_items: list[RequestDraft | BadRow],
) -> None:
    bad = [item for item in nyc_items if isinstance(item, BadRow)]
    lines = NYC.read_text(encoding="utf-8-sig").splitlines()
    reported = {item.row["opportunity_id"]: item.reason for item in bad}
    assert reported == {
        "4987": 'Column "vol_requests" says "2700"; expected a whole number from 1 to 1000.',
        "5066": 'Column "hours" says "12"; expected a duration up to a day of 8 hours.',
        "5005": 'Column "vol_requests" says "9999"; expected a whole number from 1 to 1000.',
        "5020": 'Column "vol_requests" says "2011"; expected a whole number from 1 to 1000.',
        "5352": 'Column "vol_requests" says "9999"; expected a whole number from 1 to 1000.',
    }
    for item in bad:
        assert lines[item.line - 1].startswith(item.row["opportunity_id"] + ",")


@needs_nyc
def test_real_rows_follow_the_columns(nyc_drafts: dict[str, RequestDraft]) -> None:
    queens = nyc_drafts["5148"]
    assert (queens.district, queens.kind, queens.people, queens.lang) == ("US-NY/queens", "tutoring", 2, "en")
    assert queens.published_at == datetime(2011, 3, 1, 5, 0, tzinfo=UTC)  # midnight in New York, in winter
    assert nyc_drafts["5211"].district == "US-NY/brooklyn"  # no borough: by the postcode, 11226
    assert nyc_drafts["5211"].needs == ("strength",)
    districts = Counter(draft.district for draft in nyc_drafts.values())
    assert districts["US-NY/staten-island"] == 3
    assert districts[None] == 8


@needs_nyc
def test_long_over_is_closed_and_ongoing_is_open_at_any_time(nyc_drafts: dict[str, RequestDraft]) -> None:
    states = Counter((draft.state, draft.when) for draft in nyc_drafts.values())
    assert states == {("open", "any"): 506, ("closed", "by"): 154}
    once = nyc_drafts["5008"]
    assert (once.starts_at, once.ends_at) == (None, datetime(2011, 2, 2, 4, 59, tzinfo=UTC))
    assert nyc_drafts["5137"].ends_at is None


@needs_nyc
def test_in_its_own_time_an_ongoing_row_keeps_its_end(nyc: Mapping) -> None:
    items = list(read_drafts(NYC, nyc, now=datetime(2012, 1, 1, tzinfo=UTC)))
    by_id = {item.source_id: item for item in items if isinstance(item, RequestDraft)}
    assert len(by_id) == 660
    assert (by_id["5211"].state, by_id["5211"].when) == ("open", "by")
    assert by_id["5211"].ends_at == datetime(2012, 3, 17, 3, 59, tzinfo=UTC)
    for draft in by_id.values():
        check_promises(draft)


@needs_nyc
def test_the_real_file_leaks_no_contact_and_no_address(
    nyc_items: list[RequestDraft | BadRow], nyc_drafts: dict[str, RequestDraft]
) -> None:
    texts = {key: "\n".join((d.title, d.story, d.briefing)) for key, d in nyc_drafts.items()}
    assert not any(re.search(r"\w@\w+\.\w|\d{3}[-.)] ?\d{3}[-.]\d{4}", text) for text in texts.values())
    for address in (
        "171 West 85",
        "392 Asser Levy Pl",
        "348 East 54th",
        "2071 Fulton",
        "346 Broadway",
        "89 Brad",
    ):
        assert not any(address in text for text in texts.values())
    assert "…" in texts["5389"]


@needs_nyc
def test_every_draft_of_the_real_file_keeps_its_promises(nyc_drafts: dict[str, RequestDraft]) -> None:
    for draft in nyc_drafts.values():
        check_promises(draft)


@needs_nyc
def test_needs_and_kinds_of_the_shipped_mapping_are_ours(nyc: Mapping) -> None:
    reference = ROOT / "accelerator" / "reference"
    if not (reference / "kinds.toml").exists():
        pytest.skip("accelerator/reference is not written yet")
    for field, name in (("kind", "kinds"), ("needs", "capabilities")):
        ours = set(re.findall(r'^code = "(.+)"', (reference / f"{name}.toml").read_text("utf-8"), re.M))
        assert nyc.codes(field) <= ours
        assert load_mapping(MAPPINGS / "example-ru.toml").codes(field) <= ours


def check_promises(draft: RequestDraft) -> None:
    """What the docstring of RequestDraft says."""
    assert 0 < len(draft.title) <= 90
    assert "\n" not in draft.title
    assert len(draft.story) <= 2000
    assert len(draft.briefing) <= 4000
    assert draft.minutes in (15, 30, 60, 240, 480)
    assert draft.when in ("any", "by", "at", "repeating")
    assert draft.state in ("open", "closed")
    assert draft.when != "any" or draft.ends_at is None
    assert draft.when != "by" or draft.ends_at is not None
    assert draft.when != "at" or (draft.starts_at is not None and draft.ends_at is not None)
    assert draft.starts_at is None or draft.ends_at is None or draft.starts_at <= draft.ends_at
    for moment in (draft.starts_at, draft.ends_at, draft.published_at):
        assert moment is None or moment.tzinfo is UTC
    "\n".join((draft.source_id, draft.title, draft.story, draft.briefing)).encode()


# Damaged files: each costs the record it is in, never the rest


def test_line_breaks_inside_fields_keep_paragraphs_and_line_numbers(tmp_path: Path, small: Mapping) -> None:
    first, second, third = read(
        tmp_path,
        small,
        'id,title,story\r\n1,"Two\r\nlines","One.\r\n\r\n\r\nTwo."\r\n,blank id,x\r\n3,T,S\r\n',
    )
    assert (draft_of(first).title, draft_of(first).story) == ("Two lines", "One.\n\nTwo.")
    assert bad_of(second).line == 7
    assert draft_of(third).source_id == "3"


def test_an_unclosed_quote_costs_one_record(tmp_path: Path, small: Mapping) -> None:
    items = read(tmp_path, small, 'id,title,story\n1,T,S\n2,"open,S\n3,T,S\n4,"T","S"\n5,T,S\n')
    bad = [item for item in items if isinstance(item, BadRow)]
    assert [draft_of(item).source_id for item in items if item not in bad] == ["1", "3", "4", "5"]
    assert [(item.line, "quotation mark" in item.reason) for item in bad] == [(3, True)]
    assert bad[0].row == {"(record)": '2,"open,S\n3,T,S\n4,"T","S"\n'}


def test_an_unclosed_quote_before_the_end_of_a_long_file_costs_one_record(tmp_path: Path, small: Mapping) -> None:
    rows = "".join(f"{number},Title,Story\n" for number in range(2, 5000))
    items = read(tmp_path, small, f'id,title,story\n1,"never closed,S\n{rows}')
    assert (bad_of(items[0]).line, len(items)) == (2, 4999)


def test_a_broken_record_of_several_lines_is_reported_once(tmp_path: Path, small: Mapping) -> None:
    first, second = read(tmp_path, small, 'id,title,story\n1,T,"He said "yes"\nand\nleft"\n2,T,S\n')
    assert bad_of(first).reason == (
        "A quotation mark stands inside a quoted field without being doubled, or one is not closed; "
        "lines 2 to 4 were left out; expected one whole record."
    )
    assert draft_of(second).source_id == "2"


def test_a_ragged_row_is_refused_and_a_trailing_delimiter_is_not(tmp_path: Path, small: Mapping) -> None:
    short, long, trailing = read(tmp_path, small, "id,title,story\n1,T\n2,T,S,extra\n3,T,S,,\n\n,,\n")
    assert "has 2 columns; expected 3" in bad_of(short).reason
    assert bad_of(long).row == {"id": "2", "title": "T", "story": "S", "column (4)": "extra"}
    assert draft_of(trailing).source_id == "3"


def test_a_broken_byte_costs_its_record(tmp_path: Path, small: Mapping) -> None:
    first, second = read(tmp_path, small, b"id,title,story\n1,caf\xe9,S\n2,T,S\n")
    assert 'Column "title" holds the byte 0xE9, which is not utf-8-sig' in bad_of(first).reason
    assert "set [file] encoding in mapping.toml" in bad_of(first).reason
    bad_of(first).row["title"].encode()
    assert draft_of(second).source_id == "2"


def test_a_nul_byte_costs_its_record(tmp_path: Path, small: Mapping) -> None:
    first, second = read(tmp_path, small, b"id,title,story\n1,a\0b,S\n2,T,S\n")
    assert 'Column "title" holds a NUL byte' in bad_of(first).reason
    assert draft_of(second).source_id == "2"


def test_an_endless_line_costs_its_record(tmp_path: Path, small: Mapping) -> None:
    first, second = read(tmp_path, small, "id,title,story\n1,T," + "x" * 1_000_000 + "\n2,T,S\n")
    assert "too long" in bad_of(first).reason
    assert (draft_of(second).source_id, bad_of(first).line) == ("2", 2)


def test_a_repeated_id_is_refused_and_says_where_the_first_is(tmp_path: Path, small: Mapping) -> None:
    _, other, same = read(tmp_path, small, "id,title,story\n1,T,S\n1,Other,S\n1,T,S\n")
    assert 'The id "1" stands in line 2 with other content' in bad_of(other).reason
    assert "repeat line 2" in bad_of(same).reason


def test_blank_id_and_title_are_refused_together(tmp_path: Path, small: Mapping) -> None:
    (item,) = read(tmp_path, small, 'id,title,story\n ,"<br>",S\n')
    assert 'Column "title" is blank' in bad_of(item).reason
    assert 'Column "id" is blank' in bad_of(item).reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "mac-cyrillic"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    mapping = make_mapping(tmp_path, f'{SMALL}\n[file]\nencoding = "{encoding}"\n')
    (item,) = read(tmp_path, mapping, "id,title,story\n1,Снег во дворе,Тест\n")
    assert draft_of(item).title == "Снег во дворе"


def test_the_mark_at_the_beginning_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    mapping = make_mapping(tmp_path, f'{SMALL}\n[file]\nencoding = "utf-8"\n')
    (item,) = read(tmp_path, mapping, "\ufeffid,title,story\n1,T,S\n")
    assert draft_of(item).source_id == "1"


def test_other_shapes_of_file(tmp_path: Path) -> None:
    rules = '\n[file]\ndelimiter = "\\t"\nquotechar = ""\nskip_rows = 1\ncolumns = ["id", "title", "story"]\n'
    (item,) = read(tmp_path, make_mapping(tmp_path, SMALL + rules), 'Report of May\n7\t"Quoted" title\tS\n')
    assert draft_of(item).title == '"Quoted" title'


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=400), st.text(alphabet='1a,"\n\r\0; éж')))
def test_random_content_is_never_an_error(tmp_path: Path, small: Mapping, noise: bytes | str) -> None:
    data = noise if isinstance(noise, bytes) else noise.encode()
    for item in read(tmp_path, small, b"id,title,story\n" + data + b"\n9,T,S\n"):
        if isinstance(item, RequestDraft):
            check_promises(item)
        else:
            assert item.line >= 2
            assert item.reason.endswith(".")
            (item.reason + "".join(item.row) + "".join(item.row.values())).encode()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["utf-16", "shift_jis", "utf-7", "iso2022_jp", "hz", "gb18030"]))
def test_random_files_are_at_most_a_mapping_error(tmp_path: Path, noise: bytes, encoding: str) -> None:
    mapping = make_mapping(tmp_path, f'{SMALL}\n[file]\nencoding = "{encoding}"\ncolumns = ["id", "title", "story"]\n')
    read(tmp_path, mapping, noise)
    (tmp_path / "input.csv").write_bytes(noise)
    # Nine files of ten have no such header: that is the one error which may come, and it comes at once.
    with contextlib.suppress(MappingError):
        list(read_drafts(tmp_path / "input.csv", make_mapping(tmp_path, SMALL), now=NOW))


# Values


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("March 17 2011", "%B %d %Y", "2011-03-17T00:00:00"),
        ("17 MAR 11", "%d %b %y", "2011-03-17T00:00:00"),
        ("Sept. 3, 2025 9:05 p.m.", "%b %d, %Y %I:%M %p", "2025-09-03T21:05:00"),
        ("7 октября 2019 г.", "%d %B %Y г.", "2019-10-07T00:00:00"),
        ("вт, 3 февр. 2026", "%a, %d %b %Y", "2026-02-03T00:00:00"),
        ("2019 жылғы 7 қазан", "%Y жылғы %d %B", "2019-10-07T00:00:00"),
        ("7 қазанда 2019", "%d %B %Y", "2019-10-07T00:00:00"),
        ("31.12.2025 23:59:59", "%d.%m.%Y %H:%M:%S", "2025-12-31T23:59:59"),
        ("2025-12-31T10:00:00+05:00", "%Y-%m-%dT%H:%M:%S%z", "2025-12-31T10:00:00+05:00"),
    ],
)
def test_dates_in_three_languages(text: str, date_format: str, expected: str) -> None:
    assert parse_moment(text, (compile_format(date_format),)).at.isoformat() == expected


@pytest.mark.parametrize(
    "cell", ["30.02.2026", "00.01.2026", "01.13.2026", "01.01.0001", "soon", "1.1.26", "2026-01-01"]
)
def test_impossible_dates_are_refused(tmp_path: Path, cell: str) -> None:
    item = one_field(tmp_path, "starts_at", 'formats = ["%d.%m.%Y"]', cell)
    assert f'Column "x" says "{cell}"; expected a d' in bad_of(item).reason.replace("expected a day", "expected a d")


FRENCH = 'months = { "Janvier" = 1, "Février" = 2, "août" = 8, "déc." = 12, "décembre" = 12 }'
TURKISH = 'months = { "Ocak" = 1, "Ağustos" = 8, "Ekim" = 10, "Aralık" = 12 }'


def with_months(folder: Path, months: str, cell: str, formats: str = '["%d %B %Y"]') -> RequestDraft | BadRow:
    fields = f'[fields.starts_at]\ncolumn = "x"\nformats = {formats}\n'
    mapping = make_mapping(
        folder, SMALL.replace("[fields.source_id]", f"[dates]\n{months}\n[fields.source_id]") + fields
    )
    (item,) = read(folder, mapping, f"id,title,story,x\n1,T,S,{cell}\n")
    return item


@pytest.mark.parametrize(
    ("months", "cell", "day"),
    [
        (FRENCH, "3 décembre 2026", (2026, 12, 3)),
        (FRENCH, "3 DÉCEMBRE 2026", (2026, 12, 3)),
        (FRENCH, "3 de\u0301cembre 2026", (2026, 12, 3)),  # the accent as a character of its own
        (FRENCH, "3 déc. 2026", (2026, 12, 3)),
        (FRENCH, "15 août 2026", (2026, 8, 15)),
        (TURKISH, "3 Aralık 2026", (2026, 12, 3)),
        (TURKISH, "3 ARALIK 2026", (2026, 12, 3)),
        (TURKISH, "3 EKİM 2026", (2026, 10, 3)),
        (TURKISH, "7 қазанда 2026", (2026, 10, 7)),  # our languages stay known
        ('months = { "दिसंबर" = 12 }', "3 दिसंबर 2026", (2026, 12, 3)),
        ('months = { "mai" = 5, "may" = 6 }', "3 may 2026", (2026, 6, 3)),  # the mapping's word comes first
    ],
)
def test_months_in_other_languages_by_the_mapping_alone(
    tmp_path: Path, months: str, cell: str, day: tuple[int, int, int]
) -> None:
    ends_at = draft_of(with_months(tmp_path, months, cell)).ends_at  # a day without an hour: by the end of it
    assert ends_at
    assert ends_at.astimezone(ZoneInfo("Asia/Almaty")).timetuple()[:3] == day


@pytest.mark.parametrize("months", ["", TURKISH])
def test_a_month_that_nobody_named_is_refused_as_such(tmp_path: Path, months: str) -> None:
    reason = bad_of(with_months(tmp_path, months, "3 décembre 2026")).reason
    assert 'Column "x" says "3 décembre 2026"; expected a month in Kazakh, Russian or English, not "décembre"' in reason
    assert "unless [dates] months says which one it is." in reason
    assert "a day that exists" in bad_of(with_months(tmp_path, FRENCH, "31 février 2026")).reason


def test_a_format_with_an_unknown_month_leaves_the_others_their_turn(tmp_path: Path) -> None:
    formats = '["%d %B %Y", "%d décembre %Y / %m"]'
    assert "décembre" in bad_of(with_months(tmp_path, "", "3 décembre 2026", formats)).reason
    assert draft_of(with_months(tmp_path, "", "3 décembre 2026 / 12", formats)).ends_at


@pytest.mark.parametrize(
    ("months", "complaint"),
    [
        ('months = { "décembre" = 13 }', '[dates.months] "décembre" must be the number of a month, 1 to 12.'),
        ('months = { "décembre" = 0 }', '[dates.months] "décembre" must be the number of a month, 1 to 12.'),
        ('months = { "décembre" = "12" }', "must be a whole number"),
        ('months = { "le mois 12" = 12 }', '[dates.months] "le mois 12" must be one word'),
        ('months = ["janvier"]', "[dates] months must be a table"),
        ('month = { "janvier" = 1 }', 'did you mean "months"'),
    ],
)
def test_a_slip_in_the_names_of_months_is_said_once(tmp_path: Path, months: str, complaint: str) -> None:
    with pytest.raises(MappingError) as refused:
        with_months(tmp_path, months, "3 décembre 2026")
    assert complaint in str(refused.value)


def test_the_documented_line_about_months_can_be_switched_on(tmp_path: Path) -> None:
    text = (MAPPINGS / "example-ru.toml").read_text("utf-8")
    assert "# months = {" in text
    mapping = make_mapping(tmp_path, text.replace("# months = {", "months = {"))
    assert mapping.fields["published_at"].formats[0].months == {"janvier": 1, "janv": 1, "décembre": 12}


def test_a_time_that_clocks_jumped_over_is_refused(tmp_path: Path) -> None:
    rule = 'formats = ["%Y-%m-%d %H:%M"]\ntimezone = "America/New_York"'
    assert "clocks jumped" in bad_of(one_field(tmp_path, "starts_at", rule, "2026-03-08 02:30")).reason
    assert draft_of(one_field(tmp_path, "starts_at", rule, "2026-03-08 03:30")).starts_at == datetime(
        2026, 3, 8, 7, 30, tzinfo=UTC
    )


def test_a_publication_ahead_of_today_is_refused(tmp_path: Path) -> None:
    item = one_field(tmp_path, "published_at", 'formats = ["%d.%m.%Y"]', "01.01.2031")
    assert "not ahead of today" in bad_of(item).reason


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2 hours", 240),
        ("1,5 ч", 240),
        ("30 мин", 30),
        ("1 ч 30 мин.", 240),
        ("0.25", 15),
        ("1:00", 60),
        ("10 min", 15),
        ("1 сағат", 60),
        ("1 day", 480),
        ("8", 480),
        ("45минут", 60),
    ],
)
def test_durations_are_snapped_up(text: str, minutes: int) -> None:
    assert parse_minutes(text, unit="hours", decimal=None) == minutes


def test_durations_in_another_language(tmp_path: Path) -> None:
    rule = """
        [fields.minutes]
        column = "Dauer"
        units = { "Std." = "hours", Minuten = "minutes", TAGE = "days" }
    """
    cells = ("2 Std", "1 STD. 30 Minuten", "1 Tage", "20 min", "2 Wochen")
    rows = "".join(f"{number},T,S,{cell}\n" for number, cell in enumerate(cells))
    *good, bad = read(tmp_path, make_mapping(tmp_path, SMALL + rule), "id,title,story,Dauer\n" + rows)
    assert [draft_of(row).minutes for row in good] == [240, 240, 480, 30]
    assert "expected a duration" in str(bad)


@pytest.mark.parametrize("text", ["0", "9 hours", "2-3 hours", "two hours", "1 week", "", "-1", "9" * 5000, "1 h x"])
def test_durations_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a duration|one number"):
        parse_minutes(text, unit="hours", decimal=None)


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("5", None, 5),
        ("5 человек", None, 5),
        ("1 000", None, 1000),
        ("1,000", ".", 1000),
        ("1.000", ",", 1000),
        ("12 адам", None, 12),
        ("18+", None, 18),
        ("1,000,000", None, 1_000_000),
        ("3.0", None, 3),
    ],
)
def test_counts(text: str, decimal: str | None, number: int) -> None:
    assert parse_count(text, decimal=decimal, units=frozenset()) == number


@pytest.mark.parametrize("text", ["1,000", "10-15", "5 dozen", "2.5", "", "many", "1,00,000", "-3", "9" * 5000, "٣ x"])
def test_counts_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_count(text, decimal=None, units=frozenset())


def test_numbers_out_of_range_are_refused(tmp_path: Path) -> None:
    item = one_field(tmp_path, "people", "max = 100", "101")
    assert bad_of(item).reason == 'Column "x" says "101"; expected a whole number from 1 to 100.'


def test_an_unknown_word_is_refused_unless_the_mapping_says_other(tmp_path: Path) -> None:
    rule = 'values = { "Yard  WORK" = "parks" }'
    assert draft_of(one_field(tmp_path, "kind", rule, " yard work ")).kind == "parks"
    reason = bad_of(one_field(tmp_path, "kind", rule, "Cooking")).reason
    assert reason.startswith('Column "x" says "Cooking"; expected one of "yard work"')
    assert draft_of(one_field(tmp_path, "kind", rule + '\nother = "other"', "Cooking")).kind == "other"
    assert "is blank" in bad_of(one_field(tmp_path, "kind", rule, "")).reason


def test_codes_that_do_not_exist_here_are_refused(tmp_path: Path, small: Mapping) -> None:
    (tmp_path / "input.csv").write_text("id,title,story\n1,T,S\n")
    (item,) = read_drafts(tmp_path / "input.csv", small, now=NOW, known={"region": {"KZ-71"}})
    assert 'gives the region "KZ-75"; expected one of "KZ-71"' in bad_of(item).reason


def test_a_district_of_another_region_is_refused(tmp_path: Path) -> None:
    assert draft_of(one_field(tmp_path, "district", "", "KZ-75/medeu")).district == "KZ-75/medeu"
    assert 'expected one of the region "KZ-75"' in bad_of(one_field(tmp_path, "district", "", "KZ-71/esil")).reason


def test_needs_come_from_a_list_and_from_words(tmp_path: Path) -> None:
    rule = 'split = ";"\nvalues = { Car = "car", "Strong arms" = "strength" }\nkeywords_in = ["title"]\n'
    rule += '[[fields.needs.keywords]]\nwords = ["titl*"]\nthen = "tools"'
    assert draft_of(one_field(tmp_path, "needs", rule, "car; strong arms;car")).needs == (
        "tools",
        "car",
        "strength",
    )
    assert "Plane" in bad_of(one_field(tmp_path, "needs", rule, "Plane")).reason


def test_words_match_whole_words_unless_they_end_in_a_star(tmp_path: Path) -> None:
    rule = 'default = "other"\n[[fields.kind.keywords]]\nwords = ["car", "собак*"]\nthen = "animals"'
    assert (
        draft_of(
            one_field(tmp_path, "kind", rule.replace('default = "other"', 'other = "other"\nvalues = {}'), "care")
        ).kind
        == "other"
    )
    assert draft_of(one_field(tmp_path, "kind", rule, "My CAR!")).kind == "animals"
    assert draft_of(one_field(tmp_path, "kind", rule, "гулять с собаками")).kind == "animals"


@pytest.mark.parametrize(("cell", "expected"), [("yes", True), ("ДА", True), ("иә", True), ("жоқ", False), ("", False)])
def test_yes_and_no(tmp_path: Path, cell: str, expected: bool) -> None:
    assert draft_of(one_field(tmp_path, "two_adults", "", cell)).two_adults is expected
    assert "expected yes or no" in bad_of(one_field(tmp_path, "two_adults", "", "perhaps")).reason


def test_adults_only_when_the_source_says_nothing_about_age(tmp_path: Path, small: Mapping) -> None:
    (item,) = read(tmp_path, small, "id,title,story\n1,T,S\n")
    assert (draft_of(item).min_age, draft_of(item).people, draft_of(item).minutes) == (18, 1, 60)


# When, and whether it is over

DATES = """
[fields.starts_at]
column = "start"
formats = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]
[fields.ends_at]
column = "end"
formats = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]
[fields.when]
column = "when"
default = "auto"
[fields.state]
column = "state"
"""


def timed(folder: Path, row: str, rules: str = "") -> RequestDraft | BadRow:
    mapping = make_mapping(folder, SMALL + DATES + rules)
    (item,) = read(folder, mapping, f"id,title,story,start,end,when,state\n1,T,S,{row}\n")
    return item


@pytest.mark.parametrize(
    ("row", "when"),
    [
        (",,,", "any"),
        (",01.02.2026,,", "by"),
        ("01.02.2026,,,", "by"),
        ("01.02.2026,01.02.2026,,", "by"),
        ("01.02.2026 22:00,02.02.2026 04:00,,", "at"),
        ("01.02.2026,09.02.2026,,", "by"),
        ("01.02.2026,09.02.2026,any,", "by"),
        ("01.02.2026,09.02.2026,repeating,", "repeating"),
    ],
)
def test_when_follows_from_the_dates(tmp_path: Path, row: str, when: str) -> None:
    draft = draft_of(timed(tmp_path, row))
    assert (draft.when, draft.state) == (when, "open")
    check_promises(draft)


@pytest.mark.parametrize("when", ["at", "repeating"])
def test_a_day_without_an_hour_begins_at_no_midnight(tmp_path: Path, when: str) -> None:
    draft = draft_of(timed(tmp_path, f"01.02.2026,,{when},"))
    assert draft.starts_at is None
    assert draft.when == {"at": "by"}.get(when, when)


def test_a_time_without_an_end_lasts_as_long_as_it_takes(tmp_path: Path) -> None:
    draft = draft_of(timed(tmp_path, "01.02.2026 14:30,,,"))
    assert draft.starts_at == datetime(2026, 2, 1, 9, 30, tzinfo=UTC)  # Almaty is UTC+5
    assert draft.ends_at == datetime(2026, 2, 1, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("02.02.2026,01.02.2026,,", "expected the start not to be after the end"),
        (",,by,", "has no end"),
        (",,at,", "has no start"),
        (",,sometimes,", 'expected one of "any"'),
        (",,,half-open", 'expected one of "open", "closed"'),
    ],
)
def test_times_that_contradict_themselves_are_refused(tmp_path: Path, row: str, part: str) -> None:
    assert part in bad_of(timed(tmp_path, row)).reason


@pytest.mark.parametrize(
    ("row", "rules", "expected"),
    [
        ("01.02.2011,02.02.2011,,", "", ("closed", "by")),
        ("01.02.2011,02.02.2011,,", 'past = "open_anytime"', ("open", "any")),
        ("01.02.2011,02.02.2011,,", 'past = "keep"', ("open", "by")),
        ("01.02.2011,02.02.2011,any,", "", ("closed", "by")),
        ("01.02.2011,02.02.2011,any,", "ongoing_is_open = true", ("open", "any")),
        ("01.02.2011,,repeating,", "ongoing_is_open = true", ("open", "any")),
        ("01.02.2011,,any,", "", ("closed", "any")),
        ("01.02.2011,02.02.2011,,", "ongoing_is_open = true", ("closed", "by")),
        ("01.02.2011,02.02.2011,any,closed", "ongoing_is_open = true", ("closed", "by")),
        (",,,closed", "", ("closed", "any")),
    ],
)
def test_what_is_over_follows_the_mapping(tmp_path: Path, row: str, rules: str, expected: tuple[str, str]) -> None:
    draft = draft_of(timed(tmp_path, row, rules))
    assert (draft.state, draft.when) == expected


# Text


def test_markup_and_entities_are_cleaned() -> None:
    raw = "<p>Fish &amp; chips</p><p>5 < 6 &lt;b&gt;ok&lt;/b&gt;<br/>a&nbsp;b</p><script>x()</script>\u200b\x07"
    assert clean_text(raw) == "Fish & chips\n\n5 < 6 ok\na b"


@settings(max_examples=100)
@given(st.text(alphabet=st.sampled_from("<>/&;#brpx \n\tampltg1")))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once or "&" in once or "<" in once


def test_what_a_title_has_no_room_for_begins_the_story(tmp_path: Path, small: Mapping) -> None:
    title = " ".join(f"word{number}" for number in range(20))
    (item,) = read(tmp_path, small, f"id,title,story\n1,{title},{'long ' * 600}\n")
    draft = draft_of(item)
    assert draft.title.endswith("…")
    assert draft.story.startswith("…word")
    assert draft.briefing.startswith("…long")
    words = re.sub("[…\\s]+", " ", f"{draft.title} {draft.story} {draft.briefing}")
    assert words.split() == f"{title} {'long ' * 600}".split()


def test_too_much_text_is_refused(tmp_path: Path, small: Mapping) -> None:
    first, second = read(tmp_path, small, f"id,title,story\n1,T,{'a ' * 4000}\n2,T,{'b ' * 11000}\n")
    assert "too long together" in bad_of(first).reason
    assert "expected at most 20000" in bad_of(second).reason


@given(st.text(alphabet=string.ascii_lowercase + "  \n", max_size=300), st.integers(5, 100))
def test_splitting_loses_no_letter(text: str, limit: int) -> None:
    head, rest = split_at_word(text, limit)
    assert len(head) <= limit
    assert "".join((head + rest).replace("…", "").split()) == "".join(text.split())


@pytest.mark.parametrize(
    "contact",
    [
        "envision@wiggio.mail.com",
        "айжан@пошта.қаз",
        "name (at) example (dot) org",
        "@aizhan_help",
        "wa.me/77011234567",
        "+7 701 123 45 67",
        "+7(727)250-12-34",
        "+7 (7172) 50-12-34",
        "8 701 123 45 67",
        "8(727)2501234",
        "87011234567",
        "701 123 45 67",
        "7011234567",
        "(212) 555-0123",
        "212.555.0123",
        "212 555 0123",
        "1-212-555-0123",
        "+12125550123",
        "866.4.U.TREVOR",
        "1-800-HELP-NOW",
        "555-0123",
        "250-12-34",
        "4400 4300 1234 5678",
        "850101300123",
        "212–555–0123",
    ],
)
def test_contacts_are_masked(contact: str) -> None:
    assert mask_contacts(f"Call {contact}, please ({contact}).") == "Call …, please (…)."


@pytest.mark.parametrize(
    "text",
    [
        "2010-2011",
        "10.10.2011 - 12.10.2011",
        "2011-07-14",
        "9/23/11",
        "3:30-6:30",
        "10:00 - 12:00",
        "www.dorotusa.org",
        "Shop@RMA",
        "High School @ Prospect Heights",
        "1 000 000 trees",
        "20-30 people",
        "40.7405, -73.9889",
        "100 000",
        "7 октября 2019 года",
        "3rd-5th grades",
        "$1,000",
        "24/7",
        "9/11",
        "2024 2025",
        "c. 8 до 18",
    ],
)
def test_dates_numbers_and_sites_are_not_masked(text: str) -> None:
    assert mask_private(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at 348 East 54th street, NY", "at …, NY"),
        ("ON-SITE at 2071 Fulton St. Brooklyn", "ON-SITE at … Brooklyn"),
        ("Живу: ул. Абая, д. 15, кв. 3. Жду", "Живу: …. Жду"),
        ("на проспекте Аль-Фараби 77/8", "на …"),
        ("мкр. Орбита-2, дом 5", "…"),
        ("Абай даңғылы, 10-үй", "…"),
        ("along Broadway and 5 boroughs", "along Broadway and 5 boroughs"),
        ("2011 Festival will take place", "2011 Festival will take place"),
    ],
)
def test_street_addresses_are_masked(text: str, masked: str) -> None:
    assert mask_private(text) == masked


def test_lines_of_the_private_columns_are_masked(tmp_path: Path) -> None:
    mapping = make_mapping(tmp_path, SMALL + '[privacy]\ncolumns = ["where"]\n')
    (item,) = read(tmp_path, mapping, 'id,title,story,where\n1,T,Meet at 45 main yard.,"45 Main Yard\nAlmaty"\n')
    assert draft_of(item).story == "Meet at …."


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["a", "1", "a.", "(1", "1 ", "@a", "+1", "ул. ", "<", "1-", "A "]), st.integers(1, 5000))
def test_masking_ends_on_any_text(piece: str, times: int) -> None:
    mask_private(clean_text((piece * times)[:20_000]))


# Other languages, by a mapping alone

RUSSIAN = (
    "№;Заголовок;Описание;Дата;Время;Район;Категория;"
    "Сколько человек;Сколько времени;Нужна машина;Опубликовано\n"
    '17;Убрать снег;"Расчистить двор, ""до калитки"".\nТел. 8 701 123-45-67";7 марта 2026 г.;14:30;'
    "Медеуский;Уборка;5 чел.;1,5 ч;да;01.10.2025\n"
    "18;Выгулять собаку;Дважды в день;08.03.2026;;Бостандыкский район;;;;нет;02.10.2025\n"
    "19;Окна;Помыть окна;31.02.2026;;Луна;Уборка;много;;нет;02.10.2025\n"
)

KAZAKH = """
source = "asar-kk"
[file]
delimiter = "|"
[[regions]]
code = "KZ-71"
kk = "Астана"
ru = "Астана"
en = "Astana"
timezone = "Asia/Almaty"
[fields.source_id]
column = "Нөмірі"
[fields.title]
column = "Атауы"
[fields.story]
template = '''
{Сипаттамасы}
Қажет: {Қажеттілік}'''
[fields.lang]
value = "kk"
[fields.kind]
column = "Атауы"
keywords_in = ["Атауы"]
values = {}
other = "other"
[[fields.kind.keywords]]
words = ["бұлақ*"]
then = "springs"
[fields.region]
column = "Қала"
[fields.people]
column = "Адам саны"
[fields.minutes]
column = "Ұзақтығы"
[fields.ends_at]
column = "Мерзімі"
formats = ["%Y жылғы %d %B", "%d.%m.%Y"]
[fields.two_adults]
column = "Екі ересек"
"""


def test_a_russian_file_by_the_shipped_example(tmp_path: Path) -> None:
    mapping = load_mapping(MAPPINGS / "example-ru.toml")
    snow, dog, windows = read(tmp_path, mapping, RUSSIAN)
    assert draft_of(snow) == RequestDraft(
        source="example-ru",
        source_id="17",
        title="Убрать снег",
        story='Расчистить двор, "до калитки".\nТел. …',
        briefing="",
        lang="ru",
        kind="seniors",
        region="KZ-75",
        district="KZ-75/medeu",
        when="at",
        starts_at=datetime(2026, 3, 7, 9, 30, tzinfo=UTC),
        ends_at=datetime(2026, 3, 7, 13, 30, tzinfo=UTC),
        minutes=240,
        people=5,
        needs=("car",),
        min_age=16,
        two_adults=False,
        published_at=datetime(2025, 9, 30, 19, 0, tzinfo=UTC),
        state="open",
    )
    assert (draft_of(dog).kind, draft_of(dog).district, draft_of(dog).people) == (
        "animals",
        "KZ-75/bostandyq",
        1,
    )
    assert bad_of(windows).line == 5
    for part in (
        '"Дата", "Время" says "31.02.2026"',
        '"Район" says "Луна"',
        '"Сколько человек" says "много"',
    ):
        assert part in bad_of(windows).reason


def test_a_kazakh_file_by_a_new_mapping_alone(tmp_path: Path) -> None:
    mapping = make_mapping(tmp_path, KAZAKH)
    (item,) = read(
        tmp_path,
        mapping,
        "Нөмірі|Атауы|Сипаттамасы|Қажеттілік|Қала|Адам саны|Ұзақтығы|Мерзімі|Екі ересек\n"
        "Ә-1|Бұлақты тазалау|Ауыл маңындағы бұлақ||АСТАНА|12 адам|2 сағат|2026 жылғы 7 сәуір|иә\n",
    )
    draft = draft_of(item)
    assert (draft.source_id, draft.lang, draft.kind, draft.region) == ("Ә-1", "kk", "springs", "KZ-71")
    assert (draft.people, draft.minutes, draft.two_adults) == (12, 240, True)
    assert (draft.when, draft.ends_at) == ("by", datetime(2026, 4, 7, 18, 59, tzinfo=UTC))
    assert draft.story == "Ауыл маңындағы бұлақ"


# Mappings that cannot be used


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("[fields.story]\ncolumn", "[fields.story]\ncolum"),
            'colum is not a known key; did you mean "column"',
        ),
        (("[fields.story]", "[fields.stroy]"), '[fields] stroy is not a known key; did you mean "story"'),
        (('[fields.lang]\nvalue = "en"', ""), "[fields] lang is missing"),
        (('value = "en"', 'value = "fr"'), 'gives "fr", which must be one of kk, ru, en'),
        (('source = "small"', 'source = "Very Small"'), "source needs a short name"),
        (('source = "small"', "source ="), "is not valid TOML"),
        (("", '[file]\nencoding = "martian"\n'), '[file] encoding "martian" is unknown'),
        (("", '[file]\nencoding = "rot13"\n'), "is unknown"),
        (("", '[file]\ndelimiter = ";;"\n'), "must be one character"),
        (("", '[dates]\ntimezone = "Mars/Base"\n'), "not a known time zone"),
        (("", '[dates]\ntimezone = "America"\n'), "not a known time zone"),
        (("", "[dates]\nshift_to_future = true\n"), "shift_to_future is not a known key"),
        (("", '[fields.starts_at]\ncolumn = "d"\n'), "[fields.starts_at] formats is missing"),
        (("", '[fields.starts_at]\ncolumn = "d"\nformats = ["%d %Q"]\n'), '"%Q" is not a date letter'),
        (("", '[fields.starts_at]\ncolumn = "d"\nformats = ["%d.%m"]\n'), "lacks %Y"),
        (("", '[fields.starts_at]\ncolumn = "d"\nformats = ["%d %d %m %Y"]\n'), "twice"),
        (("", '[fields.people]\ncolumn = "n"\nmin = 9\nmax = 3\n'), "more than max"),
        (
            ("", '[fields.people]\ncolumn = "n"\ndefault = "few"\n'),
            'gives "few", where a whole number is expected',
        ),
        (("", '[fields.people]\ncolumn = "n"\npattern = "\\\\d"\n'), "exactly one group"),
        (("", '[fields.people]\ncolumn = "n"\npattern = "("\n'), "is not a regular expression"),
        (("", '[fields.people]\ncolumn = "n"\nvalue = 3\n'), "cannot stand beside"),
        (("", "[fields.people]\nrequired = true\n"), "column is missing"),
        (("", '[fields.people]\ncolumn = "n"\nrequired = "yes"\n'), "must be true or false"),
        (("", '[fields.minutes]\ncolumn = "n"\nunits = { Std = "ours" }\n'), "must be one of minutes, hours, days"),
        (("", '[fields.minutes]\ncolumn = "n"\nunits = { "2 h" = "hours" }\n'), "must be one word of letters"),
        (("", '[fields.minutes]\ncolumn = "n"\nunits = { hours = "days" }\n'), "is known already"),
        (("", '[fields.minutes]\ncolumn = "n"\nunits = { Std = "hours", "STD." = "days" }\n'), "is known already"),
        (("", '[fields.state]\npast = "forget"\n'), "must be one of closed, open_anytime, keep"),
        (("", '[[regions]]\ncode = "X"\nkk = "X"\nru = "X"\n'), "[regions.1] en is missing"),
    ],
)
def test_a_wrong_mapping_says_what_to_do(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    old, new = change
    with pytest.raises(MappingError, match=re.escape(sentence)):
        make_mapping(tmp_path, SMALL.replace(old, new) if old else SMALL + new)


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id;title;story\n1;T;S\n", 'Everything stands in one column: set [file] delimiter = ";"'),
        (
            "id,title,text\n",
            '"story", but input.csv has no such column. Its columns are "id", "title", "text".',
        ),
        ("id,title,story,Title\n", "which input.csv has twice"),
        ("", "has no header line"),
        ("\n\n", "has no header line"),
        ('id,"title,story\n', "has no header line"),
        ("№,title,story\n".encode("cp1251"), "is not utf-8-sig"),
        ("id,title,story\n".encode("utf-16"), "is not utf-8-sig"),
    ],
)
def test_a_file_that_does_not_fit_the_mapping(
    tmp_path: Path, small: Mapping, content: str | bytes, sentence: str
) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(MappingError, match=re.escape(sentence)):
        read_drafts(path, small, now=NOW)  # at once, not with the first item


def test_a_clock_without_a_zone_is_a_mistake_of_the_caller(tmp_path: Path, small: Mapping) -> None:
    with pytest.raises(ValueError, match="time zone"):
        read_drafts(tmp_path / "input.csv", small, now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_reading_is_lazy(tmp_path: Path, small: Mapping) -> None:
    (tmp_path / "input.csv").write_text("id,title,story\n" + "".join(f"{n},T,S\n" for n in range(1000)))
    items: Iterator[RequestDraft | BadRow] = read_drafts(tmp_path / "input.csv", small, now=NOW)
    assert draft_of(next(items)).source_id == "0"
