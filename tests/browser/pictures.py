"""Files as a phone sends them."""

import io
from functools import cache

from PIL import Image
from playwright.sync_api import FilePayload

from accelerator.photos import DEFAULT_LIMITS


@cache
def jpeg() -> FilePayload:
    """A photo of 12 megapixels' shape, with the EXIF of one that was held upright."""
    image = Image.linear_gradient("L").resize((1600, 1200)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Phone"
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85, exif=exif)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


@cache
def large_jpeg() -> FilePayload:
    """More bytes than we take, of a photo that was held upright."""
    image = Image.effect_noise((4000, 3000), 120).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, "JPEG", quality=100, exif=exif)
    assert file.tell() > DEFAULT_LIMITS.max_bytes
    return {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def text_called_jpeg() -> FilePayload:
    return {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"This is no picture.\n" * 20}
