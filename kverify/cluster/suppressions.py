"""What its owners do not want to hear of again, and why: rules of the configuration, and annotations of objects.

    metadata:
      annotations:
        kverify.dev/ignore: "KV4005: one replica is enough; KV4004 until 2027-06-30: a second zone is coming"

An annotation has an entry for each id, separated by semicolons or line ends: the id, perhaps ``until`` and the last day
on which it counts, a colon, and the reason. It speaks of the object that carries it, and of the pods of that object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from enum import Enum

from attrs import evolve, field, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.cluster.codes import ANNOTATION
from kverify.cluster.objects import Key, covers, describe, key_of, templates_of
from kverify.manifest.diagnostics import Diagnostic, Severity, shown
from kverify.manifest.nodes import FieldPath, format_path
from kverify.manifest.span import Span

IGNORE = "kverify.dev/ignore"
_ENTRY = re.compile(r"(?P<id>[^\s:]+)(?:\s+until\s+(?P<day>[^\s:]+))?\s*:(?P<reason>.*)", re.DOTALL)
_FORM = f'{IGNORE}: "KV4005: the reason", several of them separated by semicolons'


class By(Enum):
    """Who suppresses."""

    CONFIGURATION = "configuration"
    ANNOTATION = "annotation"
    BASELINE = "baseline"


@frozen(kw_only=True)
class Suppression:
    """Findings with this id about these objects are not reported, for a reason.

    ``namespace`` and ``name`` are globs, ``kind`` is one kind or ``*``. ``expires`` is the last day on which it counts.
    ``span`` is where it is said. One by annotation speaks of ``object`` alone.
    """

    id: str
    reason: str
    span: Span
    kind: str = "*"
    namespace: str = "*"
    name: str = "*"
    expires: date | None = None
    by: By = By.CONFIGURATION
    object: Key | None = field(default=None)

    def covers(self, target: Key) -> bool:
        """Whether it speaks of the object."""
        if self.object is not None:
            return self.object[:3] == target[:3]
        return covers(target, self.kind, self.namespace, self.name)

    def expired(self, today: date) -> bool:
        return self.expires is not None and today > self.expires


def annotated(item: AnyObject, refusal: Callable[[str], str]) -> Iterator[Suppression | Diagnostic]:
    """The suppressions in the annotations of an object, and a diagnostic for each entry that is none.

    ``refusal`` says of an id why it cannot be suppressed, and nothing of one that can.
    """
    for path, template in () if isinstance(item, Pod) else templates_of(item):
        if IGNORE in template.metadata.annotations:
            where = (*path.split("."), "metadata", "annotations", IGNORE)
            message = f"{IGNORE} stands at the pods of {describe(item)}, where nobody reads it."
            yield _wrong(item, where, message, f"move it to metadata.annotations of {describe(item)}")
    text = item.metadata.annotations.get(IGNORE)
    if text is None:
        return
    where = ("metadata", "annotations", IGNORE)
    entries = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    if not entries:
        yield _wrong(item, where, f"{IGNORE} is empty.", f"write {_FORM}")
    for entry in entries:
        found = _entry(entry, item.source.key_span(where))
        if isinstance(found, str):
            yield _wrong(item, where, found, f"write {_FORM}")
            continue
        reason = refusal(found.id)
        if reason:
            dot = "" if reason.endswith("?") else "."
            yield _wrong(item, where, f"{IGNORE} cannot be followed for {shown(found.id)}: {reason}{dot}")
        else:
            yield evolve(found, object=key_of(item))


def _entry(text: str, span: Span) -> Suppression | str:
    """The suppression that an entry is, or what is wrong with it."""
    match = _ENTRY.fullmatch(text)
    if match is None:
        return f"{shown(text)!r} of {IGNORE} is not an id with its reason."
    reason = " ".join(match["reason"].split())
    if not reason:
        return f"{IGNORE} gives no reason for {shown(match['id'])}."
    expires = None
    if match["day"] is not None:
        try:
            expires = date.fromisoformat(match["day"])
        except ValueError:
            return f"{shown(match['day'])!r} of {IGNORE} is not a day such as 2027-06-30."
    return Suppression(id=match["id"], reason=reason, span=span, expires=expires, by=By.ANNOTATION)


def _wrong(item: AnyObject, where: FieldPath, message: str, mend: str = "") -> Diagnostic:
    return Diagnostic(
        id=ANNOTATION,
        severity=Severity.WARNING,
        message=message,
        span=item.source.span(where),
        path=format_path(where),
        object=describe(item),
        mend=mend,
    )
