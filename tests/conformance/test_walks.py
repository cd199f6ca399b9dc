"""Recordings and walks: the state machine takes what was recorded step by step, and the engine that follows recordings
takes what the state machine walks."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from kverify.checks.runs.conform import Case, case_of, follow, system_of
from kverify.cluster.recording import read_recording
from kverify.engines.conform import Observation, conform
from kverify.engines.errors import ReplayError
from kverify.engines.replay import require_run
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Condition, evaluate, integer, total
from kverify.model.system import State, TransitionSystem
from kverify.model.workload import RollingUpdate
from kverify.spec.property import Always
from kverify.testing import ClusterStateMachine, Violation, state_machine
from tests.engines.mutants import MUTANTS, Mutant, seeded

TRACES = Path(__file__).resolve().parents[3] / "shared" / "traces"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="shared/traces is not next to this checkout")

NAMES = [
    "a_rollout_1_0",
    "a_rollout_0_1",
    "a_rollout_recreate",
    "a_rollout_25_25",
    "a_rollout_minready",
    "b_broken_1_0",
    "c_undo",
]
WRONG = ("surge-plus-one", "surge-ignores-old", "no-clamp-scale-up")


def case_from(name: str) -> Case:
    recording = read_recording(TRACES / f"{name}.jsonl.gz")
    return case_of(recording, "web", recording.replica_sets("web"), 0)


def recorded(case: Case) -> Trace:
    """A run of the model that explains the recording."""
    run = follow(case, system_of(case.world), explain=True).run
    assert run is not None
    return run


def promised(case: Case) -> Condition:
    """The ReplicaSets never ask for more than the strategy allows, whatever a driver does to templates and pods."""
    (workload,) = case.world.workloads
    surge = workload.strategy.surge if isinstance(workload.strategy, RollingUpdate) else 0
    return total(integer(case.world.spec(r)) for r in workload.revisions) <= workload.replicas + surge


def shown(case: Case, system: TransitionSystem, state: State) -> dict[str, int]:
    view = system.view(state)
    return {name: int(evaluate(number, view)) for name, number in case.projection.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_taken_step_by_step(name: str) -> None:
    case = case_from(name)
    run = recorded(case)
    require_run(run)
    machine = state_machine(run.system, [Always(name="the surge is kept", condition=promised(case))])
    assert machine.replay(*(step.action.name for step in run.steps)).states() == run.states()
    assert len(run.steps) > 20


@pytest.mark.parametrize("name", NAMES)
def test_the_run_shows_what_was_recorded(name: str) -> None:
    """Everything but what one sync writes object by object is seen in its order, and nothing else."""
    case = case_from(name)
    run = recorded(case)
    at_once = [name for name in case.projection if name not in case.separate]

    def changes(rows: list[dict[str, int]]) -> list[tuple[int, ...]]:
        values = [tuple(row[name] for name in at_once) for row in rows]
        return [value for before, value in zip([None, *values], values, strict=False) if value != before]

    seen = changes([shown(case, run.system, state) for state in run.states()])
    assert seen == changes([dict(observation.values) for observation in case.observations])


def test_a_run_that_was_changed_is_refused() -> None:
    run = recorded(case_from("a_rollout_1_0"))
    position = next(i for i, step in enumerate(run.steps) if step.action.name.startswith("scale down"))
    without = evolve(run, steps=(*run.steps[:position], *run.steps[position + 1 :]))
    with pytest.raises(ReplayError):
        require_run(without)
    names = [step.action.name for step in without.steps]
    with pytest.raises(ValueError, match="is not possible"):
        state_machine(run.system).replay(*names)


def test_a_recording_that_breaks_what_is_promised_is_a_violation() -> None:
    case = case_from("a_rollout_1_0")
    run = recorded(case)
    (workload,) = case.world.workloads
    too_little = total(integer(case.world.spec(r)) for r in workload.revisions) <= workload.replicas
    with pytest.raises(Violation, match="never more than wanted"):
        state_machine(run.system, [Always(name="never more than wanted", condition=too_little)]).replay(
            *(step.action.name for step in run.steps)
        )


# -- walks are followed ------------------------------------------------------------------------------------------------


class Refused(AssertionError):
    """A walk that the engine does not take for a run."""


def observed(case: Case, right: TransitionSystem, walked: TransitionSystem, traces: list[int]) -> type:
    """A machine that walks one system and has every walk followed in another; ``traces`` counts their steps."""

    class Observed(ClusterStateMachine):
        system = walked

        def teardown(self) -> None:
            super().teardown()
            before = Observation("start", shown(case, walked, self.trace.start))
            rows = [before, *(self._row(step) for step in self.trace.steps)]
            traces.append(len(rows) - 1)
            refusal = conform(right, case.projection, rows).refusal
            if refusal is not None:
                raise Refused(f"{refusal.observation.label}: {refusal.changes}")

        def _row(self, step: Step) -> Observation:
            happened = frozenset({step.action.name}) if step.action.environment else frozenset()
            return Observation(step.action.name, shown(case, walked, step.state), happened)

    return Observed


QUICK = settings(
    max_examples=40,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
)
"""Whether something is found counts, not how small it is."""


@pytest.mark.parametrize("name", ["a_rollout_1_0", "a_rollout_recreate", "c_undo"])
def test_what_is_walked_is_followed(name: str) -> None:
    case = case_from(name)
    system = system_of(case.world)
    steps: list[int] = []
    run_state_machine_as_test(observed(case, system, system, steps), settings=QUICK)
    assert max(steps) >= 20


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in WRONG], ids=lambda m: m.name)
def test_walks_of_a_wrong_controller_are_refused(mutant: Mutant) -> None:
    case = case_from("a_rollout_1_0")
    right = system_of(case.world)
    with seeded(mutant):
        wrong = system_of(case.world)
    with pytest.raises(Refused, match="scale up"):
        run_state_machine_as_test(observed(case, right, wrong, []), settings=QUICK)


def test_an_engine_that_loses_hidden_steps_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault is in the engine: it no longer looks for steps that change nothing of what is seen."""
    case = case_from("a_rollout_1_0")
    system = system_of(case.world)
    monkeypatch.setattr("kverify.engines.conform._Follower.close", lambda _, possible: set(possible))
    with pytest.raises(Refused):
        run_state_machine_as_test(observed(case, system, system, []), settings=QUICK)
