"""The text of the files that are kverify's own: configurations, specifications, reports, traces, baselines.

Manifests are read as kubectl reads them, by ``kverify/manifest/files.py``.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from errno import EACCES, EBUSY, EPERM
from pathlib import Path

BOM = "\ufeff"
"""The byte order mark that some editors put before UTF-8."""


def read_file(file: Path) -> str:
    """The text of a file, with line ends of any system and without a byte order mark. Raises ``OSError`` and
    ``UnicodeDecodeError``."""
    return file.read_bytes().decode("utf-8").removeprefix(BOM).replace("\r\n", "\n")


def real(name: str | Path) -> Path:
    """The file itself, through all links: of links that lead to each other, one of them."""
    return Path(os.path.realpath(name))


def beside(file: Path, data: bytes) -> Path:
    """A new file with ``data`` to take the place of the one at ``file``, whose mode and owner it has. Raises
    ``OSError``, and leaves nothing then."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".kverify-")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        known = file.stat()
        if hasattr(os, "chown"):
            with suppress(PermissionError):  # Only root may give files away, and takes none.
                os.chown(new, known.st_uid, known.st_gid)
        new.chmod(stat.S_IMODE(known.st_mode))
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def write_file(file: Path, text: str) -> None:
    """Put ``text`` in a file. What one held stays if the new text cannot be written whole. Raises ``OSError``."""
    place, data = real(file), text.encode("utf-8")
    if not place.is_file():
        place.write_bytes(data)
        return
    try:
        new = beside(place, data)
        try:
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        # It may be written and not replaced: a mount point, or a file in a directory of somebody else.
        if error.errno not in (EACCES, EBUSY, EPERM):
            raise
        place.write_bytes(data)


def reason(error: Exception) -> str:
    """Why a file cannot be read or written, in a few words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
