"""A report as GitLab's code quality report (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format)."""

from __future__ import annotations

import json
from typing import Any

from kverify.manifest.diagnostics import Severity
from kverify.manifest.files import path_of
from kverify.report.issues import STDIN, Issue, View, has_lines, issues, last_line, name_of
from kverify.report.source import escape

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}
_REFUSED = "blocker"


def render(view: View) -> str:
    """The list as indented JSON text, ended by a line end."""
    return json.dumps(to_gitlab(view), indent=2, ensure_ascii=True) + "\n"


def to_gitlab(view: View) -> list[dict[str, Any]]:
    """The list as plain values. What has no place in a file stands at the first name that the run was given, because
    the format knows no issue without a file."""
    default = next((path_of(name) for name in view.manifests if name != STDIN), "stdin")
    return [_entry(issue, default) for issue in issues(view)]


def _entry(issue: Issue, default: str) -> dict[str, Any]:
    span = issue.span
    path, begin, end = default, 1, 1
    if span is not None and name_of(span) != STDIN:
        path = name_of(span)
        if has_lines(span):
            begin, end = span.line, last_line(span)
    return {
        "description": escape(issue.sentence),
        "check_name": issue.id,
        "fingerprint": issue.fingerprint,
        "severity": _REFUSED if issue.refused else _SEVERITY[issue.severity],
        "location": {
            "path": path.encode("utf-8", "backslashreplace").decode(),
            "lines": {"begin": begin, "end": end},
        },
    }
