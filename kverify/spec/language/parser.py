"""Text to trees. All lines that cannot be read are reported, each by itself; the rest of the file is still read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.resources import grammar
from kverify.spec.language import syntax
from kverify.spec.language.lines import Line, Source, cut
from kverify.spec.language.mistakes import LANGUAGE, explain
from kverify.spec.language.problems import STRUCTURE, SYNTAX, problem
from kverify.spec.language.syntax import (
    AnyDeclaration,
    Clause,
    Declaration,
    Define,
    Expr,
    File,
    Import,
    Parameter,
    Shape,
)

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MAX_DEPTH = 100
"""How deep the trees of a line may be; Python's own stack is not much deeper."""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse(name: str, text: str) -> tuple[File, tuple[Diagnostic, ...]]:
    """The declarations of a file called ``name``, and what is wrong with its lines."""
    source = Source(name, text)
    lines = cut(source)
    problems = list(lines.problems)
    declarations: list[AnyDeclaration] = []
    lost = False  # The head could not be read: nothing is said of the clauses below it but what they are themselves.
    for line in lines.lines:
        found = _line(source, line, problems)
        if line.head:
            lost = not isinstance(found, Import | Parameter | Define | Declaration)
            if found is None:
                continue
            if lost:
                span = source.span(line.start, line.end)
                mend = "indent it, if it belongs to the declaration above"
                problems.append(problem(STRUCTURE, "a clause cannot begin in the first column", span, mend))
            else:
                declarations.append(cast(AnyDeclaration, found))
        elif isinstance(found, Import | Parameter | Define | Declaration):
            span = source.span(line.start, line.end)
            problems.append(problem(STRUCTURE, "a declaration begins in the first column", span, "do not indent it"))
        elif found is None and not lost and declarations and isinstance(declarations[-1], Declaration):
            declarations[-1] = evolve(declarations[-1], incomplete=True)
        elif found is not None and not lost:
            if declarations:
                last = declarations[-1]
                declarations[-1] = evolve(last, clauses=(*last.clauses, found))
            else:
                span = source.span(line.start, line.end)
                problems.append(problem(STRUCTURE, "no declaration stands above this clause", span, "begin with one"))
    return File(name, tuple(declarations), tuple(lines.comments)), tuple(sorted(problems, key=lambda p: p.span))


def parse_expression(text: str, name: str = "<expression>") -> tuple[Expr | None, tuple[Diagnostic, ...]]:
    """A single expression: the value of ``--set``, say."""
    source = Source(name, f"parameter value = {text}")
    problems: list[Diagnostic] = []
    found = _line(source, Line(0, len(source.text), head=True), problems)
    return (found.value if isinstance(found, Parameter) else None), tuple(problems)


def _line(source: Source, line: Line, problems: list[Diagnostic]) -> AnyDeclaration | Clause | None:
    from lark.exceptions import UnexpectedInput

    text = source.text[line.start : line.end]
    if len(text) > LANGUAGE.limit:
        span = source.span(line.start, line.end)
        problems.append(problem(SYNTAX, f"a line of {len(text)} characters is too long to be meant", span))
        return None
    try:
        tree = _parser().parse(text)
    except UnexpectedInput:
        error = explain(text)
        start, end = error.start, error.end
        if start == end:  # The text ends too early: its last character is shown.
            start, end = max(0, len(text) - 1), len(text)
        problems.append(problem(SYNTAX, str(error), source.span(line.start + start, line.start + end), error.mend))
        return None
    builder = _Builder(source, line.start, line.end, problems)
    try:
        return cast("AnyDeclaration | Clause", builder.build(cast("Tree[Token]", tree.children[0]), 0))
    except _TooDeep:
        span = source.span(line.start, line.end)
        problems.append(problem(SYNTAX, f"the line is nested more than {MAX_DEPTH} levels deep", span, "split it"))
        return None


@cache
def _parser() -> Lark:
    from kverify.api.languages.language import _KeepStrays
    from kverify.resources import data_file

    text = data_file("grammar", "property.lark").read_text("utf-8")
    strays = _KeepStrays(tuple(re.findall(r"^STRAY\w*", text, re.MULTILINE)))
    return grammar("property", postlex=strays, maybe_placeholders=False, propagate_positions=True)


class _TooDeep(Exception):
    pass


class _Builder:
    """Trees of Lark to trees of ours. One method for each rule; ``parts`` are the built children."""

    def __init__(self, source: Source, offset: int, end: int, problems: list[Diagnostic]) -> None:
        self.file = source
        self.offset = offset
        self.line_end = end
        self.problems = problems

    def build(self, tree: Tree[Token], depth: int) -> Any:
        """The node of a tree; a token stays what it is."""
        from lark import Tree

        if depth > MAX_DEPTH:
            raise _TooDeep
        if not isinstance(tree, Tree):
            return tree
        parts = [self.build(cast("Tree[Token]", child), depth + 1) for child in tree.children]
        span = self.span(tree.meta.start_pos, tree.meta.end_pos) if not tree.meta.empty else self.whole()
        make = cast("Callable[[list[Any], Span], Any]", getattr(self, str(tree.data)))
        return make(parts, span)

    def span(self, start: int, end: int) -> Span:
        return self.file.span(self.offset + start, self.offset + end)

    def whole(self) -> Span:
        return self.file.span(self.offset, self.line_end)

    def at(self, token: Token) -> Span:
        assert token.start_pos is not None
        return self.span(token.start_pos, token.start_pos + len(token))

    def text_of(self, token: Token) -> str:
        return unquote(str(token))

    def reference(self, token: Token) -> syntax.Reference:
        return syntax.Reference(str(token), span=self.at(token))

    # -- heads ---------------------------------------------------------------------------------------------------

    def import_(self, parts: list[Any], span: Span) -> Import:
        return Import(self.text_of(parts[0]), span=span)

    def parameter(self, parts: list[Any], span: Span) -> Parameter:
        return Parameter(str(parts[0]), parts[1], span=span)

    def define(self, parts: list[Any], span: Span) -> Define:
        return Define(str(parts[0]), tuple(parts[1:-1]), parts[-1], span=span)

    def argument(self, parts: list[Any], span: Span) -> syntax.Argument:
        return syntax.Argument(str(parts[0]), str(parts[1]), span=span)

    def property(self, parts: list[Any], span: Span) -> Declaration:
        return Declaration("property", str(parts[0]), span=span)

    def policy(self, parts: list[Any], span: Span) -> Declaration:
        return Declaration("policy", str(parts[0]), span=span)

    def scenario(self, parts: list[Any], span: Span) -> Declaration:
        return Declaration("scenario", str(parts[0]), span=span)

    def finding(self, parts: list[Any], span: Span) -> Declaration:
        return Declaration("finding", str(parts[0]), span=span)

    # -- clauses -------------------------------------------------------------------------------------------------

    def doc(self, parts: list[Any], span: Span) -> syntax.Doc:
        return syntax.Doc(self.text_of(parts[0]), span=span)

    def id(self, parts: list[Any], span: Span) -> syntax.Meta:
        return syntax.Meta("id", str(parts[0]), span=span)

    def severity(self, parts: list[Any], span: Span) -> syntax.Meta:
        if str(parts[0]) not in ("error", "warning", "info"):
            message = f"a severity is error, warning or info, not {parts[0]}"
            self.problems.append(problem(STRUCTURE, message, self.at(parts[0])))
        return syntax.Meta("severity", str(parts[0]), span=span)

    def explanation(self, parts: list[Any], span: Span) -> syntax.Meta:
        return syntax.Meta("explanation", self.text_of(parts[0]), span=span)

    def rule(self, parts: list[Any], span: Span) -> syntax.Meta:
        return syntax.Meta("rule", self.text_of(parts[0]), span=span)

    def fix(self, parts: list[Any], span: Span) -> syntax.Meta:
        return syntax.Meta("fix", self.text_of(parts[0]), span=span)

    def source(self, parts: list[Any], span: Span) -> syntax.Meta:
        return syntax.Meta("source", self.text_of(parts[0]), span=span)

    def example(self, parts: list[Any], span: Span) -> syntax.Example:
        if str(parts[0]) not in ("passing", "failing"):
            message = f"an example is passing or failing, not {parts[0]}"
            self.problems.append(problem(STRUCTURE, message, self.at(parts[0])))
        outcome, text, *cluster = parts
        if cluster and str(cluster[0]) != "cluster":
            message = f"an example comes with a cluster, not with {cluster[0]}"
            self.problems.append(problem(STRUCTURE, message, self.at(cluster[0])))
        return syntax.Example(str(outcome), self.text_of(text), self.text_of(cluster[1]) if cluster else "", span=span)

    def under(self, parts: list[Any], span: Span) -> syntax.Under:
        return syntax.Under(tuple(map(self.reference, parts)), span=span)

    def quantifier(self, parts: list[Any], span: Span) -> syntax.Quantifier:
        variable, kind, *where = parts
        return syntax.Quantifier(
            str(variable), str(kind), where[0] if where else None, span=span, kind_span=self.at(kind)
        )

    def require(self, parts: list[Any], span: Span) -> syntax.Requirement:
        return syntax.Requirement(parts[0], span=span)

    def forbid(self, parts: list[Any], span: Span) -> syntax.Requirement:
        return syntax.Requirement(parts[0], forbidden=True, span=span)

    def starts(self, parts: list[Any], span: Span) -> syntax.Starts:
        return syntax.Starts(self.reference(parts[0]), span=span)

    def at_most(self, parts: list[Any], span: Span) -> syntax.AtMost:
        return syntax.AtMost(int(parts[0]), self.reference(parts[1]), span=span)

    def before(self, parts: list[Any], span: Span) -> syntax.Before:
        return syntax.Before(self.reference(parts[0]), self.reference(parts[1]), span=span)

    # -- formulas ------------------------------------------------------------------------------------------------

    def _formula(self, shape: Shape, parts: list[Any], span: Span) -> syntax.Formula:
        return syntax.Formula(shape, tuple(parts), span=span)

    def always(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.ALWAYS, parts, span)

    def never(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.NEVER, parts, span)

    def eventually(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.EVENTUALLY, parts, span)

    def eventually_always(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.EVENTUALLY_ALWAYS, parts, span)

    def always_eventually(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.ALWAYS_EVENTUALLY, parts, span)

    def possibly(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.POSSIBLY, parts, span)

    def recoverable(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.RECOVERABLE, parts, span)

    def comes_to_rest(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.COMES_TO_REST, parts, span)

    def once(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.ONCE, parts, span)

    def leads_to(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.LEADS_TO, parts, span)

    def until(self, parts: list[Any], span: Span) -> syntax.Formula:
        return self._formula(Shape.UNTIL, parts, span)

    # -- expressions ---------------------------------------------------------------------------------------------

    def conditional(self, parts: list[Any], span: Span) -> Expr:
        condition, then, otherwise = parts
        return syntax.Conditional(condition, then, otherwise, span=span)

    def forall(self, parts: list[Any], span: Span) -> Expr:
        return self._quantified(parts, span)

    def exists(self, parts: list[Any], span: Span) -> Expr:
        return self._quantified(parts, span)

    def _quantified(self, parts: list[Any], span: Span) -> Expr:
        kind, variable, domain, *where, body = parts
        return syntax.Binder(str(kind), str(variable), domain, where[0] if where else None, body, span=span)

    def count(self, parts: list[Any], span: Span) -> Expr:
        variable, domain, *where = parts
        return syntax.Binder("count", str(variable), domain, where[0] if where else None, None, span=span)

    def total(self, parts: list[Any], span: Span) -> Expr:
        body, variable, domain, *where = parts
        return syntax.Binder("sum", str(variable), domain, where[0] if where else None, body, span=span)

    def binary(self, parts: list[Any], span: Span) -> Expr:
        left, sign, right = parts
        return syntax.Binary(str(sign), left, right, span=span, operator_span=self.at(sign))

    def not_in(self, parts: list[Any], span: Span) -> Expr:
        left, sign, right = parts
        inner = syntax.Binary("in", left, right, span=span, operator_span=self.at(sign))
        return syntax.Unary("not", inner, span=span)

    def any_of(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Junction("or", tuple(parts), span=span)

    def all_of(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Junction("and", tuple(parts), span=span)

    def negate(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Unary("not", parts[0], span=span)

    def minus(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Unary("-", parts[1], span=span)

    def select(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Select(parts[0], str(parts[1]), span=span, name_span=self.at(parts[1]))

    def index(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Index(parts[0], parts[1], span=span)

    def name(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Name(str(parts[0]), span=span)

    def call(self, parts: list[Any], span: Span) -> Expr:
        name, *arguments = parts
        return syntax.Call(str(name), tuple(arguments), span=span, name_span=self.at(name))

    def nested(self, parts: list[Any], _span: Span) -> Expr:
        return cast(Expr, parts[0])

    def list_of(self, parts: list[Any], span: Span) -> Expr:
        return syntax.ListOf(tuple(parts), span=span)

    def true(self, _parts: list[Any], span: Span) -> Expr:
        return syntax.Truth(True, span=span)

    def false(self, _parts: list[Any], span: Span) -> Expr:
        return syntax.Truth(False, span=span)

    def integer(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Integer(int(parts[0]), span=span)

    def quantity(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Quantity(str(parts[0]), span=span)

    def duration(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Duration(str(parts[0]), span=span)

    def percent(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Percent(int(str(parts[0])[:-1]), span=span)

    def text(self, parts: list[Any], span: Span) -> Expr:
        return syntax.Text(self.text_of(parts[0]), span=span)


def unquote(token: str) -> str:
    """The text of a STRING: escapes resolved, and of a long one the common indentation removed."""
    if token.startswith('"""'):
        body = token[3:-3]
        body = textwrap.dedent(body.removeprefix("\n") if body.startswith("\n") else body)
        return re.sub(r'\\(["\\])', r"\1", body).rstrip()
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])
