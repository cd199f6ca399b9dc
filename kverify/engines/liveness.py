"""What every fair run does in the end, decided on the explicit graph: a proof, or a lasso.

A question about the end of runs is answered by looking for one fair run that breaks it. All of them come down to one
pattern (``Watch``): from some moment on the run stays among certain states, and does so fairly for ever. Whether a
violation is *certain* is answered by looking for one fair run that keeps the property.

Symmetry is used while there are no loops, which is where most Kubernetes models spend their states. Components with
loops are unfolded, because fairness is about single actions (see ``lasso``). What ends before its time (limits, Ctrl-C)
is still looked through: a lasso that was found is a lasso.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from operator import eq

from attrs import define, evolve, field, frozen

from kverify.engines import explicit
from kverify.engines.budget import why_stopped
from kverify.engines.coverage import blocking, coverage
from kverify.engines.errors import Undecided
from kverify.engines.explicit import METHOD, Exploration, Progress, explore
from kverify.engines.fair import Rules, components, fair_components
from kverify.engines.history import as_always, forget, free_name, remember
from kverify.engines.lasso import Wanted, fair_parts, lasso, unfold
from kverify.engines.replay import concretise, replay, require_run
from kverify.engines.symmetry import check_symmetry, respected
from kverify.engines.verdict import Outcome, Trace, Verdict
from kverify.model.expr import Condition, all_of, boolean, negate, to_text
from kverify.model.system import State, TransitionSystem
from kverify.spec.property import (
    DECLARED,
    Always,
    AlwaysEventually,
    Eventually,
    EventuallyAlways,
    Fair,
    LeadsTo,
    Liveness,
    OnceAlways,
    Possibly,
    Property,
    Quiescence,
    Reaches,
    Until,
    premise,
)


def check(
    system: TransitionSystem,
    prop: Property,
    *,
    fair: Fair = DECLARED,
    limit: int | None = None,
    cover: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Decide ``prop``, whatever its class, over the runs that ``fair`` counts.

    ``limit`` bounds the states of each search; what lies beyond makes the answer ``unknown``, or leaves a violation
    *possible*. ``cover`` also looks for actions that never happen. Every trace has been replayed, with its fairness.

    Raises ``SymmetryError`` when blocks declared interchangeable are not, and ``ModelError`` as ``explore`` does.
    """
    reduced = evolve(system, symmetry=respected(system, prop))
    notes = check_symmetry(reduced)
    try:
        if isinstance(prop, Reaches):
            verdict = explicit.check(system, prop, limit=limit, cover=cover, progress=progress)
        elif isinstance(prop, Possibly):
            verdict = _possibly(reduced, prop, limit, progress)
        elif isinstance(prop, Always | OnceAlways):
            verdict = _safety(reduced, prop, fair, limit, cover, progress)
        else:
            verdict = _liveness(reduced, prop, fair, limit, cover, progress)
    except (KeyboardInterrupt, Undecided) as stop:
        return Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=system.name, reason=why_stopped(stop))
    if verdict.trace is not None:
        trace = replay(evolve(verdict.trace, system=system), prop, fair)
        verdict = evolve(verdict, trace=trace, question=prop, fair=fair)
    if verdict.witness is not None:
        witness = evolve(verdict.witness, system=system)
        require_run(witness)
        verdict = evolve(verdict, witness=witness)
    return evolve(verdict, assumptions=tuple(dict.fromkeys((*verdict.assumptions, *notes))))


def lasting(prop: Reaches) -> tuple[EventuallyAlways, Eventually]:
    """The goal of ``prop`` for good, and once."""
    return EventuallyAlways(name=prop.name, goal=prop.goal), Eventually(name=prop.name, goal=prop.goal)


def completes(
    system: TransitionSystem,
    prop: Reaches,
    *,
    stays: bool = True,
    fair: Fair = DECLARED,
    limit: int | None = None,
    cover: bool = False,
    progress: Progress | None = None,
) -> Verdict:
    """Decide ``prop``, and whether fair runs do reach what they can reach, from one search.

    First from everywhere the goal has to stay reachable; that shows best where a run gets stuck. If it does, no fair
    run may avoid the goal for ever all the same: ``EventuallyAlways``, or ``Eventually`` unless the goal has to last
    (``stays``). A violation of this second part comes with a lasso. ``prop`` has no premise. Raises as ``check`` does.
    """
    for_good, once = lasting(prop)
    last = for_good if stays else once
    reduced = evolve(system, symmetry=respected(system, prop))
    notes = check_symmetry(reduced)
    try:
        ground = Ground.explored(reduced, fair, limit, progress)
        verdict: Verdict = explicit.reached(ground.search, prop)
        asked: Property = prop
        if verdict.outcome is Outcome.HOLDS:
            verdict, asked = decided(ground, last, fair, cover=cover), last
    except (KeyboardInterrupt, Undecided) as stop:
        return Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=system.name, reason=why_stopped(stop))
    if verdict.trace is not None:
        trace = replay(evolve(verdict.trace, system=system), asked, fair)
        verdict = evolve(verdict, trace=trace, question=asked, fair=fair)
    return evolve(verdict, assumptions=(*verdict.assumptions, *notes))


# -- runs that stay somewhere ------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Watch:
    """A run that at some moment satisfies ``begin`` (None: at its start), satisfies ``inside`` from then on, for ever,
    and ``often`` again and again, and if ``moving`` changes again and again."""

    begin: Condition | None = None
    inside: Condition = True
    often: Condition = True
    moving: bool = False


@define
class Ground:
    """A search that has been made, complete or not, with what is assumed of fairness."""

    search: Exploration
    rules: Rules
    limit: int | None
    _depth: list[int] = field(init=False, factory=list)

    @classmethod
    def explored(
        cls, system: TransitionSystem, fair: Fair, limit: int | None, progress: Progress | None = None
    ) -> Ground:
        """Explore ``system`` and remember the edges."""
        search = explore(system, limit=limit, keep_edges=True, progress=progress)
        return cls(search, Rules.of(system, fair), limit)

    def flags(self, condition: Condition) -> bytearray:
        """For every state, 1 where ``condition`` holds."""
        flags = bytearray(len(self.search.states))
        for index in self.search.select(condition):
            flags[index] = 1
        return flags

    def _depths(self) -> list[int]:
        if not self._depth:
            depth = self._depth
            for parent in self.search.parents:
                depth.append(0 if parent < 0 else depth[parent] + 1)
        return self._depth

    def watched(self, watch: Watch) -> dict[int, int]:
        """The expanded states in which a run that follows ``watch`` can be after it has begun, nearest first, each with
        its predecessor on a shortest way, -1 where watching begins."""
        search, edges = self.search, self.search.edges
        assert edges is not None
        if watch.begin is None and watch.inside is True:
            return dict(enumerate(search.parents[: edges.expanded]))
        inside = self.flags(watch.inside)
        begins = range(len(search.origins)) if watch.begin is None else search.select(watch.begin)
        depth = self._depths()
        sources: dict[int, list[int]] = {}
        for index in begins:
            if inside[index] and index < edges.expanded:
                sources.setdefault(depth[index], []).append(index)
        before: dict[int, int] = {}
        level, frontier = 0, list[int]()
        while frontier or sources:
            if not frontier:
                level = min(sources)
            for index in sources.pop(level, ()):
                if index not in before:
                    before[index] = -1
                    frontier.append(index)
            following = []
            for state in frontier:
                for _, target in edges.of(state):
                    if target not in before and target < edges.expanded and inside[target]:
                        before[target] = state
                        following.append(target)
            frontier = following
            level += 1
        return before

    def path(self, before: dict[int, int], state: int) -> list[int]:
        """The states on the way to ``state``: from a start to where watching begins, and on from there."""
        way = []
        while True:
            way.append(state)
            if before[state] < 0:
                break
            state = before[state]
        begin = way.pop()
        index: int = begin
        head = []
        while index >= 0:
            head.append(index)
            index = self.search.parents[index]
        return [*head[::-1], *way[::-1]]

    def lasso(self, watch: Watch) -> Trace | None:
        """A fair run that follows ``watch``, with a shortest stem; None if there is none among what was explored.

        Raises ``Undecided`` if unfolding a component takes more than ``limit`` states.
        """
        before = self.watched(watch)
        rank = {state: i for i, state in enumerate(before)}
        found = [(min(component, key=rank.__getitem__), component) for component in self._components(watch, before)]
        found.sort(key=lambda pair: rank[pair[0]])
        for entry, component in found:
            path = [self.search.states[i] for i in self.path(before, entry)]
            stem = concretise(self.search.compiled, self.search.origins[path[0]], path)
            trace = self._continued(stem, component, watch)
            if trace is not None:
                return trace
        return None

    def _components(self, watch: Watch, before: dict[int, int]) -> Iterator[list[int]]:
        """The parts of what is watched in which a fair loop may lie; without symmetry, in which one does."""
        edges, rules = self.search.edges, self.rules
        assert edges is not None
        often = None if watch.often is True else bytes(self.flags(watch.often))
        region = list(before)
        if not self.search.system.symmetry:
            yield from fair_components(edges, region, rules, often=often, moving=watch.moving)
            return
        fair = rules.weak | rules.strong
        for component in components(edges, region, rules.endless):
            if often is not None and not any(often[state] for state in component):
                continue
            if len(component) == 1:
                state = component[0]
                still = not any(target == state and rules.endless[a] for a, target in edges.of(state))
                if still and (watch.moving or edges.enabled(state) & fair):
                    continue
            yield component

    def _continued(self, stem: Trace, component: list[int], watch: Watch) -> Trace | None:
        """``stem`` with a fair loop in ``component``, whose representatives it leads to."""
        search = self.search
        compiled, states = search.compiled, search.states
        allowed = {states[i] for i in component}
        marked = None
        if watch.often is not True:
            flags = self.flags(watch.often)
            marked = {states[i] for i in component if flags[i]}
        canonical = compiled.canonical

        def often(state: State) -> bool:
            return marked is None or canonical(state) in marked

        part = unfold(compiled, stem.final, lambda s: canonical(s) in allowed, self.rules, self.limit)
        wanted = Wanted(often=None if marked is None else often, moving=watch.moving)
        return lasso(stem, part, self.rules, wanted)

    def way(self, inside: Condition, goal: Condition) -> list[int] | None:
        """A shortest path from a start through states of ``inside`` to one in which ``goal`` holds, which need not be
        inside itself; None if there is none among what was explored."""
        edges = self.search.edges
        assert edges is not None
        goals = self.flags(goal)
        for origin in range(len(self.search.origins)):
            if goals[origin]:
                return [origin]
        before = self.watched(Watch(inside=inside))
        for state in before:
            for _, target in edges.of(state):
                if goals[target]:
                    return [*self.path(before, state), target]
        return None


# -- one class of property after the other -----------------------------------------------------------------------


def violation_of(prop: Liveness) -> Watch:
    """The runs that break ``prop`` in the end."""
    match prop:
        case Eventually(goal=goal) | Until(goal=goal):
            return Watch(inside=negate(goal))
        case LeadsTo(premise=given, goal=goal):
            return Watch(begin=all_of([given, negate(goal)]), inside=negate(goal))
        case EventuallyAlways(goal=goal):
            return Watch(often=negate(goal))
        case AlwaysEventually(goal=goal):
            return Watch(begin=negate(goal), inside=negate(goal))
        case Quiescence():
            return Watch(moving=True)


def _liveness(
    system: TransitionSystem,
    prop: Liveness,
    fair: Fair,
    limit: int | None,
    cover: bool,
    progress: Progress | None,
) -> Verdict:
    ground = Ground.explored(system, fair, limit, progress)
    return decided(ground, prop, fair, cover=cover)


def decided(ground: Ground, prop: Liveness, fair: Fair, *, cover: bool = False) -> Verdict:
    """The verdict on ``prop`` from a search that has been made already.

    The trace has not been replayed; ``check`` does that. Raises ``Undecided`` like ``Ground.lasso``.
    """
    search, system = ground.search, ground.search.system
    assert search.edges is not None
    verdict = Verdict(
        outcome=Outcome.UNKNOWN,
        method=METHOD,
        scope=system.name,
        evidence=search.evidence,
        assumptions=(str(fair),),
        states=len(search.states),
        coverage=coverage(system, search.edges, search.select if cover and search.complete else None),
    )
    trace = _early(ground, prop) or ground.lasso(violation_of(prop))
    if trace is not None:
        certain = search.complete and not _kept(ground, prop, fair)
        evidence = search.evidence if search.complete else f"{search.evidence}; {search.reason}"
        return evolve(verdict, outcome=Outcome.VIOLATED, trace=trace, certain=certain, evidence=evidence)
    if not search.complete:
        return evolve(verdict, reason=f"{search.reason}; {len(search.states):,} states explored")
    given = premise(prop)
    if given is True or search.select(given):
        return evolve(verdict, outcome=Outcome.HOLDS)
    part = blocking(system, search.select, given)
    return evolve(verdict, outcome=Outcome.VACUOUS, reason=f"no reachable state satisfies {to_text(part)}")


def _early(ground: Ground, prop: Liveness) -> Trace | None:
    """A finite run that breaks the part of ``prop`` that is safety."""
    if not isinstance(prop, Until):
        return None
    before_goal = negate(prop.goal)
    path = ground.way(before_goal, all_of([before_goal, negate(prop.hold)]))
    if path is None:
        return None
    states = [ground.search.states[i] for i in path]
    return concretise(ground.search.compiled, ground.search.origins[states[0]], states)


def _kept(ground: Ground, prop: Liveness, fair: Fair) -> bool:
    """Whether some fair run keeps ``prop``; also true where limits do not let us tell, so that nothing is called
    certain that was not decided. The search is complete.

    Every finite run can go on fairly, so reaching a goal is enough where nothing is asked of what comes after.
    """
    try:
        match prop:
            case Eventually(goal=goal):
                return bool(ground.search.select(goal))
            case Until(hold=hold, goal=goal):
                return ground.way(all_of([hold, negate(goal)]), goal) is not None
            case EventuallyAlways(goal=goal):
                return ground.lasso(Watch(begin=goal, inside=goal)) is not None
            case AlwaysEventually(goal=goal):
                return ground.lasso(Watch(often=goal)) is not None
            case LeadsTo(premise=given, goal=goal):
                system = ground.search.system
                name = free_name(system, "owed")
                owing = Ground.explored(remember(system, name, given, goal), fair, ground.limit)
                return not owing.search.complete or owing.lasso(Watch(often=negate(boolean(name)))) is not None
            case Quiescence():
                return _rests(ground)
    except Undecided:
        return True


def _rests(ground: Ground) -> bool:
    """Whether some fair run comes to rest: a state in which every fair step, if any, writes what is there already."""
    search = ground.search
    edges = search.edges
    assert edges is not None
    if not search.system.symmetry:
        return any(any(fair_components(edges, [i], ground.rules)) for i in range(edges.expanded))
    # Of a representative it cannot be seen whether a step back to it changes something or not.
    for state in search.states:
        part = unfold(search.compiled, state, partial(eq, state), ground.rules, None)
        if any(fair_parts(part, ground.rules, Wanted())):
            return True
    return False


def _safety(
    system: TransitionSystem,
    prop: Always | OnceAlways,
    fair: Fair,
    limit: int | None,
    cover: bool,
    progress: Progress | None,
) -> Verdict:
    """Safety, by looking at states; fairness only matters for whether a violation is certain."""
    searched, safe = as_always(system, prop) if isinstance(prop, OnceAlways) else (system, prop)
    verdict = explicit.check(searched, safe, limit=limit, cover=cover, progress=progress)
    if verdict.trace is None:
        return verdict
    ground = Ground.explored(searched, fair, limit)
    try:
        kept = not ground.search.complete or ground.lasso(Watch(inside=safe.condition)) is not None
    except Undecided:
        kept = True
    trace = forget(verdict.trace, system) if searched is not system else verdict.trace
    return evolve(verdict, scope=system.name, trace=trace, certain=not kept)


def _possibly(system: TransitionSystem, prop: Possibly, limit: int | None, progress: Progress | None) -> Verdict:
    search = explore(system, limit=limit, watch=prop.goal, progress=progress)
    verdict = Verdict(
        outcome=Outcome.VIOLATED,
        method=METHOD,
        scope=system.name,
        evidence=search.evidence,
        states=len(search.states),
    )
    if search.found is not None:
        return evolve(verdict, outcome=Outcome.HOLDS, witness=search.trace(search.found))
    if search.complete:
        return evolve(verdict, certain=True)
    return evolve(verdict, outcome=Outcome.UNKNOWN, reason=f"{search.reason}; {len(search.states):,} states explored")
