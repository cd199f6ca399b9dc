"""The small scenes that checks explore decide as the scene with every node told apart, nothing ignored, no symmetry."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from kverify.api.decode import decode_all
from kverify.checks import Options
from kverify.checks.deciding import zoned
from kverify.checks.deciding.disturbance import Disturbed, disturb
from kverify.checks.deciding.scenes import Scene, rollout_scene
from kverify.checks.given.context import Context
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit, walk
from kverify.engines.schedulability import Cluster, Demand, Room, always, fit
from kverify.engines.verdict import Outcome
from kverify.manifest import read_text
from kverify.model.build import build, settled_states
from kverify.model.environment.drain import drained
from kverify.model.expr import all_of, implies, integer, total
from kverify.model.scheduling.framework import PodInfo
from kverify.model.scheduling.profile import reject
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.model.world import NodeStatus, Phase
from kverify.spec.property import Always, Reaches
from kverify.spec.state import spread_holds

ANTI = """
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector: {matchLabels: {app: web}}
            topologyKey: kubernetes.io/hostname"""
SPREAD = """
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}"""


def manifest(replicas: int, cpu: int, surge: int, unavailable: int, extra: str, budget: int) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:{extra}
      containers: [{{name: c, image: "x:1", resources: {{requests: {{cpu: "{cpu}"}}}}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: web}}
spec: {{maxUnavailable: {budget}, selector: {{matchLabels: {{app: web}}}}}}
"""


def nodes(sizes: list[int]) -> str:
    return "\n---\n".join(
        f"""apiVersion: v1
kind: Node
metadata: {{name: n{i}, labels: {{kubernetes.io/hostname: n{i}, zone: z{i % 2}}}}}
status: {{allocatable: {{cpu: "{size}", pods: "10"}}}}"""
        for i, size in enumerate(sizes)
    )


def context(text: str) -> Context:
    read = read_text(text, "test.yaml")
    decoded = decode_all(read.documents, "1.36")
    assert not read.diagnostics
    assert not decoded.diagnostics
    return Context(Bundle(wanted=decoded.objects), Options())


class Plain(Context):
    """A context that never proves any room, so that no scene is merged, focused or relieved of resources."""

    def has_room(self, *_: Any, **__: Any) -> bool:
        return False

    def resources_suffice(self, *_: Any, **__: Any) -> bool:
        return False

    @property
    def pressure(self) -> Any:
        return Unproved()


class Unproved:
    """What a context without proofs knows of room when all are at their most."""

    def proves(self, *_: Any, **__: Any) -> bool:
        return False

    def covers(self, *_: Any) -> bool:
        return False


CASES = st.tuples(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from(["", ANTI, SPREAD]),
    st.integers(0, 1),
    st.lists(st.integers(2, 5), min_size=2, max_size=3),
).filter(lambda case: case[2] + case[3] > 0)


def outcome(scene: Scene, system: TransitionSystem, prop: Reaches | Always) -> tuple[Outcome, bool]:
    assert scene.placements
    verdict = explicit.check(evolve(system, symmetry=()) if isinstance(prop, Always) else system, prop, limit=60_000)
    assert verdict.outcome is not Outcome.UNKNOWN
    return verdict.outcome, verdict.certain


@given(CASES)
def test_rollouts_end_alike_in_every_scene(case: Any) -> None:
    *parts, sizes = case
    text = manifest(*parts) + "---\n" + nodes(sizes)
    answers = []
    for make in (Context, Plain):
        ctx = context(text)
        ctx.__class__ = make
        (subject,) = ctx.subjects
        if subject not in ctx.rooms.placeable or ctx.rooms.steady.room is not Room.ALWAYS:
            return
        scene = rollout_scene(ctx, subject)
        workload = scene.workload(subject)
        starts = settled_states(scene.world, scene.placements, [workload.revisions[0]])
        system = build("rollout", scene.world, starts=starts)
        if make is Plain:
            system = evolve(system, symmetry=())
        answers.append(outcome(scene, system, Reaches(name="ends", goal=scene.world.complete(workload))))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("status", [NodeStatus.CORDONED, NodeStatus.SILENT])
@given(case=CASES)
def test_a_disturbed_node_ends_alike_in_every_scene(status: NodeStatus, case: Any) -> None:
    *parts, sizes = case
    text = manifest(*parts) + "---\n" + nodes(sizes)
    answers: list[set[Any]] = []
    for make in (Context, Plain):
        ctx = context(text)
        ctx.__class__ = make
        (subject,) = ctx.subjects
        if subject not in ctx.rooms.placeable or ctx.rooms.steady.room is not Room.ALWAYS:
            return
        found = set()
        for disturbed in disturb(ctx, (subject,), status):
            goal = drained(disturbed.world) if status is NodeStatus.CORDONED else disturbed.recovered()
            found |= {(name, decided(disturbed, goal)) for name in disturbed.nodes}
        answers.append(found)
    assert answers[0] == answers[1]


def decided(disturbed: Disturbed, goal: Any) -> Any:
    return outcome(disturbed.scene, disturbed.system, Reaches(name="ends", goal=goal))


WORKLOADS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.sampled_from(["", ANTI, SPREAD])), min_size=1, max_size=2
)


def several(wanted: list[tuple[int, int, str]], sizes: list[int]) -> str:
    """Workloads called w0, w1, … on nodes."""
    parts = [
        manifest(count, cpu, 1, 0, extra, 1).replace("web", f"w{i}") for i, (count, cpu, extra) in enumerate(wanted)
    ]
    return "---\n".join((*parts, nodes(sizes)))


@given(WORKLOADS, st.lists(st.integers(2, 12), min_size=2, max_size=5))
@example([(1, 1, ""), (3, 1, ANTI)], [2, 3])
def test_what_is_proved_of_all_at_their_most_is_so_for_each(
    wanted: list[tuple[int, int, str]], sizes: list[int]
) -> None:
    ctx = context(several(wanted, sizes))
    for subject in ctx.subjects:
        for without in (None, *range(len(sizes))):
            if not ctx.rooms.pressure.proves(subject, without=without):
                continue
            cluster = ctx.rooms.cluster if without is None else ctx.rooms.cluster.without(without)
            demands = [Demand(s.new, s.replicas, s.title) for s in ctx.subjects]
            asked = ctx.subjects.index(subject)
            room = fit(demands, cluster, waiting=(asked,)).room
            if room is Room.IMPOSSIBLE:  # The others do not all fit, which it says first.
                room = always(demands, cluster, waiting=(asked,)).room
            assert room is Room.ALWAYS
            alone = [evolve(d, count=d.count if i == asked else 0) for i, d in enumerate(demands)]
            assert fit(alone, cluster, waiting=(asked,)).room is Room.ALWAYS


@given(CASES.filter(lambda case: case[4] == SPREAD), st.integers(0, 2))
def test_the_spread_is_kept_alike_on_zones_and_on_nodes(case: Any, more: int) -> None:
    *parts, sizes = case
    text = manifest(*parts) + "---\n" + nodes([*sizes, *sizes[:more]])
    ctx = context(text)
    (subject,) = ctx.subjects
    if subject not in ctx.rooms.placeable or ctx.rooms.steady.room is not Room.ALWAYS:
        return
    plain = kept(rollout_scene(ctx, subject, merge=False))
    whole, part = zoned.wider(ctx, subject), zoned.narrower(ctx, subject)
    if whole is not None and plain is Outcome.VIOLATED:
        assert kept(whole) is Outcome.VIOLATED
    if part is not None and plain is Outcome.HOLDS:
        assert kept(part) is Outcome.HOLDS


def kept(scene: Scene) -> Outcome:
    (workload,) = scene.world.workloads
    starts = settled_states(scene.world, scene.placements, [workload.revisions[0]])
    system = evolve(build("rollout", scene.world, starts=starts), symmetry=())
    gone = total(scene.world.count(r, (Phase.TERMINATING,)) for r in workload.revisions) == 0
    at_rest = all_of([scene.world.complete(workload), gone])
    prop = Always(name="kept", condition=implies(at_rest, spread_holds(scene.world, workload)))
    return outcome(scene, system, prop)[0]


@given(
    WORKLOADS,
    st.lists(st.integers(2, 5), min_size=1, max_size=3),
)
def test_room_is_what_trying_every_order_says(wanted: list[tuple[int, int, str]], sizes: list[int]) -> None:
    text = "---\n".join(manifest(count, cpu, 1, 0, extra, 1) for count, cpu, extra in wanted)
    documents = decode_all(read_text(text, "test.yaml").documents, "1.36").objects
    pods = [PodInfo.of(o.spec.template, namespace="default") for o in documents if o.kind == "Deployment"]  # type: ignore[union-attr]
    cluster = Cluster(nodes=context(nodes(sizes)).nodes)
    demands = [Demand(pod, count, "pod") for pod, (count, _, _) in zip(pods, wanted, strict=True)]
    answer = fit(demands, cluster)
    assert answer.room is brute_force(demands, cluster)


def brute_force(demands: list[Demand], cluster: Cluster) -> Room:
    """Every order and every choice, with the concrete filters only."""
    from kverify.engines.schedulability import Question

    question = Question(demands, cluster)
    todo = [dict.fromkeys(question.x, 0)]
    seen, ends = set(), set()
    while todo:
        placement = todo.pop()
        waiting = [
            d for d, demand in enumerate(demands) if sum(n for (k, _), n in placement.items() if k == d) < demand.count
        ]
        snapshot = question.concrete(placement)
        moves = [
            (d, n)
            for d in waiting
            for n in range(len(cluster.nodes))
            if not reject(demands[d].pod, n, snapshot, cluster.profile)
        ]
        if not waiting:
            ends.add(True)
        elif any(all(d != k for k, _ in moves) for d in waiting):
            ends.add(False)
        for key in moves:
            after = {**placement, key: placement[key] + 1}
            mark = tuple(after.values())
            if mark not in seen:
                seen.add(mark)
                todo.append(after)
    if ends == {True}:
        return Room.ALWAYS
    return Room.FRAGILE if True in ends else Room.IMPOSSIBLE


def test_walks_find_what_lies_deep_and_never_call_it_proved() -> None:
    n = Variable("n", 0, 5_000, 0)
    up = Action("up", "test", n.expr < 5_000, {"n": n.expr + 1})
    system = TransitionSystem("counter", (n,), (up,))
    deep = Always(name="small", condition=integer("n") < 300)
    verdict = walk.check(system, deep)
    assert verdict.outcome is Outcome.VIOLATED
    assert verdict.trace is not None
    assert len(verdict.trace.steps) == 300
    assert walk.check(system, Always(name="fine", condition=integer("n") >= 0)).outcome is Outcome.UNKNOWN


def test_nodes_of_different_size_are_lost_one_by_one() -> None:
    """Three pods of one cpu on nodes of 3 and 1 cpu: losing the big node is the one that hurts."""
    ctx = context(manifest(3, 1, 0, 1, "", 1) + "---\n" + nodes([3, 1, 2]))
    (subject,) = ctx.subjects
    outcomes = {
        name: decided(case, case.recovered())[0]
        for case in disturb(ctx, (subject,), NodeStatus.SILENT)
        for name in case.nodes
    }
    assert outcomes == {"n0": Outcome.HOLDS, "n1": Outcome.HOLDS, "n2": Outcome.HOLDS}
    ctx = context(manifest(3, 1, 0, 1, "", 1) + "---\n" + nodes([3, 1, 1]))
    (subject,) = ctx.subjects
    outcomes = {
        name: decided(case, case.recovered())[0]
        for case in disturb(ctx, (subject,), NodeStatus.SILENT)
        for name in case.nodes
    }
    assert outcomes == {"n0": Outcome.VIOLATED, "n1": Outcome.HOLDS, "n2": Outcome.HOLDS}
