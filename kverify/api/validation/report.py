"""Collecting problems: paths that print as the API server prints them, and one method per kind of ``field.Error``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field, frozen

from kverify.manifest.diagnostics import Severity
from kverify.manifest.nodes import FieldPath

REQUIRED = "KV1201"
INVALID = "KV1202"
UNSUPPORTED = "KV1203"
DUPLICATE = "KV1204"
FORBIDDEN = "KV1205"
NOT_FOUND = "KV1206"
OUT_OF_RANGE = "KV1207"
NAME = "KV1210"
LABEL = "KV1211"
SELECTOR = "KV1212"
RESOURCES = "KV1213"
STRATEGY = "KV1214"
PROBE = "KV1215"
TOLERATION = "KV1216"
IMMUTABLE = "KV1217"
EXPRESSION = "KV1230"
SCHEMA = "KV1231"
CUSTOM = "KV1232"
RULE = "KV1233"
SUSPICIOUS = "KV1250"
UNSTORABLE = "KV1251"

_LONGEST_CHOICE = 100
"""Longer values resemble no choice, and comparing takes time quadratic in the length."""


@define(eq=False)
class Path:
    """Where a value stands: ``parts`` lead through the document, ``text`` is what the API server prints.

    Both are put together when somebody asks: every value that is looked at has a path, and few have a problem.
    """

    _parts: FieldPath | None = ()
    _text: str | None = ""
    _above: Path | None = None
    _step: str | int = ""
    _form: str = ""

    @property
    def parts(self) -> FieldPath:
        if self._parts is None:
            assert self._above is not None
            self._parts = (*self._above.parts, self._step)
        return self._parts

    @property
    def text(self) -> str:
        if self._text is None:
            assert self._above is not None
            above = self._above.text
            form = self._form if above or self._form != ".{}" else "{}"
            self._text = above + form.format(self._step)
        return self._text

    def child(self, *names: str) -> Path:
        path = self
        for name in names:
            path = Path(None, None, path, name, ".{}")
        return path

    def index(self, index: int) -> Path:
        return Path(None, None, self, index, "[{}]")

    def key(self, key: str) -> Path:
        return Path(None, None, self, key, "[{}]")

    def printed(self, text: str) -> Path:
        """The same place under the name the API server uses for it."""
        return Path(self.parts, text)

    def inside(self, *names: str | int) -> Path:
        """A deeper place that the API server prints without naming it (the key of a label, for one)."""
        path = self
        for name in names:
            path = Path(None, None, path, name, "")
        return path

    def each(self, values: Iterable[Any]) -> Iterator[tuple[Path, Any]]:
        for number, value in enumerate(values):
            yield self.index(number), value

    def __str__(self) -> str:
        return self.text


@frozen
class Problem:
    """One thing the API server would refuse (ERROR) or warn about."""

    id: str
    severity: Severity
    path: FieldPath
    text: str
    message: str
    mend: str = ""
    at_key: bool = False
    part: tuple[int, int] | None = None
    """The characters of the value that are at fault, when they are known (the end is exclusive)."""


@define
class Report:
    """The problems of one object, in the order they were found, and the version that is validated against."""

    version: str
    problems: list[Problem] = field(factory=list)

    @property
    def errors(self) -> int:
        """How many problems refuse the object so far."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)

    def error(
        self,
        id: str,
        path: Path,
        message: str,
        mend: str = "",
        at_key: bool = False,
        part: tuple[int, int] | None = None,
    ) -> None:
        self.problems.append(Problem(id, Severity.ERROR, path.parts, path.text, message, mend, at_key, part))

    def warn(self, id: str, path: Path, message: str, mend: str = "", part: tuple[int, int] | None = None) -> None:
        self.problems.append(Problem(id, Severity.WARNING, path.parts, path.text, message, mend, part=part))

    def required(self, path: Path, message: str = "", mend: str = "") -> None:
        self.error(REQUIRED, path, message or f"{path} is required.", mend)

    def unsupported(self, path: Path, value: object, choices: Iterable[str]) -> None:
        known = list(choices)
        same = [choice for choice in known if choice.lower() == str(value).lower()]
        near = same or difflib.get_close_matches(str(value)[:_LONGEST_CHOICE], known, n=1, cutoff=0.85)
        mend = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(known)}"
        self.error(UNSUPPORTED, path, f"{value!r} is not a value of {path}.", mend)

    def choice(self, path: Path, value: str | None, choices: Iterable[str]) -> None:
        """``value`` is one of ``choices``, or not given."""
        known = tuple(choices)
        if value and value not in known:
            self.unsupported(path, value, known)

    def duplicate(self, path: Path, value: object, mend: str = "") -> None:
        self.error(DUPLICATE, path, f"{path} repeats {value}, which must be unique.", mend)

    def forbidden(self, path: Path, message: str, mend: str = "") -> None:
        self.error(FORBIDDEN, path, message, mend)

    def invalid(self, path: Path, message: str, mend: str = "", id: str = INVALID) -> None:
        self.error(id, path, message, mend)

    def not_found(self, path: Path, message: str, mend: str = "") -> None:
        self.error(NOT_FOUND, path, message, mend)

    def at_least(self, path: Path, value: int | None, minimum: int) -> None:
        if value is not None and value < minimum:
            self.error(OUT_OF_RANGE, path, f"{path} is {value}, and must be at least {minimum}.")

    def between(self, path: Path, value: int | None, low: int, high: int) -> None:
        if value is not None and not low <= value <= high:
            self.error(OUT_OF_RANGE, path, f"{path} is {value}, and must be between {low} and {high}.")

    def unchanged(self, path: Path, old: object, new: object, mend: str = "") -> None:
        """``ValidateImmutableField``: the value at ``path`` is what it was."""
        if old != new:
            message = f"{path} cannot be changed once the object exists."
            self.error(IMMUTABLE, path, message, mend or "delete the object and create it again, or give it a new name")
