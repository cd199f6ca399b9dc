"""Properties, policies and scenarios as Python objects: the same trees as in text, checked and decided in the same way.

    from kverify.spec.python import always, available, each

    d = each("Deployment")
    keeps_two = always(available(d) >= 2).named("keeps-two", under=["rollout"])

``each(kind)`` is a variable that stands for every object of the kind; its attributes are the fields of the manifest
(``d.spec.minReadySeconds`` or ``d.spec.min_ready_seconds``). Comparisons and arithmetic build expressions; ``&``, ``|``
and ``~`` are ``and``, ``or`` and ``not``. Every function of the language (``kverify spec list --functions``) can be
imported from here by its name.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.naming import camel_case
from kverify.spec.language import syntax
from kverify.spec.language.checker import Checked, check
from kverify.spec.language.functions import functions
from kverify.spec.language.library import Library, assemble
from kverify.spec.language.syntax import Declaration, Expr, File, Formula, Shape

FILE = "<Python>"
_NUMBERS = itertools.count(1)


class SpecError(ValueError):
    """What was built has mistakes; ``problems`` are all of them, each with the place in the Python source."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        lines = (f"{p.span}: {p.message}" + (f" ({p.mend})" if p.mend else "") for p in problems)
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


def _here() -> Span:
    """The place in the source of whoever called into this module."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    positions = list(frame.f_code.co_positions())
    line, end_line, column, end_column = positions[frame.f_lasti // 2] if frame.f_lasti >= 0 else (None,) * 4
    first = line or frame.f_lineno
    return Span(frame.f_code.co_filename, first, (column or 0) + 1, end_line or first, (end_column or column or 0) + 1)


Value: TypeAlias = "Term | int | bool | str | Sequence[Any]"


class Term:
    """An expression. Attributes are fields of the manifest, so its own are hidden."""

    __slots__ = ("_expr", "_variables")

    def __init__(self, expr: Expr, variables: Mapping[str, Variable]) -> None:
        self._expr = expr
        self._variables = dict(variables)

    def __getattr__(self, name: str) -> Term:
        if name.startswith("__"):
            raise AttributeError(name)
        span = _here()
        return Term(syntax.Select(self._expr, camel_case(name), span=span, name_span=span), self._variables)

    def __getitem__(self, key: Value) -> Term:
        index = term(key)
        return Term(syntax.Index(self._expr, index._expr, span=_here()), {**self._variables, **index._variables})

    def __bool__(self) -> bool:
        raise TypeError("a condition has no truth value here: use &, | and ~ instead of and, or and not")

    def _with(self, operator: str, other: Value, *, turned: bool = False) -> Term:
        span, right = _here(), term(other)
        pair = (right._expr, self._expr) if turned else (self._expr, right._expr)
        expr = syntax.Binary(operator, *pair, span=span, operator_span=span)
        return Term(expr, {**self._variables, **right._variables})

    def __add__(self, other: Value) -> Term:
        return self._with("+", other)

    def __radd__(self, other: Value) -> Term:
        return self._with("+", other, turned=True)

    def __sub__(self, other: Value) -> Term:
        return self._with("-", other)

    def __rsub__(self, other: Value) -> Term:
        return self._with("-", other, turned=True)

    def __mul__(self, other: Value) -> Term:
        return self._with("*", other)

    __rmul__ = __mul__

    def __floordiv__(self, other: Value) -> Term:
        return self._with("/", other)

    def __mod__(self, other: Value) -> Term:
        return self._with("%", other)

    def __neg__(self) -> Term:
        return Term(syntax.Unary("-", self._expr, span=_here()), self._variables)

    def __eq__(self, other: Value) -> Term:  # type: ignore[override]
        return self._with("==", other)

    def __ne__(self, other: Value) -> Term:  # type: ignore[override]
        return self._with("!=", other)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: Value) -> Term:
        return self._with("<", other)

    def __le__(self, other: Value) -> Term:
        return self._with("<=", other)

    def __gt__(self, other: Value) -> Term:
        return self._with(">", other)

    def __ge__(self, other: Value) -> Term:
        return self._with(">=", other)

    def _joined(self, operator: str, other: Value) -> Term:
        right = term(other)
        expr = syntax.Junction(operator, (self._expr, right._expr), span=_here())
        return Term(expr, {**self._variables, **right._variables})

    def __and__(self, other: Value) -> Term:
        return self._joined("and", other)

    def __or__(self, other: Value) -> Term:
        return self._joined("or", other)

    def __invert__(self) -> Term:
        return Term(syntax.Unary("not", self._expr, span=_here()), self._variables)

    def implies(self, other: Value) -> Term:
        """Where this holds, ``other`` holds."""
        return self._with("implies", other)

    def is_in(self, container: Value) -> Term:
        """It is an item of a list, or a key of a map."""
        return self._with("in", container)


class Variable(Term):
    """Stands for every object of a kind; see ``each``."""

    __slots__ = ("_quantifier",)

    def __init__(self, quantifier: syntax.Quantifier) -> None:
        super().__init__(syntax.Name(quantifier.variable, span=quantifier.span), {})
        self._quantifier = quantifier
        self._variables[quantifier.variable] = self


def each(kind: str, where: Callable[[Term], Term] | None = None) -> Variable:
    """A variable for every object of ``kind`` (that ``where`` chooses)."""
    span = _here()
    name = f"{kind[:1].lower()}{next(_NUMBERS)}"
    quantifier = syntax.Quantifier(name, kind, None, span=span, kind_span=span)
    if where is not None:
        quantifier = evolve(quantifier, where=where(Variable(quantifier))._expr)
    return Variable(quantifier)


def term(value: Value) -> Term:
    """A plain value as an expression."""
    span = _here()
    match value:
        case Term():
            return value
        case bool():
            return Term(syntax.Truth(value, span=span), {})
        case int() if value < 0:
            return Term(syntax.Unary("-", syntax.Integer(-value, span=span), span=span), {})
        case int():
            return Term(syntax.Integer(value, span=span), {})
        case str():
            return Term(syntax.Text(value, span=span), {})
        case list() | tuple():
            items = [term(item) for item in value]
            variables = {name: v for item in items for name, v in item._variables.items()}
            return Term(syntax.ListOf(tuple(item._expr for item in items), span=span), variables)
    raise TypeError(f"{value!r} is no value of the property language")


def quantity(text: str) -> Term:
    """``quantity("2Gi")``."""
    return Term(syntax.Quantity(text, span=_here()), {})


def duration(text: str) -> Term:
    """``duration("5min")``."""
    return Term(syntax.Duration(text, span=_here()), {})


def percent(number: int) -> Term:
    """``percent(25)``."""
    return Term(syntax.Percent(number, span=_here()), {})


def all_of(kind: str) -> Term:
    """All objects of a kind, to go over."""
    return Term(syntax.Name(kind, span=_here()), {})


Body: TypeAlias = Callable[[Term], Term]


def _binder(kind: str, domain: Term, body: Body | None, where: Body | None) -> Term:
    name = f"x{next(_NUMBERS)}"
    item = Term(syntax.Name(name), {})
    parts = [part(item) if part is not None else None for part in (where, body)]
    variables = {name: v for part in (domain, *parts) if part is not None for name, v in part._variables.items()}
    chosen, asked = (part._expr if part is not None else None for part in parts)
    return Term(syntax.Binder(kind, name, domain._expr, chosen, asked, span=_here()), variables)


def forall(domain: Term, body: Body, where: Body | None = None) -> Term:
    """``body`` holds for every item (that ``where`` chooses)."""
    return _binder("forall", domain, body, where)


def exists(domain: Term, body: Body, where: Body | None = None) -> Term:
    """``body`` holds for some item."""
    return _binder("exists", domain, body, where)


def count(domain: Term, where: Body | None = None) -> Term:
    """How many items there are."""
    return _binder("count", domain, None, where)


def total(domain: Term, body: Body, where: Body | None = None) -> Term:
    """The sum of ``body`` over all items."""
    return _binder("sum", domain, body, where)


@frozen(kw_only=True)
class Asked:
    """A property or policy. ``named`` gives it a name, an id, scenarios, and words."""

    kind: str
    clauses: tuple[syntax.Clause, ...]
    variables: tuple[Variable, ...]
    name: str = ""
    span: Span
    more: tuple[syntax.Clause, ...] = ()

    def named(self, name: str, title: str = "", *, under: Iterable[str | Scenario] = (), **meta: str) -> Asked:
        """The same with a name (words joined by hyphens) and, as in text, ``id``, ``severity``, ``explanation``,
        ``rule``, ``source`` or ``fix``. ``under`` are scenarios: names, or objects."""
        more: list[syntax.Clause] = [syntax.Doc(title, span=self.span)] if title else []
        more += [syntax.Meta(key, value, span=self.span) for key, value in meta.items()]
        names = [s if isinstance(s, str) else s.name for s in under]
        if names:
            more.append(syntax.Under(tuple(syntax.Reference(n, span=self.span) for n in names), span=self.span))
        return evolve(self, name=name, more=tuple(more))

    def declaration(self, number: int) -> Declaration:
        """The declaration that text would have."""
        quantifiers = tuple(variable._quantifier for variable in self.variables)
        return Declaration(
            self.kind, self.name or f"{self.kind}-{number}", (*self.more, *quantifiers, *self.clauses), span=self.span
        )


def _asked(kind: str, clause: syntax.Clause, terms: Sequence[Term], span: Span) -> Asked:
    variables = {name: v for part in terms for name, v in part._variables.items()}
    return Asked(kind=kind, clauses=(clause,), variables=tuple(variables.values()), span=span)


def _formula(shape: Shape, *conditions: Value) -> Asked:
    span, terms = _here(), [term(c) for c in conditions]
    return _asked("property", Formula(shape, tuple(t._expr for t in terms), span=span), terms, span)


def always(condition: Value) -> Asked:
    """It holds in every reachable state."""
    return _formula(Shape.ALWAYS, condition)


def never(condition: Value) -> Asked:
    """It holds in no reachable state."""
    return _formula(Shape.NEVER, condition)


def eventually(condition: Value) -> Asked:
    """Every fair run comes to a state in which it holds."""
    return _formula(Shape.EVENTUALLY, condition)


def eventually_always(condition: Value) -> Asked:
    """On every fair run it holds for ever from some moment on."""
    return _formula(Shape.EVENTUALLY_ALWAYS, condition)


def always_eventually(condition: Value) -> Asked:
    """On every fair run it holds again and again."""
    return _formula(Shape.ALWAYS_EVENTUALLY, condition)


def possibly(condition: Value) -> Asked:
    """Some run comes to a state in which it holds."""
    return _formula(Shape.POSSIBLY, condition)


def recoverable(condition: Value) -> Asked:
    """From every reachable state a state in which it holds can be reached."""
    return _formula(Shape.RECOVERABLE, condition)


def comes_to_rest() -> Asked:
    """Every fair run comes to rest: nothing goes round in circles once nobody disturbs it."""
    return _formula(Shape.COMES_TO_REST)


def once(premise: Value, condition: Value) -> Asked:
    """From the first state in which ``premise`` holds, ``condition`` holds for ever."""
    return _formula(Shape.ONCE, premise, condition)


def leads_to(premise: Value, goal: Value) -> Asked:
    """On every fair run, whenever ``premise`` holds, ``goal`` holds then or later."""
    return _formula(Shape.LEADS_TO, premise, goal)


def until(hold: Value, goal: Value) -> Asked:
    """Every fair run comes to ``goal``, and ``hold`` holds before that."""
    return _formula(Shape.UNTIL, hold, goal)


def require(condition: Value) -> Asked:
    """A policy: it has to hold of every object."""
    span, asked = _here(), term(condition)
    return _asked("policy", syntax.Requirement(asked._expr, span=span), [asked], span)


def forbid(condition: Value) -> Asked:
    """A policy: it may hold of no object."""
    span, asked = _here(), term(condition)
    return _asked("policy", syntax.Requirement(asked._expr, forbidden=True, span=span), [asked], span)


@frozen(kw_only=True)
class Scenario:
    """What has just happened (``starts``), what may happen how often (``at_most``), and what comes first (``before``:
    pairs of events). Events are those of ``kverify spec list --events``."""

    name: str
    starts: str = ""
    at_most: Mapping[str, int] = field(factory=dict)
    before: Sequence[tuple[str, str]] = ()
    span: Span = field(factory=_here, eq=False, repr=False)

    def declaration(self) -> Declaration:
        """The declaration that text would have."""

        def event(name: str) -> syntax.Reference:
            return syntax.Reference(name, span=self.span)

        clauses: list[syntax.Clause] = [syntax.Starts(event(self.starts), span=self.span)] if self.starts else []
        clauses += [syntax.AtMost(n, event(name), span=self.span) for name, n in self.at_most.items()]
        clauses += [syntax.Before(event(a), event(b), span=self.span) for a, b in self.before]
        return Declaration("scenario", self.name, tuple(clauses), span=self.span)


def specification(asked: Sequence[Asked], scenarios: Sequence[Scenario] = (), default: str = "") -> Checked:
    """Everything that is asked, checked. Properties without scenarios get the ``default`` one.

    Raises ``SpecError`` with all mistakes.
    """
    under = (syntax.Under((syntax.Reference(default),)),) if default else ()
    declarations: list[Declaration] = [s.declaration() for s in scenarios]
    for number, one in enumerate(asked, 1):
        found = one.declaration(number)
        needs = one.kind == "property" and not found.scenarios
        declarations.append(evolve(found, clauses=(*under, *found.clauses)) if needs else found)
    names = [d.name for d in declarations]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"two properties or scenarios are called {', '.join(doubled)}")
    prelude, _ = assemble([])
    known = {d.name: d for d in declarations}
    library = Library(
        files=(*prelude.files, File(FILE, tuple(declarations))),
        own=frozenset({FILE}),
        scenarios={**prelude.scenarios, **{n: d for n, d in known.items() if d.kind == "scenario"}},
        checks={n: d for n, d in known.items() if d.kind != "scenario"},
    )
    checked, problems = check(library)
    if problems:
        raise SpecError(problems)
    return checked


def __getattr__(name: str) -> Callable[..., Term]:
    """The functions of the language."""
    if name not in functions():
        raise AttributeError(f"there is no function {name}; kverify spec list --functions names them")

    def call(*arguments: Value) -> Term:
        span, terms = _here(), [term(a) for a in arguments]
        variables = {n: v for part in terms for n, v in part._variables.items()}
        return Term(syntax.Call(name, tuple(t._expr for t in terms), span=span, name_span=span), variables)

    call.__name__ = name
    call.__doc__ = functions()[name].doc
    return call
