"""Kivi's cases are found at every size, and their repaired configurations are proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.checks.finding import Certainty, Finding
from kverify.engines.verdict import Outcome
from tests.scenarios.kivi_cases import SIZES, ask, c7


def only(findings: tuple[Finding, ...], wanted: str) -> Finding:
    (finding,) = (f for f in findings if f.id == wanted)
    return finding


@pytest.mark.parametrize("n", SIZES)
def test_c7_pods_that_name_a_tainted_node_are_deleted_for_ever(tmp_path: Path, n: int) -> None:
    report = ask(tmp_path, c7(n), "comes-to-rest")
    finding = only(report.findings, "KV4012")
    assert finding.certainty is Certainty.CERTAIN
    assert finding.verdict is not None
    assert f"{5 * n} replicas; {n} nodes" in finding.verdict.scope
    trace = finding.verdict.trace
    assert trace is not None
    assert trace.loop == 0
    assert trace.states()[0] == trace.final
    assert [step.action.component for step in trace.steps] == [
        "ReplicaSet controller",
        "taint eviction controller",
        "kubelet",
    ]
    assert finding.repairs[0].verified


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("mended", [{"tolerates": True}, {"tainted": False}], ids=str)
def test_c7_repaired_comes_to_rest(tmp_path: Path, n: int, mended: dict[str, bool]) -> None:
    report = ask(tmp_path, c7(n, **mended), "comes-to-rest")
    (proof,) = report.proofs
    assert not report.findings
    assert proof.verdict.outcome is Outcome.HOLDS
    assert proof.verdict.method == "ranking function"
