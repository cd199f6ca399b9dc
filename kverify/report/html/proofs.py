"""What was decided of every object: a table of objects and properties, and every verdict in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from attrs import frozen

from kverify.report.html import words
from kverify.report.html.findings import SIGNS, asked, badge, namespace, sentence
from kverify.report.html.markup import Child, el, scrolling

Json: TypeAlias = "Mapping[str, Any]"
OUTCOMES = ("violated", "unknown", "vacuous", "holds")
"""From worst to best."""
_SAYS = {
    "holds": "holds",
    "vacuous": "says nothing here",
    "unknown": "was not decided",
}


@frozen(kw_only=True)
class Group:
    """Verdicts that differ in their objects, scopes and numbers of states only."""

    number: int
    id: str
    property: str
    message: str
    outcome: str
    method: str
    reason: str
    assumptions: tuple[str, ...]
    invariant: str
    proofs: tuple[Json, ...]


def groups(document: Json) -> tuple[Group, ...]:
    """All proofs of ``document``, by property, the worst first."""
    found: dict[tuple[Any, ...], list[Json]] = {}
    for proof in document["proofs"]:
        verdict = proof["verdict"]
        key = (
            proof["id"],
            proof["property"],
            proof["message"],
            verdict["outcome"],
            verdict["method"],
            verdict["reason"] or "",
            tuple(verdict["assumptions"]),
            verdict["evidence"] if words.invariant(verdict["evidence"] or "", {}) else "",
        )
        found.setdefault(key, []).append(proof)
    ranked = sorted(found.items(), key=lambda item: OUTCOMES.index(item[0][3]))
    return tuple(
        Group(
            number=number,
            id=id,
            property=prop,
            message=message,
            outcome=outcome,
            method=method,
            reason=reason,
            assumptions=assumptions,
            invariant=invariant,
            proofs=tuple(proofs),
        )
        for number, ((id, prop, message, outcome, method, reason, assumptions, invariant), proofs) in enumerate(ranked)
    )


# -- the table -------------------------------------------------------------------------------------------------------


def matrix(document: Json, found: Sequence[Group]) -> Element | None:
    """Objects by properties; every cell says how it stands and leads to the finding or the verdict."""
    cells: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
    columns: dict[str, str] = {}
    for number, finding in enumerate(document["findings"]):
        columns.setdefault(finding["property"], finding["id"])
        entry = ("violated", f"#finding-{number}", finding["severity"])
        cells.setdefault(finding["object"], {}).setdefault(finding["property"], []).append(entry)
    for group in found:
        for proof in group.proofs:
            columns.setdefault(group.property, group.id)
            entry = (group.outcome, f"#verdict-{group.number}", "")
            cells.setdefault(proof["object"], {}).setdefault(group.property, []).append(entry)
    if not cells:
        return None
    order = sorted(columns, key=lambda name: (columns[name], name))
    head = el("tr", el("th", "Object", scope="col"), [_column(name, columns[name]) for name in order])
    body = [_row(name, cells[name], order) for name in sorted(cells, key=lambda name: (namespace(name), name))]
    caption = el("caption", "Every object and what was asked of it", cls="hidden")
    table = el("table", caption, el("thead", head), el("tbody", body))
    return scrolling(table, "Verdicts by object", "scroll matrix")


def _column(name: str, id: str) -> Element:
    parts: list[Child] = []
    for number, part in enumerate(name.split("-")):
        parts += [el("wbr"), f"-{part}"] if number else [part]
    return el("th", el("span", id, cls="id"), parts, scope="col")


def _row(name: str, cells: Mapping[str, Sequence[tuple[str, str, str]]], order: Sequence[str]) -> Element:
    outcomes = {outcome for entries in cells.values() for outcome, *_ in entries}
    severities = {severity for entries in cells.values() for *_, severity in entries if severity}
    return el(
        "tr",
        el("th", name, scope="row"),
        [_cell(cells.get(prop, ())) for prop in order],
        data_outcome=" ".join(sorted(outcomes)),
        data_severity=" ".join(sorted(severities)),
        data_namespace=namespace(name),
    )


def _cell(entries: Sequence[tuple[str, str, str]]) -> Element:
    if not entries:
        return el("td", el("span", "–", aria_hidden="true"), el("span", "not asked", cls="hidden"), cls="none")
    kinds: dict[tuple[str, str], list[str]] = {}
    for outcome, target, severity in sorted(entries, key=lambda entry: OUTCOMES.index(entry[0])):
        kinds.setdefault((outcome, severity), []).append(target)
    return el("td", [_mark(outcome, severity, targets) for (outcome, severity), targets in kinds.items()])


def _mark(outcome: str, severity: str, targets: Sequence[str]) -> Element:
    sign = SIGNS.get(severity) or {"holds": "✓", "vacuous": "∅", "unknown": "?"}[outcome]
    number = f" ×{len(targets)}" if len(targets) > 1 else ""
    return el(
        "a",
        el("span", sign, cls="sign", aria_hidden="true"),
        f"{severity or outcome}{number}",
        href=targets[0],
        cls=f"mark {severity or outcome}",
    )


# -- every verdict ---------------------------------------------------------------------------------------------------


def verdicts(found: Sequence[Group]) -> Iterator[Element]:
    """Every group by itself: what was shown, how, for what, and what it rests on."""
    for group in found:
        objects = list(dict.fromkeys(proof["object"] for proof in group.proofs))
        shown = ", ".join(objects[:_NAMES]) + (f" and {len(objects) - _NAMES} more" if len(objects) > _NAMES else "")
        yield el(
            "details",
            el(
                "summary",
                badge(group.outcome, group.id),
                el("h3", el("span", group.property, cls="property"), " ", el("span", shown, cls="object")),
                el("p", _sentence(group), cls="message"),
            ),
            el("div", list(_body(group)), cls="body"),
            id=f"verdict-{group.number}",
            cls=f"verdict card {group.outcome}",
            data_outcome=group.outcome,
            data_namespace=" ".join(sorted({namespace(name) for name in objects})),
            # What is not decided, or says nothing, is not to be overlooked.
            open="" if group.outcome == "unknown" else None,
        )


_NAMES = 4


def _sentence(group: Group) -> str:
    if group.outcome == "holds":
        return sentence(group.message)
    reason = f": {group.reason}" if group.reason else ""
    return f"{sentence(_SAYS[group.outcome])}{reason} ({group.message})"


def _body(group: Group) -> Iterator[Child]:
    yield el("p", el("b", "By "), group.method, ".")
    yield _objects(group)
    if group.invariant:
        yield from _invariant(group.invariant)
    rungs = [(proof["object"], asked(proof["verdict"]["rungs"])) for proof in group.proofs]
    if any(told is not None for _, told in rungs):
        yield el("h4", "Which engine said what")
        yield from ([el("p", name), told] for name, told in rungs if told is not None)
    if group.assumptions:
        yield el("h4", "Assuming")
        yield el("ul", [el("li", text) for text in group.assumptions])


def _objects(group: Group) -> Element:
    """For what each verdict stands."""
    sizes = any(proof["sizes"] for proof in group.proofs)
    titles = ["Object", "For", "Evidence", *(["Other sizes"] if sizes else [])]
    rows = []
    for proof in group.proofs:
        verdict = proof["verdict"]
        evidence = "" if group.invariant else verdict["evidence"] or ""
        if verdict["states"] and "state" not in evidence:
            evidence = "; ".join(part for part in (evidence, f"{verdict['states']:,} states") if part)
        evidence = evidence or ("the invariant below" if group.invariant else "")
        cells = (el("td", verdict["scope"] or ""), el("td", evidence, cls="evidence"))
        more = [el("td", [el("p", size) for size in proof["sizes"]])] if sizes else []
        rows.append(el("tr", el("th", proof["object"], scope="row"), cells, more))
    head = el("tr", [el("th", title, scope="col") for title in titles])
    return scrolling(el("table", el("thead", head), el("tbody", rows)), f"{group.property} by object")


def _invariant(evidence: str) -> Iterator[Child]:
    said = words.invariant(evidence, {})
    assert said is not None, "groups have the invariant only where there is one"
    parts, rank = said
    yield el("h4", "What is true in every state that can be reached")
    yield el("p", "It is true at the start, and no step makes it false.")
    yield el("ul", [el("li", part) for part in parts], cls="invariant")
    if rank:
        yield el("h4", "What gets smaller with every step, and so comes to an end")
        yield el("p", rank, cls="invariant")
    yield el("h4", "What it ranges over")
    yield el("p", "These numbers, for the sizes above:")
    yield el("ul", [el("li", name) for name in words.names(evidence, {})], cls="ranges")
