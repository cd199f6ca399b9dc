"""``kverify.toml``: what is true of a repository and not in its manifests.

    references = "closed"            # "open" (the default) or "closed"

    [[external]]
    kind = "Secret"
    namespace = "shop"               # a glob; every namespace when left out
    name = "tls-*"                   # a glob; every name when left out
    reason = "written by cert-manager"

    specs = ["policies"]             # files or directories of specifications, beside kverify.toml

    [parameters]
    headroom = "2"                   # values for parameters of specifications, as they would be written there

    [severity]
    KV4005 = "error"                 # by id: error, warning or info

The file is ``kverify.toml`` of the current directory, or ``--config FILE``.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from kverify.cluster.references.existence import Boundary, External
from kverify.manifest.diagnostics import Severity

DEFAULT = Path("kverify.toml")
_KEYS = ("external", "parameters", "references", "severity", "specs")
_EXTERNAL_KEYS = ("kind", "name", "namespace", "reason")


class ConfigurationError(ValueError):
    """The configuration cannot be used. Every line of the message is one problem, with its place and the mend."""


@frozen(kw_only=True)
class Configuration:
    """What a configuration says. ``specs`` are paths; ``parameters`` are texts in the property language."""

    boundary: Boundary = Boundary()  # noqa: RUF009 - frozen, so all instances may share it
    specs: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(factory=dict)
    severities: Mapping[str, Severity] = field(factory=dict)


def read(path: Path | None) -> Configuration:
    """What the configuration says. Without ``path`` the default file is read if it is there.

    Raises ``ConfigurationError``.
    """
    if path is None:
        if not DEFAULT.is_file():
            return Configuration()
        path = DEFAULT
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{path}: {reason}") from error
    problems = [*_unknown(content, _KEYS, "", text, path)]
    closed = content.get("references", "open")
    if closed not in ("open", "closed"):
        problems.append(f'{_place(path, text, "references")}: references is "open" or "closed", not {closed!r}')
    externals: list[External] = []
    rows = content.get("external", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(f"{_place(path, text, 'external')}: write each external as a table: [[external]]")
        rows = []
    for number, row in enumerate(rows, 1):
        found = [
            *_unknown(row, _EXTERNAL_KEYS, f"external {number}: ", text, path),
            *_wrong(row, number, _place(path, text, "external", number)),
        ]
        problems += found
        if not found:
            externals.append(External(**row))
    specs = content.get("specs", [])
    if not isinstance(specs, list) or not all(isinstance(name, str) for name in specs):
        problems.append(f'{_place(path, text, "specs")}: specs is a list of paths, as in specs = ["policies"]')
        specs = []
    parameters, wrong = _texts(content, "parameters", path, text)
    severities, more = _texts(content, "severity", path, text)
    problems += [*wrong, *more]
    for id, severity in severities.items():
        if severity.upper() not in Severity.__members__:
            problems.append(f"{_place(path, text, id)}: {id} is error, warning or info, not {severity!r}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Configuration(
        boundary=Boundary(externals=tuple(externals), closed=closed == "closed"),
        specs=tuple(str(path.parent / name) for name in specs),
        parameters=parameters,
        severities={id: Severity[severity.upper()] for id, severity in severities.items()},
    )


def _texts(content: dict[str, Any], key: str, path: Path, text: str) -> tuple[dict[str, str], list[str]]:
    """A table of texts, and what is wrong with it. Numbers and truth values are as good as texts."""
    table = content.get(key, {})
    if not isinstance(table, dict):
        return {}, [f"{_place(path, text, key)}: write {key} as a table: [{key}]"]
    problems = [
        f"{_place(path, text, name)}: {name} of {key} is a text, not {value!r}"
        for name, value in table.items()
        if not isinstance(value, str | int | bool)
    ]
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in table.items()
    }, problems


def _wrong(row: dict[str, Any], number: int, place: str) -> Iterable[str]:
    for key in ("kind", "reason"):
        if key not in row:
            yield f"{place}: external {number} has no {key}; add {key} = ..."
    for key in _EXTERNAL_KEYS:
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            yield f"{place}: {key} of external {number} is a text, not {row[key]!r}"


def _unknown(table: dict[str, Any], known: tuple[str, ...], where: str, text: str, path: Path) -> Iterable[str]:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            mend = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            yield f"{_place(path, text, key)}: {where}no key is called {key!r}; {mend}"


def _place(path: Path, text: str, key: str, number: int = 1) -> str:
    """``kverify.toml:3``: where ``key`` is set or opens a table for the ``number``-th time. The TOML reader keeps no
    places."""
    pattern = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key)}[\"']?\s*(=|\]|\.)")
    lines = [index for index, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return f"{path}:{lines[number - 1]}" if len(lines) >= number else str(path)
