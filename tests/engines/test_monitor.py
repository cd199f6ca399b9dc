"""A monitor says of a run what the replay, which shares no code with it, says of it as a counterexample."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kverify.engines.compiled import compile_system
from kverify.engines.errors import ReplayError
from kverify.engines.monitor import Monitor, NotWatchable
from kverify.engines.replay import at_rest, replay
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import integer
from kverify.model.system import Fairness, TransitionSystem
from kverify.spec.property import Possibly, Property, Quiescence, Reaches

from . import reference
from .models import two_counters
from .strategies import KINDS, NAMES, TRUTHS, conditions, simple, some, systems

WATCHED = [kind for kind in KINDS if kind not in ("possibly", "quiescence")]
LENGTH = 6


def is_counterexample(trace: Trace, prop: Property) -> bool:
    try:
        replay(trace, prop)
    except ReplayError:
        return False
    return True


def walk(system: TransitionSystem, data: st.DataObject) -> Trace:
    start = state = data.draw(st.sampled_from(sorted(reference.starts(system))))
    steps: list[Step] = []
    for _ in range(LENGTH):
        enabled = system.enabled(state)
        if not enabled:
            break
        action = data.draw(st.sampled_from(enabled))
        state = system.step(state, action)
        steps.append(Step(action, state))
    return Trace(system, start, tuple(steps))


@pytest.mark.parametrize("kind", WATCHED)
@some(2)
@given(systems(), st.data())
def test_a_run_breaks_a_property_where_it_is_a_counterexample(
    kind: str, system: TransitionSystem, data: st.DataObject
) -> None:
    assume(reference.starts(system))
    prop = data.draw(KINDS[kind](simple(conditions(NAMES, TRUTHS), NAMES, TRUTHS)))
    whole = walk(system, data)
    monitor = Monitor(compile_system(system), prop)
    monitor.begin()
    for length, state in enumerate(whole.states()):
        so_far = Trace(system, whole.start, whole.steps[:length])
        broken = monitor.breaks(state, at_rest(system, state))
        if broken:
            assert is_counterexample(so_far, prop)
        elif not isinstance(prop, Reaches) and all(a.fairness is not Fairness.NONE for a in system.actions):
            # That a goal is out of reach is more than a walk sees, and staying where nothing is fair is no rest.
            assert not is_counterexample(so_far, prop)


def test_what_no_run_shows_is_refused() -> None:
    compiled = compile_system(two_counters())
    for prop in (Possibly(name="some day", goal=integer("a") == 1), Quiescence(name="rest")):
        with pytest.raises(NotWatchable, match=prop.name):
            Monitor(compiled, prop)
