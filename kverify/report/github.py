"""A report as annotations of GitHub Actions: workflow commands, one line each.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; what is escaped, and how, is what
the runner undoes (actions/runner, ``src/Runner.Common/ActionCommand.cs``).
"""

from __future__ import annotations

from hashlib import sha256

from kverify.engines.verdict import Outcome
from kverify.manifest.diagnostics import Severity
from kverify.report.issues import STDIN, Issue, View, has_lines, issues, last_line, name_of, rendered_place
from kverify.report.source import escape

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(view: View) -> str:
    """The lines, the worst first: GitHub shows ten errors and ten warnings of a step."""
    lines = [_line(issue) for issue in issues(view)]
    for proof in view.report.proofs:
        if proof.verdict.outcome is Outcome.UNKNOWN:
            reason = f" ({proof.verdict.reason})" if proof.verdict.reason else ""
            says = f"{proof.object}: {proof.property} was not decided: {proof.message}{reason}"
            lines.append(command("warning", {"title": f"{proof.id} not decided"}, says))
    if view.report.interrupted:
        lines.append(command("error", {"title": "kverify was interrupted"}, view.report.interrupted))
    return "".join(f"{line}\n" for line in lines)


def quoted(text: str) -> str:
    """``text`` so that no line of it is taken for a command by the runner.

    The word that ends it is made from the text itself, so nothing in the text can know it.
    """
    token = f"kverify-{sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def command(name: str, properties: dict[str, str | int], message: str) -> str:
    """``::error file=a.yaml,line=1::message``. Control characters of both are written out first, line ends of the
    message are kept."""
    shown = "\n".join(map(escape, message.split("\n")))
    listed = ",".join(f"{key}={_property(escape(str(value)))}" for key, value in properties.items())
    return f"::{name}{f' {listed}' if listed else ''}::{_data(shown)}"


def _line(issue: Issue) -> str:
    properties: dict[str, str | int] = {}
    span = issue.span
    if span is not None and name_of(span) != STDIN:
        properties["file"] = name_of(span)
        if has_lines(span):
            properties |= {"line": span.line, "endLine": last_line(span)}
            if span.line == span.end_line:
                # Columns belong to annotations of one line. Their end is the last character, not the one after it.
                properties |= {"col": span.column, "endColumn": max(span.column, span.end_column - 1)}
    properties["title"] = f"{issue.id} {issue.object}".rstrip()
    outcome = [step.text for step in issue.steps if step.last]
    place = rendered_place(span)
    parts = [issue.message, *outcome, *issue.paragraphs, *([place] if place else ())]
    return command(_COMMAND[issue.severity], properties, "\n".join(parts))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
