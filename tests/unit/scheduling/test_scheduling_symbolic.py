"""One rule, two answers: over symbolic counts and over numbers it says the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kverify.model.expr import Expr, evaluate
from kverify.model.scheduling import PodInfo, Snapshot, feasible, reject, requirements
from tests.unit.scheduling.scheduling_cases import (
    anti_affinity,
    cluster,
    node,
    pod,
    pods,
    selector,
    snapshots,
    state,
    symbolic,
    term,
)


@given(snapshots(), pods())
@settings(max_examples=400, deadline=None)
def test_symbolic_requirements_evaluate_to_the_concrete_ones(snapshot: Snapshot, incoming: PodInfo) -> None:
    general, values = symbolic(snapshot), state(snapshot)
    for index in range(len(snapshot.nodes)):
        concrete = list(requirements(incoming, index, snapshot))
        abstract = list(requirements(incoming, index, general))
        assert [(r.plugin, r.reason, r.path, r.stable, r.resolvable) for r in abstract] == [
            (r.plugin, r.reason, r.path, r.stable, r.resolvable) for r in concrete
        ]
        assert [evaluate(r.holds, values) for r in abstract] == [r.holds for r in concrete]
        assert evaluate(feasible(incoming, index, general), values) is feasible(incoming, index, snapshot)


@given(snapshots(), pods())
@settings(max_examples=50, deadline=None)
def test_the_same_question_builds_the_same_tree(snapshot: Snapshot, incoming: PodInfo) -> None:
    for index in range(len(snapshot.nodes)):
        first, second = (feasible(incoming, index, symbolic(snapshot)) for _ in range(2))
        assert first is second


@given(snapshots(), pods())
@settings(max_examples=100, deadline=None)
def test_every_explanation_can_be_given(snapshot: Snapshot, incoming: PodInfo) -> None:
    for cluster_state in (snapshot, symbolic(snapshot)):
        for index in range(len(snapshot.nodes)):
            for requirement in requirements(incoming, index, cluster_state):
                assert requirement.detail


def test_a_guard_is_a_condition_over_counts() -> None:
    web = pod(labels={"app": "web"}, affinity=anti_affinity(term("kubernetes.io/hostname", selector(app="web"))))
    guard = feasible(web, 0, symbolic(cluster((node(pods=3),), (web, {}))))
    assert isinstance(guard, Expr)
    assert str(guard) == "pods[0,0] <= 2 and pods[0,0] <= 0"


def test_a_question_without_an_answer_is_refused() -> None:
    web = pod(requests={"cpu": "1"})
    with pytest.raises(TypeError, match="needs concrete counts"):
        reject(web, 0, symbolic(cluster((node(),), (web, {}))))
