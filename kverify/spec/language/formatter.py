"""Trees back to text, in one layout. Comments stay: those alone on their lines before what follows, others behind it.

Formatting what was formatted changes nothing, and reading it gives the same trees.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from kverify.spec.language import syntax
from kverify.spec.language.syntax import (
    AnyDeclaration,
    Clause,
    Comment,
    Declaration,
    Define,
    Expr,
    File,
    Import,
    Parameter,
)

WIDTH = 100
INDENT = "  "

_LEVELS = {
    "implies": 1, "or": 2, "and": 3, "not": 4,
    "==": 5, "!=": 5, "<": 5, "<=": 5, ">": 5, ">=": 5, "in": 5,
    "+": 6, "-": 6, "*": 7, "/": 7, "%": 7,
}  # fmt: skip
_OPEN, _MINUS, _POSTFIX = 0, 8, 9


def format_file(file: File) -> str:
    """The text of a file, ended by a line end; empty for a file without anything."""
    comments = list(file.comments)
    blocks: list[str] = []
    previous: AnyDeclaration | None = None
    for declaration in file.declarations:
        before = _take(comments, lambda c, d=declaration: c.line < d.span.line)  # type: ignore[misc]
        apart = [c for c in before if _is_apart(c, before, declaration)]
        lines = [c.text for c in before if c not in apart]
        if apart:
            blocks.append("\n".join(_grouped(apart)))
        lines += list(_declaration(declaration, comments))
        text = "\n".join(lines)
        if isinstance(declaration, Import) and isinstance(previous, Import) and not before:
            blocks[-1] += f"\n{text}"
        else:
            blocks.append(text)
        previous = declaration
    if comments:
        blocks.append("\n".join(_grouped(comments)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _grouped(comments: Sequence[Comment]) -> Iterator[str]:
    """Comments with the empty lines between their paragraphs."""
    last: int | None = None
    for comment in comments:
        if last is not None and comment.line > last + 1:
            yield ""
        yield comment.text
        last = comment.line


def _is_apart(comment: Comment, before: Sequence[Comment], declaration: AnyDeclaration) -> bool:
    """An empty line stands between the comment and the declaration."""
    lines = {c.line for c in before}
    return any(line not in lines for line in range(comment.line, declaration.span.line))


def _take(comments: list[Comment], belongs: Callable[[Comment], bool]) -> list[Comment]:
    taken: list[Comment] = []
    while comments and belongs(comments[0]):
        taken.append(comments.pop(0))
    return taken


def _declaration(declaration: AnyDeclaration, comments: list[Comment]) -> Iterator[str]:
    yield from _with_comments(_head(declaration), "", declaration.span.end_line, comments)
    for clause in declaration.clauses:
        yield from _with_comments(format_clause(clause), INDENT, clause.span.end_line, comments, clause.span.line)


def _with_comments(text: str, indent: str, last: int, comments: list[Comment], first: int = 0) -> Iterator[str]:
    """The lines of one clause. A comment inside it moves before it; one on its last line stays behind it."""
    inside = _take(comments, lambda c: c.line < last or (c.line <= last and c.alone) or c.line < first)
    for comment in inside:
        yield f"{indent}{comment.text}"
    behind = "".join(f"  {c.text}" for c in _take(comments, lambda c: c.line == last))
    lines = text.split("\n")
    for line in lines[:-1]:
        yield f"{indent}{line}".rstrip()
    yield f"{indent}{lines[-1]}{behind}"


def _head(declaration: AnyDeclaration) -> str:
    match declaration:
        case Import(path=path):
            return f"import {quoted(path)}"
        case Parameter(name=name, value=value):
            return f"parameter {name} = {format_expr(value)}"
        case Define(name=name, arguments=arguments, body=body):
            listed = ", ".join(f"{a.name}: {a.type}" for a in arguments)
            # The body is indented deeper than the clauses, which is how they are told apart.
            return _wrapped(f"define {name}({listed}) =", (body,)).replace("\n", f"\n{INDENT}")
        case Declaration(kind=kind, name=name):
            return f"{kind} {name}"


def format_clause(clause: Clause) -> str:
    """A clause without its indentation; several lines when it is long."""
    match clause:
        case syntax.Doc(text=text):
            return quoted(text, block=True)
        case syntax.Meta(key="id" | "severity" as key, value=value):
            return f"{key} {value}"
        case syntax.Meta(key=key, value=value):
            return f"{key} {quoted(value, block=True)}"
        case syntax.Example(outcome=outcome, text=text, cluster=cluster):
            beside = f" with cluster {quoted(cluster, block=True)}" if cluster else ""
            return f"example {outcome} {quoted(text, block=True)}{beside}"
        case syntax.Under(scenarios=scenarios):
            return f"under {', '.join(s.name for s in scenarios)}"
        case syntax.Quantifier(variable=variable, kind=kind, where=None):
            return f"for {variable} in {kind}"
        case syntax.Quantifier(variable=variable, kind=kind, where=where):
            assert where is not None
            return _wrapped(f"for {variable} in {kind} where", (where,))
        case syntax.Requirement(condition=condition, forbidden=forbidden):
            return _wrapped("forbid" if forbidden else "require", (condition,))
        case syntax.Starts(event=event):
            return f"starts with {event.name}"
        case syntax.AtMost(number=number, event=event):
            return f"at most {number} {event.name}"
        case syntax.Before(first=first, second=second):
            return f"{first.name} before {second.name}"
        case syntax.Formula(shape=shape, conditions=conditions):
            return _formula(shape.value, conditions)


def _formula(shape: str, conditions: Sequence[Expr]) -> str:
    if not conditions:
        return shape
    if shape.startswith("_"):
        middle = shape[2:-2]
        whole = f"{format_expr(conditions[0], 1)} {middle} {format_expr(conditions[1], 1)}"
        if len(whole) <= WIDTH - len(INDENT):
            return whole
        return f"{_lines(conditions[0])}\n{INDENT}{middle} {_indented(_lines(conditions[1]))}"
    if shape.startswith("once"):
        once, always = (format_expr(c, 1) for c in conditions)
        whole = f"once {once}, always {always}"
        return whole if len(whole) <= WIDTH - len(INDENT) else f"once {once},\n{INDENT}always {always}"
    return _wrapped(shape[:-2], conditions)


def _wrapped(head: str, conditions: Sequence[Expr]) -> str:
    (condition,) = conditions
    whole = f"{head} {format_expr(condition)}"
    if len(whole) <= WIDTH - len(INDENT):
        return whole
    return f"{head}\n{INDENT}{_indented(_lines(condition))}"


def _indented(text: str) -> str:
    return text.replace("\n", f"\n{INDENT}")


def _lines(expr: Expr) -> str:
    """A long expression over several lines: one for each part of a junction, one for each side of an implication."""
    one = format_expr(expr)
    if len(one) <= WIDTH - 3 * len(INDENT):
        return one
    match expr:
        case syntax.Junction(operator=operator, parts=parts):
            return f"\n{operator} ".join(format_expr(part, _LEVELS[operator] + 1) for part in parts)
        case syntax.Binary(operator="implies", left=left, right=right):
            return f"{format_expr(left, 2)}\nimplies {format_expr(right, 1)}"
        case syntax.Binder(kind="forall" | "exists", body=body) if body is not None:
            return f"{_binder_head(expr)}\n{INDENT}{_indented(_lines(body))}"
    return one


def format_expr(expr: Expr, level: int = _OPEN) -> str:
    """An expression in one line, in brackets when it binds weaker than ``level``."""
    text, own = _expr(expr)
    return f"({text})" if own < level else text


def _expr(expr: Expr) -> tuple[str, int]:
    """The text of an expression and how strongly it binds."""
    match expr:
        case syntax.Integer(value=value):
            return (str(value), _POSTFIX) if value >= 0 else (str(value), _MINUS)
        case syntax.Truth(value=value):
            return str(value).lower(), _POSTFIX
        case syntax.Text(value=text):
            return quoted(text), _POSTFIX
        case syntax.Quantity(text=text) | syntax.Duration(text=text):
            return text, _POSTFIX
        case syntax.Percent(value=value):
            return f"{value}%", _POSTFIX
        case syntax.Name(name=name):
            return name, _POSTFIX
        case syntax.ListOf(items=items):
            return f"[{', '.join(map(format_expr, items))}]", _POSTFIX
        case syntax.Select(operand=operand, name=name):
            return f"{format_expr(operand, _POSTFIX)}.{name}", _POSTFIX
        case syntax.Index(operand=operand, index=index):
            return f"{format_expr(operand, _POSTFIX)}[{format_expr(index)}]", _POSTFIX
        case syntax.Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(format_expr, arguments))})", _POSTFIX
        case syntax.Unary(operator="not", operand=syntax.Binary(operator="in", left=left, right=right)):
            return f"{format_expr(left, 6)} not in {format_expr(right, 6)}", _LEVELS["in"]
        case syntax.Unary(operator="not", operand=operand):
            return f"not {format_expr(operand, 4)}", _LEVELS["not"]
        case syntax.Unary(operand=operand):
            return f"-{format_expr(operand, _MINUS)}", _MINUS
        case syntax.Junction(operator=operator, parts=parts):
            level = _LEVELS[operator]
            return f" {operator} ".join(format_expr(part, level + 1) for part in parts), level
        case syntax.Binary(operator="implies", left=left, right=right):
            return f"{format_expr(left, 2)} implies {format_expr(right, 0)}", 1
        case syntax.Binary(operator=operator, left=left, right=right):
            level = _LEVELS[operator]
            first = level + 1 if level == 5 else level
            return f"{format_expr(left, first)} {operator} {format_expr(right, level + 1)}", level
        case syntax.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"if {format_expr(condition)} then {format_expr(then)} else {format_expr(otherwise)}", _OPEN
        case syntax.Binder():
            return _binder(expr)


def _binder_head(expr: syntax.Binder) -> str:
    level = 2 if expr.kind in ("forall", "exists") else _OPEN
    where = f" where {format_expr(expr.where, level)}" if expr.where is not None else ""
    return f"{expr.kind} {expr.variable} in {format_expr(expr.domain, 6)}{where}:"


def _binder(expr: syntax.Binder) -> tuple[str, int]:
    if expr.kind in ("forall", "exists"):
        assert expr.body is not None
        return f"{_binder_head(expr)} {format_expr(expr.body)}", _OPEN
    where = f" where {format_expr(expr.where)}" if expr.where is not None else ""
    over = f"{expr.variable} in {format_expr(expr.domain, 6)}{where}"
    if expr.kind == "count":
        return f"count({over})", _POSTFIX
    assert expr.body is not None
    return f"sum({format_expr(expr.body)} for {over})", _POSTFIX


def _as_read(text: str) -> str:
    """What is left of a text of several lines when it is read again: neither margin nor blanks at line ends."""
    lines = [line.rstrip() for line in textwrap.dedent(text).split("\n")]
    return "\n".join(lines).strip("\n") if not set("\r\v\f") & set(text) else ""


def quoted(text: str, *, block: bool = False) -> str:
    """A text in quotes. ``block``: a text of several lines, or a long one, stands between three quotes."""
    if block and "\n" in text and text == _as_read(text):
        body = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        lines = [f"{INDENT}{line}".rstrip() for line in body.split("\n")]
        return "\n".join(['"""', *lines, f'{INDENT}"""'])
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    )
    return f'"{escaped}"'
