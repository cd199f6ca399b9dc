"""Findings and problems of the input: what is wrong, where, the run that shows it, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from kverify.report.html import words
from kverify.report.html.markup import Child, el, scrolling
from kverify.report.html.scene import CURVES, guards, refusals, scene
from kverify.report.html.source import Excerpts, place
from kverify.report.issues import CERTAINTY
from kverify.words import listing, repeats

Json: TypeAlias = "Mapping[str, Any]"
SIGNS = {"error": "✗", "warning": "!", "info": "i"}
_CERTAINTY = {certainty.value: text for certainty, text in CERTAINTY.items()}
_URL = re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:]")
_OPEN = 12
"""So many findings, and so many problems, are shown open; of more only the headings, until one is chosen."""


def findings(document: Json, excerpts: Excerpts) -> Iterator[Element]:
    """Every finding, the worst first."""
    many = len(document["findings"]) > _OPEN
    for number, finding in ordered(document["findings"]):
        yield _finding(number, finding, excerpts, opened=not many)


def ordered(rows: Sequence[Json]) -> list[tuple[int, Json]]:
    """Findings or diagnostics with their numbers, the worst first."""
    severities = list(SIGNS)
    return sorted(enumerate(rows), key=lambda row: severities.index(row[1]["severity"]))


def linked(text: str) -> Iterator[Child]:
    """``text`` with the web addresses in it as links."""
    end = 0
    for match in _URL.finditer(text):
        yield text[end : match.start()]
        yield el("a", match[0], href=match[0], rel="noreferrer")
        end = match.end()
    yield text[end:]


def namespace(name: str) -> str:
    """``shop`` of ``Deployment shop/web``; empty for what has none."""
    return name.partition(" ")[2].partition("/")[0] if "/" in name else ""


def sentence(text: str) -> str:
    """``text`` with a capital, unless it begins with a name that is written small."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def _finding(number: int, finding: Json, excerpts: Excerpts, *, opened: bool) -> Element:
    severity = finding["severity"]
    return el(
        "details",
        el(
            "summary",
            badge(severity, finding["id"]),
            el("h3", el("span", finding["object"], cls="object"), " ", el("span", finding["property"], cls="property")),
            el("p", sentence(finding["message"]), cls="message"),
        ),
        el(
            "div",
            _certainty(finding),
            excerpts.figures(finding["causes"], severity),
            _run(number, finding),
            _why_blocked(finding),
            _list("Details", () if finding["refusals"] else finding["details"]),
            _list("Other sizes", finding["sizes"]),
            _repairs(finding),
            el("p", el("b", "The rule. "), linked(finding["why"]), cls="rule") if finding["why"] else None,
            _standing(finding["verdict"]),
            cls="body",
        ),
        id=f"finding-{number}",
        cls=f"finding card {severity}",
        open="" if opened else None,
        data_outcome="violated",
        data_severity=severity,
        data_namespace=namespace(finding["object"]),
    )


def badge(kind: str, text: str = "") -> Element:
    """A severity or an outcome: a sign, a word, and what it is about; never a colour alone."""
    sign = {**SIGNS, "holds": "✓", "violated": "✗", "vacuous": "∅", "unknown": "?"}[kind]
    shown = f"{kind} {text}".strip()
    return el("span", el("span", sign, cls="sign", aria_hidden="true"), shown, cls=f"badge {kind}")


def _certainty(finding: Json) -> Element | None:
    certainty = finding["certainty"]
    if certainty is None:
        return None
    return el("p", el("b", f"{certainty.capitalize()}: "), _CERTAINTY[certainty], ".", cls=f"certainty {certainty}")


def _run(number: int, finding: Json) -> Element | None:
    """The run in sentences. The player puts itself beside them (``data-player`` is the number of its model)."""
    if not finding["steps"] and not finding["opening"] and not finding["outcome"]:
        return None
    trace = (finding["verdict"] or {}).get("trace")
    loop = None if trace is None else trace["loop"]
    return el(
        "section",
        el("h4", "How it happens"),
        el(
            "div",
            el(
                "div",
                el("p", finding["opening"], cls="opening") if finding["opening"] else None,
                el("ol", _steps(finding, trace, loop), cls="steps") if finding["steps"] else None,
                el("p", repeats(loop), cls="loop") if loop is not None else None,
                el("p", finding["outcome"], cls="outcome") if finding["outcome"] else None,
                cls="story",
            ),
            cls="run",
            data_player=str(number) if trace is not None else None,
        ),
        _numbers(finding),
    )


def _numbers(finding: Json) -> Element | None:
    """The curves as a table, for those who do not see them; of every workload, and of revisions where there are two."""
    model = scene(finding)
    if model is None or not model["curves"]:
        return None
    rows = []
    for curves in model["curves"]:
        for name in CURVES:
            if name in curves:
                cells = [el("td", str(value)) for value in curves[name]]
                rows.append(el("tr", el("th", f"{curves['name']}: {name}", scope="row"), cells))
        lines = [line["label"] for line in curves["lines"]]
        if lines:
            what = el("th", f"{curves['name']}: promised", scope="row")
            rows.append(el("tr", what, el("td", "; ".join(lines), colspan=len(model["steps"]) + 1)))
    steps = ["start", *(str(number) for number in range(1, len(model["steps"]) + 1))]
    head = el("tr", el("th", "Pods", scope="col"), [el("th", step, scope="col") for step in steps])
    table = el("table", el("thead", head), el("tbody", rows))
    summary = el("summary", "Pods at every step, as a table")
    return el("details", summary, scrolling(table, "Pods at every step"), cls="numbers")


def _steps(finding: Json, trace: Json | None, loop: int | None) -> Iterator[Element]:
    for index, says in enumerate(finding["steps"]):
        step = trace["steps"][index] if trace is not None and index < len(trace["steps"]) else None
        classes = " ".join(
            name
            for name, on in (
                ("happens", step is not None and step["environment"]),
                ("round", loop is not None and index >= loop),
            )
            if on
        )
        who = el("span", step["component"], cls="who") if step is not None else None
        yield el("li", el("span", who, el("span", says, cls="what"), cls="step"), cls=classes or None)


def _why_blocked(finding: Json) -> Element | None:
    """Who waits at the end, for what; and which node refuses which pod, and why."""
    refused, held = refusals(finding), guards(finding)
    if not refused and not held:
        return None
    rows: list[Element] = []
    for pods, nodes, reasons in refused:
        what = el("td", f"bind a pod of {words.short(pods)} to {listing(nodes, most=_NAMES)}")
        because = el("td", [el("p", reason) for reason in reasons])
        rows.append(el("tr", el("th", "scheduler", scope="row"), what, because))
    for component, actions, unmet in held:
        because = el(
            "td", [el("p", "only if ", el("b", text), el("span", f" ({now})", cls="now")) for text, now in unmet]
        )
        rows.append(el("tr", el("th", component, scope="row"), el("td", "; ".join(actions)), because))
    head = el("tr", *(el("th", name, scope="col") for name in ("Who", "may not", "because")))
    return el(
        "details",
        el("summary", el("h4", "Why nothing moves")),
        scrolling(el("table", el("thead", head), el("tbody", rows)), "Why nothing moves"),
        cls="blocked",
        open="" if len(rows) <= _ROWS else None,
    )


_ROWS = 14


_NAMES = 8


def _list(title: str, rows: Sequence[str]) -> Element | None:
    return el("section", el("h4", title), el("ul", [el("li", row) for row in rows])) if rows else None


def _fixes(fixes: Sequence[Json]) -> Iterator[Element]:
    """Each fix with its patch."""
    for fix in fixes:
        again = f" for {listing(fix['checkedAgain'], most=_NAMES)}" if fix["checkedAgain"] else ""
        verified = f"verified: checked again{again}, this is gone and nothing as bad is new"
        cost = f" What it costs: {fix['cost']}." if fix["cost"] else ""
        yield el("p", fix["text"], el("span", "✓ ", verified, ".", cost, cls="checked"), cls="fix")
        yield from (_patch(change["patch"]) for change in fix["changes"])


def _patch(text: str) -> Element:
    """A unified diff; what is added and taken away is marked, beside the signs that say so."""
    kinds = {"+": "ins", "-": "del"}
    lines: list[Child] = []
    for line in text.splitlines(keepends=True):
        kind = kinds.get(line[:1]) if not line.startswith(("+++ ", "--- ")) else None
        lines.append(el(kind, line) if kind else line)
    return el("pre", lines, cls="patch")


def _repairs(finding: Json) -> Element | None:
    if not finding["repairs"] and not finding["fixes"]:
        return None
    checked = f"checked: with it {finding['property']} holds"
    return el(
        "section",
        el("h4", "What mends it"),
        *_fixes(finding["fixes"]),
        el(
            "ul",
            [
                el("li", repair["text"], el("span", "✓ ", checked, cls="checked") if repair["verified"] else None)
                for repair in finding["repairs"]
            ],
            cls="repairs",
        )
        if finding["repairs"]
        else None,
    )


def _standing(verdict: Json | None) -> Element | None:
    """How it was found, for what it stands, and what was taken for granted."""
    if verdict is None:
        return None
    parts = [verdict["method"], verdict["scope"], verdict["evidence"]]
    return el(
        "details",
        el("summary", "How it was found"),
        el("p", "; ".join(part for part in parts if part), "."),
        asked(verdict["rungs"]),
        el("p", "Assuming:") if verdict["assumptions"] else None,
        el("ul", [el("li", text) for text in verdict["assumptions"]]) if verdict["assumptions"] else None,
        cls="standing",
    )


def asked(rungs: Sequence[Json]) -> Element | None:
    """What each engine said, where several were asked."""
    return el("ul", [el("li", _answer(said)) for said in rungs], cls="asked") if len(rungs) > 1 else None


def _answer(said: Json) -> str:
    about = f" ({said['about']})" if said["about"] else ""
    states = f"{said['states']:,} states" if said["states"] else ""
    told = "; ".join(part for part in (said["outcome"], states, said["reason"]) if part)
    return f"{said['engine']}{about}: {told}"


def suppressed(document: Json) -> Element | None:
    """What was found and is not to be reported: by whom, and why."""
    if not document["suppressed"]:
        return None
    rows = []
    for row in document["suppressed"]:
        item = row["finding"] or row["diagnostic"]
        said = f" ({place(row['span'])})" if row["span"] is not None else ""
        what = el("th", badge(item["severity"], item["id"]), item["object"] or "", scope="row")
        why = el("td", el("b", f"{row['by']}: "), f"{row['reason']}{said}")
        rows.append(el("tr", what, el("td", sentence(item["message"])), why))
    head = el("tr", *(el("th", name, scope="col") for name in ("What", "Message", "Suppressed by")))
    table = el("table", el("thead", head), el("tbody", rows))
    return el("div", scrolling(table, "Suppressed", "scroll body"), cls="card suppressed")


def diagnostics(document: Json, excerpts: Excerpts) -> Iterator[Element]:
    """Problems of the input, the worst first."""
    mended = {row["diagnostic"]: row["fixes"] for row in document["mended"]}
    opened = "" if len(document["diagnostics"]) <= _OPEN else None
    for number, row in ordered(document["diagnostics"]):
        marks = [{"path": row["path"], "note": None, "span": row["span"]}, *row["related"]]
        yield el(
            "details",
            el(
                "summary",
                badge(row["severity"], row["id"]),
                el("h3", el("span", row["object"] or place(row["span"]), cls="object")),
                el("p", sentence(row["message"]), cls="message"),
            ),
            el(
                "div",
                excerpts.figures(marks, row["severity"]),
                el("p", el("b", "Help: "), row["mend"]) if row["mend"] else None,
                *_fixes(mended.get(number, ())),
                cls="body",
            ),
            id=f"problem-{number}",
            cls=f"problem card {row['severity']}",
            open=opened,
            data_outcome="input",
            data_severity=row["severity"],
            data_namespace=namespace(row["object"] or ""),
        )
