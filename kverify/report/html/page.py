"""The whole page: its parts in order, and the assets that come with it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from kverify.report.html import findings, proofs
from kverify.report.html.findings import namespace
from kverify.report.html.markup import el, raw, write
from kverify.report.html.proofs import Group
from kverify.report.html.scene import scene
from kverify.report.html.source import Excerpts
from kverify.words import count

Json: TypeAlias = "Mapping[str, Any]"
STYLES = ("page.css", "player.css")
SCRIPTS = ("dom.js", "stage.js", "chart.js", "player.js", "filters.js", "page.js")
"""In the order in which they need each other. All of them are one script, in one scope."""


def page(document: Json) -> str:
    """The page of a report in its JSON form (``kverify.report.json.to_json``)."""
    excerpts = Excerpts(document["sources"])
    groups = proofs.groups(document)
    style, script = _style(), _script()
    head = el(
        "head",
        el("meta", charset="utf-8"),
        _policy(style, script),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"kverify: {_verdict(document)}"),
        raw("style", style),
    )
    body = el(
        "body",
        el("a", "Skip to the findings", href="#main", cls="skip"),
        _header(document),
        _navigation(document, groups),
        el("main", list(_sections(document, groups, excerpts)), id="main", tabindex="-1"),
        el("footer", _footer(document)),
        raw("script", _models(document), type="application/json", id="models"),
        raw("script", script),
    )
    return write(el("html", head, body, lang="en"))


# -- assets ----------------------------------------------------------------------------------------------------------


def _asset(name: str) -> str:
    return (files("kverify.report.html") / "assets" / name).read_text("utf-8")


def _style() -> str:
    return "\n".join(map(_asset, STYLES))


def _script() -> str:
    """All scripts in one function, so that nothing of the page can be reached from outside."""
    parts = "\n".join(map(_asset, SCRIPTS))
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(style: str, script: str) -> Element:
    """Nothing may be loaded, and nothing run or shown but what was written here, whatever a manifest says."""
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return el("meta", http_equiv="Content-Security-Policy", content=policy)


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode()}"


def _models(document: Json) -> str:
    """The models of all players by the numbers of their findings, as JSON that no HTML parser takes for anything
    else."""
    models = {str(number): scene(finding) for number, finding in enumerate(document["findings"])}
    shown = {number: model for number, model in models.items() if model is not None}
    text = json.dumps(shown, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# -- parts -----------------------------------------------------------------------------------------------------------


def _verdict(document: Json) -> str:
    """The report in one line."""
    summary = document["summary"]
    parts = [count(summary["errors"], "error"), count(summary["warnings"], "warning")]
    if not summary["errors"] and not summary["warnings"]:
        parts = ["nothing found"]
    if summary["unknown"]:
        parts.append(f"{summary['unknown']} undecided")
    return ", ".join(parts)


def _headline(document: Json) -> str:
    summary = document["summary"]
    if any(row["severity"] == "error" for row in document["diagnostics"]):
        return "Some of the input cannot be used"
    if summary["errors"]:
        return "This can go wrong"
    undecided = bool(document["interrupted"] or summary["unknown"])
    if summary["warnings"]:
        return f"No errors, but warnings{', and not everything could be decided' if undecided else ''}"
    if undecided:
        return "Not everything could be decided"
    if summary["infos"]:
        return "Nothing was found but notes"
    if summary["vacuous"]:
        return "Nothing was found, but some questions say nothing here"
    if summary["holds"]:
        return "Nothing was found: what was asked is proved"
    return "Nothing was found, and nothing is proved"


def _header(document: Json) -> Element:
    summary = document["summary"]
    numbers = [
        ("error", summary["errors"], ("error", "errors")),
        ("warning", summary["warnings"], ("warning", "warnings")),
        ("info", summary["infos"], ("note", "notes")),
        ("holds", summary["holds"], ("proof", "proofs")),
        ("vacuous", summary["vacuous"], ("vacuous", "vacuous")),
        ("unknown", summary["unknown"], ("undecided", "undecided")),
        ("suppressed", summary["suppressed"], ("suppressed", "suppressed")),
    ]
    always = ("error", "warning", "holds")
    tiles = [
        el(
            "li",
            el("b", str(number)),
            f" {nouns[number != 1]}",
            cls=f"tile {kind}" if number else f"tile {kind} zero",
        )
        for kind, number, nouns in numbers
        if number or kind in always
    ]
    about = (
        f"{count(summary['objects'], 'object')} wanted · Kubernetes {document['kubernetesVersion']} · "
        f"exit code {document['exitCode']}"
    )
    return el(
        "header",
        el("p", "kverify report", cls="brand"),
        el("h1", _headline(document)),
        el("ul", tiles, cls="tiles", aria_label="Totals"),
        el("p", about, cls="about"),
        el("p", el("b", "Interrupted: "), document["interrupted"], cls="interrupted")
        if document["interrupted"]
        else None,
        cls="top",
    )


_TITLES = {
    "problems": ("Input", "Problems of the input"),
    "findings": ("Findings", "Findings"),
    "objects": ("Objects", "Verdicts by object"),
    "verdicts": ("Proofs", "What was decided, and how"),
    "suppressed": ("Suppressed", "Suppressed"),
    "assumed": ("Assumed", "Assumed"),
    "not-modelled": ("Not modelled", "Not modelled"),
}
"""The parts: how the navigation calls them, and their headings."""


def _present(document: Json, groups: Sequence[Group]) -> Iterator[str]:
    if document["diagnostics"]:
        yield "problems"
    yield "findings"
    if groups or document["findings"]:
        yield "objects"
    if groups:
        yield "verdicts"
    if document["suppressed"]:
        yield "suppressed"
    if document["assumptions"] or any(group.assumptions for group in groups):
        yield "assumed"
    if document["notModelled"]:
        yield "not-modelled"


def _navigation(document: Json, groups: Sequence[Group]) -> Element:
    links = [el("li", el("a", _TITLES[name][0], href=f"#{name}")) for name in _present(document, groups)]
    return el("nav", el("ul", links), _filters(document), aria_label="Parts of the report")


def _filters(document: Json) -> Element:
    """Hidden until the script is there to make them work."""
    rows = [*document["findings"], *document["proofs"], *document["diagnostics"]]
    namespaces = sorted({namespace(row["object"] or "") for row in rows} - {""})
    kinds = [("", "everything"), ("error", "errors"), ("warning", "warnings"), ("violated", "all violated")]
    kinds += [("unknown", "undecided"), ("vacuous", "vacuous"), ("holds", "proved")]
    return el(
        "form",
        el(
            "label",
            el("span", "Search"),
            el("input", type="search", id="search", autocomplete="off", spellcheck="false"),
        ),
        el("label", el("span", "Show"), el("select", [el("option", says, value=v) for v, says in kinds], id="kind")),
        el(
            "label",
            el("span", "Namespace"),
            el("select", el("option", "all", value=""), [el("option", n, value=n) for n in namespaces], id="namespace"),
            hidden=None if len(namespaces) > 1 else "",
        ),
        el("output", id="matches", for_="search kind namespace"),
        id="filters",
        role="search",
        hidden="",
    )


def _sections(document: Json, groups: Sequence[Group], excerpts: Excerpts) -> Iterator[Element]:
    parts: dict[str, list[Element | None]] = {
        "problems": [*findings.diagnostics(document, excerpts)],
        "findings": [*findings.findings(document, excerpts)] or [el("p", _nothing(document), cls="nothing")],
        "objects": [proofs.matrix(document, groups)],
        "verdicts": [*proofs.verdicts(groups)],
        "suppressed": [findings.suppressed(document)],
        "assumed": [_texts(_assumptions(document, groups))],
        "not-modelled": [_texts(document["notModelled"])],
    }
    for name in _present(document, groups):
        title = el("h2", _TITLES[name][1], id=f"{name}-title")
        yield el("section", title, parts[name], id=name, aria_labelledby=f"{name}-title")


def _nothing(document: Json) -> str:
    return "No violation was found." if document["proofs"] else "Nothing was decided."


def _assumptions(document: Json, groups: Sequence[Group]) -> Sequence[str]:
    """What was taken for granted about the input and by the proofs, each once."""
    by_proofs = (text for group in groups for text in group.assumptions)
    return tuple(dict.fromkeys((*document["assumptions"], *by_proofs)))


def _texts(rows: Sequence[str]) -> Element:
    return el("ul", [el("li", row) for row in rows], cls="texts card")


def _footer(document: Json) -> Element:
    return el("p", f"Made by kverify {document['kverify']}. This file is complete: it loads nothing and sends nothing.")
