"""Requests for help read out of foreign CSV files: one TOML mapping per source, no code per source.

`load_mapping` and `read_drafts` are pure: they read two files and return plain objects. Nothing here knows
Flask or the database; whoever stores a `RequestDraft` finds it again by (`source`, `source_id`).
"""

from accelerator.board.importing.cleaning import mask_contacts, mask_private
from accelerator.board.importing.mapping import Mapping, MappingError, RegionSpec, load_mapping
from accelerator.board.importing.reading import BadRow, RequestDraft, count_records, read_drafts

__all__ = [
    "BadRow",
    "Mapping",
    "MappingError",
    "RegionSpec",
    "RequestDraft",
    "count_records",
    "load_mapping",
    "mask_contacts",
    "mask_private",
    "read_drafts",
]
