"""Whether everything finds a node, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kverify import __version__
from kverify.checks.fit.fit import FitReport, Refusal, Row
from kverify.cluster.objects import describe
from kverify.engines.fit.choice import Chosen, Pick
from kverify.engines.fit.decide import DemandAnswer
from kverify.report.fit_common import assumption_lines, problem_lines, refused_lines
from kverify.report.fit_counts import WORDS, cause_json, count_json, count_lines, place
from kverify.report.json import diagnostic_json
from kverify.report.source import Sources, escape
from kverify.report.style import Style
from kverify.words import count, listing

SCHEMA = "kverify.fit/1"
_SHOWN = 8


def render(report: FitReport, sources: Sources, style: Style) -> Iterator[str]:
    """The lines of the text form: problems, each workload, what together is impossible, losses, and one line."""
    yield from problem_lines(report.diagnostics, sources, style)
    for row in report.rows:
        yield from _row(row, style)
        yield ""
    yield from refused_lines(report.refused, style)
    for short in report.short:
        yield style.bold(f"{escape(short.title)}: not all admitted")
        yield from style.wrap(f"{short.message}{place(short.cause)}", indent=2)
        yield ""
    for daemon in report.daemons:
        if daemon.lacking:
            yield style.bold(f"{escape(describe(daemon.object))}: no room on {count(len(daemon.lacking), 'node')}")
            for lack in daemon.lacking[:_SHOWN]:
                yield from style.wrap(f"{lack.node}: {lack.reason}", indent=2)
            yield ""
    if report.core:
        yield style.bold("No placement has room for all pods; these lines together exclude it:")
        for words, cause in report.core:
            yield from style.wrap(f"{words}{place(cause)}", indent=2, hang=4)
        yield from style.wrap(report.core_method, "method: ", indent=2)
        yield ""
    if report.open_question:
        yield style.bold("Whether some order has room for all pods is not decided:")
        yield from style.wrap(report.open_question, indent=2)
        yield ""
    for loss in report.losses:
        like = f" (or one of {count(loss.like, 'node')} like it)" if loss.like else ""
        yield style.bold(f"After the loss of {escape(loss.lost)}{like}:")
        for row in loss.rows:
            message = row.answer.message or row.answer.reason
            yield from style.wrap(f"{row.maker.title}: {WORDS[row.answer.room]}: {message}", indent=2, hang=4)
        yield ""
    for row_of_counts in report.counts:
        yield from count_lines(row_of_counts, style)
        yield ""
    if report.interrupted:
        yield style.bold(report.interrupted)
    yield from assumption_lines(report.assumptions, style)
    yield style.bold(summary(report))


def summary(report: FitReport) -> str:
    """``2 workloads on 3 nodes (1 class): 1 always fits, 1 fragile``."""
    rooms = [row.answer.room for row in report.rows]
    parts = [f"{rooms.count(room)} {words}" for room, words in WORDS.items() if room in rooms]
    kinds = "1 class" if report.classes == 1 else f"{report.classes} classes"
    text = f"{count(len(rooms), 'workload')} on {count(report.nodes, 'node')} ({kinds})"
    if parts:
        text += f": {', '.join(parts)}"
    if report.lost:
        whole = "any one zone" if report.lost == "zone" else "any one node"
        bad = f"{len(report.losses)} of {report.evaluated} cases leave pods waiting or undecided"
        text += f"; after the loss of {whole}: " + (bad if report.losses else "the same")
    return text


def _row(row: Row, style: Style) -> Iterator[str]:
    answer = row.answer
    yield style.bold(f"{escape(row.maker.title)}: {WORDS[answer.room]}") + style.dim(f"  ({row.maker.counted})")
    if answer.slack is not None:
        slack = answer.slack
        yield from style.wrap(f"{slack.nodes} of {slack.eligible} nodes stay free in every order", "slack: ", indent=2)
        # Where reasons together seem to block more, pods were counted one by one, and reasons say nothing.
        alone = sum(number for _, number in slack.reasons) < slack.eligible
        for reason, number in slack.reasons if alone else ():
            yield from style.wrap(f"{reason}: blocks at most {count(number, 'node')}", indent=4)
    if answer.message:
        yield from style.wrap(answer.message, "a pod waits: ", indent=2, hang=4)
    if row.preempts:
        yield from style.wrap(f"it {row.preempts}", "preemption: ", indent=2, hang=4)
    if answer.blocking:
        placed = [f"{number} of {title}" for title, number in answer.blocking]
        yield from style.wrap(listing(placed, _SHOWN), "with on nodes: ", indent=2, hang=4)
    for refusal in row.refusals:
        yield from _refusal(refusal, style)
    yield from _picks(answer, style)
    if answer.reason:
        yield from style.wrap(answer.reason, "reason: ", indent=2)
    yield from style.wrap(answer.method, "method: ", indent=2)


def _picks(answer: DemandAnswer, style: Style) -> Iterator[str]:
    """The binds and the scores that decided them."""
    if not isinstance(answer, Chosen) or not answer.picks:
        return
    yield from style.wrap("binds, in one order in which nobody waits:" if not answer.message else "binds:", indent=2)
    for number, pick in enumerate(answer.picks[:_SHOWN], 1):
        text = f"{number}. {pick.title} to {pick.node}: "
        if not pick.parts:
            yield from style.wrap(f"{text}the only node that fits", indent=4, hang=7)
            continue
        parts = ", ".join(f"{name} {score}" for name, score in pick.parts.items() if score)
        text += f"{pick.total} ({parts})" if parts else "0"
        if pick.ties:
            text += f"; as good: {listing(list(pick.ties), _SHOWN)}"
        if pick.next_best is not None:
            text += f"; next: {pick.next_best[0]} with {pick.next_best[1]}"
        yield from style.wrap(text, indent=4, hang=7)
    if len(answer.picks) > _SHOWN:
        yield from style.wrap(f"and {len(answer.picks) - _SHOWN} more (all of them with -o json)", indent=4)


def _refusal(refusal: Refusal, style: Style) -> Iterator[str]:
    where = f"{count(refusal.nodes, 'node')} ({refusal.first}{', ...' if refusal.nodes > 1 else ''})"
    detail = f"; {refusal.detail}" if refusal.detail else ""
    yield from style.wrap(f"{where}: {refusal.reason}{place(refusal.cause)}{detail}", indent=4, hang=6)


def render_json(report: FitReport) -> str:
    """The complete form, as indented JSON text."""
    return json.dumps(to_json(report), indent=2, ensure_ascii=True) + "\n"


def to_json(report: FitReport) -> dict[str, Any]:
    """Plain values; absent things are null or empty, never missing."""
    return {
        "schema": SCHEMA,
        "kverify": __version__,
        "kubernetesVersion": report.kubernetes_version,
        "exitCode": report.exit_code,
        "nodes": report.nodes,
        "nodeClasses": report.classes,
        "workloads": [_row_json(row) for row in report.rows],
        "core": [{"text": words, "cause": cause_json(cause)} for words, cause in report.core],
        "openQuestion": report.open_question or None,
        "choice": report.choice,
        "lose": report.lost or None,
        "losses": [
            {"lost": loss.lost, "like": loss.like, "workloads": [_row_json(row) for row in loss.rows]}
            for loss in report.losses
        ],
        "counts": [count_json(row) for row in report.counts],
        "interrupted": report.interrupted or None,
        "notAdmitted": [
            {"object": describe(refused.owner), "message": refused.problems[0].message} for refused in report.refused
        ],
        "notAllAdmitted": [
            {"object": short.title, "message": short.message, "cause": cause_json(short.cause)}
            for short in report.short
        ],
        "daemonSets": [
            {
                "object": describe(daemon.object),
                "nodes": daemon.nodes,
                "lacking": [{"node": row.node, "reason": row.reason} for row in daemon.lacking],
            }
            for daemon in report.daemons
        ],
        "assumptions": list(report.assumptions),
        "diagnostics": [diagnostic_json(item) for item in report.diagnostics],
    }


def _row_json(row: Row) -> dict[str, Any]:
    answer = row.answer
    slack = answer.slack
    return {
        "object": row.maker.title,
        "pods": row.maker.most,
        "counted": row.maker.counted,
        "verdict": answer.room.name.lower(),
        "method": answer.method,
        "reason": answer.reason or None,
        "message": answer.message or None,
        "preemption": row.preempts or None,
        "slack": None
        if slack is None
        else {
            "nodes": slack.nodes,
            "eligible": slack.eligible,
            "blocked": [{"reason": reason, "nodes": number} for reason, number in slack.reasons],
        },
        "blocking": [{"object": title, "pods": number} for title, number in answer.blocking],
        "binds": [_pick_json(pick) for pick in answer.picks] if isinstance(answer, Chosen) else [],
        "refusals": [
            {
                "nodes": refusal.nodes,
                "first": refusal.first,
                "reason": refusal.reason,
                "cause": cause_json(refusal.cause),
                "detail": refusal.detail or None,
            }
            for refusal in row.refusals
        ],
    }


def _pick_json(pick: Pick) -> dict[str, Any]:
    following = pick.next_best
    return {
        "object": pick.title,
        "node": pick.node,
        "score": pick.total if pick.parts else None,
        "scores": dict(pick.parts),
        "asGood": list(pick.ties),
        "next": None if following is None else {"node": following[0], "score": following[1]},
    }
