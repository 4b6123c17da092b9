"""Pictures we draw: for shared links, and for the demonstration."""

import hashlib
import io
import re
import time
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import Image, ImageChops, ImageStat

from accelerator.demonstration import draw
from accelerator.drawing import APPLE_BODY, drawable, face, outline, placed
from accelerator.pictures import share_picture, shortened, shown_seats, wrapped

FONTS = Path(draw.__file__).parent.parent / "fonts"
DEMONSTRATION = Path(draw.__file__).parent / "pictures"
KAZAKH = "АаӘәБбВвГгҒғДдЕеЁёЖжЗзИиЙйКкҚқЛлМмНнҢңОоӨөПпРрСсТтУуҰұҮүФфХхҺһЦцЧчШшЩщЪъЫыІіЬьЭэЮюЯя"
LONG = "Аулаға ағаш отырғызамыз, күрек пен көшет дайын, қолғап ала келіңіз, әркімге жұмыс табылады"
RED = (0xC2, 0x33, 0x2B)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    return image.convert("RGB")


def seats_row(apples: tuple[int, int] | None) -> Image.Image:
    data = share_picture("Көмек", "Медеу · бүгін", apples=apples, name="Ізгілік")
    return opened(data).crop((0, 515, 1200, 610))


def red_pixels(image: Image.Image) -> int:
    reds = Image.new("RGB", image.size, RED)
    difference = ImageChops.difference(image, reds).convert("L").point(lambda value: 255 if value < 6 else 0)
    return difference.histogram()[255]


class TestFonts:
    def test_the_files_are_those_the_readme_describes(self) -> None:
        stated = dict(re.findall(r"([0-9a-f]{64})  (\S+\.ttf)", (FONTS / "README").read_text()))
        found = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in FONTS.glob("*.ttf")}
        assert found == stated
        assert len(found) == 2

    def test_the_licence_travels_with_them(self) -> None:
        assert "Bitstream Vera Fonts Copyright" in (FONTS / "LICENSE").read_text()

    @pytest.mark.parametrize("name", ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
    def test_every_letter_we_let_through_has_a_shape(self, name: str) -> None:
        letters = TTFont(FONTS / name).getBestCmap()
        let_through = {code for code in range(0x21, 0x10000) if drawable(chr(code)) == chr(code)}
        assert {ord(letter) for letter in KAZAKH + "₸№«»—\u2013…·Ёё"} <= let_through
        missing = [f"U+{code:04X}" for code in sorted(let_through - letters.keys())]
        assert missing == []


class TestWords:
    def test_words_are_spread_evenly_over_the_lines_they_need(self) -> None:
        lines = wrapped("Помочь бабушке донести продукты и починить кран на кухне", 66, 1056)
        lengths = [face(66, bold=True).getlength(line) for line in lines]
        assert len(lines) == 3
        assert max(lengths) < 1056
        assert min(lengths) > max(lengths) * 0.6

    def test_words_stay_whole(self) -> None:
        assert " ".join(wrapped(LONG, 66, 1056)) == LONG

    def test_a_word_longer_than_a_line_is_cut(self) -> None:
        word = "сельскохозяйственновосстановительный"
        lines = wrapped(word, 66, 500)
        assert len(lines) > 1
        assert "".join(lines) == word
        assert all(face(66, bold=True).getlength(line) <= 500 for line in lines)

    def test_no_words_no_lines(self) -> None:
        assert wrapped("", 66, 1056) == []

    def test_what_does_not_fit_ends_after_a_whole_word(self) -> None:
        short = shortened(LONG, 42, 700, bold=False)
        assert short.endswith("…")
        assert LONG.startswith(short[:-1])
        assert LONG[len(short) - 1] in " ,"
        assert face(42).getlength(short) <= 700

    def test_what_fits_is_left_alone(self) -> None:
        assert shortened("Медеу ауданы", 42, 700, bold=False) == "Медеу ауданы"

    def test_letters_without_a_shape_are_left_out(self) -> None:
        assert drawable("  Көмек\n🍎 керек 你好 !") == "Көмек керек !"

    def test_a_letter_in_two_parts_is_joined(self) -> None:
        assert drawable("и\u0306") == "й"


class TestSeats:
    @pytest.mark.parametrize(
        ("taken", "places", "shown"),
        [
            (0, 1, (0, 1, 0)),
            (3, 8, (3, 5, 0)),
            (8, 8, (8, 0, 0)),
            (12, 24, (4, 4, 16)),
            (1, 100, (1, 7, 92)),
            (99, 100, (7, 1, 92)),
            (0, 9, (0, 8, 1)),
            (9, 9, (8, 0, 1)),
            (7, 5, (5, 0, 0)),
            (-1, 3, (0, 3, 0)),
            (0, 0, (0, 0, 0)),
        ],
    )
    def test_which_apples_are_drawn(self, taken: int, places: int, shown: tuple[int, int, int]) -> None:
        assert shown_seats(taken, places) == shown

    def test_red_grows_with_every_seat_taken(self) -> None:
        reds = [red_pixels(seats_row((taken, 4))) for taken in range(5)]
        assert reds[0] == 0
        one = reds[1]
        assert one > 2000
        assert all(abs(red - one * taken) < one * 0.1 for taken, red in enumerate(reds))

    def test_a_page_without_places_shows_none(self) -> None:
        assert red_pixels(seats_row(None)) == 0


class TestSharePicture:
    @pytest.mark.parametrize("title", ["Ізгі істер", "Walk the shelter dogs", LONG, LONG * 5, "Ұ" * 400, "", "🍎"])
    def test_it_is_small_and_of_the_size_messengers_ask_for(self, title: str) -> None:
        data = share_picture(title, "Әуезов ауданы · сенбі 10:00", apples=(12, 24), name="Ізгілік акселераторы")
        assert opened(data).size == (1200, 630)
        assert len(data) <= 60_000

    def test_a_novel_for_a_title_takes_no_longer(self) -> None:
        start = time.process_time()
        share_picture("Ұ" * 1_000_000, "Ғ" * 1_000_000, apples=None, name="Ізгілік")
        assert time.process_time() - start < 1

    def test_nothing_reaches_the_edge(self) -> None:
        data = share_picture(LONG * 3, LONG * 3, apples=(3, 900), name=LONG)
        right = opened(data).crop((1140, 0, 1200, 380))
        assert len(right.getcolors() or []) == 1

    def test_the_same_words_make_the_same_bytes(self) -> None:
        first, second = (share_picture("Көмек", "бүгін", apples=None, name="Ізгілік") for _ in range(2))
        assert first == second

    def test_the_title_is_ink_and_not_a_neighbouring_shade(self) -> None:
        colours = {colour for _, colour in opened(share_picture("Көмек", "", apples=(1, 2), name="")).getcolors() or []}
        assert {(0x1F, 0x2D, 0x36), (0xFA, 0xF6, 0xEE), RED, (0x2F, 0x73, 0x50)} <= colours


class TestShapes:
    def test_an_outline_follows_its_path(self) -> None:
        points = outline("M0 0 L10 0 C10 5 5 10 0 10 Z")
        assert points[0] == (0, 0)
        assert points[1] == (10, 0)
        assert points[-1] == pytest.approx((0, 10))

    def test_the_apple_stays_in_its_box(self) -> None:
        for x, y in outline(APPLE_BODY):
            assert 0 <= x <= 64
            assert 0 <= y <= 64

    def test_a_shape_is_scaled_then_turned_then_moved(self) -> None:
        assert placed([(1, 0)], 10, 20, 2, 90)[0] == pytest.approx((10, 22))
        assert placed("1,0", 10, 20, (-3, 1))[0] == pytest.approx((7, 20))


class TestDemonstration:
    def test_every_picture_is_there_and_no_other(self) -> None:
        assert {path.stem for path in DEMONSTRATION.glob("*")} == set(draw.PICTURES)

    @pytest.mark.parametrize("name", draw.PICTURES)
    def test_a_picture_is_small_and_what_the_script_draws(self, name: str) -> None:
        path = DEMONSTRATION / f"{name}.webp"
        assert path.stat().st_size <= 25 * 1024
        kept = Image.open(path)
        assert kept.size == (960, 720)
        difference = ImageChops.difference(kept.convert("RGB"), draw.draw(name))
        assert max(ImageStat.Stat(difference).mean) < 3, "run python -m accelerator.demonstration.draw again"

    def test_the_script_writes_them_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(draw, "PICTURES", {"tea": draw.tea})
        draw.main(tmp_path / "new")
        assert (tmp_path / "new" / "tea.webp").read_bytes()[8:12] == b"WEBP"
