"""The text of the files that are kverify's own: configurations, specifications, reports, traces, baselines.

Manifests are read as kubectl reads them, by ``kverify/manifest/files.py``.
"""

from __future__ import annotations

from pathlib import Path

BOM = "\ufeff"
"""The byte order mark that some editors put before UTF-8."""


def read_file(file: Path) -> str:
    """The text of a file, with line ends of any system and without a byte order mark. Raises ``OSError`` and
    ``UnicodeDecodeError``."""
    return file.read_bytes().decode("utf-8").removeprefix(BOM).replace("\r\n", "\n")


def reason(error: Exception) -> str:
    """Why a file cannot be read or written, in a few words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
