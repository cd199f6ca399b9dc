"""A ``ClusterState`` agrees with the recorded verdicts of kube-scheduler 1.34.1 (``shared/oracle``), node by node.

What it compares is what ``tests/conformance/test_oracle.py`` compares of the filters: whether a pod fits, which filters
reject (each run alone), and the first of them with its code and reasons. The pods of a case come one by one, and some
leave and come again, so that the sums are those of a history; a recorded scheduling loop goes on from there. Nominated
pods are bound as such for the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from benchmarks import oracle
from benchmarks._oracle import PREEMPTION_TEXT, Cluster, records
from kverify.model.scheduling import ClusterState, Requirement
from kverify.model.scheduling.profile import compose, said

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
SAMPLE = 50

pytestmark = pytest.mark.skipif(
    not oracle.RECORDED.is_dir(),
    reason="verdicts of a real scheduler are kept beside the project, not in it (shared/oracle)",
)


def with_history(cluster: Cluster) -> ClusterState:
    """Every bound pod came, every third left and came again, later than all others."""
    state = ClusterState(cluster.nodes, namespaces=cluster.namespaces, storage=cluster.storage)
    places = list(cluster.bound.values())
    for group, node in places:
        state.bind(group.pod, node, terminating=group.terminating)
    for group, node in places[::3]:
        state.unbind(group.pod, node, terminating=group.terminating)
    for group, node in places[::3]:
        state.bind(group.pod, node, terminating=group.terminating)
    return state


def verdict(answer: tuple[Requirement, ...]) -> tuple[bool, str | None, str | None, list[str]]:
    """Whether the pod fits; else the first filter that rejects, its code and its reasons."""
    if not answer:
        return True, None, None, []
    resolvable = all(requirement.resolvable for requirement in answer)
    code = "Unschedulable" if resolvable else "UnschedulableAndUnresolvable"
    return False, answer[0].plugin, code, sorted(requirement.reason for requirement in answer)


def reported(cluster: Cluster, state: ClusterState, key: str, node: int) -> tuple[Requirement, ...]:
    """What the scheduler would say: nominated pods hold their room, but nothing else relies on them."""
    pod = cluster.pods[key]
    rivals = cluster.situation(key).nominated.get(node, ())
    for rival in rivals:
        state.bind(rival, node, nominated=True)
    reserved = state.failing(pod, node)
    for rival in rivals:
        state.unbind(rival, node, nominated=True)
    return said(reserved) or said(state.failing(pod, node))


def differences(record: dict[str, Any]) -> Iterator[str | None]:
    """For every pod and node None, or what differs in words."""
    cluster = Cluster.of(record["case"], record["verdict"])
    state = with_history(cluster)
    for expected in record["verdict"].get("pods", ()):
        pod = cluster.pods[expected["pod"]]
        fitting = state.feasible_nodes(pod)
        for node, info in enumerate(cluster.nodes):
            theirs = expected["nodes"][info.name]
            ours = state.failing(pod, node)
            assert state.fits(pod, node) is (not ours) is (node in fitting)
            wanted = theirs["fit"], theirs.get("plugin"), theirs.get("code"), sorted(theirs.get("reasons", ()))
            same = wanted == verdict(reported(cluster, state, expected["pod"], node))
            if "preFilter" not in expected:
                same = same and {item["plugin"] for item in theirs.get("all", ())} == {r.plugin for r in ours}
            yield None if same else f"{cluster.id} {pod} on {info.name}: {wanted}, we say {ours}"
    yield from _attempts(cluster, state, record["verdict"].get("schedule", {}).get("attempts", ()))


def _attempts(cluster: Cluster, state: ClusterState, attempts: Iterable[dict[str, Any]]) -> Iterator[str | None]:
    """The same for a scheduling loop, whose recorded binds and evictions the state follows."""
    for attempt in attempts:
        key, chosen = attempt["pod"], attempt.get("node")
        answers = [reported(cluster, state, key, node) for node in range(len(cluster.nodes))]
        message = compose(answers) if all(answers) else None
        if chosen is not None:
            node = cluster.index[chosen]
            yield f"{cluster.id} {key} is bound to {chosen}: {answers[node]}" if answers[node] else None
            state.bind(cluster.pods[key], node)
            cluster = cluster.bind(key, chosen)
        elif attempt["message"].startswith("running PreScore plugin"):
            yield None if message is None else f"{cluster.id} {key} fits somewhere, we say {message}"
            cluster = cluster.forget(key)
        else:
            wanted = attempt["message"].strip().split(PREEMPTION_TEXT)[0]
            yield None if wanted == message else f"{cluster.id} {key}: {wanted}, we say {message}"
            for victim in attempt.get("victims") or ():
                group, node = cluster.bound[victim]
                state.unbind(group.pod, node, terminating=group.terminating)
            if attempt.get("nominated"):
                cluster = cluster.preempt(key, attempt["nominated"], attempt.get("victims") or ())
            elif cluster.preemption(key).eligible:
                cluster = cluster.forget(key)


def compare(name: str, step: int) -> list[str]:
    """All that differs in a file."""
    found = [text for record in records(oracle.RECORDED / f"{name}.jsonl.gz", step) for text in differences(record)]
    assert found, f"nothing was compared in {name}"
    return [text for text in found if text is not None]


@pytest.mark.parametrize("name", FILES)
def test_a_state_agrees_with_the_scheduler_on_a_sample(name: str) -> None:
    assert compare(name, step=1000 // SAMPLE) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_state_agrees_with_the_scheduler_on_every_case(name: str) -> None:
    assert compare(name, step=1) == []
