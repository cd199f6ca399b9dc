"""The smallest cluster on which everything fits, as text, as JSON and as nodes to apply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from kverify import __version__
from kverify.checks.fit.synthesis import Bought, Short, SynthesisReport
from kverify.cluster.objects import describe
from kverify.engines.fit.synthesis import Numbers, Synthesis
from kverify.report.fit_common import assumption_lines, problem_lines, refused_lines
from kverify.report.fit_counts import WORDS
from kverify.report.json import diagnostic_json
from kverify.report.source import Sources, escape
from kverify.report.style import Style
from kverify.words import count, listing

SCHEMA = "kverify.fit-synthesis/1"
_SHOWN = 6


def render(report: SynthesisReport, sources: Sources, style: Style) -> Iterator[str]:
    """The lines of the text form: problems, the nodes, why they do, why fewer do not."""
    yield from problem_lines(report.diagnostics, sources, style)
    yield from refused_lines(report.refused, style)
    for name, why in report.unusable:
        yield from style.wrap(why, f"nodes like {name} are not used: ", hang=2)
    if report.unusable:
        yield ""
    if report.synthesis is not None and (report.bought or report.synthesis.found is None):
        yield from _answer(report, report.synthesis, style)
        yield ""
    if report.interrupted:
        yield style.bold(report.interrupted)
    yield from assumption_lines(report.assumptions, style)
    yield style.bold(summary(report))


def summary(report: SynthesisReport) -> str:
    """``8 nodes: 5 small, 3 large``."""
    if report.synthesis is None:
        return "no cluster was found" if report.interrupted else "no kind of node is usable"
    if report.synthesis.found is None:
        return "no cluster was found"
    if not report.bought:
        return "no nodes: nothing of the manifests needs one"
    total = sum(bought.number for bought in report.bought)
    parts = ", ".join(f"{bought.number} {bought.name}" for bought in report.bought)
    return f"{count(total, 'node')}: {parts}"


def _answer(report: SynthesisReport, synthesis: Synthesis, style: Style) -> Iterator[str]:
    losses = {"1": " and after the loss of any one node", "zone": " and after the loss of any one zone"}
    what = f"everything always fits{losses.get(report.lost, '')}"
    if synthesis.found is None:
        if synthesis.hopeless:
            yield style.bold(f"On no number of these nodes {what}:")
        else:
            yield style.bold(f"No cluster was found on which {what}:")
            yield from style.wrap(synthesis.reason or "some were not decided", indent=2)
        if report.last is not None:
            yield from _short(report, report.last, style)
        yield from _undecided(report, synthesis.undecided, style)
        return
    smallest = "The smallest cluster" if synthesis.minimal else "A cluster"
    yield style.bold(f"{smallest} on which {what}:")
    for bought in report.bought:
        yield f"  {count(bought.number, 'node')} like {escape(bought.name)} ({escape(bought.offers)}){_zones(bought)}"
    for method, titles in _by_method(report).items():
        yield from style.wrap(f"{listing(titles, _SHOWN)}: {method}", "proof: ", indent=2, hang=4)
    if synthesis.minimal:
        yield from style.wrap(_why_minimal(synthesis), indent=2, hang=4)
    else:
        why = synthesis.reason or "some smaller ones were not decided"
        yield from style.wrap(f"that it is the smallest is not proved: {why}", indent=2, hang=4)
    yield from _undecided(report, synthesis.undecided, style)
    for short in report.smaller:
        yield from _short(report, short, style)


def _why_minimal(synthesis: Synthesis) -> str:
    return (
        f"none with fewer nodes does: fewer than {synthesis.least} cannot bear the requests, and {synthesis.asked} "
        "clusters were decided, which exclude all others between"
    )


def _by_method(report: SynthesisReport) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for title, answer in report.proofs:
        found.setdefault(answer.method, []).append(title)
    return found


def _zones(bought: Bought) -> str:
    zones = {zone: number for zone, number in bought.zones.items() if number}
    return ": " + ", ".join(f"{number} in {escape(zone)}" for zone, number in zones.items()) if zones else ""


def _undecided(report: SynthesisReport, undecided: Sequence[Numbers], style: Style) -> Iterator[str]:
    if undecided:
        some = listing([_named(report, numbers) for numbers in undecided], _SHOWN)
        yield from style.wrap(some, "not decided, and passed over with what is smaller still: ", indent=2, hang=4)


def _named(report: SynthesisReport, numbers: Numbers) -> str:
    parts = [f"{n} {kind.name}" for kind, n in zip(report.kinds, numbers, strict=True) if n]
    return " + ".join(parts) or "no node"


def _short(report: SynthesisReport, short: Short, style: Style) -> Iterator[str]:
    after = f" after the loss of {short.after}" if short.after else ""
    message = short.answer.message or short.answer.reason
    text = f"{short.title}: {WORDS[short.room]}{after}: {message}"
    yield from style.wrap(text, f"on {_named(report, short.numbers)}: ", indent=2, hang=4)
    if short.answer.blocking:
        placed = listing([f"{number} of {title}" for title, number in short.answer.blocking], _SHOWN)
        yield from style.wrap(placed, "with on nodes: ", indent=4, hang=6)
    yield from style.wrap(short.answer.method, "method: ", indent=4, hang=6)


def render_yaml(report: SynthesisReport) -> str:
    """The nodes as one List."""
    # Nodes share parts; written out they are text of their own, not aliases.
    items = json.loads(json.dumps(list(report.nodes())))
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}, sort_keys=False, allow_unicode=True)


def render_json(report: SynthesisReport) -> str:
    """The complete form, as indented JSON text."""
    return json.dumps(to_json(report), indent=2, ensure_ascii=True) + "\n"


def to_json(report: SynthesisReport) -> dict[str, Any]:
    """Plain values; absent things are null or empty, never missing."""
    synthesis = report.synthesis
    return {
        "schema": SCHEMA,
        "kverify": __version__,
        "kubernetesVersion": report.kubernetes_version,
        "exitCode": report.exit_code,
        "lose": report.lost or None,
        "kinds": [
            {"name": kind.name, "allocatable": dict(kind.kind.node.allocatable), "zones": list(kind.kind.zones)}
            for kind in report.kinds
        ],
        "unusable": [{"name": name, "reason": why} for name, why in report.unusable],
        "found": [{"kind": row.name, "nodes": row.number, "zones": row.zones} for row in report.bought],
        "total": None if synthesis is None or synthesis.found is None else sum(synthesis.found.numbers),
        "minimal": synthesis is not None and synthesis.minimal,
        "hopeless": synthesis is not None and synthesis.hopeless,
        "atLeast": None if synthesis is None else synthesis.least,
        "decided": 0 if synthesis is None else synthesis.asked,
        "undecided": [] if synthesis is None else [_numbers(report, numbers) for numbers in synthesis.undecided],
        "reason": (synthesis.reason or None) if synthesis is not None else None,
        "proofs": [
            {"object": title, "verdict": answer.room.name.lower(), "method": answer.method}
            for title, answer in report.proofs
        ],
        "smaller": [_short_json(report, short) for short in report.smaller],
        "last": None if report.last is None else _short_json(report, report.last),
        "nodes": list(report.nodes()),
        "interrupted": report.interrupted or None,
        "notAdmitted": [
            {"object": describe(refused.owner), "message": refused.problems[0].message} for refused in report.refused
        ],
        "assumptions": list(report.assumptions),
        "diagnostics": [diagnostic_json(item) for item in report.diagnostics],
    }


def _numbers(report: SynthesisReport, numbers: Numbers) -> dict[str, int]:
    return {kind.name: number for kind, number in zip(report.kinds, numbers, strict=True)}


def _short_json(report: SynthesisReport, short: Short) -> dict[str, Any]:
    return {
        "nodes": _numbers(report, short.numbers),
        "verdict": short.room.name.lower(),
        "object": short.title,
        "afterLossOf": short.after or None,
        "message": short.answer.message or None,
        "blocking": [{"object": title, "pods": number} for title, number in short.answer.blocking],
        "reason": short.answer.reason or None,
        "method": short.answer.method,
    }
