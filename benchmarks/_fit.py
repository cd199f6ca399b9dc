"""Clusters and pods of any number for ``benchmarks.fit``: node pools in three zones, and kinds of pods that select,
tolerate, spread over zones and keep off each other's nodes.

Nothing is random: the same numbers give the same cluster.
"""

from __future__ import annotations

from attrs import evolve

from kverify.api.decode import structure
from kverify.api.defaults import apply_defaults
from kverify.api.object import KubeObject
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.engines.schedulability import Cluster, Demand
from kverify.manifest import read_text
from kverify.model.scheduling.framework import NodeInfo, PodInfo

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
ZONES = 3
POOLS = (("general", 6, 16, 64, ""), ("compute", 3, 32, 64, ""), ("dedicated", 1, 16, 128, "dedicated"))
"""Name, nodes out of ten, cores, GiB and the taint of a node pool."""
KINDS = ("plain", "spread", "select", "tolerate", "apart")
"""What sets kinds of pods apart, in turn. ``apart`` spreads over zones and keeps off nodes with pods of its own."""
_SIZES = ((250, 1024), (500, 1024), (250, 2048), (1000, 1024), (500, 4096), (750, 3072), (100, 512))
"""Milli-cores and MiB, before they are scaled to how full the cluster is to be."""


def cluster(nodes: int) -> Cluster:
    """So many nodes, evenly over zones and in the pools' proportions."""
    found: list[NodeInfo] = []
    for name, tenths, cores, memory, taint in POOLS:
        model = _node(name, cores, memory, taint)
        for _ in range(nodes * tenths // 10):
            index = len(found)
            labels = {**model.labels, HOST: f"node-{index}", ZONE: f"zone-{index % ZONES}"}
            found.append(evolve(model, name=f"node-{index}", labels=labels))
    return Cluster(nodes=tuple(found))


def demands(nodes: int, pods: int, kinds: int, full: float) -> list[Demand]:
    """``pods`` pods of so many ``kinds`` that together request the share ``full`` of all cores, and a little less of
    the memory."""
    cores = sum(nodes * tenths // 10 * 1000 * size for _, tenths, size, _, _ in POOLS)
    memories = sum(nodes * tenths // 10 * 1024 * size for _, tenths, _, size, _ in POOLS)
    rows: list[tuple[str, int, int, int]] = []
    left = pods
    for index in range(kinds):
        kind = "spread" if kinds == 1 else KINDS[index % len(KINDS)]
        number = left // (kinds - index)
        if kind == "apart":
            number = min(number, nodes // 10)
        if kind == "tolerate":
            # No more than their share of the nodes.
            number = min(number, pods // kinds // 4)
        left -= number
        rows.append((kind, number, *_SIZES[index % len(_SIZES)]))
    factor = cores * full / sum(number * cpu for _, number, cpu, _ in rows)
    wide = memories * full * 0.9 / sum(number * memory for _, number, _, memory in rows)
    return [
        Demand(_pod(f"app-{index}", kind, int(cpu * factor) or 1, int(memory * wide) or 1), number, f"app-{index}")
        for index, (kind, number, cpu, memory) in enumerate(rows)
    ]


def _node(name: str, cores: int, memory: int, taint: str) -> NodeInfo:
    taints = f"taints: [{{key: {taint}, value: x, effect: NoSchedule}}]" if taint else ""
    made = decoded(
        f"apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{pool: {name}}}}}\nspec: {{{taints}}}\n"
        f"status: {{allocatable: {{cpu: '{cores}', memory: {memory}Gi, pods: '110'}}}}\n"
    )
    assert isinstance(made, Node)
    return NodeInfo.of(made)


def _pod(app: str, kind: str, cpu: int, memory: int) -> PodInfo:
    selector = f"labelSelector: {{matchLabels: {{app: {app}}}}}"
    spread = (
        f"  topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {ZONE}, "
        f"whenUnsatisfiable: DoNotSchedule, {selector}}}]\n"
    )
    extra = {
        "plain": "",
        "spread": spread,
        "select": "  nodeSelector: {pool: compute}\n" + spread,
        "tolerate": "  nodeSelector: {pool: dedicated}\n  tolerations: [{key: dedicated, operator: Exists}]\n",
        "apart": spread
        + "  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        + f"[{{topologyKey: {HOST}, {selector}}}]}}}}\n",
    }[kind]
    made = decoded(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {app}, labels: {{app: {app}}}}}\nspec:\n  containers: "
        f"[{{name: c, image: i, resources: {{requests: {{cpu: {cpu}m, memory: {memory}Mi}}}}}}]\n{extra}"
    )
    assert isinstance(made, Pod)
    return PodInfo.of(made)


def decoded(text: str) -> KubeObject:
    """The object of a small YAML text, with its defaults."""
    (document,) = read_text(text, "shape.yaml").documents
    result = structure(document)
    assert isinstance(result.object, KubeObject), result.diagnostics
    return apply_defaults(result.object)
