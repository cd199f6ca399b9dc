"""``--changed-since``: what git knows of the files of a run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from kverify.manifest.files import decode


class RevisionError(ValueError):
    """Git cannot say what has changed. The message is one sentence, with the mend."""


@frozen
class Changes:
    """What has changed since a revision, in the working tree around the current directory.

    ``top`` is the top of the repository, ``commit`` the revision, ``changed`` are the paths (relative to ``top``) that
    differ, ``known`` those that the revision has.
    """

    top: Path
    commit: str
    changed: frozenset[str]
    known: frozenset[str]

    def knows(self, file: str) -> bool:
        """The revision has the file: not standard input, nothing outside of the repository or of another one, and
        nothing that git is told to ignore."""
        return file != "-" and all(path in self.known for path in self._paths(file))

    def touched(self, file: str) -> bool:
        """The file, or what it is a link to, differs from what it was, or nobody knows what it was."""
        return not self.knows(file) or self.differs(file)

    def differs(self, file: str) -> bool:
        """The file, or what it is a link to, is known to differ: git has another text for it, or had none and has been
        told of it since."""
        return any(path in self.changed for path in self._paths(file))

    def before(self, file: str) -> str | None:
        """The text that the file had, None if it was not there. Raises ``RevisionError``."""
        if not self.knows(file):
            return None
        path = next(self._paths(file))
        return decode(_git("show", f"{self.commit}:{path}", cwd=self.top))

    def gone(self, below: Iterable[str], suffixes: frozenset[str]) -> list[str]:
        """Files that are not there any more and would be read: of the paths ``below``, by name or in a directory."""
        named = [Path(os.path.abspath(name)) for name in below if name != "-"]  # noqa: PTH100 - links stay as they are
        files = [self.top / path for path in sorted(self.changed & self.known)]
        return [
            str(file)
            for file in files
            if not file.exists() and any(file == place or _read(file, place, suffixes) for place in named)
        ]

    def _paths(self, file: str) -> Iterator[str]:
        """The file as it is called and as what it is, relative to the top; empty for what lies outside."""
        for path in dict.fromkeys((os.path.abspath(file), os.path.realpath(file))):  # noqa: PTH100
            inside = Path(path)
            yield inside.relative_to(self.top).as_posix() if inside.is_relative_to(self.top) else ""


def _read(file: Path, folder: Path, suffixes: frozenset[str]) -> bool:
    """``file`` would be read below ``folder``."""
    if not file.is_relative_to(folder) or file.suffix.lower() not in suffixes:
        return False
    return not any(part.startswith(".") for part in file.relative_to(folder).parts[:-1])


def changes_since(revision: str) -> Changes:
    """What has changed since ``revision``. Raises ``RevisionError``."""
    here = Path.cwd()
    try:
        top = Path(os.fsdecode(_git("rev-parse", "--show-toplevel", cwd=here)).rstrip("\n"))
    except RevisionError as error:
        raise RevisionError(f"{error}; run kverify inside of a git repository") from error
    try:
        name = f"{revision}^{{commit}}"
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", name, cwd=top).decode().strip()
    except RevisionError as error:
        mend = "a shallow clone has only the newest commits (git fetch origin REV, or fetch-depth: 0 in CI)"
        raise RevisionError(f"there is no revision {revision!r} in {top}; {mend}") from error
    changed = _names(_git("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--", cwd=top))
    known = _names(_git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, cwd=top))
    return Changes(top, commit, frozenset(changed), frozenset(known))


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _git(*arguments: str, cwd: Path) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise RevisionError("git is not installed") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RevisionError(said[-1].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
    return done.stdout
