"""What steps change: the words beside a step are the numbers of the states before and after it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kverify.checks import Options, run
from kverify.cluster.bundle import Bundle

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize(
    ("manifest", "cluster", "expected"),
    [
        (
            "a01_rollout_antiaffinity_full/fails.yaml",
            "a01_rollout_antiaffinity_full/cluster_3.yaml",
            ("", "Pending 0 → 1"),
        ),
        (
            "a05_rollout_rwo_pvc/fails.yaml",
            "a05_rollout_rwo_pvc/cluster_2.yaml",
            ("", "Pending 0 → 1", "Pending 1 → 0, not ready 0 → 1"),
        ),
    ],
)
def test_the_words(manifest: str, cluster: str, expected: tuple[str, ...]) -> None:
    bundle, diagnostics = Bundle.read([str(SCENARIOS / manifest)], [str(SCENARIOS / cluster)])
    report = run(bundle, diagnostics, Options(properties=("rollout-completes",)))
    assert [finding.changes for finding in report.findings] == [expected]


PHASES = {"Pending": "pending", "not ready": "starting", "ready": "ready", "available": "available"}


@pytest.mark.parametrize("scenario", ["c07_single_replica_drain_downtime", "a13_apply_resets_hpa_replicas"])
def test_the_words_add_up_to_the_differences_of_the_states(scenario: str) -> None:
    """Whatever names a sentence has: of each phase, what is told of a step is what all variables of that phase do."""
    folder = SCENARIOS / scenario
    cluster = sorted(str(path) for path in folder.glob("cluster*.yaml"))[:1]
    manifest = min(str(path) for path in folder.glob("*.yaml") if path.name.startswith(("fails", "pair")))
    bundle, diagnostics = Bundle.read([manifest], cluster)
    told = 0
    for finding in run(bundle, diagnostics, Options()).findings:
        trace = finding.verdict.trace if finding.verdict is not None else None
        if trace is None or not finding.changes:
            continue
        views = [trace.system.view(state) for state in trace.states()]
        for change, before, after in zip(finding.changes, views, views[1:], strict=False):
            for words, phase in PHASES.items():
                names = [n for n in before if re.search(rf"\.{phase}(@|$)", n)]
                moved = sum(int(after[n]) - int(before[n]) for n in names)
                found = re.findall(rf"(?:^|, |: ){words} (\d+) → (\d+)", change)
                assert moved == sum(int(now) - int(was) for was, now in found), (change, phase)
                told += len(found)
    assert told
