"""libyaml's complaints in plain words, each with the mend."""

from __future__ import annotations

from attrs import evolve
from yaml import MarkedYAMLError

from kverify.manifest import codes
from kverify.manifest.comments import foreign_comment
from kverify.manifest.reading import Problem, Reading, too_deep
from kverify.manifest.span import Span

_BRACKETS = {"[": "]", "{": "}"}


def syntax_problem(reading: Reading, error: MarkedYAMLError) -> Problem:
    """What is wrong, where, and what to write instead. Both parsers' wordings (libyaml's, PyYAML's) are understood."""
    problem = error.problem or "it cannot be read"
    context = error.context or ""
    # Every error of the parsers has one of the marks; only PyYAML's constructors, not used here, leave both out.
    mark = error.problem_mark or error.context_mark
    assert mark is not None
    start = error.context_mark or mark
    here, begun = reading.point(mark), reading.point(start)
    character = reading.text[mark.index : mark.index + 1]
    line_start = reading.text.rfind("\n", 0, start.index) + 1
    first = line_start + len(reading.text[line_start:]) - len(reading.text[line_start:].lstrip(" "))
    comment = foreign_comment(reading, mark.index) or foreign_comment(reading, first)
    if comment is not None:
        return comment
    if "maximum nesting depth" in problem:
        # libyaml looks ahead for a colon, so its own limit of 1,000 levels may come before any of the events that ours
        # counts. Older ones have none.
        return too_deep(here)
    if character == "\t" and ("tab" in problem or "start any token" in problem):
        return Problem(codes.TAB, "A tab indents this line; YAML allows only spaces there.", here, "use spaces")
    if "quoted scalar" in context or "-quoted" in context:
        if "end of stream" in problem or "document" in problem:
            return Problem(codes.UNCLOSED, "This quote is never closed.", begun, "add the closing quote")
        return Problem(
            codes.SYNTAX,
            f"Inside double quotes this is no valid escape: {problem}.",
            here,
            "write \\\\ for a backslash, or use single quotes",
        )
    if context.startswith("while parsing a flow"):
        return _unclosed(reading, begun, here, reading.text[start.index : start.index + 1], character)
    if "start any token" in problem:
        return Problem(
            codes.SYNTAX, f"An unquoted value cannot begin with {character}", here, "put the value in quotes"
        )
    if problem.startswith("mapping values"):
        return Problem(
            codes.SYNTAX,
            'A key cannot stand here: the line is indented wrongly, or its value contains ": ".',
            here,
            "mend the indentation, or put the whole value in quotes",
        )
    if problem.startswith("could not find expected ':'"):
        whole = evolve(begun, end_column=len(reading.extract.source.line(begun.line)) + 1)
        return Problem(codes.SYNTAX, 'This line is not of the form "key: value".', whole, "add the missing colon")
    if context == "while parsing a block mapping":
        return Problem(
            codes.SYNTAX,
            f"This does not continue the mapping that begins at line {begun.line}: its indentation fits no line "
            "above, or it follows a complete value.",
            here,
            "mend the indentation, or the quotes of the value before it",
        )
    if context == "while parsing a block collection":
        return Problem(
            codes.SYNTAX,
            f'This does not continue the list that begins at line {begun.line}: "- " was expected.',
            here,
            "mend the indentation, or begin the line with a dash",
        )
    if "sequence entries" in problem:
        return Problem(
            codes.SYNTAX, "A list cannot begin behind a key.", here, 'put "- " on the next line, or write [item]'
        )
    detail = f"{context}, {problem}" if context else problem
    return Problem(codes.SYNTAX, f"This is not YAML: {detail}.", here, "mend the text here or just before it")


def _unclosed(reading: Reading, begun: Span, here: Span, bracket: str, character: str) -> Problem:
    """An item or the end of a flow collection that is missing."""
    if bracket not in _BRACKETS:
        # A value is missing, not a comma: libyaml then names the value's place, and not that of the bracket.
        if character.strip() and character not in "[{":
            message = f"A value was expected here, not {character}"
            return Problem(codes.SYNTAX, message, here, "write the value, or put the text in quotes")
        if reading.opened:
            start = reading.opened[-1]
            begun, bracket = reading.extract.span(start, start + 1), reading.text[start : start + 1]
    closing = _BRACKETS.get(bracket, "a closing bracket")
    return Problem(
        codes.UNCLOSED,
        f"This {bracket} is not closed: {closing} or a comma was expected at line {here.line}, column {here.column}.",
        begun,
        f"add {closing}, or the missing comma",
    )
