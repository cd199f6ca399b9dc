"""The manifest that every schema accepts: six failures in one run, each at its fields, as the document says.

``make peers`` runs other checkers on the same manifest; here their columns are only held to the rows.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import evolve

from benchmarks import peers
from kverify.checks import Options, run
from kverify.cluster.bundle import Bundle
from kverify.manifest.diagnostics import Severity

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / peers.MANIFEST
LINES = MANIFEST.read_text("utf-8").splitlines()

SHOWN = {
    "KV2001": {"app: report"},
    "KV3001": {"disktype: nvme", 'cpu: "64"'},
    "KV3004": {'requests.cpu: "8"', "replicas: 2"},
    "KV4003": {"minAvailable: 2", "replicas: 2", "minReplicas: 1"},
    "KV4010": {"replicas: 2", "maxReplicas: 5"},
}
"""By id: lines that are shown."""


def test_all_failures_are_found_in_one_run_at_their_fields() -> None:
    bundle, diagnostics = Bundle.read([str(MANIFEST)])
    report = run(bundle, diagnostics, Options())
    shown: dict[str, set[str]] = {}
    for finding in report.findings:
        for cause in finding.causes:
            shown.setdefault(finding.id, set()).add(LINES[cause.span.line - 1].strip())
    for problem in report.diagnostics:
        shown.setdefault(problem.id, set()).add(LINES[problem.span.line - 1].strip())
    assert shown == SHOWN
    assert report.exit_code() == 1
    errors = [f.id for f in report.findings if f.severity is Severity.ERROR]
    assert errors == ["KV3004", "KV3001", "KV4003"]


@pytest.fixture(scope="module")
def own() -> peers.Run:
    """kverify's run of the benchmark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "RUNS", 1)
        return peers.kverify()


def test_the_benchmark_agrees(own: peers.Run) -> None:
    assert [failure.name for failure in peers.FAILURES if not peers.found(own, failure)] == []
    assert peers.others(own) == 0


def test_a_failure_without_its_fields_is_not_found(own: peers.Run) -> None:
    less = evolve(own, said=tuple(s for s in own.said if "minReplicas" not in s.place))
    missing = [failure.name for failure in peers.FAILURES if not peers.found(less, failure)]
    assert missing == ["the autoscaler's least is below the budget"]


def test_a_failure_that_is_only_mentioned_is_not_found(own: peers.Run) -> None:
    hint = peers.Said("KV4003 no quota admits the autoscaler: evict, minReplicas, no endpoints, no node", "1:1 spec")
    assert not any(peers.found(evolve(own, said=(hint,)), failure) for failure in peers.FAILURES)


def test_the_document_has_the_rows_of_the_benchmark(own: peers.Run) -> None:
    text = (ROOT / "docs" / "comparison.md").read_text("utf-8")
    for line in peers.table({"kverify": own})[2:-1]:
        name, verdict = (cell.strip() for cell in line.strip("|").split("|"))
        assert re.search(rf"^\| {re.escape(name)} \| {verdict} \|", text, re.MULTILINE), name
