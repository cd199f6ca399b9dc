"""CEL expressions in objects: compiled, and reported at the characters that are wrong."""

from __future__ import annotations

import re
from collections.abc import Collection

from kverify.api.cel import Environment, Program, compile_text
from kverify.api.cel.types import Type
from kverify.api.validation.report import EXPRESSION, Path, Report

_CALL = re.compile(r"\w+[.(]")


def compile_expression(text: str, environment: Environment, path: Path, report: Report, offset: int = 0) -> Program:
    """Compile ``text`` and report what is wrong with it. It begins ``offset`` characters into the field at ``path``."""
    program = compile_text(text, environment)
    report_complaints(program, path, report, offset)
    return program


def report_complaints(program: Program, path: Path, report: Report, offset: int = 0) -> None:
    """Report what is wrong with a compiled expression, at its characters."""
    for complaint in program.complaints:
        part = (offset + complaint.start, offset + complaint.end)
        message = complaint.message
        if not _CALL.match(message):
            message = message[:1].upper() + message[1:]
        report.error(EXPRESSION, path, f"{message}.", complaint.mend, part=part)


def check_result(program: Program, wanted: Collection[Type], path: Path, report: Report) -> None:
    """Report an expression whose value is of none of the ``wanted`` types; one that does not compile has been
    reported already."""
    result = program.result
    if result is not None and result not in wanted:
        names = " or ".join(map(str, wanted))
        mend = "compare it with what it should be" if result.kind == "dyn" else ""
        report.error(EXPRESSION, path, f"The expression gives a {result}, and must give a {names}.", mend)


def trimmed(text: str) -> tuple[str, int]:
    """The text without the white space around it, and how much was before it."""
    inner = text.strip()
    return inner, len(text) - len(text.lstrip())
