"""Which files are read, and how their bytes become text."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from stat import S_ISDIR, S_ISREG
from typing import IO, TypeAlias

from attrs import frozen

from kverify.manifest import codes
from kverify.manifest.codes import Code
from kverify.manifest.reading import Problem
from kverify.manifest.source import Extract, SourceText
from kverify.manifest.span import Span
from kverify.textfile import BOM, reason

SUFFIXES = frozenset((".yaml", ".yml", ".json"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@frozen
class Rendered:
    """Standard input that was rendered from ``folder``: the directory that kustomize was given, or the one in which
    Helm's chart lies. The origins of its documents are then files."""

    stream: IO[bytes] | IO[str]
    folder: str


Stdin: TypeAlias = IO[bytes] | IO[str] | Rendered


@frozen
class Input:
    """A file's text under the name that the user knows. ``problem`` speaks of its encoding, ``folder`` is where it was
    rendered from, if that is known."""

    name: str
    text: str
    problem: Problem | None = None
    folder: str = ""


def inputs(paths: Iterable[str], stdin: Stdin | None = None) -> Iterator[Input | Problem]:
    """The texts behind the paths, in order, and a problem for each path that gives none."""
    seen: set[str] = set()
    for path in paths:
        for name in _expand(path):
            if isinstance(name, Problem):
                yield name
                continue
            identity = name if name == "-" else os.path.abspath(name)  # noqa: PTH100 - links stay files of their own
            if identity not in seen:
                seen.add(identity)
                yield _read(name, stdin)


def names(paths: Iterable[str]) -> list[str]:
    """The files that ``inputs`` would read, without those it cannot find."""
    found = dict.fromkeys(name for path in paths for name in _expand(path) if isinstance(name, str))
    return [name for name in found if name == "-" or os.path.isfile(name)]  # noqa: PTH113 - see ``_expand``


def path_of(file: str) -> str:
    """``./shop/web.yaml`` and ``/work/shop/web.yaml`` (run in ``/work``) as ``shop/web.yaml``. Links are not followed:
    the name is what the user typed."""
    whole = Path(os.path.abspath(file))  # noqa: PTH100 - links stay as they are
    here = Path.cwd()
    shown: PurePath = whole.relative_to(here) if whole.is_relative_to(here) else whole
    return shown.as_posix()


def decode(data: bytes) -> str:
    """A file's bytes as text: UTF-8, or UTF-16 with a byte order mark, as in kubectl (``FileVisitor.Visit`` in
    k8s.io/cli-runtime). A byte that is neither becomes a lone surrogate, for ``mend_bytes``.
    """
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "surrogateescape")


def shown_text(data: bytes) -> str:
    """A file's text as reports quote it: character for character what was read, without a byte order mark."""
    return _SURROGATE.sub("\ufffd", decode(data).removeprefix(BOM))


def mend_bytes(source: SourceText) -> Iterator[Problem]:
    """Puts U+FFFD in the place of each byte that is not UTF-8, as kubectl does, and warns of them."""
    first = _SURROGATE.search(source.text)
    if first is None:
        return
    offset, code = first.start(), ord(first[0])
    source.text, count = _SURROGATE.subn("\ufffd", source.text)
    what = f"The byte 0x{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "Half a surrogate pair"
    more = f" (and {count - 1:,} more in this file)" if count > 1 else ""
    yield Problem(
        codes.ENCODING,
        f"{what} is not UTF-8{more}; kubectl puts U+FFFD in its place.",
        Extract(source, 0, len(source.text)).span(offset, offset + 1),
        "save the file as UTF-8",
    )


def _expand(path: str) -> Iterator[str | Problem]:
    """The path itself, or the manifests of a directory, sorted. Links to directories are not followed."""
    if path == "-" or not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names no file can have
        yield path
        return
    found: list[str] = []
    failures: list[OSError] = []
    for folder, folders, files in os.walk(path, onerror=failures.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(str(Path(folder, name)) for name in files if Path(name).suffix.lower() in SUFFIXES)
    for failure in failures:
        yield _unreadable(str(failure.filename), failure)
    # Who names a pipe means it; one in a directory would be waited for, perhaps for ever.
    endless = [name for name in found if _endless(name)]
    for name in endless:
        yield _problem(
            codes.UNREADABLE, name, "It is no file, but a pipe, a socket or a device.", "move it out of the directory"
        )
    found = sorted(set(found).difference(endless))
    if not found and not failures and not endless:
        yield _problem(
            codes.NO_MANIFESTS,
            path,
            "The directory holds no .yaml, .yml or .json file.",
            "name a directory with manifests; hidden directories are not searched",
        )
    yield from found


def _endless(name: str) -> bool:
    """It is there, and neither a file nor a directory."""
    try:
        mode = os.stat(name).st_mode  # noqa: PTH116 - see ``_expand``
    except (OSError, ValueError):
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode))


def _read(name: str, stdin: Stdin | None) -> Input | Problem:
    try:
        # A test or a notebook may have put a stdin in place that has no bytes behind it.
        plain = getattr(sys.stdin, "buffer", sys.stdin) if stdin is None else stdin
        rendered = plain if isinstance(plain, Rendered) else Rendered(plain, "")
        content: str | bytes = rendered.stream.read() if name == "-" else Path(name).read_bytes()
        folder = rendered.folder if name == "-" else ""
    except (OSError, ValueError) as error:
        return _unreadable(name, error)
    if isinstance(content, str):
        return Input(name, content, folder=folder)
    problem = None
    if content.startswith(_UTF16):
        problem = _problem(
            codes.ENCODING,
            name,
            "The file is UTF-16. kubectl reads it, but most other tools do not.",
            "save it as UTF-8 (PowerShell: Out-File -Encoding utf8 instead of >)",
        )
    return Input(name, decode(content), problem, folder)


def _unreadable(name: str, error: OSError | ValueError) -> Problem:
    if name.startswith(("http://", "https://")):
        return _problem(
            codes.UNREADABLE, name, "kverify reads nothing from the network.", f"curl -s {name} | kverify check -"
        )
    if not name:
        return _problem(codes.UNREADABLE, name, "The name of a file is empty.", "look where it comes from")
    if isinstance(error, FileNotFoundError):
        return _problem(codes.UNREADABLE, name, "There is no such file or directory.", "check the spelling")
    return _problem(
        codes.UNREADABLE, name, f"It cannot be read: {reason(error)}.", "check the name and the permissions"
    )


def _problem(code: Code, name: str, message: str, mend: str) -> Problem:
    return Problem(code, message, Span(name, 1, 1, 1, 1), mend)
