"""How many pods of one demand fit beside all others: the most that always do, the fewest that no placement can hold.

Every count is a question for :func:`kverify.engines.fit.decide.decide`; this module only says which counts to ask.

* If n + 1 pods fit in every order, so do n: whoever is stuck with n is stuck with n + 1. Where the stuck pod is one of
  the counted, the same binds lead there. Where it is another, an extra pod can at most be bound, and that helps nobody.
* If no placement has room for n pods, none has for n + 1: leave out the last of them that is bound; the binds after it
  are still let through.

Both steps need that pods of the demand *help* nobody else: no other demand has a required affinity that they match or a
hard spread constraint that counts them (with more pods in one domain, others may be entered again). What a pod asks of
its own kind does not matter. So the two ends are found by doubling and bisection; where pods do help, every count up to
a bound is asked by itself, and nothing is said of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve, field, frozen

from kverify.engines.fit.decide import Answer, DemandAnswer, decide
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import PodInfo, Snapshot

MOST = 1_000_000
"""No count beyond is asked about."""
PROBES = 80
"""Counts of one demand on one cluster that are decided at most."""
SCAN = 24
"""Counts that are asked one by one where bisection is not allowed."""


@frozen(eq=False, kw_only=True)
class Probe:
    """What is known of one count. ``always``: every order places every pod (of the counted, and of whoever always finds
    a node without them). ``placeable``: some placement has room for all. None: not decided, for ``reason``.

    ``answer`` is the evidence for ``always``, ``whole`` that for ``placeable``; ``who`` are the demands of ``answer``
    in its order, ``kept`` those of ``whole``.
    """

    count: int
    always: bool | None
    placeable: bool | None
    answer: Answer = field(repr=False)
    who: tuple[int, ...]
    whole: Answer = field(repr=False)
    kept: tuple[int, ...]
    reason: str = ""

    @property
    def blamed(self) -> tuple[int, DemandAnswer]:
        """The demand of which a pod may wait (or is not decided), with its answer; else the counted one."""
        rows = list(zip(self.who, self.answer.demands, strict=True))
        for room in (Room.IMPOSSIBLE, Room.FRAGILE, Room.UNKNOWN):
            for row in rows:
                if row[1].room is room:
                    return row
        return rows[0]

    @property
    def room(self) -> Room:
        """The verdict in one word. Fragile also where it is open whether a placement exists."""
        if self.always:
            return Room.ALWAYS
        if self.placeable is False:
            return Room.IMPOSSIBLE
        return Room.UNKNOWN if self.always is None else Room.FRAGILE


@frozen(eq=False, kw_only=True)
class Counts:
    """``always`` is the largest count that is proved to fit in every order, ``refuted`` the smallest known not to,
    ``placed`` the largest for which a placement is known, ``impossible`` the smallest proved to have none; each None
    where there is none. All counts below ``always`` fit as well, and none above ``impossible`` (or ``refuted``) does:
    that is ``monotone``. Where it does not hold, ``probes`` has every count that was asked, and the four are the ends
    of the run from 0 on and of the last run.
    """

    demand: int
    monotone: bool
    always: Probe | None
    refuted: Probe | None
    placed: Probe | None
    impossible: Probe | None
    probes: tuple[Probe, ...]
    left_out: tuple[int, ...]
    """Demands that find no node even without the counted one (where that helps them: beside the count it has); they are
    not part of "a placement for all"."""
    doubtful: tuple[int, ...]
    """Demands that may wait, or are not decided, even so: nothing is asked of them."""
    interrupted: bool = False
    """Ctrl-C ended the search; what it had found by then is here."""

    def room(self, count: int) -> Room | None:
        """The verdict for a count; ``Room.UNKNOWN`` inside an undecided gap, None where nobody asked."""
        if not self.monotone:
            return next((probe.room for probe in self.probes if probe.count == count), None)
        if self.always is not None and count <= self.always.count:
            return Room.ALWAYS
        if self.impossible is not None and count >= self.impossible.count:
            return Room.IMPOSSIBLE
        if self.refuted is not None and count >= self.refuted.count:
            return Room.FRAGILE
        return Room.UNKNOWN

    def ranges(self) -> Iterator[tuple[int, int | None, Room]]:
        """(first, last, verdict), from 0 on; the last of None goes on for ever."""
        if not self.monotone:
            for probe in self.probes:
                yield probe.count, probe.count, probe.room
            return
        bounds = {0}
        bounds |= {end.count for end in (self.refuted, self.impossible) if end is not None}
        if self.always is not None:
            bounds.add(self.always.count + 1)
        edges = sorted(bounds)
        for first, following in zip(edges, [*edges[1:], None], strict=True):
            verdict = self.room(first)
            assert verdict is not None
            yield first, None if following is None else following - 1, verdict


def count(
    demands: Sequence[Demand],
    cluster: Cluster,
    demand: int,
    *,
    asked: Sequence[int] | None = None,
    upto: int = MOST,
    progress: Callable[[int], None] | None = None,
) -> Counts:
    """The counts of ``demand`` beside the others, which stay as they are. ``asked``: the demands of which nobody may
    wait (by default all); of those, the ones that always fit without ``demand`` (where its pods help them: beside the
    count it has) have to go on doing so. Counts over ``upto`` are not asked; ``progress`` hears of each that is."""
    monotone = not helps(demands, cluster, demand)
    everybody = range(len(demands)) if asked is None else asked
    search = _Search.of(demands, cluster, demand, everybody, progress, 0 if monotone else demands[demand].count)
    return search.bisected(min(upto, MOST)) if monotone else search.scanned(min(upto, MOST))


def helps(demands: Sequence[Demand], cluster: Cluster, demand: int) -> bool:
    """Pods of ``demand`` may let pods of other demands in: by a required affinity or a hard spread constraint."""
    pod = demands[demand].pod
    snapshot = Snapshot(nodes=(), groups=(), counts={}, namespaces=cluster.namespaces)
    return any(draws(other.pod, pod, snapshot) for d, other in enumerate(demands) if d != demand)


def draws(pod: PodInfo, other: PodInfo, snapshot: Snapshot) -> bool:
    """``pod`` can become welcome on a node because an ``other`` came."""
    return needs(pod, other, snapshot) or (
        pod.namespace == other.namespace
        and any(
            pod_topology_spread.selects(constraint, pod, other.labels) for constraint in pod_topology_spread.hard(pod)
        )
    )


def needs(pod: PodInfo, other: PodInfo, snapshot: Snapshot) -> bool:
    """A required affinity of ``pod`` is met by an ``other``."""
    return any(term.matches(other, snapshot, incoming=True) for term in pod.affinity)


@frozen(eq=False)
class _Search:
    """The counts that were decided already, and who else has to find a node."""

    demands: Sequence[Demand]
    cluster: Cluster
    demand: int
    companions: tuple[int, ...]
    left_out: tuple[int, ...]
    doubtful: tuple[int, ...]
    progress: Callable[[int], None] | None
    without: Answer
    _known: dict[int, Probe] = field(factory=dict)
    _stopped: list[bool] = field(factory=list)

    @classmethod
    def of(
        cls,
        demands: Sequence[Demand],
        cluster: Cluster,
        demand: int,
        asked: Sequence[int],
        progress: Callable[[int], None] | None,
        base: int,
    ) -> _Search:
        """What the others find beside ``base`` pods of ``demand`` is what they have to go on finding."""
        others = tuple(d for d in range(len(demands)) if d != demand)
        without = decide(_with(demands, demand, base), cluster, waiting=others)
        rooms = dict(zip(others, (answer.room for answer in without.demands), strict=True))
        return cls(
            demands,
            cluster,
            demand,
            companions=tuple(d for d in others if d in asked and rooms[d] is Room.ALWAYS),
            left_out=tuple(d for d in others if rooms[d] is Room.IMPOSSIBLE),
            doubtful=tuple(d for d in others if d in asked and rooms[d] in (Room.FRAGILE, Room.UNKNOWN)),
            progress=progress,
            without=without,
        )

    def probe(self, number: int) -> Probe:
        """What is known of a count, decided now if it was not asked before. After Ctrl-C nothing more is decided."""
        if number not in self._known:
            if self._stopped:
                return self._open(number, "interrupted from the keyboard")
            if len(self._known) >= PROBES:
                return self._open(number, f"{PROBES} other counts were decided, and no more are")
            try:
                if self.progress is not None:
                    self.progress(number)
                self._known[number] = self._decided(number)
            except KeyboardInterrupt:
                self._stopped.append(True)
                return self._open(number, "interrupted from the keyboard")
        return self._known[number]

    def _open(self, number: int, reason: str) -> Probe:
        nothing = evolve(self.without, room=Room.UNKNOWN, demands=(), placement=None, core=())
        return Probe(
            count=number,
            always=None,
            placeable=None,
            answer=nothing,
            who=(),
            whole=nothing,
            kept=(),
            reason=reason,
        )

    def _decided(self, number: int) -> Probe:
        demands = _with(self.demands, self.demand, number)
        who = (self.demand, *self.companions)
        answer = decide(demands, self.cluster, waiting=who)
        rooms = [row.room for row in answer.demands]
        always: bool | None = None
        if all(room is Room.ALWAYS for room in rooms):
            always = True
        elif any(room in (Room.FRAGILE, Room.IMPOSSIBLE) for room in rooms):
            always = False
        kept = tuple(d for d in range(len(demands)) if d not in self.left_out)
        everybody = len(who) == len(demands)
        whole = answer
        # If all are asked and all always fit there is a placement; otherwise one has to be found, or excluded.
        if self.left_out or (always and not everybody):
            whole = decide([demands[d] for d in kept], self.cluster)
        placeable = _placeable(whole, everybody=len(kept) == len(whole.demands))
        if placeable is False:
            always = False
        reason = "" if always is not None else "; ".join(row.reason for row in answer.demands if row.reason)
        return Probe(
            count=number,
            always=always,
            placeable=placeable,
            answer=answer,
            who=who,
            whole=whole,
            kept=kept,
            reason=reason,
        )

    def bisected(self, upto: int) -> Counts:
        start = max(1, self.demands[self.demand].count)
        always = self._last(lambda probe: probe.always is True, start, upto)
        allowed = self._last(lambda probe: probe.always is not False, start, upto)
        placed = self._last(lambda probe: probe.placeable is True, start, upto)
        possible = self._last(lambda probe: probe.placeable is not False, start, upto)
        return self._counts(
            True,
            None if always is None else self.probe(always),
            self._after(allowed, upto),
            None if placed is None else self.probe(placed),
            self._after(possible, upto),
        )

    def scanned(self, upto: int) -> Counts:
        """Every count from 0 on, until there is room for none, or as many as are allowed."""
        last = min(upto, max(SCAN, self.demands[self.demand].count))
        for number in range(min(last + 1, PROBES)):
            self.probe(number)
        probes = sorted(self._known.values(), key=lambda probe: probe.count)
        run = [probe for number, probe in enumerate(probes) if all(p.always for p in probes[: number + 1])]
        bad = [p for p in probes if p.always is False]
        placed = [p for p in probes if p.placeable]
        none = [p for p in probes if p.placeable is False]
        return self._counts(
            False,
            run[-1] if run else None,
            bad[0] if bad else None,
            placed[-1] if placed else None,
            none[0] if none else None,
        )

    def _counts(
        self,
        monotone: bool,
        always: Probe | None,
        refuted: Probe | None,
        placed: Probe | None,
        impossible: Probe | None,
    ) -> Counts:
        return Counts(
            demand=self.demand,
            monotone=monotone,
            always=always,
            refuted=refuted,
            placed=placed,
            impossible=impossible,
            probes=tuple(sorted(self._known.values(), key=lambda probe: probe.count)),
            left_out=self.left_out,
            doubtful=self.doubtful,
            interrupted=bool(self._stopped),
        )

    def _after(self, number: int | None, upto: int) -> Probe | None:
        """The next count, for which the opposite is known; None where the search went to its end."""
        following = 0 if number is None else number + 1
        if following > upto:
            return None
        probe = self.probe(following)
        return probe if probe.who else None

    def _last(self, good: Callable[[Probe], bool], start: int, upto: int) -> int | None:
        """The last count of those from 0 on that are ``good``: by doubling, then bisection."""
        if not good(self.probe(0)):
            return None
        low, step = 0, min(start, upto)
        while step > low and good(self.probe(step)):
            low, step = step, min(2 * step, upto)
        high = step if step > low else low + 1
        while high - low > 1:
            middle = (low + high) // 2
            if good(self.probe(middle)):
                low = middle
            else:
                high = middle
        return low


def _placeable(answer: Answer, *, everybody: bool) -> bool | None:
    if answer.placement is not None:
        return True
    if everybody and all(row.room is Room.ALWAYS for row in answer.demands):
        return True
    if answer.core or any(row.room is Room.IMPOSSIBLE for row in answer.demands):
        return False
    return None


def _with(demands: Sequence[Demand], demand: int, number: int) -> list[Demand]:
    return [evolve(row, count=number) if d == demand else row for d, row in enumerate(demands)]
