"""What a run does once, however many workloads there are: counted, because seconds prove nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml
from attrs import evolve

from benchmarks._fleet import SHAPES, namespaces, nodes
from benchmarks._shapes import Object
from kverify.checks import Options, run
from kverify.checks.builtin import node_loss, rollout
from kverify.checks.deciding import scenes
from kverify.checks.given import room, rooms
from kverify.checks.given.context import Context
from kverify.checks.given.guards import Guards
from kverify.cluster.bundle import Bundle
from kverify.engines import induction
from kverify.engines.schedulability import Demand, Room
from kverify.engines.verdict import Outcome
from kverify.model.workload import Recreate, RollingUpdate
from tests.unit.cluster.cluster_helpers import bundle


def fleet_items(shapes: list[str]) -> list[Object]:
    """Deployments of these shapes, the next of a kind three numbers later, so that it is alike in all but names."""
    known = {shape.__name__[1:]: shape for shape in SHAPES}
    return [item for n, name in enumerate(shapes) for item in known[name](6 * n, "shop", f"{name}-{n}")]


def fleet(shapes: list[str], size: int = 12, cpu: str = "") -> Bundle:
    """``fleet_items`` on a cluster."""
    wanted = fleet_items(shapes)
    for item in wanted if cpu else ():
        if item["kind"] == "Deployment":
            item["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu
    return bundle(yaml.safe_dump_all(wanted), yaml.safe_dump_all([*nodes(size), *namespaces(len(shapes))]))


class Calls:
    """Counts the calls of functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.of: Counter[str] = Counter()

    def count(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            self.of[name] += 1
            return real(*arguments, **named)

        self._monkeypatch.setattr(owner, name, counted)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def test_what_induction_does_not_prove_is_not_tried_again_for_a_workload_like_it(calls: Calls) -> None:
    calls.count(induction, "check")
    asked = []
    for number in (1, 3):
        before = calls.of["check"]
        report = run(fleet(["zones"] * number), (), Options(properties=("spread-kept",)))
        assert [finding.id for finding in report.findings] == ["KV4006"] * number
        asked.append(calls.of["check"] - before)
    assert asked[0] == asked[1] >= 1


def test_what_shares_a_budget_is_asked_for_each_service_not_for_each_pair(calls: Calls) -> None:
    calls.count(Guards, "shares_budget")
    asked = []
    for number in (4, 8):
        before = calls.of["shares_budget"]
        run(fleet(["api"] * number), (), Options(properties=("endpoints-kept",)))
        asked.append(calls.of["shares_budget"] - before)
    assert asked[1] == 2 * asked[0]


def test_one_state_of_the_cluster_serves_for_every_node_that_is_lost(calls: Calls) -> None:
    calls.count(node_loss, "state_of")
    calls.count(node_loss, "placed_in_turn")
    # All replicas fit well, but not all that rollouts may add.
    ctx = Context(fleet(["api"] * 60, size=36, cpu="2"), Options())
    assert list(node_loss.together(ctx, ())) == []
    assert calls.of["placed_in_turn"] > 1
    assert calls.of["state_of"] == 1


def test_variants_of_a_run_know_the_same_volumes() -> None:
    ctx = Context(fleet(["api", "web"]), Options())
    there, _ = ctx.at(ctx.subjects[0], 5)
    assert there.rooms.volumes is ctx.rooms.volumes


def apart(replicas: int, key: str, strategy: dict[str, Any] | None = None) -> Bundle:
    """One Deployment with no two pods in a domain, on four nodes in each of three zones, of two sizes."""
    items = [item for item in fleet_items(["apart"]) if item["kind"] == "Deployment"]
    (item,) = items
    pod = item["spec"]["template"]["spec"]
    pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["topologyKey"] = key
    item["spec"]["replicas"] = replicas
    item["spec"]["strategy"] = strategy or {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    return bundle(yaml.safe_dump_all(items), yaml.safe_dump_all([*nodes(12), *namespaces(1)]))


def test_placements_are_looked_for_once_not_for_each_kind_of_node(calls: Calls) -> None:
    calls.count(scenes, "settled_placements")
    report = run(apart(2, "topology.kubernetes.io/zone"), (), Options(properties=("drain-ends",)))
    assert [proof.verdict.outcome for proof in report.proofs] == [Outcome.HOLDS]
    assert calls.of["settled_placements"] == 1


def test_a_repair_that_few_states_do_not_decide_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = apart(3, "topology.kubernetes.io/zone", {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    options = Options(properties=("rollout-completes",), engine="explicit")
    (finding,) = run(stuck, (), options).findings
    assert finding.repairs
    monkeypatch.setattr(rollout, "REPAIR_STATES", 2)
    (again,) = run(stuck, (), options).findings
    assert again.message == finding.message
    assert not again.repairs


def test_what_only_rolls_out_in_another_way_has_the_same_room(calls: Calls) -> None:
    ctx = Context(apart(3, "topology.kubernetes.io/zone"), Options())
    (subject,) = ctx.checked
    assert ctx.rooms.steady.room is Room.ALWAYS
    known = ctx.rooms.has_room(subject)
    calls.count(rooms, "room_for")
    calls.count(rooms, "room_proved")
    for strategy in (RollingUpdate(0, 2), Recreate()):
        changed = evolve(subject, strategy=strategy)
        there = ctx.variant(subject, changed)
        assert there.rooms.placeable == (changed,)
        assert there.rooms.steady is ctx.rooms.steady
        assert there.rooms.home(changed) == ctx.rooms.home(subject)
        assert there.rooms.has_room(changed) == known
    assert not calls.of
    # Other numbers of pods are other questions.
    more = evolve(subject, replicas=4)
    assert ctx.variant(subject, more).rooms.placeable == ()
    surging = evolve(subject, strategy=RollingUpdate(1, 0))
    assert not ctx.variant(subject, surging).rooms.has_room(surging)
    assert calls.of["room_for"]
    assert calls.of["room_proved"]


def test_who_is_stuck_alone_is_not_asked_about_beside_the_others(calls: Calls) -> None:
    ctx = Context(fleet(["zones", "apart", *["worker"] * 12]), Options())
    zones, apart, worker = ctx.checked[:3]
    calls.count(room, "decide")
    counts = []
    for subject in (zones, apart, worker):
        demands = [Demand(subject.new, 20), *(Demand(s.new, s.replicas) for s in ctx.checked if s is not subject)]
        found = room.room_proved(demands, ctx.rooms.cluster, waiting=(0,))
        counts.append((found.room is Room.ALWAYS, calls.of["decide"]))
        calls.of.clear()
    assert counts == [(True, 2), (False, 1), (True, 2)]
