"""A directory of results that were found before, safe to delete at any time.

An entry is a text under a key. Whoever writes it makes the key of everything that the text depends on, and of
``installation()``, so that an entry is never out of date: what has changed has another key. Entries carry a digest of
their text: what is not as it was written is not there, and will be written again. That is against accidents, not
against somebody who may write to the directory and wants to deceive. Nothing in an entry is ever executed.

A store that cannot be written is one that remembers nothing: no run fails because of it. The directory may be one that
holds other things, too: only entries are ever deleted.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from kverify import __version__, resources

DEFAULT = ".kverify_cache"
MOST = 256 << 20
"""Bytes that a store may take; the entries that were not used for the longest time go first."""

_FOLDER = re.compile(r"[0-9a-f]{2}")
_ENTRY = re.compile(r"[0-9a-f]{62}|new-\w+")
"""The names of entries, and of those that are being written or were left half written."""

_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This directory was made by kverify. It is safe to delete.
# See https://bford.info/cachedir/ for what this file is for.
"""


class Store:
    """Texts by key, in ``folder``."""

    def __init__(self, folder: Path, most: int = MOST):
        self.folder = folder
        self.most = most

    def read(self, key: str) -> str | None:
        """The text under ``key``, None if there is none."""
        path = self._path(key)
        try:
            head, _, data = path.read_bytes().partition(b"\n")
            text = data.decode() if head == _digest(key, data) else None
        except (OSError, UnicodeDecodeError):
            return None
        with suppress(OSError):  # It may be somebody else's.
            os.utime(path)
        return text

    def write(self, key: str, text: str) -> None:
        """Put ``text`` under ``key``, whole or not at all."""
        path, data = self._path(key), text.encode()
        try:
            self._prepare(path.parent)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix="new-")
            new = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_digest(key, data) + b"\n" + data)
                new.replace(path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
        except OSError:
            return

    def trim(self) -> None:
        """Make room, if there is more than ``most``."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self.most:
                break
            with suppress(OSError):  # It may be somebody else's.
                path.unlink(missing_ok=True)
                total -= size

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """When each entry was used last (in ns), its bytes and its place."""
        for folder in _listed(self.folder):
            if not _FOLDER.fullmatch(folder.name):
                continue
            for path in _listed(folder):
                try:
                    found = path.lstat()
                except OSError:
                    continue
                if _ENTRY.fullmatch(path.name) and S_ISREG(found.st_mode):
                    yield found.st_mtime_ns, found.st_size, path

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key[2:]

    def _prepare(self, folder: Path) -> None:
        # A directory that holds something else already is not ours to mark.
        ours = not _listed(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        if ours:
            (self.folder / "CACHEDIR.TAG").write_text(_TAG, "utf-8")
            (self.folder / ".gitignore").write_text("*\n", "utf-8")


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _digest(key: str, data: bytes) -> bytes:
    return sha256(key.encode() + b"\0" + data).hexdigest().encode()


def key_of(parts: Iterable[object]) -> str:
    """A key made of parts: bytes as they are, everything else as its ``repr``. Other parts, or parts that are cut in
    other places, make another key."""
    whole = sha256()
    for part in (installation(), *parts):
        data = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogateescape")
        whole.update(b"%d:" % len(data))
        whole.update(data)
    return whole.hexdigest()


@cache
def installation() -> str:
    """A digest of all that computes answers: the text of this program, its grammars and specifications, Python, and
    the name and version of every package that could be imported."""
    whole = sha256(f"{__version__} {sys.version} {sys.platform}".encode())
    package = Path(__file__).parent
    for folder, folders, files in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            whole.update(_parts(Path(folder, name)))
    for kind in ("grammar", "specs"):
        for path in resources.data_files(kind, "**/*"):
            if path.is_file():
                whole.update(_parts(path))
    for entry in sys.path:
        try:
            names = sorted(path.name for path in Path(entry).iterdir() if path.suffix in (".dist-info", ".egg-info"))
        except OSError:
            continue
        whole.update(repr(names).encode())
    return whole.hexdigest()


def _parts(path: Path) -> bytes:
    data = path.read_bytes()
    return f"{path.name}:{len(data)}:".encode() + data
