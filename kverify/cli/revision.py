"""What git knows of the files of a run: what has changed (``--changed-since``), and what came with the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen

from kverify.manifest.files import decode


class RevisionError(ValueError):
    """Git cannot say what it was asked. The message is one sentence, with the mend."""


class NoGit(RevisionError):
    """There is nobody to ask."""


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
        mend = "" if isinstance(error, NoGit) else "; run kverify inside of a git repository"
        raise RevisionError(f"{error}{mend}") from error
    try:
        name = f"{revision}^{{commit}}"
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", name, cwd=top).decode().strip()
    except RevisionError as error:
        mend = "a shallow clone has only the newest commits (git fetch origin REV, or fetch-depth: 0 in CI)"
        raise RevisionError(f"there is no revision {revision!r} in {top}; {mend}") from error
    known = _names(_git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, cwd=top))
    return Changes(top, commit, frozenset(_changed(top, commit)), frozenset(known))


def _changed(top: Path, commit: str) -> list[str]:
    """The files that differ from ``commit``, also those that git was told to take for unchanged."""
    diff = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--")
    overlooked = list(_overlooked(top))
    if not overlooked:
        return _names(_git(*diff, cwd=top))
    index = top / os.fsdecode(_git("rev-parse", "--git-path", "index", cwd=top)).rstrip("\n")
    with tempfile.TemporaryDirectory(prefix="kverify-") as folder:
        # The same index without the marks; the one of the user is left as it is.
        unmarked = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        try:
            # With its time: to git, files that are not older than the index may have changed unseen.
            shutil.copy2(index, unmarked["GIT_INDEX_FILE"])
        except OSError as error:
            raise RevisionError(f"the index of git cannot be read: {error.strerror}") from error
        names = b"".join(os.fsencode(name) + b"\0" for name in overlooked)
        for mark in ("--no-assume-unchanged", "--no-skip-worktree"):
            _git("update-index", mark, "-z", "--stdin", cwd=top, given=names, environment=unmarked)
        return _names(_git(*diff, cwd=top, environment=unmarked))


def _overlooked(top: Path) -> Iterator[str]:
    """Files that are marked in the index as not to be looked at (``git update-index --assume-unchanged`` and
    ``--skip-worktree``); not what a sparse checkout has left out."""
    rows = [(row[0], row[2:]) for row in _names(_git("ls-files", "-v", "-z", cwd=top))]
    skipped = [name for mark, name in rows if mark == "S"]
    if skipped and _git("config", "--type=bool", "--default=false", "core.sparseCheckout", cwd=top) == b"true\n":
        skipped = [name for name in skipped if (top / name).exists()]
    yield from skipped
    yield from (name for mark, name in rows if mark.islower())


def tracked(folder: Path) -> str:
    """A file in ``folder``, or what it is a link to, that is part of a git repository; empty if there is none.

    Raises ``RevisionError`` where git cannot say.
    """
    named, real = Path(os.path.abspath(folder)), Path(os.path.realpath(folder))  # noqa: PTH100 - links stay
    # A file system may take another case for the same name. A link, or a submodule, is tracked itself.
    asked = dict.fromkeys((place.parent, f":(icase,literal){place.name}") for place in (named, real) if place.name)
    if _is_top(real):
        asked[real, "."] = None
    for place, path in asked:
        if any(map(_is_top, (place, *place.parents))):
            found = next(iter(_names(_listed(place, path))), "")
            if found:
                return found
    return ""


def _is_top(folder: Path) -> bool:
    return os.path.exists(folder / ".git")  # noqa: PTH110 - Path.exists raises where it may not look


def _listed(place: Path, path: str) -> bytes:
    """Whoever owns it: only names are read, and no program runs that the repository names."""
    plain = {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}
    elsewhere = [name for name in os.environ if name.startswith("GIT_")]
    try:
        return _git(
            *("-c", "safe.directory=*", "ls-files", "-z", "--", path), cwd=place, environment=plain, without=elsewhere
        )
    except RevisionError as error:
        if "not a git repository" in str(error):
            return b""
        raise


def _names(output: bytes) -> list[str]:
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def _git(
    *arguments: str,
    cwd: Path,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    without: Iterable[str] = (),
) -> bytes:
    # What a monitor says of files is not what they hold. The index of the user is never written.
    command = ["git", "-c", "core.fsmonitor=false", *arguments]
    own = {name: value for name, value in os.environ.items() if name not in frozenset(without)}
    own |= {"GIT_OPTIONAL_LOCKS": "0", **(environment or {})}
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, check=False, input=given, env=own)
    except FileNotFoundError as error:
        raise NoGit("git is not installed") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RevisionError(said[-1].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
    return done.stdout
