"""What can be wrong with a specification: the ids, and the short way to make a diagnostic."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from kverify.manifest.codes import Code
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span

UNREADABLE = "KV5001"
SYNTAX = "KV5002"
STRUCTURE = "KV5003"
UNKNOWN_NAME = "KV5004"
TYPE = "KV5005"
IMPORT = "KV5006"
DOUBLE = "KV5007"

ALL = tuple(
    Code(id, Severity.ERROR, title)
    for id, title in (
        (UNREADABLE, "A specification is missing or cannot be read."),
        (SYNTAX, "A line of a specification cannot be read."),
        (STRUCTURE, "A clause does not belong where it stands, or one is missing."),
        (UNKNOWN_NAME, "A specification names a kind, field, function, event or scenario that does not exist."),
        (TYPE, "Values in a specification do not go together."),
        (IMPORT, "An import of a specification cannot be followed."),
        (DOUBLE, "A name or an id in a specification is used twice."),
    )
)


def problem(id: str, message: str, span: Span, mend: str = "") -> Diagnostic:
    """An error in a specification at ``span``."""
    return Diagnostic(id=id, severity=Severity.ERROR, message=message, span=span, mend=mend)


def meant(word: str, known: Collection[str], otherwise: str = "") -> str:
    """``did you mean NAME?``, or ``otherwise`` when nothing is near."""
    lowered: dict[str, str] = {}
    for name in known:
        lowered.setdefault(name.lower().replace("_", ""), name)
    near = difflib.get_close_matches(word.lower().replace("_", ""), lowered, n=1, cutoff=0.6)
    return f"did you mean {lowered[near[0]]}?" if near else otherwise
