"""What can be said about an input: one sentence, a place, the field's path and the mend."""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

from kverify.manifest.span import Span

_MOST_SHOWN = 80


class Severity(IntEnum):
    """Ordered: a bigger number is worse, so ``max`` combines and ``>=`` compares with ``--fail-on``."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


@frozen
class Related:
    """Another place that has part in a problem: the object that is meant, the quota that refuses. ``note`` is said
    beside it, ``path`` is its field."""

    span: Span
    note: str
    path: str = ""


@frozen(kw_only=True)
class Diagnostic:
    """One problem of the input. ``KV1xxx`` reading and validation, ``KV2xxx`` references between objects.

    ``path`` is the field as the API server prints it (``spec.template.spec.containers[0].image``), empty when the
    problem is not one field's. ``mend`` says what to write instead, when that is known. ``object`` names the object
    (``Deployment default/web``) when it is known. ``related`` are other places that have part in it.
    """

    id: str
    severity: Severity
    message: str
    span: Span
    path: str = ""
    object: str = ""
    mend: str = ""
    related: tuple[Related, ...] = ()

    @property
    def refuses(self) -> bool:
        """True when the API server would not take the object, so that nothing more can be said about it."""
        return self.severity is Severity.ERROR


def shown(text: str) -> str:
    """``text`` for a message: short enough to be read."""
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
