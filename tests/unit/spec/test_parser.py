"""Text to trees: every node knows where it stands, and one wrong line hides no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.spec.language import syntax
from kverify.spec.language.mistakes import LANGUAGE
from kverify.spec.language.parser import parse
from kverify.spec.language.syntax import Declaration, Define, Integer, Name, Shape

TEXT = """\
property rollout-completes
  "A rollout completes."
  for d in Deployment
    where d.spec.replicas >= 2
      and not d.spec.paused
  eventually always complete(d)
"""


def only(text: str) -> Declaration:
    file, problems = parse("x.kv", text)
    assert not problems
    (declaration,) = file.declarations
    assert isinstance(declaration, Declaration)
    return declaration


def test_a_declaration_has_its_clauses() -> None:
    declaration = only(TEXT)
    assert (declaration.kind, declaration.name, declaration.title) == (
        "property",
        "rollout-completes",
        "A rollout completes.",
    )
    (formula,) = declaration.formulas
    assert formula.shape is Shape.EVENTUALLY_ALWAYS
    assert formula.conditions == (syntax.Call("complete", (Name("d"),)),)


def test_nodes_know_where_they_stand() -> None:
    where = only(TEXT).quantifiers[0].where
    assert isinstance(where, syntax.Junction)
    span = where.parts[1].span
    assert (span.line, span.column, span.end_column) == (5, 11, 28)
    assert TEXT.split("\n")[4][10:27] == "not d.spec.paused"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a == b", "not (a == b)"),
        ("a implies b implies c", "a implies (b implies c)"),
        ("a - b - c == 0", "(a - b) - c == 0"),
        ("a + b * c == 0", "a + (b * c) == 0"),
        ("-a.b == 0", "-(a.b) == 0"),
        ("a and b or c implies d", "((a and b) or c) implies d"),
        ("forall x in y: a and b", "forall x in y: (a and b)"),
        ("x not in [1]", "not (x in [1])"),
    ],
)
def test_how_strongly_operators_bind(text: str, same: str) -> None:
    assert only(f"property p\n  always {text}").clauses == only(f"property p\n  always {same}").clauses


def test_a_comparison_has_no_third_side() -> None:
    _, problems = parse("x.kv", "property p\n  always 1 <= a <= 3\n")
    assert [p.message for p in problems] == ["a comparison has two sides"]


def test_a_definition_may_go_on_in_the_next_line() -> None:
    file, problems = parse("x.kv", 'define f(d: Deployment) =\n    1\n    + 2\n  "A sum."\n')
    assert not problems
    (definition,) = file.declarations
    assert isinstance(definition, Define)
    assert definition.body == syntax.Binary("+", Integer(1), Integer(2))
    assert definition.clauses == (syntax.Doc("A sum."),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"a \"b\" \\ \n"', 'a "b" \\ \n'),
        ('"""\n    one\n      two\n\n    three\n    """', "one\n  two\n\nthree"),
        ('"""one line"""', "one line"),
        ('""', ""),
    ],
)
def test_texts(written: str, read: str) -> None:
    assert only(f"property p\n  fix {written}\n").meta("fix") == read


def test_all_wrong_lines_are_reported_and_the_others_are_read() -> None:
    text = "property p\n  always a &&\n  fix 3\n  for d in Deployment\nnonsense here\n  always x y\nproperty q\n"
    file, problems = parse("x.kv", text)
    assert [p.span.line for p in problems] == [2, 3, 5, 6]
    assert [d.name for d in file.declarations if isinstance(d, Declaration)] == ["p", "q"]
    assert len(file.declarations[0].clauses) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("for p in Pods:", "next line"),
        ("for d in Deployment, s in Service", "a second for clause"),
        ("always a.b[*].c == 1", "forall"),
        ("always a in 2..5", "x >= 2 and x <= 5"),
        ("always a between 2 and 5", "x >= 2 and x <= 5"),
        ("always a.b is set", "has(...)"),
        ("always a.keys() == b", "f(x), not x.f()"),
        ("always all c in x: c", "forall"),
        ("in scenario drain", "under"),
    ],
)
def test_what_other_languages_write(line: str, words: str) -> None:
    _, problems = parse("x.kv", f"property p\n  {line}\n")
    assert [words in problem.mend for problem in problems] == [True]


def test_lines_out_of_place() -> None:
    _, problems = parse("x.kv", '  "lost"\nproperty p\n  property q\nalways true\n')
    assert [(p.span.line, p.id) for p in problems] == [(1, "KV5003"), (3, "KV5003"), (4, "KV5003")]


def test_an_example_comes_with_nothing_but_a_cluster() -> None:
    file, problems = parse(
        "x.kv", 'policy p\n  example failing "a" with cluster "b"\n  example passing "a" with pods "b"\n'
    )
    assert [(p.span.line, p.id, p.message) for p in problems] == [
        (3, "KV5003", "an example comes with a cluster, not with pods")
    ]
    (declaration,) = file.declarations
    assert isinstance(declaration, Declaration)
    assert [(e.text, e.cluster) for e in declaration.examples] == [("a", "b"), ("a", "b")]


def test_deep_nesting_is_refused_with_a_place() -> None:
    _, problems = parse("x.kv", f"property p\n  always {'(' * 500}a{')' * 500}\n")
    assert [p.message for p in problems] == ["the line is nested more than 100 levels deep"]


def test_every_example_of_a_mistake_is_refused() -> None:
    examples = [example for mistake in LANGUAGE.mistakes for example in mistake.examples]
    assert len(examples) > 50
    assert set(LANGUAGE._failures) == set(examples)


PIECES = [*'ab1% \n"()[].,:=<>#-\\', "property p\n  ", "always ", '"""', " where "]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_text_raises(text: str) -> None:
    file, problems = parse("x.kv", text)
    lines = text.split("\n")
    for problem in problems:
        assert 1 <= problem.span.line <= len(lines) + 1
        assert problem.message
    assert file.name == "x.kv"
