"""Where a form may send its reader next: a path of this site, and nothing else."""

from urllib.parse import urlsplit


def safe_next(target: str | None) -> str | None:
    """``target`` when it is a plain local path, else `None`.

    Browsers treat a backslash as a slash and drop control characters, so both are refused.
    """
    if not target or len(target) > 500 or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(letter.isspace() or not letter.isprintable() for letter in target):
        return None
    if "//" in urlsplit(target).path:  # with dots before it, a browser makes another site of it
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
