"""The state machine: what it finds, to what it shrinks, what it says, and what it cannot see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis.stateful import rule, run_state_machine_as_test

from kverify.cli.main import main
from kverify.cluster.bundle import Bundle
from kverify.engines import explicit
from kverify.engines.errors import ReplayError
from kverify.engines.monitor import NotWatchable
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome, Trace
from kverify.model.expr import all_of, total
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always, LeadsTo, OnceAlways, Property, Quiescence, Reaches
from kverify.spec.python import always, available, each
from kverify.testing import (
    ClusterStateMachine,
    Situation,
    Violation,
    drain_of,
    node_loss_of,
    rollout_of,
    situations,
    state_machine,
)
from kverify.testing import plan as plans

SCENARIOS = Path(__file__).parents[2] / "scenarios"
A01 = SCENARIOS / "a01_rollout_antiaffinity_full"
C01 = SCENARIOS / "c01_pdb_equals_replicas"

FREE, USED = Variable("free", 0, 3, initial=3), Variable("used", 0, 3, initial=0)
TAKE = Action("take", "client", FREE.expr >= 1, {"free": FREE.expr - 1, "used": USED.expr + 1})
GIVE = Action("give", "client", USED.expr >= 1, {"free": FREE.expr + 1, "used": USED.expr - 1})
LOSE = Action("lose", "somebody", FREE.expr >= 1, {"free": FREE.expr - 1}, environment=True)
POOL = TransitionSystem("pool", variables=(FREE, USED), actions=(TAKE, GIVE, LOSE))
KEPT = Always(name="nothing is lost", condition=total([FREE.expr, USED.expr]) == 3)


def failure(machine: type[ClusterStateMachine], examples: int = 200, steps: int = 50) -> Violation | None:
    """What ``machine`` finds in so many examples; always the same ones."""
    chosen = settings(
        machine.TestCase.settings,
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Violation as found:
        return found
    return None


def names(trace: Trace) -> list[str]:
    return [step.action.name for step in trace.steps]


# -- the acceptance of the issue ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize("swarm", [False, True])
def test_a01_is_found_in_200_examples_and_shrunk_to_the_shortest_run(swarm: bool, placed: bool) -> None:
    found = rollout_of(A01 / "fails.yaml", "web", cluster=A01 / "cluster_3.yaml", placed=placed)
    violation = failure(state_machine(found, name="Rollout", swarm=swarm), examples=200)
    assert violation is not None
    (situation,) = found
    goal = situation.properties[0].prop
    assert not isinstance(goal, Always)
    shortest = explicit.check(situation.system, Reaches(name=goal.name, goal=goal.goal)).trace  # type: ignore[union-attr]
    assert shortest is not None
    assert len(shortest.steps) == 2
    assert len(violation.trace.steps) <= len(shortest.steps) + 1
    assert names(violation.trace) == names(shortest)


def test_a01_is_told_in_the_words_of_kubernetes() -> None:
    violation = failure(
        state_machine(rollout_of(A01 / "fails.yaml", cluster=A01 / "cluster_3.yaml"), name="Rollout"), examples=50
    )
    assert str(violation).splitlines() == [
        "Deployment default/web: it is not true that a rollout completes:",
        "    Deployment default/web has 3 pods available: 1 on n1, 1 on n2, 1 on n3. The pod template has",
        "    just been changed.",
        "    1. The Deployment controller scales up ReplicaSet web (new) from 0 to 1",
        "    2. ReplicaSet web (new) creates a pod",
        "    => 1 pod of ReplicaSet web (new) stays Pending: 0/3 nodes are available: 3 node(s) didn't match",
        "       pod anti-affinity rules. The Deployment controller may not create more: 4 wanted = 3 replicas",
        "       + maxSurge 1. It may not remove an old pod either: 3 available = 3 replicas - maxUnavailable",
        "       0. Nothing moves any more.",
        "  again: Rollout.replay('scale up default/web/new', 'create default/web/new')",
    ]


@pytest.mark.parametrize(
    ("manifest", "cluster"),
    [("fails.yaml", "cluster_4.yaml"), ("pair_no_surge.yaml", "cluster_3.yaml")],
)
def test_the_repaired_pairs_of_a01_are_walked_to_their_end(manifest: str, cluster: str) -> None:
    machine = state_machine(rollout_of(A01 / manifest, cluster=A01 / cluster, placed=True))
    assert failure(machine, examples=40) is None
    assert machine.walked().rested > 10


# -- properties --------------------------------------------------------------------------------------------------------


def test_a_state_that_must_not_be_is_found_and_shrunk() -> None:
    violation = failure(state_machine(POOL, [KEPT]))
    assert violation is not None
    assert names(violation.trace) == ["lose"]
    assert str(violation).splitlines() == [
        "it is not true that nothing is lost (pool):",
        "    It begins with free = 3.",
        "    1. lose",
        "    => Now free = 2, used = 0. This is not true: free + used == 3.",
        "  again: Machine.replay('lose')",
    ]


def test_a_goal_that_is_never_reached_is_found_where_nothing_moves() -> None:
    stops = evolve(POOL, actions=(TAKE, LOSE))
    violation = failure(state_machine(stops, [Reaches(name="all are used", goal=USED.expr == 3)]))
    assert violation is not None
    assert sorted(names(violation.trace)) in (["lose", "take", "take"], ["lose", "lose", "take"], ["lose"] * 3)
    assert violation.outcome.startswith("Nothing moves any more.")


@pytest.mark.parametrize(
    "prop",
    [
        OnceAlways(name="once", premise=USED.expr == 1, condition=FREE.expr >= 1),
        LeadsTo(name="leads", premise=USED.expr >= 1, goal=USED.expr == 3),
    ],
    ids=lambda prop: prop.name,
)
def test_what_a_run_has_done_before_counts(prop: Property) -> None:
    violation = failure(state_machine(evolve(POOL, actions=(TAKE, LOSE)), [prop]))
    assert violation is not None
    assert len(violation.trace.steps) == 3
    assert replay(violation.trace, prop) is violation.trace


def test_a_first_state_can_be_wrong() -> None:
    violation = failure(state_machine(POOL, [Always(name="full", condition=FREE.expr == 2)]))
    assert violation is not None
    assert violation.trace.steps == ()


def test_each_property_is_shrunk_by_itself() -> None:
    both = [KEPT, Always(name="one is left", condition=FREE.expr >= 1)]
    with pytest.raises(ExceptionGroup) as caught:
        failure(state_machine(evolve(POOL, actions=(TAKE, LOSE)), both))
    found = {str(e).partition(" (")[0].removeprefix("it is not true that "): e for e in caught.value.exceptions}
    assert {name: len(e.trace.steps) for name, e in found.items() if isinstance(e, Violation)} == {
        "nothing is lost": 1,
        "one is left": 3,
    }


def test_what_walks_cannot_see_is_refused_where_the_machine_is_made() -> None:
    with pytest.raises(NotWatchable, match="ask the liveness engine"):
        state_machine(POOL, [Quiescence(name="rest")])


def test_a_machine_needs_something_to_walk() -> None:
    class Nothing(ClusterStateMachine):
        pass

    with pytest.raises(TypeError, match="Nothing has nothing to walk"):
        Nothing.replay()


def test_one_name_may_stand_for_actions_of_which_one_is_possible() -> None:
    twice = evolve(POOL, actions=(evolve(TAKE, guard=FREE.expr == 3), evolve(TAKE, guard=FREE.expr <= 1), GIVE))
    assert names(state_machine(twice).replay("take", "give", "take")) == ["take", "give", "take"]
    with pytest.raises(ValueError, match="'take' stands for two actions that are possible after step 0"):
        state_machine(evolve(POOL, actions=(TAKE, evolve(LOSE, name="take")))).replay("take")


def test_a_goal_behind_an_endless_loop_is_not_seen() -> None:
    """Said in the docs: taking and giving for ever never comes to rest, so walks say nothing about the goal."""
    prop = Reaches(name="four are used", goal=USED.expr == 4)
    endless = evolve(POOL, actions=(TAKE, GIVE))
    machine = state_machine(endless, [prop])
    assert failure(machine, examples=30) is None
    assert machine.walked().rested == 0
    assert explicit.check(endless, prop).outcome is Outcome.VIOLATED


# -- the machine as a class --------------------------------------------------------------------------------------------


class Pool(ClusterStateMachine):
    """A subclass with a rule of its own."""

    system = POOL
    properties = (KEPT,)

    @rule()
    def take_twice(self) -> None:
        for _ in range(2):
            if self.view()["free"]:
                self.take("take")


def test_a_subclass_is_run_as_any_other_machine() -> None:
    violation = failure(Pool)
    assert violation is not None
    assert names(violation.trace) == ["lose"]
    assert violation.notes == {"again": "Pool.replay('lose')"}


def test_the_program_of_hypothesis_names_the_steps() -> None:
    violation = failure(state_machine(POOL, [KEPT], name="Pool"))
    assert violation is not None
    assert "state.step(action='lose')" in violation.__notes__


def test_a_failure_can_be_taken_again() -> None:
    assert names(Pool.replay("take", "give")) == ["take", "give"]
    with pytest.raises(Violation, match="nothing is lost"):
        Pool.replay("take", "lose")
    with pytest.raises(ValueError, match="'give' is not possible after step 0; possible is 'take', 'lose'"):
        Pool.replay("give")


def test_walks_are_counted() -> None:
    machine = state_machine(evolve(POOL, actions=(TAKE, evolve(GIVE, guard=False))))
    assert failure(machine, examples=10) is None
    walked = machine.walked()
    assert walked.never == ("give",)
    assert walked.rested > 5
    assert walked.taken["take"] >= 3 * walked.rested


def test_a_wrong_walk_is_no_failure_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code that is wrong is found out by the plain interpreter, before anything is shown."""
    honest = plans.Spot.moves

    def wrong(self: plans.Spot, state: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
        return {i: (after[0], 0) for i, after in honest(self, state).items()}

    monkeypatch.setattr(plans.Spot, "moves", wrong)
    with pytest.raises(ReplayError, match="leads to"):
        failure(state_machine(evolve(POOL, actions=(TAKE, GIVE)), [KEPT]))


# -- swarm -------------------------------------------------------------------------------------------------------------


def test_who_holds_back_still_acts_when_nobody_else_does() -> None:
    held = plans.Held.of(POOL, ["client"])
    assert held.able([0, 2]) == [2]
    assert held.able([0, 1]) == [0, 1]


def test_a_disturbance_that_holds_back_does_not_happen() -> None:
    held = plans.Held.of(POOL, ["lose", "take"])
    assert held.able([0, 2]) == [0]
    assert held.able([2]) == []


def test_swarms_come_where_others_do_not() -> None:
    """At every height several winds blow back to the ground and one step leads on: without subsets no walk gets up."""
    at = Variable("at", 0, 6, initial=0)
    winds = tuple(
        Action(f"wind {i}", "wind", all_of([at.expr < 6, at.expr % 2 == i % 2]), {"at": 0}, environment=True)
        for i in range(8)
    )
    on = Action("on", "climber", at.expr < 6, {"at": at.expr + 1})
    hill = TransitionSystem("hill", variables=(at,), actions=(*winds, on))
    top = Always(name="nobody gets to the top", condition=at.expr < 6)
    assert failure(state_machine(hill, [top]), examples=60, steps=20) is None
    found = failure(state_machine(hill, [top], swarm=True), examples=60, steps=20)
    assert found is not None
    assert names(found.trace) == ["on"] * 6


# -- from manifests ----------------------------------------------------------------------------------------------------


def test_properties_of_ones_own_are_watched() -> None:
    d = each("Deployment")
    found = rollout_of(A01 / "fails.yaml", "web", [always(available(d) >= 4)], cluster=A01 / "cluster_4.yaml")
    violation = failure(state_machine(found), examples=20)
    assert violation is not None
    assert str(violation).startswith("Deployment default/web: it is not true that always available(d")
    assert "is 3." in violation.outcome


def test_built_in_properties_are_watched_by_name() -> None:
    asked = ["rollout-completes", "promises-kept"]
    (found,) = rollout_of(A01 / "fails.yaml", "web", asked, cluster=A01 / "cluster_4.yaml")
    assert {watched.check for watched in found.properties} == set(asked)
    assert failure(state_machine(found), examples=30) is None


def test_a_drain_that_a_budget_stops_is_told() -> None:
    found = drain_of(C01 / "fails_min_available.yaml", cluster=C01 / "cluster_3.yaml")
    violation = failure(state_machine(found), examples=20)
    assert violation is not None
    assert "PodDisruptionBudget default/web wants 2 healthy pods and 2 are: every eviction answers 429" in str(
        violation
    )


@pytest.mark.parametrize("make", [rollout_of, node_loss_of], ids=["rollout", "loss"])
def test_a_failure_is_written_to_a_file_that_kverify_replay_takes(
    make: type[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = make(A01 / "fails.yaml", cluster=A01 / "cluster_3.yaml")  # type: ignore[call-arg]
    violation = failure(state_machine(found, name="Written", traces=tmp_path))  # type: ignore[arg-type]
    assert violation is not None
    command, verb, path = violation.notes["trace"].split(" ", 2)
    assert (command, verb) == ("kverify", "replay")
    assert main(["replay", path]) == 0
    assert f"{len(violation.trace.steps)} steps were taken again" in capsys.readouterr().out


def test_a_failure_of_a_system_of_ones_own_is_written_as_well(tmp_path: Path) -> None:
    violation = failure(state_machine(POOL, [KEPT], traces=tmp_path))
    assert violation is not None
    states = json.loads(Path(violation.notes["trace"]).read_text("utf-8"))["states"]
    assert [state["free"] for state in states] == [3, 2]


def test_input_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no workload is called shop/api; the manifests have Deployment default/web"):
        rollout_of(A01 / "fails.yaml", "shop/api")
    with pytest.raises(ValueError, match="no property over runs is called rollout-complete; there are"):
        rollout_of(A01 / "fails.yaml", "web", ["rollout-complete"])
    with pytest.raises(ValueError, match="no scenario is called earthquake; there are"):
        situations(A01 / "fails.yaml", scenario="earthquake")
    with pytest.raises(ValueError, match="KV1001"):
        rollout_of(tmp_path / "nothing.yaml")


def test_a_bundle_will_do() -> None:
    bundle, _ = Bundle.read([str(A01 / "fails.yaml")], [str(A01 / "cluster_3.yaml")])
    (found,) = rollout_of(bundle, "web")
    assert isinstance(found, Situation)
    assert failure(state_machine(found), examples=20) is not None
