"""Photos people send: decoded with suspicion, turned upright, stripped of everything but pixels.

What arrives is never kept. ``read_photo`` decodes it and draws the pixels on fresh paper, so neither
the place where a child was photographed (EXIF, XMP, comments) nor a page hidden inside a JPEG survives.
"""

import io
import secrets
import threading
import warnings
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO, Literal

from PIL import Image, ImageCms

from accelerator.storage import Storage

LARGE_SIDE = 1600  # longest side in pixels: sharp on a desk, about 200 KB
SMALL_SIDE = 480  # a card on a phone, about 25 KB

_FORMATS = ("JPEG", "PNG", "WEBP")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

# A progressive JPEG is redrawn once per scan. Cameras write about ten; thousands of empty ones fit
# into a small file and would keep a processor busy for an hour.
_MAX_SCANS = 200
_START_OF_SCAN = b"\xff\xda"

_WHITE = (255, 255, 255)
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One picture at a time in a process: the largest WebP takes 400 MB while it is decoded, and
# ``warnings.catch_warnings`` changes the filters of every thread.
_decoding = threading.Lock()


class PhotoProblem(Enum):
    """Why a photo was refused. The web layer has the sentence for each:

    - ``not_a_picture``: neither JPEG, PNG nor WebP, whatever its name says;
    - ``heic``: an iPhone's own format, which browsers cannot show; "most compatible" or a screenshot helps;
    - ``too_many_bytes``, ``too_many_pixels``: over the limits, told before anything is decoded;
    - ``broken``: one of our formats by its first bytes, but cut short or damaged.
    """

    not_a_picture = "not_a_picture"
    heic = "heic"
    too_many_bytes = "too_many_bytes"
    too_many_pixels = "too_many_pixels"
    broken = "broken"


class PhotoRefused(Exception):
    """A photo we did not take; ``reason`` says why."""

    def __init__(self, reason: PhotoProblem) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The most we look at: bytes of the file, and pixels (width times height) its header promises.

    ``max_pixels`` holds for ordinary JPEGs, which are scaled down while they are read. Everything
    else has to be unpacked whole into memory, four bytes a pixel and more, hence the lower
    ``max_pixels_unpacked``; no screenshot comes near it.
    """

    max_bytes: int = 12 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_pixels_unpacked: int = 16_000_000


DEFAULT_LIMITS = PhotoLimits()


@dataclass(frozen=True, slots=True)
class Photo:
    """Two WebP files of one picture, and the size in pixels of the large one."""

    large: bytes
    small: bytes
    width: int
    height: int


def read_photo(stream: BinaryIO, *, limits: PhotoLimits = DEFAULT_LIMITS) -> Photo:
    """Read one photo from ``stream``, from where it stands; raise ``PhotoRefused`` if we cannot take it.

    Only pixels survive: upright, in sRGB, on white where the picture was see-through, the first
    frame if it moves. A picture smaller than a size is not blown up to it.
    """
    data = stream.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise PhotoRefused(PhotoProblem.too_many_bytes)
    with _decoding, warnings.catch_warnings():
        # Pillow warns about odd EXIF and the like; we either take the picture or refuse it.
        warnings.simplefilter("ignore")
        pixels = _decode(data, limits)
    return Photo(
        large=_webp(pixels, quality=80),
        small=_webp(_scaled(pixels, SMALL_SIDE), quality=75),
        width=pixels.width,
        height=pixels.height,
    )


PhotoSize = Literal["large", "small"]


def photo_file(key: str, size: PhotoSize) -> str:
    """Return the storage key of one size of the photo ``key``."""
    return f"{key}-{size}.webp"


def save_photo(storage: Storage, photo: Photo) -> str:
    """Keep both sizes and return the photo's new key: 32 random hex digits that nobody can guess."""
    key = secrets.token_hex(16)
    storage.save(photo_file(key, "large"), photo.large)
    storage.save(photo_file(key, "small"), photo.small)
    return key


def delete_photo(storage: Storage, key: str) -> None:
    """Forget both sizes of the photo ``key``. Deleting twice is fine."""
    storage.delete(photo_file(key, "large"))
    storage.delete(photo_file(key, "small"))


def _decode(data: bytes, limits: PhotoLimits) -> Image.Image:
    """Return the picture as plain sRGB pixels, upright, its longest side at most ``LARGE_SIDE``."""
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
        _check_size(image, data, limits)
        return _pixels(image)
    except PhotoRefused:
        raise
    except Image.DecompressionBombError as bomb:
        raise PhotoRefused(PhotoProblem.too_many_pixels) from bomb
    except Exception as error:
        # Not only OSError: by the byte that is wrong, Pillow's readers raise SyntaxError, ValueError,
        # struct.error, IndexError and more. Whatever they say about a stranger's file, it is no picture.
        raise PhotoRefused(_problem_with(data)) from error


def _check_size(image: Image.Image, data: bytes, limits: PhotoLimits) -> None:
    """Refuse by the header alone: ``Image.open`` has not decoded a pixel yet."""
    is_jpeg = image.format in ("JPEG", "MPO")  # MPO: a JPEG with a second one (depth, HDR) behind it
    is_scaled_while_read = is_jpeg and "progressive" not in image.info
    allowed = limits.max_pixels if is_scaled_while_read else limits.max_pixels_unpacked
    if image.width * image.height > min(allowed, limits.max_pixels):
        raise PhotoRefused(PhotoProblem.too_many_pixels)
    if is_jpeg and data.count(_START_OF_SCAN) > _MAX_SCANS:
        raise PhotoRefused(PhotoProblem.broken)


def _problem_with(data: bytes) -> PhotoProblem:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return PhotoProblem.heic
    if data.startswith(_SIGNATURES) or (data[:4], data[8:12]) == (b"RIFF", b"WEBP"):
        return PhotoProblem.broken
    return PhotoProblem.not_a_picture


def _pixels(image: Image.Image) -> Image.Image:
    """Unpack, scale, colour and turn the picture, then copy it to fresh paper.

    Scaling comes first, and twice: a JPEG is read at a half, a quarter or an eighth where that
    still leaves double the pixels we want (fast, little memory), and only then resampled.
    """
    width, height = _fitted(image.size, LARGE_SIDE)
    image.draft(None, (2 * width, 2 * height))
    image.load()
    turn = _UPRIGHT.get(_orientation(image))
    profile = image.info.get("icc_profile")
    image = _scaled(_eight_bits(image), LARGE_SIDE)
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(_in_srgb(image, profile), mask=alpha)
    return paper.transpose(turn) if turn is not None else paper


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF is common and no fault of the person: show the picture as it lies
        return 1
    return value if isinstance(value, int) else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the picture in one of four modes: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):  # 16-bit grey, which ``convert`` would clip to white
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Return the picture as RGB in the colours of the web, without its see-through part.

    A profile that is damaged or belongs to another kind of picture is ignored.
    """
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(opaque, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return opaque.convert("RGB")


def _scaled(image: Image.Image, side: int) -> Image.Image:
    size = _fitted(image.size, side)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return ``size`` shrunk, never grown, so that its longest side is at most ``side``."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _webp(image: Image.Image, *, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality, method=4)
    return file.getvalue()
