"""How many replicas of each workload fit beside everything else, and after the loss of a node or zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import evolve, frozen

from kverify.checks.finding import Cause
from kverify.checks.given.pods import Maker
from kverify.checks.given.subject import surge_of
from kverify.engines.fit import counts
from kverify.engines.fit.counts import Counts, Probe
from kverify.engines.fit.decide import Answer
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.words import count as counted

Core = Callable[[Sequence[Maker], Answer], Iterable[tuple[str, Cause | None]]]
"""Says an unsatisfiable core in lines of manifests and nodes."""


@frozen(eq=False, kw_only=True)
class Evidence:
    """Why a count gets its verdict: ``title`` is the workload of which a pod waits (``message``, the pods on nodes
    then in ``blocking``); ``core`` are the lines that leave no placement."""

    count: int
    title: str = ""
    message: str = ""
    blocking: tuple[tuple[str, int], ...] = ()
    core: tuple[tuple[str, Cause | None], ...] = ()
    method: str = ""
    reason: str = ""


@frozen(eq=False)
class Range:
    """Counts with one verdict, ``last`` included (None: and all above). ``evidence`` is for the last count that always
    fits, and for the first of any other range."""

    first: int
    last: int | None
    room: Room
    evidence: Evidence


@frozen(eq=False, kw_only=True)
class Lost:
    """The worst that the loss of any one node (or zone) leaves: the most that always fits, and after which loss that is
    so; the first count that cannot fit after some loss."""

    always: int | None
    always_after: str
    always_evidence: Evidence | None
    """Why one more does not, or is not decided; None where nothing was found to stop it."""
    impossible: int | None
    impossible_after: str
    impossible_evidence: Evidence | None
    evaluated: int
    skipped: str = ""


@frozen(eq=False, kw_only=True)
class CountRow:
    """The counts of one workload, in pods at once; for a Deployment these are replicas while no rollout is under way.

    ``rolling`` is the most replicas whose rollout always fits too. ``placed``: up to here a placement is known.
    ``every``: each count was asked by itself, because pods of this workload let others in.
    """

    maker: Maker
    ranges: tuple[Range, ...]
    always: int | None
    rolling: int | None
    impossible: int | None
    placed: int | None
    every: bool
    left_out: tuple[str, ...]
    doubtful: tuple[str, ...]
    lost: Lost | None = None
    interrupted: bool = False
    """Ctrl-C ended the search for these counts."""

    @property
    def noun(self) -> str:
        """What is counted."""
        return "pod" if self.maker.object.kind in ("Job", "CronJob", "Pod") else "replica"

    @property
    def surges(self) -> bool:
        """A rollout makes more pods than there are replicas."""
        return self.rolling is not None and self.rolling != self.always

    def asked(self) -> Iterator[tuple[int, int, Room]]:
        """The ranges of what the autoscaler may ask for."""
        if self.maker.scaled is None:
            return
        low, high = self.maker.scaled
        for row in self.ranges:
            first, last = max(row.first, low), high if row.last is None else min(row.last, high)
            if first <= last:
                yield first, last, row.room


Losses = Sequence[tuple[str, Cluster]]


def count_row(
    demands: Sequence[Demand],
    cluster: Cluster,
    makers: Sequence[Maker],
    index: int,
    asked: Sequence[int],
    core: Core,
    *,
    losses: Losses = (),
    progress: Callable[[str], None] | None = None,
) -> CountRow:
    """The counts of ``makers[index]``. ``losses`` are what is left of the cluster after each, by name."""
    maker = makers[index]

    def tell(number: int) -> None:
        if progress is not None:
            progress(f"counting {maker.title}: {number}")

    found = counts.count(demands, cluster, index, asked=asked, progress=tell)
    say = _Evidence(makers, index, core)
    always = None if found.always is None else found.always.count
    return CountRow(
        maker=maker,
        ranges=tuple(_ranges(found, say)),
        always=always,
        rolling=None if always is None else _rolling(maker, always),
        impossible=None if found.impossible is None else found.impossible.count,
        placed=None if found.placed is None else found.placed.count,
        every=not found.monotone,
        left_out=tuple(makers[d].title for d in found.left_out),
        doubtful=tuple(makers[d].title for d in found.doubtful),
        lost=_lost(demands, index, asked, found, losses, say, tell) if losses and not found.interrupted else None,
        interrupted=found.interrupted,
    )


def _rolling(maker: Maker, pods: int) -> int:
    """The most replicas that make no more than ``pods`` with the surge of a rollout."""
    replicas = pods
    while replicas and replicas + surge_of(maker.object, replicas) > pods:
        replicas -= 1
    return replicas


def _ranges(found: Counts, say: _Evidence) -> Iterator[Range]:
    probes = {probe.count: probe for probe in found.probes}
    rows: list[tuple[int, int | None, Room]] = []
    for first, last, room in found.ranges():
        if rows and rows[-1][2] is room and not found.monotone:
            rows[-1] = rows[-1][0], last, room
        else:
            rows.append((first, last, room))
    for first, last, room in rows:
        at = last if room is Room.ALWAYS and last is not None else first
        probe = probes.get(at)
        reason = "interrupted from the keyboard" if found.interrupted else "not asked"
        yield Range(first, last, room, Evidence(count=at, reason=reason) if probe is None else say(probe))


@frozen(eq=False)
class _Evidence:
    """Puts what a probe found into words."""

    makers: Sequence[Maker]
    index: int
    core: Core

    def __call__(self, probe: Probe) -> Evidence:
        makers = list(self.makers)
        makers[self.index] = evolve(makers[self.index], counted=counted(probe.count, "pod"))
        if not probe.who:
            return Evidence(count=probe.count, reason=probe.reason)
        demand, row = probe.blamed
        core: tuple[tuple[str, Cause | None], ...] = ()
        method = row.method
        if probe.room is Room.IMPOSSIBLE:
            core = tuple(self.core([makers[d] for d in probe.kept], probe.whole))
            if core:
                method = probe.whole.core_method
        return Evidence(
            count=probe.count,
            title=makers[demand].title,
            message=row.message,
            blocking=row.blocking,
            core=core,
            method=method,
            reason=probe.reason,
        )


def _lost(
    demands: Sequence[Demand],
    index: int,
    asked: Sequence[int],
    before: Counts,
    losses: Losses,
    say: _Evidence,
    tell: Callable[[int], None],
) -> Lost:
    """Each loss by itself; a count above what another loss excludes already is not asked again."""
    always = impossible = None
    always_after = impossible_after = ""
    always_why = impossible_why = None
    if not before.monotone:
        skipped = "its pods let pods of others in, so that fewer may be worse: not counted after losses"
        return Lost(
            always=None,
            always_after="",
            always_evidence=None,
            impossible=None,
            impossible_after="",
            impossible_evidence=None,
            evaluated=0,
            skipped=skipped,
        )
    for name, left in losses:
        upto = counts.MOST if impossible is None else impossible - 1
        hint = next((n for n in (always, before.always and before.always.count) if n), 1)
        here = [evolve(row, count=hint) if d == index else row for d, row in enumerate(demands)]
        found = counts.count(here, left, index, asked=asked, upto=upto, progress=tell)
        most = -1 if found.always is None else found.always.count
        if always is None or most < always:
            always, always_after = most, name
            following = next((probe for probe in found.probes if probe.count == most + 1), None)
            always_why = None if following is None else say(following)
        if found.impossible is not None and (impossible is None or found.impossible.count < impossible):
            impossible, impossible_after = found.impossible.count, name
            impossible_why = say(found.impossible)
    return Lost(
        always=always if always is not None and always >= 0 else None,
        always_after=always_after,
        always_evidence=always_why,
        impossible=impossible,
        impossible_after=impossible_after,
        impossible_evidence=impossible_why,
        evaluated=len(losses),
    )
