"""Agreement with the real kube-scheduler (v1.34.1), recorded in ``shared/oracle``.

For every pod and node: whether the node fits, which filters reject (each run alone), the first of them with its code
and reasons, the event message, scheduling gates, what preemption would do, the score of every node and the best nodes.
``schedule`` also records whole scheduling loops: replayed, every node chosen must be feasible and one of the best here,
no node may be where the scheduler found none, and preemption picks the same victims.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import oracle
from benchmarks._oracle import Check, checks, records

FILES = (
    "resources",
    "taints",
    "nodeaffinity",
    "podaffinity",
    "spread",
    "ports",
    "volumes",
    "mixed",
    "preempt",
    "schedule",
)
SAMPLE = 100

pytestmark = pytest.mark.skipif(
    not oracle.RECORDED.is_dir(),
    reason="verdicts of a real scheduler are kept beside the project, not in it (shared/oracle)",
)


def differences(name: str, step: int) -> list[str]:
    """Every difference between the verdicts of a file and our answers, in words."""
    path = oracle.RECORDED / f"{name}.jsonl.gz"
    found = [check for record in records(path, step) for check in checks(record)]
    assert found, f"nothing was compared in {path}"
    return [str(check) for check in found if not check.agrees]


@pytest.mark.parametrize("name", FILES)
def test_agrees_with_the_scheduler_on_a_sample(name: str) -> None:
    assert differences(name, step=1000 // SAMPLE) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_agrees_with_the_scheduler_on_every_case(name: str) -> None:
    assert differences(name, step=1) == []


def test_the_benchmark_counts_and_explains_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"case": {}, "verdict": {}}\n', "utf-8")
    found = [Check("NodePorts", "case 1", True, False), Check("node verdicts", "case 1", True, True)]
    monkeypatch.setattr("benchmarks._oracle.checks", lambda _record: iter(found))
    assert oracle.main([str(path)]) == 1
    printed = capsys.readouterr().out
    assert "node verdicts                       1 of        1  100.000 %" in printed
    assert "NodePorts                           0 of        1    0.000 %" in printed
    assert "1 differences" in printed


def test_the_benchmark_refuses_what_is_not_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert oracle.main([str(tmp_path / "absent.jsonl")]) == 2
    assert "absent.jsonl" in capsys.readouterr().err
