"""The standard library: its examples fail and pass as they say, it knows every id, and the checks take their questions
from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from kverify.api import codes as api
from kverify.checks import Options, Report
from kverify.checks.finding import Finding
from kverify.checks.given import standard as builtin
from kverify.checks.runs import examples
from kverify.cluster import codes as cluster
from kverify.cluster.codes import UNUSED
from kverify.engines.verdict import Outcome
from kverify.manifest import codes as manifest
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.resources import data_file
from kverify.spec.language import problems
from kverify.spec.language.checker import check
from kverify.spec.language.library import Library, assemble, read_files, standard
from kverify.spec.language.syntax import Binary, Clause, Declaration, Example, Formula, Meta, Requirement

ROOT = Path(__file__).parents[3]
LIBRARY = standard()
CHECKS = list(LIBRARY.checks.values())
CODES = {code.id: code for table in (manifest.ALL, api.ALL, cluster.ALL, problems.ALL) for code in table}
EXAMPLES = [
    pytest.param(declaration, example, id=f"{declaration.meta('id')}-{example.outcome}-{number}")
    for declaration in CHECKS
    for number, example in enumerate(declaration.examples)
]


def report_of(text: str, *properties: str, cluster: str = "") -> Report:
    """What ``kverify check`` says of one file with this text, when it is asked for these properties (default: all)."""
    return examples.report_of(text, Options(properties=properties), cluster)


def asked_of(declaration: Declaration) -> tuple[str, ...]:
    """The properties that can find what a declaration is about; what is wrong with the input is always found."""
    if declaration.kind == "property":
        return (declaration.name,)
    return () if declaration.meta("id").startswith(("KV3", "KV4", UNUSED)) else ("promises-kept",)


def said_of(declaration: Declaration, example: Example) -> list[Diagnostic | Finding]:
    """What is found in an example: the id says whether it is a manifest or a specification."""
    if declaration.meta("id").startswith("KV5"):
        library, wrong = assemble([("example.kv", example.text)])
        return [*wrong, *check(library)[1]]
    report = report_of(example.text, *asked_of(declaration), cluster=example.cluster)
    return [*report.diagnostics, *report.findings]


@pytest.mark.parametrize(("declaration", "example"), EXAMPLES)
def test_an_example_fails_or_passes_as_it_says(declaration: Declaration, example: Example) -> None:
    said = said_of(declaration, example)
    if example.outcome == "failing":
        assert declaration.meta("id") in {item.id for item in said}
    else:
        assert declaration.meta("id") not in {item.id for item in said}
        assert not [d for d in said if isinstance(d, Diagnostic) and d.severity is Severity.ERROR]


def test_ids_without_a_pair_of_examples_have_a_reason() -> None:
    rows = re.findall(r"^\| (KV\d{4}) \| .+ \|$", (ROOT / "specs" / "README.md").read_text("utf-8"), re.MULTILINE)
    paired = {d.meta("id") for d in CHECKS if {e.outcome for e in d.examples} == {"failing", "passing"}}
    assert rows == sorted({d.meta("id") for d in CHECKS} - paired)


def test_an_example_without_its_cluster_is_another_one() -> None:
    with_cluster = [(d, e) for d in CHECKS for e in d.examples if e.cluster and e.outcome == "failing"]
    assert len(with_cluster) > 5
    for declaration, example in with_cluster:
        found = {item.id for item in said_of(declaration, evolve(example, cluster=""))}
        assert declaration.meta("id") not in found, declaration.name


def test_every_id_of_a_finding_has_its_text() -> None:
    used = set(CODES)
    for path in (ROOT / "kverify" / "checks").rglob("*.py"):
        used |= set(re.findall(r'id="(KV\d{4})"', path.read_text("utf-8")))
    assert used == {d.meta("id") for d in CHECKS}


def test_every_text_is_whole() -> None:
    for declaration in CHECKS:
        missing = [key for key in ("id", "severity", "explanation") if not declaration.meta(key)]
        assert (declaration.name, missing, bool(declaration.title)) == (declaration.name, [], True)
        if declaration.meta("id")[:3] in ("KV3", "KV4"):
            assert declaration.meta("rule"), declaration.name
            assert declaration.meta("source").startswith("https://"), declaration.name


@pytest.mark.parametrize("id", sorted(CODES))
def test_titles_and_severities_are_those_of_the_code(id: str) -> None:
    declaration = LIBRARY.by_id(id)
    assert declaration is not None
    assert declaration.title == CODES[id].title
    assert declaration.meta("severity") == str(CODES[id].severity)


def test_the_table_of_ids_says_the_same() -> None:
    rows = re.findall(
        r"^\| (KV\d+) \| (\w+) \| (.*) \|$", (ROOT / "docs" / "reading.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) > 80
    for id, severity, title in rows:
        declaration = LIBRARY.by_id(id)
        assert declaration is not None
        assert (id, severity, title) == (id, declaration.meta("severity"), declaration.title)


def test_built_in_properties_are_there_by_their_names() -> None:
    from kverify.checks import CHECKS as BUILT_IN

    behaviour = {name for name in BUILT_IN if name in LIBRARY.checks}
    assert {d.name for d in CHECKS if d.kind == "property"} == behaviour
    assert len(behaviour) == 9


# -- what the text says is what is decided -------------------------------------------------------------------------


def example_of(name: str, outcome: str) -> str:
    return next(e.text for e in LIBRARY.checks[name].examples if e.outcome == outcome)


def rewritten(name: str, formula: str) -> Library:
    """The library of the checks with another formula for one property."""
    other, wrong = assemble([("x.kv", f"property {name}\n  {formula_for(name)}\n  {formula}\n")])
    assert (wrong, check(other)[1]) == ((), ())
    (changed,) = other.checks[name].formulas
    return with_clauses(name, lambda clause: changed if isinstance(clause, Formula) else clause)


def with_clauses(name: str, change: Callable[[Clause], Clause]) -> Library:
    """The library of the checks with other clauses for one property."""
    library = builtin.library()
    declaration = library.checks[name]
    changed = evolve(declaration, clauses=tuple(map(change, declaration.clauses)))
    return evolve(library, checks={**library.checks, name: changed})


def formula_for(name: str) -> str:
    (quantifier,) = LIBRARY.checks[name].quantifiers
    return f"for {quantifier.variable} in {quantifier.kind}"


def verdicts(name: str, text: str) -> set[Outcome]:
    report = report_of(text, name)
    found = [f.verdict for f in report.findings if f.property == name]
    kept = [p.verdict for p in report.proofs if p.property == name]
    return {verdict.outcome for verdict in (*found, *kept) if verdict is not None}


@pytest.mark.parametrize(
    ("name", "outcome", "formula", "before", "after"),
    [
        ("rollout-completes", "failing", "eventually always available(d) >= 1", Outcome.VIOLATED, Outcome.HOLDS),
        ("rollout-completes", "passing", "eventually always updated(d) == 0", Outcome.HOLDS, Outcome.VIOLATED),
        ("promises-kept", "passing", "always available(d) >= desired(d)", Outcome.HOLDS, Outcome.VIOLATED),
        ("drain-ends", "failing", "eventually healthy_enough()", Outcome.VIOLATED, Outcome.HOLDS),
        ("drain-ends", "passing", "eventually available(w) >= 9", Outcome.HOLDS, Outcome.VIOLATED),
        ("node-loss-survived", "passing", "eventually always available(w) >= 9", Outcome.HOLDS, Outcome.VIOLATED),
        ("endpoints-kept", "passing", "always ready_endpoints(s) >= 3", Outcome.HOLDS, Outcome.VIOLATED),
        ("spread-kept", "failing", "always complete(d) implies available(d) >= 1", Outcome.VIOLATED, Outcome.HOLDS),
        ("bad-revision-contained", "failing", "always updated(d) <= 2", Outcome.VIOLATED, Outcome.HOLDS),
        ("bad-revision-contained", "passing", "eventually updated(d) == 9", Outcome.HOLDS, Outcome.VIOLATED),
        ("autoscaler-kept", "failing", "always available(w) >= autoscaled(w) - 8", Outcome.VIOLATED, Outcome.HOLDS),
        ("autoscaler-kept", "passing", "always available(w) > autoscaled(w)", Outcome.HOLDS, Outcome.VIOLATED),
        ("comes-to-rest", "failing", "possibly terminating(w) >= 2", Outcome.VIOLATED, Outcome.HOLDS),
        ("comes-to-rest", "passing", "never available(w) >= 2", Outcome.HOLDS, Outcome.VIOLATED),
    ],
)
def test_another_text_gets_another_answer(
    name: str, outcome: str, formula: str, before: Outcome, after: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    formula = formula.replace("healthy_enough()", "available(w) >= 1")
    text = example_of(name, outcome)
    assert before in verdicts(name, text)
    changed = rewritten(name, formula)
    monkeypatch.setattr(builtin, "library", lambda: changed)
    assert after in verdicts(name, text)
    assert before not in verdicts(name, text)


def test_another_policy_gets_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> set[str]:
        return {f.id for f in report_of(example_of("autoscaler-on", "failing"), "autoscaler-kept").findings}

    def harmless(clause: Clause) -> Clause:
        if not isinstance(clause, Requirement):
            return clause
        assert isinstance(clause.condition, Binary)
        return evolve(clause, condition=evolve(clause.condition, operator=">"))

    assert found() == {"KV4011"}
    changed = with_clauses("autoscaler-on", harmless)
    monkeypatch.setattr(builtin, "library", lambda: changed)
    assert "KV4011" not in found()


def test_another_severity_is_another_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    def softened(clause: Clause) -> Clause:
        return evolve(clause, value="info") if isinstance(clause, Meta) and clause.key == "severity" else clause

    changed = with_clauses("rollout-completes", softened)
    monkeypatch.setattr(builtin, "library", lambda: changed)
    (finding,) = (
        f
        for f in report_of(example_of("rollout-completes", "failing"), "rollout-completes").findings
        if f.id == "KV4001"
    )
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize("name", ["scenarios.kv", "manifests.kv"])
def test_a_directory_called_specs_is_the_users_own(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are neither those of the standard library nor overlooked because of them."""
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    policy = 'policy {}\n  "P."\n  for d in Deployment\n  require d.spec.replicas >= 2\n'
    Path("specs", name).write_text(f'import "lib.kv"\n\n{policy.format("enough")}', "utf-8")
    Path("specs", "lib.kv").write_text(policy.format("other"), "utf-8")
    library, wrong = read_files([f"specs/{name}"])
    assert not wrong
    assert [d.name for d in library.asked()] == ["enough"]
    assert "other" in library.checks
    Path("specs", "lib.kv").write_text(
        'policy mine\n  "P."\n  id KV4001\n  for d in Deployment\n  require true\n', "utf-8"
    )
    library, wrong = read_files(["specs/lib.kv"])
    assert [problem.message for problem in check(library)[1]] == ["KV4001 looks like an id of kverify"]


def test_the_standard_library_can_be_checked_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data_file("specs", "scenarios.kv").parent.parent)
    library, wrong = read_files(["specs"])
    assert not [*wrong, *check(library)[1]]
    assert {file.name for file in library.files} == library.own
