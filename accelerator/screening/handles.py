"""Names in messengers and networks: «телеграм @aigul_kz», t.me/aigul_kz."""

import re

from accelerator.screening.folding import Span

#: Telegram asks for five letters or more, others for four.
NAME = r"[a-z][a-z0-9_.]{3,31}"
HOSTS = r"(?:t|telegram)\.me|wa\.me|vk\.(?:com|ru)|(?:instagram|facebook|tiktok|threads)\.(?:com|net)|ok\.ru"
HANDLE = re.compile(rf"(?<![\w.@/])@{NAME}(?![\w@])|(?<![\w.])(?:{HOSTS})/[@+\w.\-]{{2,40}}")


def find_handles(text: str) -> list[Span]:
    """All names of a folded text that lead to somebody's messages."""
    return [match.span() for match in HANDLE.finditer(text)]
