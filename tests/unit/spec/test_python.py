"""Properties as Python objects: the trees of text, the answers of text, and mistakes at the line that made them."""

from __future__ import annotations

from pathlib import Path

import pytest

import kverify
from kverify.checks import Report
from kverify.spec import python as kv
from kverify.spec.language.formatter import format_expr
from kverify.spec.python import (
    Asked,
    Scenario,
    SpecError,
    always,
    available,
    comes_to_rest,
    complete,
    containers,
    each,
    eventually_always,
    exists,
    forall,
    leads_to,
    pending,
    quantity,
    require,
    specification,
    terminating,
)
from tests.unit.cluster.cluster_helpers import bundle

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "example.org/web:1"}]}
"""


def outcomes(report: Report) -> list[str]:
    return [
        *(f"{f.property} violated" for f in report.findings),
        *(f"{p.property} {p.verdict.outcome}" for p in report.proofs),
    ]


def test_what_the_issue_shows() -> None:
    d = each("Deployment")
    report = kverify.check(bundle(WEB), properties=[always(available(d) >= 2)], scenario="rollout")
    (finding,) = report.findings
    assert finding.object == "Deployment default/web"
    assert finding.steps
    assert Path(finding.causes[-1].span.file) == Path(__file__)


def test_names_scenarios_and_paths(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(WEB)
    d = each("Deployment", where=lambda d: d.metadata.labels["app"] == "web")
    deleted = Scenario(name="deleted", at_most={"delete_pod": 1})
    asked = [
        eventually_always(complete(d)).named("ends", "It ends.", under=["rollout", deleted]),
        leads_to(pending(d) >= 1, pending(d) == 0).named("bound", id="ACME-1", severity="warning"),
    ]
    report = kverify.check(file, ["promises-kept", *asked], scenario="drain", scenarios=[deleted])
    assert sorted(outcomes(report)) == ["bound holds", "ends holds", "ends holds", "promises-kept holds"]
    assert {proof.id for proof in report.proofs} == {"ends", "ACME-1", "KV4002"}


def test_one_engine_and_what_it_said() -> None:
    d = each("Deployment")
    asked = [always(available(d) >= 1).named("kept"), comes_to_rest().named("rests")]
    report = kverify.check(bundle(WEB), asked, scenario="rollout", engine="explicit")
    assert outcomes(report) == ["kept holds", "rests holds"]
    assert {said.engine for proof in report.proofs for said in proof.verdict.rungs} == {"explicit"}
    report = kverify.check(bundle(WEB), asked, scenario="rollout", engine="walk")
    assert outcomes(report) == ["kept unknown", "rests unknown"]


def test_policies() -> None:
    p = each("Pod")
    limited = require(forall(containers(p), lambda c: c.resources.limits["memory"] <= quantity("1Gi")))
    report = kverify.check(bundle(WEB), [limited.named("limits-memory", "Memory is limited.")])
    (finding,) = report.findings
    assert finding.causes[0].path == "spec.template.spec.containers[0].resources.limits.memory"


def text_of(asked: Asked) -> str:
    (clause,) = asked.clauses
    expr = getattr(clause, "condition", None) or clause.conditions[0]  # type: ignore[union-attr]
    (variable,) = asked.variables
    return format_expr(expr).replace(variable._quantifier.variable, "d")


def test_operators_build_the_trees_of_text() -> None:
    d = each("Deployment")
    n = kv.max(d.spec.replicas - 1, 2) * 3 % 4
    assert text_of(always(n + 1 >= -d.spec.min_ready_seconds)) == (
        "max(d.spec.replicas - 1, 2) * 3 % 4 + 1 >= -d.spec.minReadySeconds"
    )
    condition = ~(d.spec.paused | (available(d) == 0)) & (terminating(d) > 0).implies(True)
    assert text_of(always(condition)) == (
        "not (d.spec.paused or available(d) == 0) and (terminating(d) > 0 implies true)"
    )
    assert text_of(always(d.name.is_in(["a", "b"]))) == 'd.metadata.name in ["a", "b"]'.replace("metadata.", "")
    inner = exists(containers(d), lambda c: c.image == "x", where=lambda c: c.name != "y")
    assert text_of(always(inner)).startswith("exists x")


def test_mistakes_are_all_said_with_their_lines() -> None:
    d = each("Deploymnet")
    e = each("Deployment")
    with pytest.raises(SpecError) as caught:
        specification([always(available(d) >= 1), always(e.spec.replica > 1), always(e.spec.minReadySeconds > 3)])
    messages = [p.message for p in caught.value.problems]
    assert len(messages) == 3
    assert "there is no kind Deploymnet" in messages[0]
    assert "did you mean replicas?" in str(caught.value)
    assert all(Path(p.span.file) == Path(__file__) for p in caught.value.problems)


def test_and_and_or_of_python_are_refused() -> None:
    d = each("Deployment")
    with pytest.raises(TypeError, match="use &"):
        always(available(d) >= 1 and available(d) <= 2)


def test_a_function_that_is_none() -> None:
    with pytest.raises(AttributeError, match="there is no function availabel"):
        kv.availabel  # noqa: B018
