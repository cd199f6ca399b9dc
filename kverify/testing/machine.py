"""A state machine for Hypothesis that walks a transition system and watches what should be true of it.

Every example begins in one of the system's initial states and takes enabled actions, one after the other, until nothing
moves any more or Hypothesis has seen enough. A property that breaks fails the test with the shortest run that
Hypothesis comes down to, in Kubernetes' words (``Violation``).

A walk sees what finite runs show: a state that must not be, and a state in which nothing moves any more although a goal
has not been reached. It does not see loops (controllers that fight for ever), it proves nothing, and a walk that is cut
off while things still move says nothing about goals; ``kverify.check`` decides all of that.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from attrs import frozen
from hypothesis import Phase, currently_in_test_context, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from kverify.engines.verdict import Step, Trace
from kverify.model.system import State, TransitionSystem
from kverify.spec.property import Property
from kverify.testing.plan import Held, Plan, Start
from kverify.testing.violation import Situation


@frozen(kw_only=True)
class Walked:
    """What all walks of a machine have seen so far, those of shrinking included.

    ``taken`` counts the steps of every action, by name; ``rested`` the walks that went on until nothing moved: only
    these say anything about goals.
    """

    walks: int
    rested: int
    taken: Mapping[str, int]

    @property
    def never(self) -> tuple[str, ...]:
        """The actions that no walk has taken."""
        return tuple(name for name, number in self.taken.items() if not number)


class ClusterStateMachine(RuleBasedStateMachine):
    """Walks ``system``, or one of ``situations`` (or of a strategy), and fails where one of ``properties`` breaks.

    Subclass it, or let ``state_machine`` do that, and run it as any other machine::

        class PoolMachine(ClusterStateMachine):
            system = pool
            properties = (Always(name="nothing is lost", condition=free.expr + used.expr == 3),)

        TestPool = PoolMachine.TestCase

    ``swarm``: in each example some actions, or whole components, hold back (Groce and others, *Swarm testing*, 2012): a
    disturbance among them does not happen, and a step of a controller waits until nobody else has anything to do. Such
    runs come to corners where others rarely come. ``traces`` is a directory for the runs that fail, as files (ITF).

    A subclass may have rules and invariants of its own. ``state`` is where the walk is, ``view()`` the same by variable
    name. Whatever moves the system goes through ``take``.
    """

    system: ClassVar[TransitionSystem | None] = None
    properties: ClassVar[Sequence[Property]] = ()
    situations: ClassVar[Sequence[Situation] | st.SearchStrategy[Situation]] = ()
    swarm: ClassVar[bool] = False
    traces: ClassVar[str | PathLike[str] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Which lines of kverify only failing walks run through explains nothing to anybody.
        default = cls.TestCase.settings
        cls.TestCase.settings = settings(default, phases=[p for p in default.phases if p is not Phase.explain])

    def __init__(self) -> None:
        super().__init__()
        self._plan = self._planned()
        self._begun = False
        self.state: State = ()
        self._moves: Mapping[int, State] = {}
        self._since: dict[int, int] = {}
        """Since which step each action has been possible."""
        if self._plan.starts:
            self._place(Start(*self._plan.starts[0]))

    @classmethod
    def _planned(cls) -> Plan:
        """What is the same in every example; made once for each class."""
        plan = _PLANS.get(cls)
        if plan is None:
            plan = _PLANS[cls] = Plan.of(cls.__name__, cls.system, cls.properties, cls.situations, cls.traces)
        return plan

    # -- the rules -------------------------------------------------------------------------------------------------

    @initialize(start=st.runner().flatmap(lambda machine: machine.starts()))
    def begin(self, start: Start) -> None:
        """The first state of the walk, by its number, and who holds back."""
        __tracebackhide__ = True
        self._plan.walks += 1
        self._place(start)
        self._look()

    # One rule for all actions: with one for each, the subsets of rules that Hypothesis draws by itself often leave none
    # that is possible, and such an example is lost. Runs also shrink many times faster.
    @rule(action=st.runner().flatmap(lambda machine: machine.choices()))
    def step(self, action: str | None) -> None:
        """One step, by the name of its action; None where nothing can happen any more."""
        __tracebackhide__ = True
        if action is not None:
            self.take(action)

    def starts(self) -> st.SearchStrategy[Start]:
        """Where a walk may begin; what is drawn is drawn here."""
        plan, swarm = self._plan, self.swarm

        @st.composite
        def start(draw: st.DrawFn) -> Start:
            choices = plan.starts if plan.drawn is None else plan.ready(draw(plan.drawn))
            spot, number, state = choices[draw(st.integers(0, len(choices) - 1))]
            names = spot.names
            # Shrinks to nobody.
            held = st.lists(st.sampled_from(names), max_size=len(names) // 2, unique=True) if swarm else st.just([])
            return Start(spot, number, state, tuple(sorted(draw(held))))

        return start()

    def choices(self) -> st.SearchStrategy[str | None]:
        """What may happen next.

        What has become possible last comes first. A step that Hypothesis leaves out then leaves behind what it would
        have used up at the end of the later lists, and the choices after it keep their meaning: that is what makes runs
        shrink to the shortest.
        """
        able = self._held.able(self._moves)
        names = [self._spot.system.actions[i].name for i in sorted(able, key=lambda i: (-self._since[i], i))]
        return st.sampled_from(names) if names else st.none()

    def teardown(self) -> None:
        """Count how the walk ended; a subclass that has more to do calls this as well."""
        if not self._begun:
            # Hypothesis has given up drawing where to begin.
            return
        at_rest = self._spot.at_rest(self._moves)
        self._plan.rested += at_rest
        if currently_in_test_context():
            event("nothing moves any more" if at_rest else "cut off while things still move")

    # -- the walk --------------------------------------------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """What is walked in this example."""
        return self._spot.situation

    @property
    def trace(self) -> Trace:
        """The walk so far."""
        return Trace(self._spot.system, self._start, tuple(self._steps))

    def view(self) -> dict[str, int | bool]:
        """Where the walk is, by variable name."""
        return self._spot.system.view(self.state)

    def take(self, action: str) -> None:
        """Take the step called ``action`` and look at every property.

        Raises ``ValueError`` where it is not possible, and ``Violation``.
        """
        __tracebackhide__ = True
        meant = [i for i in self._spot.index.get(action, ()) if i in self._moves]
        if len(meant) != 1:
            able = ", ".join(repr(self._spot.system.actions[i].name) for i in sorted(self._moves)) or "nothing"
            what = "stands for two actions that are" if meant else "is not"
            raise ValueError(f"{action!r} {what} possible after step {len(self._steps)}; possible is {able}")
        (index,) = meant
        self._plan.taken[action] += 1
        self.state = self._moves[index]
        self._steps.append(Step(self._spot.system.actions[index], self.state))
        self._moves = self._spot.moves(self.state)
        known = {i: since for i, since in self._since.items() if i != index}
        self._since = {i: known.get(i, len(self._steps)) for i in self._moves}
        self._look()

    def _place(self, start: Start) -> None:
        self._spot, self._start, self._number = start.spot, start.state, start.number
        self._held = Held.of(self._spot.system, start.holding_back)
        self._steps: list[Step] = []
        self.state = self._start
        self._moves = self._spot.moves(self.state)
        self._since = dict.fromkeys(self._moves, 0)
        self._monitors = self._spot.monitors()
        self._begun = True

    def _look(self) -> None:
        __tracebackhide__ = True
        at_rest = self._spot.at_rest(self._moves)
        broken = [number for number, monitor in enumerate(self._monitors) if monitor.breaks(self.state, at_rest)]
        if broken:
            raise self._plan.violation(self._spot, broken[0], self._number, self.trace)

    # -- for people ------------------------------------------------------------------------------------------------

    @classmethod
    def replay(cls, *actions: str, start: int = 0) -> Trace:
        """Take these steps from the start with this number, without Hypothesis; the run, if it breaks nothing.

        Raises ``Violation`` where it does, and ``ValueError`` for a step that is not possible.
        """
        __tracebackhide__ = True
        machine = cls()
        starts = machine._plan.starts
        if not 0 <= start < len(starts):
            raise ValueError(f"there is no start {start}; there are {len(starts)}")
        machine._place(Start(*starts[start]))
        machine._look()
        for action in actions:
            machine.take(action)
        return machine.trace

    @classmethod
    def walked(cls) -> Walked:
        """What the walks of this machine have seen in this process."""
        plan = cls._planned()
        return Walked(walks=plan.walks, rested=plan.rested, taken=dict(plan.taken))


_PLANS: WeakKeyDictionary[type[ClusterStateMachine], Plan] = WeakKeyDictionary()


def state_machine(
    system: TransitionSystem | Situation | Sequence[Situation] | st.SearchStrategy[Situation],
    properties: Sequence[Property] = (),
    *,
    name: str = "Machine",
    swarm: bool = False,
    traces: str | PathLike[str] | None = None,
) -> type[ClusterStateMachine]:
    """A machine that walks ``system`` and watches ``properties``, those of situations included. Of a strategy for
    situations every example draws one, and a failure shrinks it together with the run.

    ``name`` is what failures call it. Raises ``NotWatchable`` for a property that no walk can break, ``ModelError`` for
    a system that cannot be executed.
    """
    situations: Sequence[Situation] | st.SearchStrategy[Situation]
    if isinstance(system, TransitionSystem):
        situations = (Situation(system=system),)
    elif isinstance(system, Situation):
        situations = (system,)
    else:
        situations = system
    content: dict[str, Any] = {
        "situations": situations,
        "properties": tuple(properties),
        "swarm": swarm,
        "traces": traces,
    }
    made: type[ClusterStateMachine] = types.new_class(
        name, (ClusterStateMachine,), exec_body=lambda ns: ns.update(content)
    )
    # Mistakes are told where the machine is made, not where it first runs.
    made._planned()
    return made
