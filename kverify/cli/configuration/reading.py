"""From the text of a configuration to what it says, with every mistake at its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from attrs import define, field

from kverify.api.versions import VERSIONS
from kverify.cli.configuration import Configuration, ConfigurationError
from kverify.cli.configuration.places import KeyPath, Places
from kverify.cluster.references.existence import Boundary, External
from kverify.cluster.suppressions import Suppression
from kverify.manifest.diagnostics import Severity
from kverify.manifest.span import Span
from kverify.report.source import escape
from kverify.spec.language.problems import meant
from kverify.textfile import read_file, reason

PYPROJECT = "pyproject.toml"
PREFIX = ("tool", "kverify")
KEYS = (
    "baseline", "cluster", "external", "fail-on", "from", "kubernetes-version", "max-memory", "max-states",
    "parameters", "paths", "properties", "references", "scenarios", "severity", "specs", "suppress",
)  # fmt: skip
EXTERNAL_KEYS = ("kind", "name", "namespace", "reason")
SUPPRESS_KEYS = ("expires", "id", "kind", "name", "namespace", "reason")


def concerns(path: Path) -> bool:
    """Whether a ``pyproject.toml`` has a table for kverify. One that cannot be read is another program's problem,
    unless it names that table: whoever wrote it is not to be left without it in silence."""
    text = ""
    try:
        text = read_file(path)
        return _own(tomllib.loads(text)) is not None
    except (OSError, ValueError, RecursionError):
        return ".".join(PREFIX) in text


def read(path: Path) -> Configuration:
    """What the file says. Raises ``ConfigurationError``."""
    try:
        text = read_file(path)
        content = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: {escape(reason(error))}") from error
    prefix: tuple[str, ...] = ()
    if path.name == PYPROJECT:
        prefix, own = PREFIX, _own(content)
        if own is None:
            raise ConfigurationError(f"{path}: there is no table [tool.kverify]")
        content = own
    reader = _Reader(Places(str(path), text, prefix), path.parent)
    found = reader.configuration(content)
    if reader.problems:
        raise ConfigurationError("\n".join(f"{span}: {message}" for span, message in sorted(reader.problems)))
    return found


def _own(content: Mapping[str, Any]) -> dict[str, Any] | None:
    found: Any = content
    for key in PREFIX:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


@define
class _Reader:
    """Takes a table apart. What is wrong goes to ``problems``; in its place stands what would be there without it."""

    places: Places
    folder: Path
    problems: list[tuple[Span, str]] = field(factory=list)

    def configuration(self, content: Mapping[str, Any]) -> Configuration:
        self.known(content, (), KEYS)
        fail_on = self.choice(content, "fail-on", ("error", "warning"))
        version = self.choice(content, "kubernetes-version", VERSIONS)
        externals = (
            External(kind=row["kind"], reason=row["reason"], namespace=row["namespace"], name=row["name"])
            for _, row in self.rows(content, "external", EXTERNAL_KEYS, ("kind", "reason"))
        )
        closed = self.choice(content, "references", ("open", "closed")) == "closed"
        return Configuration(
            file=self.places.file,
            paths=self.paths(content, "paths"),
            cluster=self.paths(content, "cluster"),
            previous=self.paths(content, "from"),
            specs=self.paths(content, "specs"),
            kubernetes_version=version,
            properties=self.texts(content, "properties"),
            scenarios=self.texts(content, "scenarios"),
            fail_on=None if fail_on is None else Severity[fail_on.upper()],
            max_states=self.number(content, "max-states"),
            max_memory=self.number(content, "max-memory"),
            baseline=self.path(content, "baseline"),
            boundary=Boundary(externals=tuple(externals), closed=closed),
            parameters=self.parameters(content),
            severities=dict(self.severities(content)),
            suppressions=tuple(self.suppressions(content)),
            places=self.places,
        )

    # -- tables --------------------------------------------------------------------------------------------------

    def suppressions(self, content: Mapping[str, Any]) -> Iterator[Suppression]:
        for number, row in self.rows(content, "suppress", SUPPRESS_KEYS, ("id", "reason"), "expires"):
            yield Suppression(**row, span=self.places.span(("suppress", number)))

    def parameters(self, content: Mapping[str, Any]) -> dict[str, str]:
        """Numbers and truth values are as good as texts."""
        found: dict[str, str] = {}
        for name, value in self.table(content, "parameters").items():
            if not isinstance(value, str | int | bool):
                self.wrong(("parameters", name), f"{name} of parameters is a text, not {value!r}")
            else:
                found[name] = str(value).lower() if isinstance(value, bool) else str(value)
        return found

    def severities(self, content: Mapping[str, Any]) -> Iterator[tuple[str, Severity]]:
        for id, value in self.table(content, "severity").items():
            if isinstance(value, str) and value.upper() in Severity.__members__:
                yield id, Severity[value.upper()]
            else:
                self.wrong(("severity", id), f"{id} is error, warning or info, not {value!r}")

    def rows(
        self,
        content: Mapping[str, Any],
        key: str,
        known: tuple[str, ...],
        needed: tuple[str, ...],
        day: str = "",
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The tables ``[[key]]`` that are sound, numbered, with every known key: ``*`` for a text that is left out. The
        key ``day`` is a date, or None."""
        rows = content.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.wrong((key,), f"write each {key} as a table: [[{key}]]")
            return
        for number, row in enumerate(rows):
            before = len(self.problems)
            name = f"{key} {number + 1}"
            self.known(row, (key, number), known, f"{name}: ")
            for missing in (part for part in needed if part not in row):
                self.wrong((key, number), f"{name} has no {missing}; add {missing} = ...")
            for part in (part for part in known if part in row):
                value = row[part]
                if part == day and (not isinstance(value, date) or isinstance(value, datetime)):
                    self.wrong((key, number, part), f"{part} is a day without quotes, as in {part} = 2027-06-30")
                elif part != day and (not isinstance(value, str) or not value.strip()):
                    self.wrong((key, number, part), f"{part} of {name} is a text that is not blank, not {value!r}")
            if len(self.problems) == before:
                yield number, {part: None if part == day else "*" for part in known} | row

    def table(self, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = content.get(key, {})
        if isinstance(found, dict):
            return found
        self.wrong((key,), f"write {key} as a table: [{key}]")
        return {}

    # -- values --------------------------------------------------------------------------------------------------

    def texts(self, content: Mapping[str, Any], key: str, what: str = "names") -> tuple[str, ...]:
        found = content.get(key, [])
        if isinstance(found, list) and all(map(_named, found)):
            return tuple(found)
        self.wrong((key,), f'{key} is a list of {what}, as in {key} = ["{_EXAMPLES[key]}"]')
        return ()

    def paths(self, content: Mapping[str, Any], key: str) -> tuple[str, ...]:
        return tuple(str(self.folder / name) for name in self.texts(content, key, "paths"))

    def path(self, content: Mapping[str, Any], key: str) -> str | None:
        name = content.get(key)
        if name is None or _named(name):
            return None if name is None else str(self.folder / name)
        self.wrong((key,), f"{key} is a path, not {name!r}")
        return None

    def choice(self, content: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str | None:
        value = content.get(key)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        quoted = [f'"{choice}"' for choice in choices]
        self.wrong((key,), f"{key} is {', '.join(quoted[:-1])} or {quoted[-1]}, not {value!r}")
        return None

    def number(self, content: Mapping[str, Any], key: str) -> int | None:
        value = content.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        self.wrong((key,), f"{key} is a positive number, not {value!r}")
        return None

    # -- problems ------------------------------------------------------------------------------------------------

    def known(self, table: Mapping[str, Any], path: KeyPath, known: tuple[str, ...], where: str = "") -> None:
        for key in table:
            if key not in known:
                mend = meant(key, known, f"there are {', '.join(known)}")
                self.wrong((*path, key), f"{where}no key is called {key!r}; {mend}")

    def wrong(self, path: KeyPath, message: str) -> None:
        self.problems.append((self.places.span(path), escape(message)))


def _named(value: Any) -> bool:
    """A text that can be a name; none of a file has a null character."""
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


_EXAMPLES = {
    "paths": "deploy",
    "cluster": "cluster/nodes.yaml",
    "from": "released",
    "specs": "policies",
    "properties": "rollout-completes",
    "scenarios": "rollout",
}
