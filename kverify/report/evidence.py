"""Trace files: a finding's trace with what is needed to look at it again without searching.

One file per finding, in the Informal Trace Format (``itf``). Under ``#meta`` it says which finding it belongs to, which
files were read and what was in them, with which options, and the fingerprint of the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import field, frozen

from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.finding import Finding, Report
from kverify.engines.identity import fingerprint
from kverify.manifest import files
from kverify.model.system import Fairness
from kverify.report import itf
from kverify.report.itf import TraceFileError
from kverify.spec.language.library import files_of
from kverify.spec.property import Fair

SCHEMA = "kverify.trace/1"
_ROLES = ("manifests", "cluster", "from", "config", "specs", "parameters")


@frozen(kw_only=True)
class Inputs:
    """What was read, as named on the command line, and with which options.

    ``specs`` are those that the configuration names as well. ``stdin`` is the text of ``-``.
    """

    manifests: tuple[str, ...]
    cluster: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    kubernetes_version: str = DEFAULT_VERSION
    max_states: int = 300_000
    stdin: str = field(default="", repr=False)

    def roles(self) -> tuple[tuple[str, ...], ...]:
        """What was named, in the order of ``_ROLES``."""
        return self.manifests, self.cluster, self.previous, self.config, self.specs, self.parameters

    def digests(self) -> dict[str, str]:
        """SHA-256 of every file that is there, by name."""
        named = files.names((*self.manifests, *self.cluster, *self.previous, *self.config))
        named += [str(path) for name in self.specs for path in files_of(name) if path.is_file()]
        return {name: self._digest(name) for name in named}

    def _digest(self, name: str) -> str:
        data = self.stdin.encode() if name == "-" else Path(name).read_bytes()
        return sha256(data).hexdigest()


def write(report: Report, inputs: Inputs, folder: Path) -> list[Path]:
    """Write a file for every finding that has a run to show; the names of the files. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    digests = inputs.digests()
    written: list[Path] = []
    for finding in report.findings:
        text = render(finding, inputs, digests)
        if text is None:
            continue
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{finding.id}-{finding.object}")
        same = sum(path.name.startswith(f"{stem}.") or path.name.startswith(f"{stem}~") for path in written)
        path = folder / f"{stem}{f'~{same + 1}' if same else ''}.itf.json"
        path.write_text(text, "utf-8")
        written.append(path)
    return written


def render(finding: Finding, inputs: Inputs, digests: Mapping[str, str]) -> str | None:
    """The file for ``finding``; None if there is no run of a model to show (a placement, say)."""
    verdict = finding.verdict
    if verdict is None or verdict.trace is None or verdict.question is None:
        return None
    about = {
        "schema": SCHEMA,
        "id": finding.id,
        "object": finding.object,
        "property": finding.property,
        "message": finding.message,
        "question": f"{type(verdict.question).__name__}: {verdict.question.name}",
        "fingerprint": fingerprint(verdict.trace.system, verdict.question, verdict.fair),
        "fair": {
            "everything": None if verdict.fair.everything is None else verdict.fair.everything.value,
            "endlessDisturbances": verdict.fair.endless_disturbances,
        },
        "inputs": dict(zip(_ROLES, inputs.roles(), strict=True)),
        "files": dict(digests),
        "options": {"kubernetesVersion": inputs.kubernetes_version, "maxStates": inputs.max_states},
    }
    return itf.render(verdict.trace, about)


@frozen(kw_only=True)
class TraceFile:
    """A trace file that has been read. ``data`` is the whole of it."""

    data: Mapping[str, Any] = field(repr=False)
    id: str
    object: str
    property: str
    message: str
    fingerprint: str
    fair: Fair
    inputs: Inputs
    files: Mapping[str, str]

    def changes(self, inputs: Inputs) -> Iterator[str]:
        """What is not as it was when the trace was written, one sentence each."""
        now = inputs.digests()
        for name in sorted(self.files.keys() | now.keys()):
            if name == "-" and now.get(name) != self.files.get(name):
                yield "standard input is not what it was when the trace was written"
            elif name not in now:
                yield f"{name} is not there any more"
            elif name not in self.files:
                yield f"{name} has come since the trace was written"
            elif now[name] != self.files[name]:
                yield f"{name} has changed since the trace was written"


def read(text: str) -> TraceFile:
    """The trace file with ``text``. Raises ``TraceFileError`` for what ``write`` would not have written."""
    data = itf.read(text)
    about = data["#meta"]["kverify"]
    if about.get("schema") != SCHEMA:
        raise TraceFileError(f"the trace has the form {about.get('schema')!r}; this version reads {SCHEMA}")
    try:
        roles = {role: _texts(about["inputs"][role]) for role in _ROLES}
        everything = about["fair"]["everything"]
        return TraceFile(
            data=data,
            **{name: _text(about[name]) for name in ("id", "object", "property", "message", "fingerprint")},
            fair=Fair(
                everything=None if everything is None else Fairness(everything),
                endless_disturbances=about["fair"]["endlessDisturbances"] is True,
            ),
            inputs=Inputs(
                manifests=roles["manifests"],
                cluster=roles["cluster"],
                previous=roles["from"],
                config=roles["config"],
                specs=roles["specs"],
                parameters=roles["parameters"],
                kubernetes_version=_text(about["options"]["kubernetesVersion"]),
                max_states=int(about["options"]["maxStates"]),
            ),
            files={_text(name): _text(digest) for name, digest in about["files"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TraceFileError(f"what the trace says about itself cannot be read: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise TypeError(f"{values!r} is no list")
    return tuple(map(_text, values))
