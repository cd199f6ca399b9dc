"""``kverify fit`` says when a pod that waits would, or may, preempt others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.checks.fit.fit import FitReport, run
from kverify.checks.options import Options
from kverify.cluster.bundle import Bundle

E01 = Path(__file__).parents[2] / "scenarios" / "e01_preemption_cascade_global_default"


def fit(manifest: Path, cluster: Path) -> FitReport:
    bundle, problems = Bundle.read([str(manifest)], [str(cluster)])
    return run(bundle, problems, Options())


@pytest.mark.parametrize(
    ("manifest", "cluster", "said"),
    [
        ("fails.yaml", "cluster_full.yaml", "would preempt prod/web-1-b (priority 0) on n1, or as well on n2"),
        ("pair_never.yaml", "cluster_full.yaml", ""),
        ("fails.yaml", "cluster_full_prod_class.yaml", ""),
        ("fails.yaml", "cluster_with_room.yaml", ""),
    ],
)
def test_pods_that_run(manifest: str, cluster: str, said: str) -> None:
    (row,) = fit(E01 / manifest, E01 / cluster).rows
    assert row.preempts == said


def test_pods_to_come(tmp_path: Path) -> None:
    """One node, room for one: the important one may take the place of the other, but not the other way round."""
    classes = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 10\n"
    pods = "".join(
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n{line}"
        "  containers: [{name: c, image: c, resources: {requests: {cpu: 1}}}]\n"
        for name, line in (("vip", "  priorityClassName: high\n"), ("usual", ""))
    )
    (tmp_path / "pods.yaml").write_text(classes + pods)
    (tmp_path / "node.yaml").write_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 1, memory: 1Gi, pods: 10}}\n"
    )
    report = fit(tmp_path / "pods.yaml", tmp_path / "node.yaml")
    said = {row.maker.title: row.preempts for row in report.rows}
    assert said == {
        "Pod default/vip": "may preempt pods of lower priority: Pod default/usual (priority 0)",
        "Pod default/usual": "",
    }
