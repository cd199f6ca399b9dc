"""Nodes of the control plane refuse every ordinary pod: that is no news where there are other nodes."""

from __future__ import annotations

from kverify.checks import Options, run
from tests.unit.cluster.cluster_helpers import bundle, deployment

NODE = """
---
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}
spec: {{{spec}}}
status: {{allocatable: {{cpu: "{cpu}", memory: 8Gi, pods: "110"}}}}
"""
MASTER = NODE.format(
    name="m1", cpu=2, spec="taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]"
)


def said(text: str) -> tuple[list[str], str]:
    """The fields and the details of the only finding of ``schedulable``."""
    (finding,) = run(bundle(text), (), Options(properties=("schedulable",))).findings
    return [cause.path for cause in finding.causes], "\n".join((finding.message, *finding.details))


def big() -> str:
    return deployment(labels="{app: web}").replace("image:", "resources: {requests: {cpu: 8}}, image:")


def test_they_are_left_out_beside_others() -> None:
    paths, words = said(big() + MASTER + NODE.format(name="n1", cpu=4, spec=""))
    assert not [path for path in paths if "toleration" in path or "taint" in path]
    assert "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }" in words
    assert "m1" not in words
    assert "n1: the pod requests 8 cpu" in words


def test_where_there_are_no_others_they_are_the_news() -> None:
    paths, words = said(deployment() + MASTER)
    assert "Node m1 spec.taints[0]" in paths
    assert "m1: the pod has no toleration" in words


def test_other_taints_are_news() -> None:
    other = NODE.format(name="n1", cpu=4, spec="taints: [{key: gpu, effect: NoSchedule}]")
    paths, words = said(deployment() + MASTER + other)
    assert "Node n1 spec.taints[0]" in paths
    assert "n1: the pod has no toleration" in words
    assert "Node m1 spec.taints[0]" not in paths


def test_a_taint_that_is_tolerated_or_only_scores_is_no_cause() -> None:
    spec = "taints: [{key: soft, effect: PreferNoSchedule}, {key: ours, effect: NoSchedule}, "
    spec += "{key: gpu, effect: NoSchedule}]"
    web = deployment(extra="tolerations: [{key: ours, operator: Exists}]")
    given = bundle(web + NODE.format(name="n1", cpu=4, spec=spec))
    (finding,) = run(given, (), Options(properties=("schedulable",))).findings
    taints = [(cause.path, cause.note) for cause in finding.causes if "taints" in cause.path]
    assert taints == [("Node n1 spec.taints[2]", "the taint gpu:NoSchedule")]


def test_a_selector_that_does_not_match_says_which_labels_it_asks_for() -> None:
    text = deployment(labels="{app: web}").replace("matchLabels: {app: web}", "matchLabels: {app: front}")
    assert "front" in text
    from kverify.api import decode_all
    from kverify.manifest import read_text

    decoded = decode_all(read_text(text, "m.yaml").documents)
    mends = [d.mend for d in decoded.diagnostics if d.id == "KV1212"]
    assert mends == ["give the template the labels that the selector asks for (app: front), or select those it has"]
