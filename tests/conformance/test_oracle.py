"""Agreement with the real kube-scheduler (v1.34.1), recorded in ``shared/oracle``.

For every pod and node the verdict says whether the node fits and which filters reject, each run alone. Both must be
the same here, as must be the first rejecting filter, whether preemption could help (``code``), its reasons and the
event message. ``schedule`` also records whole scheduling loops: replayed, every node chosen must be feasible here, and
no node may be where the scheduler found none.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pytest
from attrs import evolve, frozen

from kverify.api.decode import structure
from kverify.api.defaults import apply_defaults
from kverify.api.defaults.creation import prepare_for_create
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.api.versions import DEFAULT_VERSION
from kverify.manifest import read_text
from kverify.model.scheduling import (
    NodeInfo,
    PodGroup,
    PodInfo,
    Requirement,
    Snapshot,
    compose,
    reject,
    reported,
    with_nominated,
)

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
FILES = ("resources", "taints", "nodeaffinity", "podaffinity", "spread", "ports", "mixed", "preempt", "schedule")
SAMPLE = 150

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="shared/oracle is not next to this checkout")


@pytest.mark.parametrize("name", FILES)
def test_agrees_with_the_scheduler_on_a_sample(name: str) -> None:
    assert list(disagreements(name, step=1000 // SAMPLE)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_agrees_with_the_scheduler_on_every_case(name: str) -> None:
    assert list(disagreements(name, step=1)) == []


def test_a_sample_of_scheduling_loops_can_be_replayed() -> None:
    assert list(misplacements(step=1000 // SAMPLE)) == []


@pytest.mark.slow
def test_every_scheduling_loop_can_be_replayed() -> None:
    assert list(misplacements(step=1)) == []


def records(name: str, step: int) -> Iterator[tuple[Cluster, dict[str, Any]]]:
    """Every ``step``-th case of a file with its verdict."""
    with gzip.open(ORACLE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 0:
                record = json.loads(line)
                yield Cluster.of(record["case"], record["verdict"]), record["verdict"]


def disagreements(name: str, step: int) -> Iterator[str]:
    """Every difference between a verdict and our answer, in words."""
    for cluster, verdict in records(name, step):
        yield from _differences(cluster, verdict)


def misplacements(step: int) -> Iterator[str]:
    """Every attempt of the recorded scheduling loops that our filters contradict."""
    for cluster, verdict in records("schedule", step):
        for attempt in verdict["schedule"]["attempts"]:
            key, chosen = attempt["pod"], attempt.get("node")
            fitting = cluster.feasible(key)
            if chosen is not None:
                agreed = chosen in fitting
                cluster = cluster.bind(key, chosen)
            elif attempt["message"].startswith("running PreScore plugin"):
                # A preferred Gt or Lt that is not an integer breaks scoring, and only several nodes are scored.
                agreed = len(fitting) > 1
            else:
                agreed = not fitting
                cluster = cluster.preempt(key, attempt.get("nominated"), attempt.get("victims", ()))
            if not agreed:
                yield f"{cluster.id}: {attempt}, but the feasible nodes are {fitting}"


@frozen(eq=False)
class Cluster:
    """A case as the model sees it."""

    id: str
    nodes: tuple[NodeInfo, ...]
    namespaces: dict[str, dict[str, str]]
    pods: dict[str, PodInfo]
    """Those that wait for a node."""
    bound: dict[str, tuple[PodGroup, int]]
    nominated: dict[str, str]
    """The node that preemption promised to a waiting pod."""

    @classmethod
    def of(cls, case: dict[str, Any], verdict: dict[str, Any]) -> Cluster:
        refused = verdict.get("invalid", {})
        nodes = tuple(NodeInfo.of(decoded(node, Node)) for node in case["nodes"])
        index = {node.name: n for n, node in enumerate(nodes)}
        priorities = {item["metadata"]["name"]: item["value"] for item in case.get("priorityClasses", ())}
        pods: dict[str, PodInfo] = {}
        bound: dict[str, tuple[PodGroup, int]] = {}
        nominated: dict[str, str] = {}
        for data in case["pods"]:
            pod = decoded(data, Pod)
            if not case.get("raw", False):
                pod = prepare_for_create(pod, DEFAULT_VERSION)
            key = f"{pod.metadata.namespace or 'default'}/{pod.metadata.name}"
            if key in refused or pod.status.phase in ("Succeeded", "Failed"):
                continue
            priority = priorities.get(pod.spec.priority_class_name)
            info = PodInfo.of(pod, priority=priority)
            if pod.spec.node_name in index and key not in case.get("pending", ()):
                terminating = pod.metadata.deletion_timestamp is not None
                bound[key] = PodGroup(info, terminating), index[pod.spec.node_name]
                continue
            pods[key] = info
            if pod.status.nominated_node_name:
                nominated[key] = pod.status.nominated_node_name
        namespaces = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in case.get("namespaces", ())}
        return cls(case["id"], nodes, namespaces, pods, bound, nominated)

    @cached_property
    def snapshot(self) -> Snapshot:
        counts = {(group, node): 1 for group, (_, node) in enumerate(self.bound.values())}
        return Snapshot(self.nodes, tuple(group for group, _ in self.bound.values()), counts, self.namespaces)

    def bind(self, key: str, node: str) -> Cluster:
        index = [info.name for info in self.nodes].index(node)
        nominated = {other: where for other, where in self.nominated.items() if other != key}
        return evolve(self, bound={**self.bound, key: (PodGroup(self.pods[key]), index)}, nominated=nominated)

    def preempt(self, key: str, node: str | None, victims: Collection[str]) -> Cluster:
        """The victims gone, and ``node`` promised to the pod."""
        bound = {other: place for other, place in self.bound.items() if other not in victims}
        return evolve(self, bound=bound, nominated={**self.nominated, key: node} if node else self.nominated)

    def feasible(self, key: str) -> list[str]:
        return [node.name for index, node in enumerate(self.nodes) if not self.answer(key, index)]

    def answer(self, key: str, node_index: int) -> tuple[Requirement, ...]:
        """What the scheduler would report of the node; empty when it fits.

        Pods nominated to the node, of the same or a higher priority, hold their room
        (``addGENominatedPods`` in pkg/scheduler/framework/runtime/framework.go).
        """
        pod = self.pods[key]
        rivals = [
            self.pods[other]
            for other, node in self.nominated.items()
            if node == self.nodes[node_index].name and other != key and self.pods[other].priority >= pod.priority
        ]
        if rivals:
            failed = reported(pod, node_index, with_nominated(self.snapshot, node_index, rivals))
            if failed:
                return failed
        return reported(pod, node_index, self.snapshot)


T = TypeVar("T", Node, Pod)


def decoded(data: dict[str, Any], kind: type[T]) -> T:
    """A Kubernetes object as the API server stores it. Which objects it refuses, the verdict says."""
    (document,) = read_text(json.dumps(data), "oracle.json").documents
    result = structure(document)
    assert isinstance(result.object, kind), result.diagnostics
    return apply_defaults(result.object)


def _differences(cluster: Cluster, verdict: dict[str, Any]) -> Iterator[str]:
    for expected in verdict.get("pods", ()):
        key = expected["pod"]
        answers = [cluster.answer(key, n) for n in range(len(cluster.nodes))]
        for index, node in enumerate(cluster.nodes):
            where = f"{cluster.id} {key} on {node.name}"
            theirs, ours = expected["nodes"][node.name], answers[index]
            failing = reject(cluster.pods[key], index, cluster.snapshot)
            actual = {
                "fit": not ours,
                "all": sorted({requirement.plugin for requirement in failing}),
                "plugin": ours[0].plugin if ours else None,
                "code": _code(ours),
                "reasons": sorted(requirement.reason for requirement in ours),
            }
            wanted = {
                "fit": theirs["fit"],
                "all": sorted(rejecting["plugin"] for rejecting in theirs.get("all", ())),
                "plugin": theirs.get("plugin"),
                "code": theirs.get("code"),
                "reasons": sorted(theirs.get("reasons", ())),
            }
            if actual != wanted:
                yield f"{where}: the scheduler says {wanted}, we say {actual}"
        ours_message = compose(answers) if all(answers) else None
        if ours_message != expected.get("message"):
            yield f"{cluster.id} {key}: the scheduler says {expected.get('message')!r}, we say {ours_message!r}"


def _code(answer: tuple[Requirement, ...]) -> str | None:
    if not answer:
        return None
    return "Unschedulable" if all(requirement.resolvable for requirement in answer) else "UnschedulableAndUnresolvable"
