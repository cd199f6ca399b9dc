"""How many replicas fit, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kverify.checks.finding import Cause
from kverify.checks.fit.counts import CountRow, Evidence, Lost, Range
from kverify.engines.schedulability import Room
from kverify.report.json import span_json
from kverify.report.source import escape
from kverify.report.style import Style
from kverify.words import listing

WORDS = {
    Room.ALWAYS: "always fits",
    Room.FRAGILE: "fragile",
    Room.IMPOSSIBLE: "impossible",
    Room.UNKNOWN: "unknown",
}
_SHOWN = 8


def place(cause: Cause | None) -> str:
    """Where a field stands, in brackets."""
    if cause is None:
        return ""
    return f" [{cause.path} at {cause.span.file}:{cause.span.line}:{cause.span.column}]"


def cause_json(cause: Cause | None) -> dict[str, Any] | None:
    """The path of a field and its span."""
    return None if cause is None else {"path": cause.path, "span": span_json(cause.span)}


def count_lines(row: CountRow, style: Style) -> Iterator[str]:
    """The ranges of one workload, each with its evidence, what its autoscaler asks for, and what losses leave."""
    yield style.bold(f"{escape(row.maker.title)}: {_headline(row)}")
    for part in row.ranges:
        yield from _range(row, part, style)
    if row.placed is not None and any(r.room is Room.FRAGILE and (r.last or 0) > row.placed for r in row.ranges):
        text = f"a placement for all pods is known up to {row.placed}; above it is open whether there is one"
        yield from style.wrap(text, indent=2)
    asked = [f"{_span(first, last)}: {WORDS[room]}" for first, last, room in row.asked()]
    if asked and row.maker.scaled is not None:
        low, high = row.maker.scaled
        yield from style.wrap("; ".join(asked), f"its autoscaler asks for {low} to {high}: ", indent=2, hang=4)
    if row.every:
        text = "its pods let pods of others in, so each number was asked by itself; of others nothing is said"
        yield from style.wrap(text, indent=2)
    if row.left_out:
        yield from style.wrap(f"beside all but {listing(row.left_out)}, which finds no node anyway", indent=2)
    if row.doubtful:
        text = (
            f"whether {listing(row.doubtful)} always fits is not part of this: it does not, or is not known to, anyway"
        )
        yield from style.wrap(text, indent=2)
    if row.lost is not None:
        yield from _lost(row, row.lost, style)


def _headline(row: CountRow) -> str:
    if row.every:
        return f"how many {row.noun}s fit"
    if not row.always:
        text = f"not even 1 {row.noun} always fits"
    else:
        text = f"up to {_many(row.always, row.noun)} always fit{'s' * (row.always == 1)}"
        if row.surges:
            text += f" ({row.rolling} with the surge of a rollout)"
    if row.impossible is not None:
        text += f", {row.impossible} cannot"
    return text


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"{first} and more"
    return f"{first}" if first == last else f"{first} to {last}"


def _range(row: CountRow, part: Range, style: Style) -> Iterator[str]:
    evidence = part.evidence
    if part.last == 0 and part.room is Room.ALWAYS:
        return
    yield from style.wrap(f"{_span(max(1, part.first), part.last)}: {WORDS[part.room]}", indent=2)
    at = f"at {evidence.count}, "
    if part.room is Room.ALWAYS:
        if evidence.method:
            yield from style.wrap(evidence.method, f"{at}proof: ", indent=4, hang=6)
        return
    yield from _evidence(row.maker.title, evidence, at, style)


def _evidence(own: str, evidence: Evidence, at: str, style: Style) -> Iterator[str]:
    if evidence.core:
        lines = [f"{words}{place(cause)}" for words, cause in evidence.core]
        yield from style.wrap("these lines together exclude it:", at, indent=4, hang=6)
        for line in lines:
            yield from style.wrap(line, indent=6, hang=8)
    elif evidence.message:
        who = "a pod" if evidence.title == own else f"a pod of {evidence.title}"
        yield from style.wrap(evidence.message, f"{at}{who} waits: ", indent=4, hang=6)
        if evidence.blocking:
            placed = [f"{number} of {title}" for title, number in evidence.blocking]
            yield from style.wrap(listing(placed, _SHOWN), "with on nodes: ", indent=6, hang=8)
    if evidence.reason:
        yield from style.wrap(evidence.reason, "" if evidence.core or evidence.message else at, indent=4, hang=6)
    if evidence.method:
        yield from style.wrap(evidence.method, "method: ", indent=4, hang=6)


def _lost(row: CountRow, lost: Lost, style: Style) -> Iterator[str]:
    if lost.skipped:
        yield from style.wrap(lost.skipped, indent=2)
        return
    if not lost.always:
        text = f"not even 1 {row.noun} always fits (the worst: {lost.always_after})"
    else:
        text = f"up to {_many(lost.always, row.noun)} always fit{'s' * (lost.always == 1)}"
        if lost.always_evidence is not None:
            text += f" (the worst: {lost.always_after})"
    if lost.impossible is not None:
        text += f", {lost.impossible} cannot (without {lost.impossible_after})"
    yield from style.wrap(text, f"after any one loss ({lost.evaluated} asked): ", indent=2, hang=4)
    for evidence in _once(lost.always_evidence, lost.impossible_evidence):
        yield from _evidence(row.maker.title, evidence, f"at {evidence.count}, ", style)


def _once(first: Evidence | None, second: Evidence | None) -> Iterator[Evidence]:
    if first is not None:
        yield first
    if second is not None and (first is None or first.count != second.count):
        yield second


def count_json(row: CountRow) -> dict[str, Any]:
    """Plain values; a last of null goes on for ever."""
    lost = row.lost
    return {
        "object": row.maker.title,
        "unit": "pods" if row.noun == "pod" else "replicas",
        "always": row.always,
        "alwaysWithSurge": row.rolling,
        "placed": row.placed,
        "impossible": row.impossible,
        "eachAsked": row.every,
        "ranges": [
            {
                "first": part.first,
                "last": part.last,
                "verdict": part.room.name.lower(),
                "evidence": _evidence_json(part.evidence),
            }
            for part in row.ranges
        ],
        "autoscaler": None
        if row.maker.scaled is None
        else {
            "min": row.maker.scaled[0],
            "max": row.maker.scaled[1],
            "ranges": [{"first": a, "last": b, "verdict": room.name.lower()} for a, b, room in row.asked()],
        },
        "leftOut": list(row.left_out),
        "doubtful": list(row.doubtful),
        "afterLoss": None
        if lost is None
        else {
            "evaluated": lost.evaluated,
            "skipped": lost.skipped or None,
            "always": lost.always,
            "alwaysAfter": lost.always_after or None,
            "next": None if lost.always_evidence is None else _evidence_json(lost.always_evidence),
            "impossible": lost.impossible,
            "impossibleAfter": lost.impossible_after or None,
            "impossibleEvidence": None
            if lost.impossible_evidence is None
            else _evidence_json(lost.impossible_evidence),
        },
    }


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "count": evidence.count,
        "object": evidence.title or None,
        "message": evidence.message or None,
        "blocking": [{"object": title, "pods": number} for title, number in evidence.blocking],
        "core": [{"text": words, "cause": cause_json(cause)} for words, cause in evidence.core],
        "method": evidence.method or None,
        "reason": evidence.reason or None,
    }
