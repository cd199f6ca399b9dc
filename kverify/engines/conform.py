"""Conformance: is a sequence of observations a run of a transition system?

The system is followed as a set of states: all those it can be in after what has been observed so far. A *projection*
says what an observer sees of a state. Between two observations the system may take steps that change nothing of the
projection (hidden steps); each observation is then one visible step.

An action is atomic, but what it does to separate objects reaches an observer one write after the other. Names in
``apart`` may therefore lag behind the state: after an action has changed several of them, the observation may move
through values between the old and the new one, and until it has arrived the component that acted does nothing else.

What is found is exact both ways: a sequence that conforms is a run (each state in the set was reached by steps of the
system), and one that does not is none, because no state was left out. ``TooManyStates`` is raised rather than
giving some up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from kverify.engines.compiled import compile_system
from kverify.engines.errors import EngineError
from kverify.engines.ranges import conjuncts
from kverify.engines.starts import initial_states
from kverify.engines.verdict import Step, Trace
from kverify.model.expr import Number, evaluate, lift, to_text
from kverify.model.system import Action, State, TransitionSystem, Variable

Vector: TypeAlias = "tuple[int, ...]"
"""The values of a projection, in its order."""

MAX_STATES = 300_000
_EXAMINED = 60
"""How many of the states that cannot go on are looked at for an explanation."""
_SHOWN = 6


class TooManyStates(EngineError):
    """More states agree with the observations than may be kept."""


@frozen
class Observation:
    """What is seen at one moment: the value of every name of the projection.

    ``disturbances`` names the actions of the environment that are known to have happened here; no others may.
    ``label`` says when and what, for people.
    """

    label: str
    values: Mapping[str, int]
    disturbances: frozenset[str] = frozenset()


@frozen(kw_only=True)
class Refusal:
    """The first observation that no run explains.

    ``changes`` are the names that changed, with the values before and after. ``blocked`` are the actions that would
    have explained it (or, if there are none, that change the same things to something else), each with the part of its
    guard that does not hold; ``instead`` is what the system can do.
    """

    position: int
    observation: Observation
    changes: tuple[tuple[str, int, int], ...]
    blocked: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


@frozen(kw_only=True)
class Conformance:
    """How far the observations are a run. ``most`` is the largest number of states that were possible at once.
    ``run`` is one that explains them, where that was asked for and there is one."""

    matched: int
    total: int
    refusal: Refusal | None
    most: int
    run: Trace | None = None

    @property
    def conforms(self) -> bool:
        return self.refusal is None


@frozen
class _Debt:
    """Writes an action still owes the observer: ``shown`` is what is seen for now, by position in the projection."""

    component: str
    shown: tuple[tuple[int, int], ...]


_Possible: TypeAlias = "tuple[State, _Debt | None]"
_Came: TypeAlias = "tuple[int, _Possible, Action | None]"
"""From what, at which observation, and by which action; None for one more write of an earlier one."""


def conform(
    system: TransitionSystem,
    projection: Mapping[str, Number],
    observations: Sequence[Observation],
    *,
    apart: frozenset[str] = frozenset(),
    limit: int = MAX_STATES,
    explain: bool = False,
) -> Conformance:
    """Follow ``observations`` in ``system``. The first one is a state the system starts in. ``explain`` also keeps how
    each state was come by, for a run that explains them.

    Raises ``ModelError`` for a system that cannot be executed and ``TooManyStates`` beyond ``limit``.
    """
    follower = _Follower(system, projection, apart, limit, keep=explain)
    vectors = [tuple(o.values[name] for name in projection) for o in observations]
    possible: set[_Possible] = {(s, None) for s in initial_states(system) if follower.project(s) == vectors[0]}
    if not possible:
        refusal = Refusal(position=0, observation=observations[0], changes=())
        return Conformance(matched=0, total=len(observations), refusal=refusal, most=0)
    for position in range(1, len(observations)):
        before, after = vectors[position - 1], vectors[position]
        if before == after:
            continue
        closed = follower.close(possible)
        follower.next_moment()
        possible = follower.advance(closed, before, after, observations[position].disturbances)
        if not possible:
            refusal = follower.explain(closed, position, observations[position], before, after)
            return Conformance(matched=position, total=len(observations), refusal=refusal, most=follower.most)
    if all(debt is not None for _, debt in possible):
        refusal = follower.unpaid(possible, len(observations) - 1, observations[-1])
        return Conformance(matched=len(observations) - 1, total=len(observations), refusal=refusal, most=follower.most)
    return Conformance(
        matched=len(observations),
        total=len(observations),
        refusal=None,
        most=follower.most,
        run=follower.run(min(state for state, debt in possible if debt is None)) if explain else None,
    )


class _Follower:
    """The states that agree with the observations, step by step."""

    def __init__(
        self,
        system: TransitionSystem,
        projection: Mapping[str, Number],
        apart: frozenset[str],
        limit: int,
        *,
        keep: bool = False,
    ) -> None:
        self.system = system
        self.limit = limit
        self.most = 0
        self._came: list[dict[_Possible, _Came]] | None = [{}] if keep else None
        self._known: dict[State, Vector] = {}
        self._names = tuple(projection)
        self._lagging = tuple(name in apart for name in projection)
        self._behind = tuple(lift(expr).variables() for expr in projection.values())
        self._successors = compile_system(system).successors
        self._look = compile_system(_observer(system, projection)).successors

    def project(self, state: State) -> Vector:
        """What is seen of ``state``."""
        seen = self._known.get(state)
        if seen is None:
            width = len(self._names)
            seen = self._look((*state, *(0,) * width))[0][1][len(state) :]
            self._known[state] = seen
        return seen

    def steps(self, possible: _Possible, allowed: frozenset[str]) -> Iterator[tuple[Action, State]]:
        """The steps a component may take: not while it owes writes, and of the environment only what is allowed."""
        state, debt = possible
        for index, following in self._successors(state):
            action = self.system.actions[index]
            if action.environment and action.name not in allowed:
                continue
            if debt is not None and debt.component == action.component:
                continue
            yield action, following

    def close(self, possible: set[_Possible]) -> set[_Possible]:
        """``possible`` and whatever hidden steps lead to."""
        closed, waiting = set(possible), list(possible)
        while waiting:
            here = waiting.pop()
            seen = self.project(here[0])
            for action, following in self.steps(here, frozenset()):
                there = (following, here[1])
                if there not in closed and self.project(following) == seen:
                    self._remember(there, here, action)
                    closed.add(there)
                    waiting.append(there)
            if len(closed) > self.limit:
                raise TooManyStates(f"{self.system.name}: more than {self.limit:,} states agree with what was observed")
        self.most = max(self.most, len(closed))
        return closed

    def advance(
        self, possible: Iterable[_Possible], before: Vector, after: Vector, allowed: frozenset[str]
    ) -> set[_Possible]:
        """Where one visible step, or one more write of an earlier step, leads from ``before`` to ``after``."""
        result: set[_Possible] = set()
        for here in possible:
            state, debt = here
            if debt is not None:
                there = self._explaining(state, debt.component, self.project(state), before, after, debt)
                self._add(result, there, here, None)
            for action, following in self.steps(here, allowed):
                reached = self.project(following)
                left = self.project(state)
                if reached != left:
                    there = self._explaining(following, action.component, reached, before, after, debt, left)
                    self._add(result, there, here, action)
        return result

    def _add(self, result: set[_Possible], there: _Possible | None, here: _Possible, action: Action | None) -> None:
        if there is not None and there not in result:
            result.add(there)
            self._remember(there, here, action, back=1)

    def _explaining(
        self,
        state: State,
        component: str,
        reached: Vector,
        before: Vector,
        after: Vector,
        debt: _Debt | None,
        left: Vector | None = None,
    ) -> _Possible | None:
        """``state`` with what is still owed, if it explains ``after``. ``left`` is what was seen of the state an action
        has just left."""
        owed = dict(debt.shown) if debt is not None else {}
        shown = []
        who = component if debt is None or left is None else debt.component
        for i, (old, new, real) in enumerate(zip(before, after, reached, strict=True)):
            moved = left is not None and left[i] != real
            if old != new and left is not None and not moved:
                return None
            if new == real:
                continue
            late = i in owed or (moved and self._lagging[i])
            if not late or not (old <= new <= real or real <= new <= old):
                return None
            if moved and self._lagging[i]:
                who = component
            shown.append((i, new))
        return state, _Debt(who, tuple(shown)) if shown else None

    # -- the run ---------------------------------------------------------------------------------------------------

    def next_moment(self) -> None:
        """What comes now belongs to the next observation."""
        if self._came is not None:
            self._came.append({})

    def _remember(self, there: _Possible, here: _Possible, action: Action | None, back: int = 0) -> None:
        if self._came is not None:
            moment = len(self._came) - 1
            self._came[moment].setdefault(there, (moment - back, here, action))

    def run(self, final: State) -> Trace:
        """A run to ``final``, which explains the last observation and owes nothing."""
        assert self._came is not None
        moment = len(self._came) - 1
        here: _Possible = (final, None)
        steps: list[Step] = []
        while here in self._came[moment]:
            moment, before, action = self._came[moment][here]
            if action is not None:
                steps.append(Step(action, here[0]))
            here = before
        return Trace(self.system, here[0], tuple(reversed(steps)))

    # -- explaining ------------------------------------------------------------------------------------------------

    def explain(
        self, possible: set[_Possible], position: int, observation: Observation, before: Vector, after: Vector
    ) -> Refusal:
        """Why nothing leads from ``possible`` to ``after``."""
        changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        behind = [self._behind[i] for i in changed]
        blocked: dict[str, tuple[int, int, str]] = {}
        nearest: dict[str, int] = {}
        for here in sorted(possible, key=lambda p: p[0], reverse=True)[:_EXAMINED]:
            state, debt = here
            view, seen = self.system.view(state), self.project(state)
            enabled = {id(action) for action, _ in self.steps(here, observation.disturbances)}
            for action in self.system.actions:
                if action.environment and action.name not in observation.disturbances:
                    continue
                following = self._forced(action, view, state)
                reached = self.project(following)
                if id(action) in enabled:
                    if reached == seen:
                        continue
                    apart = sum(reached[i] == seen[i] for i in changed)
                    text = _sentence(action, view, self.system.view(following))
                    nearest[text] = min(apart, nearest.get(text, apart))
                elif all(variables & action.updates.keys() for variables in behind):
                    other = any(
                        reached[i] != after[i] for i in range(len(after)) if i in changed or not self._lagging[i]
                    )
                    missing = _missing(action, view, debt)
                    text = f"{action.name} needs {' and '.join(missing)}{', and would do something else' * other}"
                    why = (other, len(missing), text)
                    blocked[action.name] = min(why, blocked.get(action.name, why))
        exact = any(not other for other, _, _ in blocked.values())
        return Refusal(
            position=position,
            observation=observation,
            changes=tuple((self._names[i], before[i], after[i]) for i in changed),
            blocked=tuple(text for other, _, text in sorted(blocked.values()) if not (other and exact))[:_SHOWN],
            instead=tuple(sorted(nearest, key=nearest.__getitem__))[:_SHOWN],
        )

    def unpaid(self, possible: set[_Possible], position: int, observation: Observation) -> Refusal:
        """The observations end before an action has shown all it did."""
        state, debt = min(possible, key=lambda p: (p[0], p[1].shown if p[1] else ()))
        assert debt is not None
        seen = self.project(state)
        changes = tuple((self._names[i], now, seen[i]) for i, now in debt.shown)
        text = f"the {debt.component} has begun a change that is never completed"
        return Refusal(position=position, observation=observation, changes=changes, blocked=(text,))

    def _forced(self, action: Action, view: Mapping[str, int | bool], state: State) -> State:
        """``state`` with the updates of ``action``, whether or not its guard holds."""
        values = dict(zip((v.name for v in self.system.variables), state, strict=True))
        values.update((name, int(evaluate(update, view))) for name, update in action.updates.items())
        return tuple(values.values())


def _observer(system: TransitionSystem, projection: Mapping[str, Number]) -> TransitionSystem:
    """A system whose one step writes the projection into variables of its own, so that the compiler computes it."""
    seen = tuple(Variable(f"observed {name}", None, None) for name in projection)
    look = Action(
        "look",
        "observer",
        guard=True,
        updates={v.name: expr for v, expr in zip(seen, projection.values(), strict=True)},
    )
    free = tuple(Variable(v.name, None, None, truth=v.truth) for v in system.variables)
    return TransitionSystem(f"{system.name}, observed", variables=(*free, *seen), actions=(look,))


def _missing(action: Action, view: Mapping[str, int | bool], debt: _Debt | None) -> list[str]:
    """The parts of the guard of ``action`` that do not hold, with the values they read."""
    missing = []
    if debt is not None and debt.component == action.component:
        missing.append(f"the {debt.component} to have finished the writes it has begun")
    for part in conjuncts(lift(action.guard)):
        if not evaluate(part, view):
            values = ", ".join(f"{name} = {int(view[name])}" for name in sorted(part.variables()))
            missing.append(f"{to_text(part)} ({values})")
    return missing


def _sentence(action: Action, before: Mapping[str, int | bool], after: Mapping[str, int | bool]) -> str:
    return action.says.format(before=before, after=after) or action.name
