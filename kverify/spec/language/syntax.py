"""The trees of the property language. Every node knows where it stands; spans have no part in equality."""

# ruff: noqa: RUF009 (a field is made for each class)

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from attrs import field, frozen

from kverify.manifest.span import Span

NOWHERE = Span("<built in Python>", 1, 1, 1, 1)


def _span() -> Span:
    """The place of a node: given by the parser, ``NOWHERE`` for trees made by hand."""
    return field(default=NOWHERE, eq=False, repr=False, kw_only=True)


# -- expressions -------------------------------------------------------------------------------------------------


@frozen
class Integer:
    value: int
    span: Span = _span()


@frozen
class Truth:
    value: bool
    span: Span = _span()


@frozen
class Text:
    value: str
    span: Span = _span()


@frozen
class Quantity:
    """``500m``, ``1.5Gi``: as written."""

    text: str
    span: Span = _span()


@frozen
class Duration:
    """``30s``, ``5min``, ``1h30min``: as written."""

    text: str
    span: Span = _span()


@frozen
class Percent:
    value: int
    span: Span = _span()


@frozen
class ListOf:
    items: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Name:
    """A variable, a parameter, or a kind where a collection may stand."""

    name: str
    span: Span = _span()


@frozen
class Select:
    """A field of an object, by its name in a manifest."""

    operand: Expr
    name: str
    span: Span = _span()
    name_span: Span = _span()


@frozen
class Index:
    """An item of a list, or the value of a key of a map."""

    operand: Expr
    index: Expr
    span: Span = _span()


@frozen
class Call:
    function: str
    arguments: tuple[Expr, ...]
    span: Span = _span()
    name_span: Span = _span()


@frozen
class Unary:
    """``not`` or ``-``."""

    operator: str
    operand: Expr
    span: Span = _span()


@frozen
class Binary:
    """An arithmetic operator, a comparison, ``in`` or ``implies``. ``operator_span`` is the place of the operator."""

    operator: str
    left: Expr
    right: Expr
    span: Span = _span()
    operator_span: Span = _span()


@frozen
class Junction:
    """``and`` or ``or`` of two parts or more."""

    operator: str
    parts: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Conditional:
    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span = _span()


@frozen
class Binder:
    """``forall``, ``exists``, ``count`` or ``sum`` over ``domain``. ``body`` is None for ``count``."""

    kind: str
    variable: str
    domain: Expr
    where: Expr | None
    body: Expr | None
    span: Span = _span()


Expr: TypeAlias = (
    "Integer | Truth | Text | Quantity | Duration | Percent | ListOf | Name | Select | Index | Call | Unary | Binary"
    " | Junction | Conditional | Binder"
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The parts of an expression, in the order in which they are written."""
    match expr:
        case ListOf(items=items) | Call(arguments=items) | Junction(parts=items):
            return items
        case Select(operand=operand) | Unary(operand=operand):
            return (operand,)
        case Index(operand=operand, index=index):
            return (operand, index)
        case Binary(left=left, right=right):
            return (left, right)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Binder(domain=domain, where=where, body=body):
            return tuple(part for part in (domain, where, body) if part is not None)
    return ()


# -- clauses -----------------------------------------------------------------------------------------------------


class Shape(Enum):
    """What a property says of runs. The value is how it is written; ``_`` stands for a condition."""

    ALWAYS = "always _"
    NEVER = "never _"
    EVENTUALLY = "eventually _"
    EVENTUALLY_ALWAYS = "eventually always _"
    ALWAYS_EVENTUALLY = "always eventually _"
    POSSIBLY = "possibly _"
    RECOVERABLE = "recoverable _"
    COMES_TO_REST = "comes to rest"
    ONCE = "once _, always _"
    LEADS_TO = "_ leads to _"
    UNTIL = "_ until _"


@frozen
class Formula:
    """A temporal formula: its shape and as many conditions over states as that has places for: none, one or two."""

    shape: Shape
    conditions: tuple[Expr, ...]
    span: Span = _span()


@frozen
class Doc:
    """The title: what the declaration says, in one sentence."""

    text: str
    span: Span = _span()


@frozen
class Meta:
    """``id``, ``severity``, ``explanation``, ``rule``, ``source`` or ``fix``."""

    key: str
    value: str
    span: Span = _span()


@frozen
class Example:
    """A small manifest that the check finds something in (``failing``) or not (``passing``), with what the cluster has
    when it is applied."""

    outcome: str
    text: str
    cluster: str = ""
    span: Span = _span()


@frozen
class Reference:
    """The name of another declaration, with its place."""

    name: str
    span: Span = _span()


@frozen
class Under:
    """The scenarios in which a property is asked."""

    scenarios: tuple[Reference, ...]
    span: Span = _span()


@frozen
class Quantifier:
    """``for VARIABLE in KIND where CONDITION``."""

    variable: str
    kind: str
    where: Expr | None = None
    span: Span = _span()
    kind_span: Span = _span()


@frozen
class Requirement:
    """``require`` or (``forbidden``) ``forbid``."""

    condition: Expr
    forbidden: bool = False
    span: Span = _span()


@frozen
class Starts:
    """What has just happened when the run begins."""

    event: Reference
    span: Span = _span()


@frozen
class AtMost:
    """How often something may happen during the run."""

    number: int
    event: Reference
    span: Span = _span()


@frozen
class Before:
    """``second`` does not happen before ``first`` has."""

    first: Reference
    second: Reference
    span: Span = _span()


Clause: TypeAlias = "Doc | Meta | Example | Under | Quantifier | Requirement | Starts | AtMost | Before | Formula"

META = ("id", "severity", "explanation", "rule", "source", "fix")


# -- declarations ------------------------------------------------------------------------------------------------


@frozen
class Import:
    path: str
    clauses: tuple[Clause, ...] = ()
    span: Span = _span()


@frozen
class Parameter:
    """A value with a name that whoever checks may choose (``--set NAME=VALUE``); ``value`` is the default."""

    name: str
    value: Expr
    clauses: tuple[Clause, ...] = ()
    span: Span = _span()


@frozen
class Argument:
    name: str
    type: str
    span: Span = _span()


@frozen
class Define:
    """A function of the user's own: an expression with a name and arguments."""

    name: str
    arguments: tuple[Argument, ...]
    body: Expr
    clauses: tuple[Clause, ...] = ()
    span: Span = _span()


@frozen
class Declaration:
    """A ``property``, ``policy``, ``scenario``, or ``finding`` (the text of a check that is made by code)."""

    kind: str
    name: str
    clauses: tuple[Clause, ...] = ()
    span: Span = _span()
    incomplete: bool = field(default=False, eq=False, repr=False, kw_only=True)
    """A clause of it could not be read, so nothing is said of what is missing."""

    def meta(self, key: str) -> str:
        """The value of a metadata clause, empty when there is none."""
        return next((c.value for c in self.clauses if isinstance(c, Meta) and c.key == key), "")

    @property
    def title(self) -> str:
        return next((c.text for c in self.clauses if isinstance(c, Doc)), "")

    @property
    def quantifiers(self) -> tuple[Quantifier, ...]:
        return tuple(c for c in self.clauses if isinstance(c, Quantifier))

    @property
    def formulas(self) -> tuple[Formula, ...]:
        return tuple(c for c in self.clauses if isinstance(c, Formula))

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        return tuple(c for c in self.clauses if isinstance(c, Requirement))

    @property
    def examples(self) -> tuple[Example, ...]:
        return tuple(c for c in self.clauses if isinstance(c, Example))

    @property
    def scenarios(self) -> tuple[Reference, ...]:
        return tuple(r for c in self.clauses if isinstance(c, Under) for r in c.scenarios)


AnyDeclaration: TypeAlias = "Import | Parameter | Define | Declaration"


@frozen
class Comment:
    """A comment with its place. ``alone``: nothing else is on its line."""

    text: str
    line: int
    alone: bool = True


@frozen
class File:
    """One file as it was read: declarations in their order, and comments."""

    name: str
    declarations: tuple[AnyDeclaration, ...] = ()
    comments: tuple[Comment, ...] = field(default=(), eq=False)
