"""A trace of the JSON form as what the player draws: places, dots, curves, steps.

Plain values again. Numbers are computed here, where they are tested; ``player.js`` only draws them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from kverify.model.legend import PENDING
from kverify.model.world import ANSWERING, LIVE, SERVING, NodeStatus, Phase
from kverify.report.html import words

Json: TypeAlias = "Mapping[str, Any]"
_LIVE = (PENDING, *(phase.value for phase in LIVE))
_SERVING = tuple(phase.value for phase in SERVING)
CURVES = ("wanted", "existing", "ready", "available", "answering")
"""What is drawn over time: pods that ReplicaSets ask for, that there are, and what is known of them and true."""
_PHASES = {"existing": _LIVE, "ready": _SERVING, "available": (Phase.AVAILABLE.value,)}
_SILENT = tuple(status.value for status in NodeStatus if status not in ANSWERING)
"""Nobody on such a node answers, whatever is known of its pods."""


def scene(finding: Json) -> dict[str, Any] | None:
    """What the player shows of ``finding``; None where there is no run of a model.

    ``slots`` are (revision, phase, place) with a number of pods each; a place is an index, -1 for no node. ``start``
    and each step have ``pods``: numbers by slot, of those that differ from before (at the start, from none).
    """
    trace = (finding["verdict"] or {}).get("trace")
    if trace is None:
        return None
    legend = trace["legend"] or {"workloads": [], "places": [], "budgets": []}
    revisions = [(w, r) for w in legend["workloads"] for r in w["revisions"]]
    titles = titles_of(trace)
    places = {place["name"]: index for index, place in enumerate(legend["places"])}
    slots = [
        (r, pods["phase"], places.get(pods["place"], -1), pods["variable"])
        for r, (_, revision) in enumerate(revisions)
        for pods in revision["pods"]
    ]
    numbers = {variable: index for index, (*_, variable) in enumerate(slots)}
    statuses = {place["status"]: index for index, place in enumerate(legend["places"]) if place["status"]}
    states = [trace["start"], *(step["state"] for step in trace["steps"])]
    befores: list[Json] = [{}, *states[:-1]]
    moments = [_moment(numbers, statuses, before, state) for before, state in zip(befores, states, strict=True)]
    return {
        "revisions": [{"title": words.short(r["title"]), "workload": w["name"]} for w, r in revisions],
        "places": [_place(place) for place in legend["places"]],
        "slots": [[revision, phase, place] for revision, phase, place, _ in slots],
        "start": moments[0],
        "steps": [
            {
                "who": step["component"],
                "what": step["says"],
                "happens": step["environment"],
                **moment,
                "changes": list(_changes(titles, before, step["state"])),
            }
            for step, moment, before in zip(trace["steps"], moments[1:], states, strict=False)
        ],
        "loop": trace["loop"],
        "curves": list(_curves(finding, legend, states)),
        "refused": sorted({places[r["node"]] for r in finding["refusals"] if r["node"] in places}),
    }


def titles_of(trace: Json) -> dict[str, str]:
    """The titles of a trace's revisions by their keys."""
    workloads = trace["legend"]["workloads"] if trace["legend"] else ()
    return {r["key"]: r["title"] for w in workloads for r in w["revisions"]}


def _place(place: Json) -> dict[str, Any]:
    return {
        "name": place["name"],
        "several": place["several"],
        "zone": place["zone"] or "",
        "taints": place["taints"],
        "cordoned": place["cordoned"],
        "others": [[other["pods"], other["number"]] for other in place["others"]],
    }


def _moment(numbers: Mapping[str, int], statuses: Mapping[str, int], before: Json, now: Json) -> dict[str, Any]:
    return {
        "pods": {str(i): now[name] for name, i in numbers.items() if now[name] != before.get(name, 0)},
        "status": {str(i): now[name] for name, i in statuses.items() if now[name] != before.get(name)},
    }


def _changes(titles: Mapping[str, str], before: Json, now: Json) -> Iterator[tuple[str, str, str]]:
    """What a step changes: what it is, its value before, and after."""
    for name, value in now.items():
        if value != before[name]:
            yield words.variable(name, titles), _value(before[name], titles), _value(value, titles)


def _value(value: Any, titles: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.short(titles.get(value, value)) if isinstance(value, str) else str(value)


# -- curves ----------------------------------------------------------------------------------------------------------


def _curves(finding: Json, legend: Json, states: Sequence[Json]) -> Iterator[dict[str, Any]]:
    """One set of curves for every workload, and for each of its revisions where it has several."""
    for workload in legend["workloads"]:
        whole = _sums(workload["revisions"], states)
        if _someone_is_lost(legend, states):
            whole["answering"] = [_answering(workload["revisions"], legend, state) for state in states]
        yield {"name": workload["name"], **whole, "lines": list(_lines(finding, legend, workload, states))}
        if len(workload["revisions"]) > 1:
            for revision in workload["revisions"]:
                yield {"name": words.short(revision["title"]), **_sums([revision], states), "lines": []}


def _sums(revisions: Sequence[Json], states: Sequence[Json]) -> dict[str, list[int]]:
    named = {
        curve: [pods["variable"] for r in revisions for pods in r["pods"] if pods["phase"] in phases]
        for curve, phases in _PHASES.items()
    }
    wanted = [revision["wanted"] for revision in revisions if revision["wanted"]]
    every = {"wanted": wanted, **named} if wanted else named
    return {curve: [sum(int(state[name]) for name in names) for state in states] for curve, names in every.items()}


def _answering(revisions: Sequence[Json], legend: Json, state: Json) -> int:
    """Ready pods on nodes that are there: what a lost node runs counts as ready until somebody notices."""
    lost = {p["name"] for p in legend["places"] if p["status"] and state[p["status"]] in _SILENT}
    pods = (pods for revision in revisions for pods in revision["pods"])
    return sum(int(state[p["variable"]]) for p in pods if p["phase"] in _SERVING and p["place"] not in lost)


def _someone_is_lost(legend: Json, states: Sequence[Json]) -> bool:
    statuses = [place["status"] for place in legend["places"] if place["status"]]
    return any(state[status] in _SILENT for state in states for status in statuses)


def _lines(finding: Json, legend: Json, workload: Json, states: Sequence[Json]) -> Iterator[dict[str, Any]]:
    """What is promised of the total: ``of`` is the curve that the line bounds, ``kind`` from which side; ``values`` are
    by state."""
    replicas, least, most = (_steady(workload[name]) for name in ("replicas", "least", "most"))
    if workload["least"] is not None:
        label = "at least replicas − maxUnavailable available, whatever replicas are"
        if replicas is not None and least is not None:
            label = f"at least {least} available = {replicas} replicas − maxUnavailable {replicas - least}"
        yield _line("floor", "available", workload["least"], label)
    if workload["most"] is not None:
        label = "at most replicas + maxSurge wanted, whatever replicas are"
        if replicas is not None and most is not None:
            label = f"at most {most} wanted = {replicas} replicas + maxSurge {most - replicas}"
        yield _line("ceiling", "wanted", workload["most"], label)
    keys = {revision["key"] for revision in workload["revisions"]}
    for budget in legend["budgets"]:
        # A budget over pods of several workloads promises nothing of one of them.
        if budget["desired"] is not None and set(budget["revisions"]) == keys:
            desired = _steady(budget["desired"])
            number = "as many healthy as it wants" if desired is None else f"at least {desired} healthy"
            yield _line("floor", "ready", budget["desired"], f"{budget['name']}: {number}")
    if finding["property"] == "endpoints-kept" and len(legend["workloads"]) == 1:
        of = "answering" if _someone_is_lost(legend, states) else "ready"
        yield _line("floor", of, [1] * len(states), f"{finding['object']}: at least 1 endpoint that answers")


def _steady(values: Sequence[int] | None) -> int | None:
    """The number that is the same in every state; None where it changes or is not known."""
    return values[0] if values is not None and len(set(values)) == 1 else None


def _line(kind: str, of: str, values: Sequence[int], label: str) -> dict[str, Any]:
    return {"kind": kind, "of": of, "values": values, "label": label}


# -- why nothing moves -----------------------------------------------------------------------------------------------


def refusals(finding: Json) -> list[tuple[str, list[str], list[str]]]:
    """Whose pods are not taken, by which nodes, and why: nodes with the same reasons, but for their names, together."""
    groups: dict[tuple[str, tuple[str, ...]], tuple[list[str], list[str]]] = {}
    for refusal in finding["refusals"]:
        alike = tuple(_nameless(reason, refusal["node"]) for reason in refusal["reasons"])
        groups.setdefault((refusal["pods"], alike), ([], refusal["reasons"]))[0].append(refusal["node"])
    return [(pods, nodes, reasons) for (pods, _), (nodes, reasons) in groups.items()]


def _nameless(reason: str, node: str) -> str:
    return re.sub(rf"(?<![\w.-]){re.escape(node)}(?![\w.-])", "*", reason)


def guards(finding: Json) -> list[tuple[str, list[str], list[tuple[str, str]]]]:
    """Who waits, what for, and each condition that does not hold with what it is worth now."""
    trace = (finding["verdict"] or {}).get("trace")
    if trace is None:
        return []
    titles = titles_of(trace)
    rows = []
    for held in trace["blocked"]:
        actions = list(dict.fromkeys(words.action(name, titles) for name in held["actions"]))
        # Of several conditions the one that can be read is said; the others follow from it or add nothing to see.
        unmet = sorted(held["unmet"], key=lambda part: len(part["text"]))
        shown = [part for part in unmet if len(part["text"]) <= _READABLE] or unmet[:1]
        rows.append((held["component"], actions, [(words.condition(p["text"], titles), _now(p)) for p in shown]))
    return rows


_READABLE = 200


def _now(part: Json) -> str:
    """What the sides of a comparison are worth; of a number it is not said."""
    if part["left"] is None:
        return "not so now"
    worth = [
        part[side]
        for side, text in zip(("left", "right"), _SIDES.split(part["text"]), strict=False)
        if not text.isdigit()
    ]
    return f"now {' and '.join(map(str, worth))}"


_SIDES = re.compile(r" (?:<=|<|==) ")
