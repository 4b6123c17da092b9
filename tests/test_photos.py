"""Photos from strangers: upright, bare of everything but pixels, and cheap to refuse."""

import contextlib
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from accelerator import photos
from accelerator.photos import (
    LARGE_SIDE,
    SMALL_SIDE,
    Photo,
    PhotoLimits,
    PhotoProblem,
    PhotoRefused,
    delete_photo,
    photo_file,
    read_photo,
    save_photo,
)
from accelerator.storage import FolderStorage

RED, GREEN, BLUE, YELLOW, WHITE = (200, 30, 30), (30, 160, 60), (30, 60, 200), (230, 200, 40), (255, 255, 255)
CORNERS = {"a": RED, "b": GREEN, "c": BLUE, "d": YELLOW}
SECRET = b"43.2389N-76.8897E-home-of-a-child"

# By the EXIF standard: the corners of the stored picture (top left, top right, bottom left, bottom right)
# when the upright one has a b above c d.
STORED = {1: "abcd", 2: "badc", 3: "dcba", 4: "cdab", 5: "acbd", 6: "bdac", 7: "dbca", 8: "cadb"}


def four_corners(letters: str, size: tuple[int, int]) -> Image.Image:
    wide, high = size
    image = Image.new("RGB", size)
    for at, letter in enumerate(letters):
        left, top = (at % 2) * wide // 2, (at // 2) * high // 2
        image.paste(CORNERS[letter], (left, top, left + wide // 2, top + high // 2))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(data: bytes, limits: PhotoLimits | None = None) -> Photo:
    return read_photo(io.BytesIO(data), limits=limits or PhotoLimits())


def refusal(data: bytes, limits: PhotoLimits | None = None) -> PhotoProblem:
    with pytest.raises(PhotoRefused) as caught:
        read(data, limits)
    return caught.value.reason


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "WEBP"
    assert image.mode == "RGB"
    return image


def is_near(pixel: object, colour: tuple[int, int, int], by: int = 24) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=True))


def corners_of(data: bytes) -> str:
    image = shown(data)
    wide, high = image.size
    pixels = [image.getpixel((wide * x // 4, high * y // 4)) for y in (1, 3) for x in (1, 3)]
    return "".join(next((k for k, v in CORNERS.items() if is_near(p, v)), "?") for p in pixels)


def with_orientation(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


class TestUpright:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation_comes_out_upright(self, orientation: int, kind: str) -> None:
        size = (96, 64) if orientation < 5 else (64, 96)
        stored = four_corners(STORED[orientation], size)
        photo = read(encoded(stored, kind, exif=with_orientation(orientation)))
        assert (photo.width, photo.height) == (96, 64)
        assert corners_of(photo.large) == "abcd"
        assert corners_of(photo.small) == "abcd"

    @pytest.mark.parametrize("orientation", [0, 9, 65535])
    def test_an_orientation_that_does_not_exist_is_ignored(self, orientation: int) -> None:
        data = encoded(four_corners("abcd", (96, 64)), exif=with_orientation(orientation))
        assert corners_of(read(data).large) == "abcd"

    def test_damaged_exif_does_not_cost_the_photo(self) -> None:
        for exif in (
            b"Exif\0\0II*\0\xff\xff\xff\xff",
            b"Exif\0\0MM",
            b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 9,
        ):
            data = encoded(four_corners("abcd", (96, 64)), exif=exif)
            assert corners_of(read(data).large) == "abcd"


class TestBarePixels:
    """Nothing that was in the file besides the picture may be in ours."""

    @staticmethod
    def gps() -> Image.Exif:
        exif = with_orientation(1)
        exif[0x010E] = SECRET.decode()
        exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 14.0, 20.0), 3: "E", 4: (76.0, 53.0, 22.0), 29: SECRET.decode()})
        exif.get_ifd(0x8769)[0x9286] = SECRET
        return exif

    @classmethod
    def inputs(cls) -> dict[str, bytes]:
        image = four_corners("abcd", (96, 64))
        xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
        text = PngInfo()
        text.add_text("Comment", SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        return {
            "JPEG": encoded(image, "JPEG", exif=cls.gps(), xmp=xmp, comment=SECRET),
            "PNG": encoded(image, "PNG", exif=cls.gps(), pnginfo=text),
            "WEBP": encoded(image, "WEBP", exif=cls.gps(), xmp=xmp),
        }

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_no_metadata_survives(self, kind: str) -> None:
        data = self.inputs()[kind]
        assert SECRET in data, "the test must put in what it looks for"
        photo = read(data)
        for file in (photo.large, photo.small):
            assert SECRET not in file
            assert file[12:16] == b"VP8 ", "one chunk of pixels, no container for anything else"
            assert len(file) == 8 + struct.unpack("<I", file[4:8])[0]
            image = shown(file)
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()

    def test_a_page_hidden_in_a_jpeg_is_gone(self) -> None:
        page = b"<!doctype html><script>alert(document.domain)</script>"
        polyglot = encoded(four_corners("abcd", (96, 64)), comment=page) + b"\n" + page
        photo = read(polyglot)
        assert b"script" not in photo.large + photo.small
        assert corners_of(photo.large) == "abcd"

    def test_the_second_picture_of_a_phone_is_gone(self) -> None:
        first, second = four_corners("abcd", (96, 64)), Image.new("RGB", (96, 64), WHITE)
        data = encoded(first, "MPO", save_all=True, append_images=[second])
        photo = read(data)
        assert corners_of(photo.large) == "abcd"

    def test_colours_are_moved_to_srgb_before_the_profile_is_dropped(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        head, tags, rest = profile[:128], profile[128:400], profile[400:]
        swapped = tags.replace(b"rXYZ", b"tmp!").replace(b"bXYZ", b"rXYZ").replace(b"tmp!", b"bXYZ")
        data = encoded(Image.new("RGB", (64, 64), BLUE), "PNG", icc_profile=head + swapped + rest)
        assert is_near(shown(read(data).large).getpixel((32, 32)), BLUE[::-1])

    @pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200])
    def test_a_damaged_profile_does_not_cost_the_photo(self, profile: bytes) -> None:
        data = encoded(four_corners("abcd", (96, 64)), "PNG", icc_profile=profile)
        assert corners_of(read(data).large) == "abcd"


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            ("JPEG", {"quality": 92}),
            ("JPEG", {"quality": 92, "progressive": True}),
            ("PNG", {}),
            ("WEBP", {"quality": 90}),
            ("WEBP", {"lossless": True}),
        ],
    )
    def test_the_three_formats(self, kind: str, options: dict[str, object]) -> None:
        assert corners_of(read(encoded(four_corners("abcd", (96, 64)), kind, **options)).large) == "abcd"

    def test_cmyk(self) -> None:
        data = encoded(four_corners("abcd", (96, 64)).convert("CMYK"), quality=95)
        assert corners_of(read(data).large) == "abcd"

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_see_through_parts_become_white(self, kind: str) -> None:
        image = four_corners("abcd", (96, 64)).convert("RGBA")
        image.paste((0, 0, 0, 0), (0, 0, 48, 32))
        pixels = shown(read(encoded(image, kind)).large)
        assert is_near(pixels.getpixel((24, 16)), WHITE)
        assert is_near(pixels.getpixel((72, 16)), GREEN)

    def test_palette(self) -> None:
        assert corners_of(read(encoded(four_corners("abcd", (96, 64)).quantize(8), "PNG")).large) == "abcd"

    @pytest.mark.parametrize("transparency", [0, b"\x00\xff\xff\xff"])
    def test_palette_with_a_see_through_colour(self, transparency: int | bytes) -> None:
        image = Image.new("P", (64, 64), 1)
        image.putpalette([0, 0, 0, *RED, *GREEN, *BLUE])
        image.paste(0, (0, 0, 32, 64))
        pixels = shown(read(encoded(image, "PNG", transparency=transparency)).large)
        assert is_near(pixels.getpixel((12, 32)), WHITE)
        assert is_near(pixels.getpixel((52, 32)), RED)

    def test_sixteen_bit_grey_keeps_its_middle(self) -> None:
        image = Image.new("I;16", (64, 64), 32768)
        assert is_near(shown(read(encoded(image, "PNG")).large).getpixel((32, 32)), (128, 128, 128), by=4)

    @pytest.mark.parametrize("mode", ["1", "L", "LA"])
    def test_grey(self, mode: str) -> None:
        image = Image.new("RGB", (64, 64), WHITE).convert(mode)
        assert is_near(shown(read(encoded(image, "PNG")).large).getpixel((32, 32)), WHITE)

    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    def test_of_a_moving_picture_the_first_frame_is_kept(self, kind: str) -> None:
        frames = [four_corners(letters, (96, 64)) for letters in ("abcd", "dcba", "cdab")]
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        photo = read(data)
        assert corners_of(photo.large) == "abcd"
        assert getattr(shown(photo.large), "n_frames", 1) == 1


class TestSizes:
    def test_a_phone_photo_is_scaled_to_both_sizes(self) -> None:
        photo = read(encoded(four_corners("abcd", (4000, 3000))))
        assert (photo.width, photo.height) == shown(photo.large).size == (LARGE_SIDE, 1200)
        assert shown(photo.small).size == (SMALL_SIDE, 360)
        assert corners_of(photo.large) == corners_of(photo.small) == "abcd"

    def test_a_turned_photo_has_its_longest_side_upright(self) -> None:
        photo = read(encoded(four_corners(STORED[6], (4000, 3000)), exif=with_orientation(6)))
        assert (photo.width, photo.height) == (1200, LARGE_SIDE)
        assert corners_of(photo.large) == "abcd"

    def test_a_small_picture_is_not_blown_up(self) -> None:
        photo = read(encoded(four_corners("abcd", (96, 64)), "PNG"))
        assert (photo.width, photo.height) == shown(photo.small).size == (96, 64)

    @pytest.mark.parametrize("size", [(1, 1), (1, 5000), (20_000, 2)])
    def test_odd_shapes_keep_at_least_one_pixel(self, size: tuple[int, int]) -> None:
        photo = read(encoded(Image.new("RGB", size, RED), "PNG"))
        assert min(photo.width, photo.height) >= 1
        assert max(photo.width, photo.height) <= LARGE_SIDE


class TestRefusals:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0",
            b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
            b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
            b"<!doctype html><title>photo</title>",
            b"%PDF-1.7\n",
            b"PK\x03\x04" + b"\0" * 60,
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
        ],
    )
    def test_other_files(self, data: bytes) -> None:
        assert refusal(data) is PhotoProblem.not_a_picture

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "JPEG2000"])
    def test_real_pictures_of_other_formats(self, kind: str) -> None:
        assert refusal(encoded(four_corners("abcd", (96, 64)), kind)) is PhotoProblem.not_a_picture

    def test_a_text_named_like_a_photo(self, tmp_path: Path) -> None:
        path = tmp_path / "holiday.jpg"
        path.write_text("not a photo at all\n" * 50)
        with path.open("rb") as stream, pytest.raises(PhotoRefused) as caught:
            read_photo(stream)
        assert caught.value.reason is PhotoProblem.not_a_picture

    @pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1"])
    def test_heic_has_its_own_reason(self, brand: bytes) -> None:
        assert refusal(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 200) is PhotoProblem.heic

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
    def test_cut_short(self, kind: str, share: float) -> None:
        noise = Image.frombytes("RGB", (120, 90), bytes((k * k * 31 + k // 7) % 251 for k in range(120 * 90 * 3)))
        data = encoded(noise, kind)
        assert refusal(data[: max(16, int(len(data) * share))]) is PhotoProblem.broken

    def test_damaged_in_the_middle_is_refused_or_read_but_never_crashes(self) -> None:
        for kind in ("JPEG", "PNG", "WEBP"):
            whole = encoded(four_corners("abcd", (96, 64)), kind, exif=with_orientation(6))
            for at in range(0, len(whole), max(1, len(whole) // 150)):
                data = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
                with contextlib.suppress(PhotoRefused):
                    read(data)

    def test_too_many_bytes(self) -> None:
        data = encoded(four_corners("abcd", (96, 64)))
        assert read(data, PhotoLimits(max_bytes=len(data)))
        assert refusal(data, PhotoLimits(max_bytes=len(data) - 1)) is PhotoProblem.too_many_bytes

    def test_an_endless_stream_is_read_only_to_the_limit(self) -> None:
        class Endless(io.RawIOBase):
            asked = 0

            def read(self, size: int = -1) -> bytes:
                self.asked += size
                return b"\xff" * size

        stream = Endless()
        with pytest.raises(PhotoRefused) as caught:
            read_photo(stream)  # type: ignore[arg-type]
        assert caught.value.reason is PhotoProblem.too_many_bytes
        assert stream.asked == PhotoLimits().max_bytes + 1

    def test_too_many_pixels(self) -> None:
        data = encoded(four_corners("abcd", (100, 100)))
        assert read(data, PhotoLimits(max_pixels=10_000))
        assert refusal(data, PhotoLimits(max_pixels=9_999)) is PhotoProblem.too_many_pixels

    @pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {}), ("JPEG", {"progressive": True})])
    def test_what_cannot_be_scaled_while_read_has_a_lower_limit(self, kind: str, options: dict[str, object]) -> None:
        limits = PhotoLimits(max_pixels_unpacked=9_999)
        assert (
            refusal(encoded(four_corners("abcd", (100, 100)), kind, **options), limits) is PhotoProblem.too_many_pixels
        )
        assert read(encoded(four_corners("abcd", (100, 100))), limits)


def png_header(wide: int, high: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000_000)))
        + chunk(b"IEND", b"")
    )


def jpeg_header(wide: int, high: int) -> bytes:
    data = encoded(Image.new("RGB", (16, 16)))
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", high, wide) + data[at + 9 :]


def webp_header(wide: int, high: int) -> bytes:
    data = encoded(Image.new("RGBA", (16, 16), (0, 0, 0, 9)), "WEBP", lossless=True)
    at = data.index(b"VP8L") + 9
    size = (wide - 1) | (high - 1) << 14 | 1 << 28
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def many_scans(count: int) -> bytes:
    data = encoded(Image.new("RGB", (64, 64), RED), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + b"\xff\xd9"


# Runs apart from the test process, and without the package's own ``__init__`` (which brings the whole
# portal), so that memory is that of this one picture. VmHWM and not ru_maxrss: the latter starts at the
# size of the process that started us.
MEASURE = """
import json, sys, time, types
sys.modules["accelerator"] = package = types.ModuleType("accelerator")
package.__path__ = [sys.argv[1]]
from accelerator.photos import PhotoRefused, read_photo
start = time.process_time()
try:
    with open(sys.argv[2], "rb") as stream:
        read_photo(stream)
    answer = "read"
except PhotoRefused as refused:
    answer = refused.reason.value
seconds = time.process_time() - start
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(json.dumps([answer, seconds, int(peak.split()[1]) / 1024]))
"""


def measured(data: bytes, folder: Path) -> tuple[str, float, float]:
    """Return what became of ``data``, the processor seconds it took, and its most memory in MiB."""
    path = folder / "photo"
    path.write_bytes(data)
    command = [sys.executable, "-W", "error", "-c", MEASURE, str(Path(photos.__file__).parent), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    answer, seconds, mebibytes = json.loads(done.stdout)
    return answer, seconds, mebibytes


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory the Linux way")
class TestBombs:
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(png_header(50_000, 50_000), id="png"),
            pytest.param(png_header(10_000, 10_000), id="png between Pillow's warning and its error"),
            pytest.param(jpeg_header(65_500, 65_500), id="jpeg"),
            pytest.param(webp_header(16_383, 16_383), id="webp"),
        ],
    )
    def test_a_header_that_promises_too_much_is_refused_cheaply(self, data: bytes, tmp_path: Path) -> None:
        answer, _, mebibytes = measured(data, tmp_path)
        assert answer == "too_many_pixels"
        assert mebibytes < 200

    def test_thousands_of_scans_are_refused_before_the_first(self, tmp_path: Path) -> None:
        answer, _, mebibytes = measured(many_scans(20_000), tmp_path)
        assert answer == "broken"
        assert mebibytes < 200

    def test_an_ordinary_number_of_scans_is_read(self) -> None:
        assert read(many_scans(2)).width == 64

    @pytest.mark.parametrize(
        ("kind", "size", "most"),
        [("JPEG", (8_660, 5_773), 200), ("PNG", (4_600, 3_450), 300), ("WEBP", (4_600, 3_450), 450)],
    )
    def test_the_largest_photo_we_take_needs_bounded_memory(
        self, kind: str, size: tuple[int, int], most: int, tmp_path: Path
    ) -> None:
        image = Image.new("RGB" if kind == "JPEG" else "RGBA", size, RED)
        answer, _, mebibytes = measured(encoded(image, kind), tmp_path)
        assert answer == "read"
        assert mebibytes < most


class TestSaved:
    def test_both_sizes_are_kept_under_a_key_nobody_can_guess(self, tmp_path: Path) -> None:
        storage = FolderStorage(tmp_path)
        photo = read(encoded(four_corners("abcd", (96, 64))))
        key, other = save_photo(storage, photo), save_photo(storage, photo)
        assert len(bytes.fromhex(key)) == 16
        assert key != other
        assert storage.path(photo_file(key, "large")).read_bytes() == photo.large
        assert storage.path(f"{key}-small.webp").read_bytes() == photo.small

    def test_deleting_forgets_both_sizes_and_may_be_repeated(self, tmp_path: Path) -> None:
        storage = FolderStorage(tmp_path)
        key = save_photo(storage, read(encoded(four_corners("abcd", (96, 64)))))
        delete_photo(storage, key)
        delete_photo(storage, key)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
