"""What a command printed before, for the same input: to be printed again without being worked out again.

The key of a run is made in two steps. From the command line, the configuration files, the day and the terminal follow
the paths of the input; these are kept under the first key. What these files hold now makes the second key, under which
is what was printed. A run that ended early, or that has written something else than its outputs, is not kept; neither
is one whose input has changed meanwhile. What can be read only once, such as a pipe, is left to the run: with it
nothing is remembered, but for standard input, which is handed on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kverify.cli import outputs

if TYPE_CHECKING:
    from kverify.cli.arguments import OptionGroup
    from kverify.store import Store

WITHOUT_EFFECT = frozenset(
    ("run", "parser", "jobs", "timeout", "timeout_per_property", "cache_dir", "no_cache")
)  # fmt: skip
"""Attributes of the arguments that do not change what is printed, if the run comes to its end."""

PRINTED = frozenset(
    (
        "baseline", "cluster", "command", "config", "engine", "fail_on", "forms", "kubernetes_version", "manifests",
        "max_memory", "max_states", "no_config", "no_fixes", "output", "parameters", "previous", "properties", "quiet",
        "scenarios", "show_suppressed", "specs", "suggest", "summary", "verbose",
    )
)  # fmt: skip
"""Those that only change what is printed. A run with any other, such as one that writes traces, is not kept."""

ROLES = ("manifests", "cluster", "previous")


def add_options(parser: OptionGroup) -> None:
    """``--cache-dir`` and ``--no-cache``."""
    parser.add_argument(
        "--cache-dir",
        metavar="DIR",
        help="where results are kept, to be shown again while nothing has changed; safe to delete "
        "(default: KVERIFY_CACHE_DIR, or .kverify_cache)",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use kept results nor keep any")


def folder(arguments: argparse.Namespace) -> Path | None:
    """Where results are kept; None where they are not."""
    if arguments.no_cache or os.environ.get("KVERIFY_NO_CACHE"):
        return None
    from kverify.store import DEFAULT

    return Path(arguments.cache_dir or os.environ.get("KVERIFY_CACHE_DIR") or DEFAULT)


def refuse_foreign(arguments: argparse.Namespace) -> None:
    """Neither use nor keep results where they came with the repository: whoever sent it may have made them up."""
    place = folder(arguments)
    # What is not there yet is made here.
    if place is None or not os.path.exists(place):  # noqa: PTH110 - Path.exists raises where it may not look
        return
    from kverify.cli.revision import RevisionError, tracked

    try:
        file = tracked(place)
        why = f"{file} is tracked by git, and results are only believed where they were found (git rm -r {place})"
    except RevisionError as error:
        file = str(place)
        why = f"whether it came with the repository cannot be told: {error} (--cache-dir takes one outside of it)"
    if file:
        from kverify.report.source import escape

        print(f"kverify: {escape(str(place))} is not used: {escape(why)}", file=sys.stderr)
        arguments.no_cache = True


def trim(arguments: argparse.Namespace) -> None:
    """Let results that were not used for long go, where there are too many."""
    place = folder(arguments)
    if place is not None:
        from kverify.store import Store

        Store(place).trim()


class Remembered:
    """The results of runs like the one that the arguments ask for. ``stdin`` is standard input, if it was read."""

    def __init__(self, store: Store, arguments: argparse.Namespace):
        self.stdin: bytes | None = None
        self._store = store
        self._began = time.time()
        self._first = self._key_of_arguments(arguments)
        self._second: str | None = None

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Remembered | None:
        """None where what is printed is not kept."""
        place = folder(arguments)
        if any(value and name not in WITHOUT_EFFECT | PRINTED for name, value in vars(arguments).items()):
            return None
        from kverify.store import Store

        return None if place is None else cls(Store(place), arguments)

    def again(self, arguments: argparse.Namespace) -> int | None:
        """Print what was printed before, and return the exit code; None if that is not known. Exits with a usage
        error for a file that is not to be written."""
        inputs = self._known(self._first)
        self._second = None if inputs is None else self._key_of_files(inputs)
        found = None if self._second is None else self._known(self._second)
        if inputs is None or found is None:
            return None
        # What a name is may have changed: it may be a link to something that is read now.
        read = [name for role in (*ROLES, "files") for name in inputs[role]]
        read += outputs.specifications(inputs["specs"])
        wanted = outputs.requested(arguments, read, frozenset(arguments.forms))
        try:
            texts = dict(zip(wanted, map(str, found["texts"]), strict=True))
            code = int(found["exit"])
        except (KeyError, TypeError, ValueError):
            return None
        outputs.write(arguments, wanted, {output.form: texts.__getitem__ for output in wanted})
        return code

    def begin(self, inputs: dict[str, list[str]]) -> None:
        """``inputs`` are about to be read: paths of manifests by their role, and under ``specs`` and ``files`` those
        of specifications and of single files."""
        self._second = self._key_of_files(inputs)

    def keep(
        self,
        inputs: dict[str, list[str]],
        imported: Sequence[str],
        texts: Sequence[tuple[outputs.Output, str]],
        code: int,
    ) -> None:
        """Keep what was printed. ``imported`` are files that specifications among ``inputs`` have named."""
        if self._second is None or self._key_of_files(inputs) != self._second:
            return
        whole = {**inputs, "files": [*inputs["files"], *imported]}
        try:
            if any(Path(name).stat().st_ctime >= self._began for name in imported):
                return
        except OSError:
            return
        key = self._key_of_files(whole)
        if key is not None:
            self._store.write(self._first, json.dumps(whole))
            self._store.write(key, json.dumps({"exit": code, "texts": [text for _, text in texts]}))

    def _known(self, key: str) -> dict[str, Any] | None:
        text = self._store.read(key)
        try:
            found = None if text is None else json.loads(text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    # -- keys ------------------------------------------------------------------------------------------------------

    def _key_of_arguments(self, arguments: argparse.Namespace) -> str:
        from kverify.report.style import line_width, wants_colour
        from kverify.store import key_of

        given = sorted((name, value) for name, value in vars(arguments).items() if name not in WITHOUT_EFFECT)
        terminal = (wants_colour(sys.stdout), line_width(sys.stdout))
        # Suppressions expire.
        return key_of(["arguments", given, terminal, date.today(), str(Path.cwd()), *_configurations(arguments.config)])

    def _key_of_files(self, inputs: dict[str, list[str]]) -> str | None:
        """None for input that cannot be read, or is none."""
        from kverify.store import key_of

        try:
            return key_of(["files", self._first, *self._contents(inputs)])
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def _contents(self, inputs: dict[str, list[str]]) -> Iterator[object]:
        from kverify.manifest.files import names

        for role in ROLES:
            for path in inputs[role]:
                yield role, path, Path(path).is_dir()
                if path == "-":
                    yield self._standard_input()
                    continue
                files = names([path])
                if not files:
                    raise FileNotFoundError(path)
                for name in files:
                    yield name
                    yield Path(name).read_bytes()
        for path in inputs["specs"]:
            yield "specs", path
            below = sorted(p for p in Path(path).rglob("*") if p.is_file()) if Path(path).is_dir() else [Path(path)]
            for file in below:
                yield str(file)
                yield _bytes(file)
        for path in inputs["files"]:
            yield "file", path
            yield _bytes(Path(path))

    def _standard_input(self) -> bytes:
        if self.stdin is None:
            self.stdin = sys.stdin.buffer.read()
        return self.stdin


def _bytes(file: Path) -> bytes:
    """What a file holds. Raises ``OSError``, also for what would be used up by reading it."""
    if not file.is_file():
        raise FileNotFoundError(file)
    return file.read_bytes()


def _configurations(given: str | None) -> Iterator[object]:
    """Everything that says which configuration counts, and what is in it."""
    here = Path.cwd()
    files = [folder / name for folder in (here, *here.parents) for name in ("kverify.toml", "pyproject.toml")]
    for file in (*([Path(given)] if given else []), *files):
        try:
            data = _bytes(file)
        except OSError:
            data = None
        top = os.path.exists(file.parent / ".git")  # noqa: PTH110 - see ``refuse_foreign``
        yield str(file), top, os.path.islink(file), data is None  # noqa: PTH114
        yield data or b""
