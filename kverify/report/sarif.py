"""A report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

One rule for each id, one result for each finding and problem of the input, one thread flow for each run. What is
suppressed is there only if it was asked for: GitHub makes alerts of it that stay open. Proofs are in
the properties of the run: a result, even one of kind ``pass``, would be shown as an alert by readers that look at the
level alone. What was not decided is a notification of the invocation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from kverify import __version__
from kverify.checks.finding import Cause, Fix, Proof, Suppressed
from kverify.cluster.suppressions import By
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.manifest.span import Span
from kverify.report.examples import with_clusters
from kverify.report.issues import STDIN, Issue, View, fix_text, has_lines, issues, name_of, rendered_place
from kverify.report.source import escape
from kverify.spec.language.syntax import Declaration

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "%SRCROOT%"
FINGERPRINT = "kverify/v1"

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_EXIT = ("nothing found", "something was found", "bad input", "not everything could be decided")


def render(view: View) -> str:
    """The log as indented JSON text, ended by a line end."""
    return json.dumps(to_sarif(view), indent=2, ensure_ascii=True) + "\n"


def to_sarif(view: View) -> dict[str, Any]:
    """The log as plain values."""
    found = issues(view, suppressed=view.show_suppressed)
    # Either every result of a run says whether it is suppressed, or none does (3.27.23).
    says = view.show_suppressed and bool(view.report.suppressed)
    ids = list(dict.fromkeys((*(issue.id for issue in found), *(proof.id for proof in view.report.proofs))))
    proved = [proof for proof in view.report.proofs if proof.verdict.outcome is Outcome.HOLDS]
    open_ends = [proof for proof in view.report.proofs if proof.verdict.outcome is not Outcome.HOLDS]
    index = {id: number for number, id in enumerate(ids)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kverify",
                        "version": __version__,
                        "rules": [_rule(id, view.declaration(id)) for id in ids],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not view.report.bad_input and not view.report.interrupted,
                        "exitCode": view.exit_code,
                        "exitCodeDescription": _EXIT[view.exit_code],
                        "toolExecutionNotifications": [
                            *(_interrupted(view.report.interrupted) if view.report.interrupted else ()),
                            *(_undecided(proof, index[proof.id]) for proof in open_ends),
                        ],
                    }
                ],
                "originalUriBaseIds": {BASE: {"description": {"text": "The directory in which kverify was run."}}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(issue, index[issue.id], says) for issue in found],
                "properties": {
                    "kubernetesVersion": view.report.kubernetes_version,
                    "objects": view.report.objects,
                    "suppressed": len(view.report.suppressed),
                    "proofs": [_proof(proof) for proof in proved],
                    "assumptions": [escape(text) for text in view.report.assumptions],
                    "notModelled": [escape(text) for text in view.report.not_modelled],
                },
            }
        ],
    }


def message_text(text: str) -> str:
    """``text`` as a message string: braces are doubled, since single ones are placeholders (3.11.5), and what looks
    like an embedded link (3.11.6) is escaped. Control characters are written out."""
    shown = "\n".join(map(escape, text.split("\n")))
    shown = shown.replace("{", "{{").replace("}", "}}")
    return re.sub(r"\[(?=[^\[\]]*\]\()", r"\\[", shown)


# -- rules -----------------------------------------------------------------------------------------------------------


def _rule(id: str, declaration: Declaration | None) -> dict[str, Any]:
    if declaration is None:
        return {key: {"text": id} for key in ("shortDescription", "fullDescription", "help")} | {"id": id}
    title = declaration.title or declaration.name
    paragraphs = [" ".join(text.split()) for text in declaration.meta("explanation").split("\n\n") if text.strip()]
    rule, fix, source = (declaration.meta(key) for key in ("rule", "fix", "source"))
    shown = [*paragraphs, *([f"Rule: {rule}"] if rule else ()), *([f"Fix: {fix}"] if fix else ())]
    written = declaration.meta("severity")
    result: dict[str, Any] = {
        "id": id,
        "name": declaration.name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": paragraphs[0] if paragraphs else title},
        "help": {"text": "\n\n".join(shown or [title]), "markdown": _markdown(paragraphs or [title], declaration)},
        "defaultConfiguration": {"level": _LEVEL[Severity[written.upper()] if written else Severity.ERROR]},
        "properties": {"tags": ["kubernetes"]},
    }
    if re.match(r"https?://\S+$", source):
        result["helpUri"] = source
    return result


def _markdown(paragraphs: Sequence[str], declaration: Declaration) -> str:
    parts = list(paragraphs)
    for label, key in (("Rule", "rule"), ("Fix", "fix")):
        if declaration.meta(key):
            parts.append(f"**{label}:** {declaration.meta(key)}")
    for example, introduced, cluster in with_clusters(declaration.examples):
        parts.append(f"**{'Wrong' if example.outcome == 'failing' else 'Right'}:**\n\n{_yaml(example.text)}")
        parts += [text for text in (introduced, _yaml(cluster) if cluster else "") if text]
    return "\n\n".join(parts)


def _yaml(text: str) -> str:
    return f"```yaml\n{text}\n```"


# -- results ---------------------------------------------------------------------------------------------------------


def _result(issue: Issue, index: int, says: bool) -> dict[str, Any]:
    place = rendered_place(issue.span)
    outcome = issue.steps[-1].text if issue.steps else ""
    text = "\n".join([issue.sentence, *([outcome] if outcome else ()), *issue.paragraphs, *([place] if place else ())])
    result: dict[str, Any] = {
        "ruleId": issue.id,
        "ruleIndex": index,
        "level": _LEVEL[issue.severity],
        "message": {"text": message_text(text)},
        "locations": [_location(issue.causes[0], issue.object)] if issue.causes else _object_only(issue.object),
        "partialFingerprints": {FINGERPRINT: issue.fingerprint},
    }
    related = [_location(cause, "", number) for number, cause in enumerate(issue.causes[1:], 1)]
    if related:
        result["relatedLocations"] = related
    if issue.steps:
        result["codeFlows"] = [{"threadFlows": [{"locations": _flow(issue)}]}]
    if says:
        result["suppressions"] = [] if issue.suppressed is None else [_suppression(issue.suppressed)]
    fixes = [_fix(fix) for fix in issue.fixes if all(change.file != STDIN for change in fix.changes)]
    if fixes:
        result["fixes"] = fixes
    result["properties"] = _properties(issue)
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    """Whole lines are replaced: regions begin in the first column of a line and end in that of another one."""
    return {
        "description": {"text": message_text(fix_text(fix))},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(Span(change.file, 1, 1, 1, 1)),
                "replacements": [
                    {
                        "deletedRegion": {
                            "startLine": lines.start,
                            "startColumn": 1,
                            "endLine": lines.end,
                            "endColumn": 1,
                        },
                        "insertedContent": {"text": lines.text},
                    }
                    for lines in change.lines
                ],
            }
            for change in fix.changes
        ],
    }


def _suppression(one: Suppressed) -> dict[str, Any]:
    place = {} if one.span is None else {"location": {"physicalLocation": _physical(one.span)}}
    kind = "inSource" if one.by is By.ANNOTATION else "external"
    return {"kind": kind, "justification": escape(one.reason), **place}


def _flow(issue: Issue) -> list[dict[str, Any]]:
    """Every step stands at the first cause: readers that show flows need a place for each."""
    where = _physical(issue.causes[0].span) if issue.causes else None
    return [
        {
            "location": {
                **({} if where is None else {"physicalLocation": where}),
                "message": {"text": message_text(step.text)},
            },
            "executionOrder": number,
            "importance": "essential" if step.last else "important",
        }
        for number, step in enumerate(issue.steps, 1)
    ]


def _properties(issue: Issue) -> dict[str, Any]:
    found: dict[str, Any] = {"object": escape(issue.object)} if issue.object else {}
    finding = issue.finding
    if finding is None:
        return found
    found["property"] = finding.property
    if finding.certainty is not None:
        found["certainty"] = finding.certainty.value
    found["repairs"] = [{"text": escape(repair.text), "verified": repair.verified} for repair in finding.repairs]
    if finding.verdict is not None:
        verdict = finding.verdict
        found |= _standing(verdict)
    return found


def _location(cause: Cause, object: str, id: int | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {} if id is None else {"id": id}
    location["physicalLocation"] = _physical(cause.span)
    names = ([{"fullyQualifiedName": escape(object), "kind": "resource"}] if object else []) + (
        [{"fullyQualifiedName": escape(cause.path), "kind": "member"}] if cause.path else []
    )
    if names:
        location["logicalLocations"] = names
    note = " ".join(text for text in (cause.note, rendered_place(cause.span) if id is not None else "") if text)
    if note:
        location["message"] = {"text": message_text(note)}
    return location


def _object_only(object: str) -> list[dict[str, Any]]:
    return [{"logicalLocations": [{"fullyQualifiedName": escape(object), "kind": "resource"}]}] if object else []


def _physical(span: Span) -> dict[str, Any]:
    """The file, and the region where the lines are those of the file. Both count from 1 and exclude the end."""
    place: dict[str, Any] = {"artifactLocation": _artifact(span)}
    if has_lines(span):
        place["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return place


def _artifact(span: Span) -> dict[str, Any]:
    name = name_of(span)
    if name == STDIN:
        return {"uri": "stdin", "description": {"text": "Standard input."}}
    path = PurePosixPath(name)
    uri = quote(name.encode("utf-8", "surrogateescape"), safe="/")
    if path.is_absolute():
        return {"uri": f"file://{uri}"}
    if re.match(r"[A-Za-z]%3A/", uri):
        return {"uri": f"file:///{uri[0]}:{uri[4:]}"}
    return {"uri": uri, "uriBaseId": BASE}


# -- what holds, and what was not decided ------------------------------------------------------------------------------


def _proof(proof: Proof) -> dict[str, Any]:
    verdict = proof.verdict
    return {
        "id": proof.id,
        "object": escape(proof.object),
        "property": proof.property,
        "message": escape(proof.message),
        "outcome": str(verdict.outcome),
        **_standing(verdict),
    }


def _standing(verdict: Verdict) -> dict[str, Any]:
    """How it was found, for what it stands, and what was taken for granted."""
    return {
        "method": escape(verdict.method),
        "scope": escape(verdict.scope),
        "assumptions": [escape(text) for text in verdict.assumptions],
    }


def _undecided(proof: Proof, index: int) -> dict[str, Any]:
    verdict = proof.verdict
    says = "was not decided" if verdict.outcome is Outcome.UNKNOWN else "says nothing here"
    reason = f" ({verdict.reason})" if verdict.reason else ""
    return {
        "level": "warning" if verdict.outcome is Outcome.UNKNOWN else "note",
        "message": {"text": message_text(f"{proof.object}: {proof.property} {says}: {proof.message}{reason}")},
        "associatedRule": {"id": proof.id, "index": index},
        "properties": {"object": escape(proof.object), "property": proof.property, "outcome": str(verdict.outcome)}
        | _standing(verdict),
    }


def _interrupted(reason: str) -> list[dict[str, Any]]:
    return [{"level": "error", "message": {"text": message_text(f"The run was interrupted: {reason}")}}]
