"""Hypothesis strategies for the trees of the property language."""

from __future__ import annotations

from hypothesis import strategies as st

from kverify.spec.language import syntax
from kverify.spec.language.syntax import AnyDeclaration, Clause, Expr, File, Shape

NAMES = st.sampled_from(["d", "p", "headroom", "Deployment", "x1"])
FUNCTIONS = st.sampled_from(["available", "max", "has"])
TITLES = st.sampled_from(["rollout-completes", "a", "b-2"])
ONE_LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
TEXTS = st.one_of(
    ONE_LINE,
    st.sampled_from(
        ["a\nb", "a\n  b\nc", 'say "this"\n\\ and """that"""', "tab\there", " a\n b", "end \nx", "\nfirst", 'q\n"']
    ),
)
LEAVES: st.SearchStrategy[Expr] = st.one_of(
    st.builds(syntax.Integer, st.integers(0, 99)),
    st.builds(syntax.Truth, st.booleans()),
    st.builds(syntax.Text, TEXTS),
    st.builds(syntax.Quantity, st.sampled_from(["500m", "1.5Gi", "0.5", "3k"])),
    st.builds(syntax.Duration, st.sampled_from(["30s", "1h30min", "5min"])),
    st.builds(syntax.Percent, st.integers(0, 100)),
    st.builds(syntax.Name, NAMES),
)


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    signs = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "implies"])
    optional = st.none() | inner
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(syntax.Select, inner, NAMES),
        st.builds(syntax.Index, inner, inner),
        st.builds(syntax.Call, FUNCTIONS, st.lists(inner, max_size=2).map(tuple)),
        st.builds(syntax.Unary, st.sampled_from(["not", "-"]), inner),
        st.builds(syntax.Binary, signs, inner, inner),
        st.builds(syntax.Junction, st.sampled_from(["and", "or"]), parts),
        st.builds(syntax.Conditional, inner, inner, inner),
        st.builds(syntax.ListOf, st.lists(inner, max_size=2).map(tuple)),
        st.builds(syntax.Binder, st.sampled_from(["forall", "exists", "sum"]), NAMES, inner, optional, inner),
        st.builds(syntax.Binder, st.just("count"), NAMES, inner, optional, st.none()),
    )


_RECURSIVE = st.recursive(LEAVES, _grow, max_leaves=6)


@st.composite
def expressions(draw: st.DrawFn) -> Expr:
    """Any expression. (A function, because the recursive strategy prints itself at great length.)"""
    return draw(_RECURSIVE)


EXPRESSIONS = expressions()


@st.composite
def formulas(draw: st.DrawFn) -> syntax.Formula:
    shape = draw(st.sampled_from(list(Shape)))
    return syntax.Formula(shape, tuple(draw(EXPRESSIONS) for _ in range(shape.value.count("_"))))


REFERENCES = st.builds(syntax.Reference, TITLES)
EVENTS = st.builds(syntax.Reference, st.sampled_from(["drain", "node_crash"]))
CLAUSES: st.SearchStrategy[Clause] = st.one_of(
    st.builds(syntax.Doc, TEXTS),
    st.builds(syntax.Meta, st.sampled_from(["explanation", "rule", "source", "fix"]), TEXTS),
    st.just(syntax.Meta("id", "ACME-1")),
    st.just(syntax.Meta("severity", "warning")),
    st.builds(syntax.Example, st.sampled_from(["passing", "failing"]), TEXTS, st.just("") | TEXTS),
    st.builds(syntax.Under, st.lists(REFERENCES, min_size=1, max_size=2).map(tuple)),
    st.builds(syntax.Quantifier, NAMES, st.just("Deployment"), st.none() | EXPRESSIONS),
    st.builds(syntax.Requirement, EXPRESSIONS, st.booleans()),
    st.builds(syntax.Starts, EVENTS),
    st.builds(syntax.AtMost, st.integers(0, 9), EVENTS),
    st.builds(syntax.Before, EVENTS, EVENTS),
    formulas(),
)
_BODY = st.lists(CLAUSES, max_size=4).map(tuple)
DECLARATIONS: st.SearchStrategy[AnyDeclaration] = st.one_of(
    st.builds(syntax.Import, ONE_LINE),
    st.builds(syntax.Parameter, NAMES, EXPRESSIONS, _BODY),
    st.builds(
        syntax.Define,
        NAMES,
        st.lists(st.builds(syntax.Argument, NAMES, st.just("Deployment")), max_size=2).map(tuple),
        EXPRESSIONS,
        _BODY,
    ),
    st.builds(syntax.Declaration, st.sampled_from(["property", "policy", "scenario", "finding"]), TITLES, _BODY),
)
FILES = st.builds(File, st.just("x.kv"), st.lists(DECLARATIONS, max_size=3).map(tuple))
