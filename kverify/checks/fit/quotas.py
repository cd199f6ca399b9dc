"""What quotas do to the answers of ``kverify fit``: pods that are not admitted never wait for a node.

Of every workload no more pods are asked about than the quotas of its namespace admit of it alone. What all workloads of
a namespace have together is looked at afterwards: a placement with more pods than are admitted is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from kverify.checks.finding import Cause
from kverify.checks.given.pods import Maker, at
from kverify.cluster.admission import Admission, Limit
from kverify.cluster.objects import Key, describe, key_of, namespace_of
from kverify.engines.fit.decide import REFUSED, Answer, DemandAnswer
from kverify.engines.schedulability import Room
from kverify.words import count


@frozen(eq=False)
class Short:
    """Of the pods of ``title`` only some are admitted: a sentence, and the field of the quota. ``wanted``: even of its
    replicas, not only of a rollout or of what an autoscaler may ask for."""

    title: str
    message: str
    cause: Cause
    wanted: bool


def capped(admission: Admission, makers: Sequence[Maker]) -> tuple[tuple[Maker, ...], tuple[Short, ...]]:
    """The makers with no more pods than quotas admit of each, and what was cut off."""
    kept, cut = [], []
    left: dict[Key, int] = {}
    for maker in makers:
        key = key_of(maker.object)
        rooms = [(limit.room(key, 0), limit) for limit in admission.limits(namespace_of(maker.object))]
        room, limit = min(rooms, key=lambda row: row[0], default=(maker.most, None))
        room = left.get(key, room)
        left[key] = room - min(room, maker.most)
        if limit is not None and room < maker.most:
            said = limit.says(key, room * limit.cost[key])
            told = f"only {room} of {count(maker.most, 'pod')} are admitted: {said}"
            wanted = admission.shortage(maker.object) is not None
            cut.append(Short(maker.title, told, at(limit.quota, limit.path), wanted))
            maker = evolve(maker, most=room, counted=f"{count(room, 'pod')}, all that {describe(limit.quota)} admits")
        if maker.most:
            kept.append(maker)
    known = {short.title for short in cut}
    for maker in makers:
        short = admission.shortage(maker.object) if maker.title not in known else None
        if short is not None and admission.bundle.is_wanted(maker.object):
            key = key_of(maker.object)
            said = short.limit.says(key, short.others + short.admitted * short.limit.cost[key])
            told = (
                f"only {short.admitted} of {count(short.wanted, 'pod')} are admitted beside the other workloads: {said}"
            )
            cut.append(Short(maker.title, told, at(short.limit.quota, short.limit.path), True))
    return tuple(kept), tuple(cut)


def admissible(
    answer: Answer, admission: Admission, makers: Sequence[Maker], asked: Sequence[int], standing: Mapping[Key, int]
) -> Answer:
    """``answer`` without what rests on more pods than the quotas admit together. ``standing`` are the pods of each
    workload that are on nodes already."""
    spaces = {namespace_of(maker.object) for maker in makers}
    every = {maker.title: maker.most for maker in makers}
    if not any(_exceeded(admission, space, makers, every, standing) for space in spaces):
        return answer
    rows = []
    for index, found in zip(asked, answer.demands, strict=True):
        rows.append(_admissible(found, admission, makers, makers[index], standing))
    # Without some of the pods there may be a placement for all others.
    reason = "the quotas do not admit all of these pods at once; whether those that are admitted fit is not decided"
    if answer.core:
        return evolve(answer, demands=tuple(rows), core=(), core_method=reason)
    return evolve(answer, demands=tuple(rows))


def _admissible(
    found: DemandAnswer, admission: Admission, makers: Sequence[Maker], maker: Maker, standing: Mapping[Key, int]
) -> DemandAnswer:
    if found.room is Room.IMPOSSIBLE and found.method != REFUSED:
        found = evolve(found, room=Room.FRAGILE)
    if found.room is not Room.FRAGILE or not found.blocking:
        return found
    counts = Counter(dict(found.blocking))
    counts[maker.title] += 1
    limit = _exceeded(admission, namespace_of(maker.object), makers, counts, standing)
    spaces = {namespace_of(other.object) for other in makers if counts.get(other.title)}
    limit = limit or next((x for space in spaces if (x := _exceeded(admission, space, makers, counts, standing))), None)
    if limit is None:
        return found
    reason = f"the blocking placement that was found has more pods than {describe(limit.quota)} admits"
    return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason)


def _exceeded(
    admission: Admission,
    namespace: str,
    makers: Sequence[Maker],
    counts: Mapping[str, int],
    standing: Mapping[Key, int],
) -> Limit | None:
    """A limit of ``namespace`` that does not admit so many pods (by the title of their maker)."""
    numbers: Counter[Key] = Counter({key: n for key, n in standing.items() if not _is_wanted(admission, key)})
    for maker in makers:
        numbers[key_of(maker.object)] += counts.get(maker.title, 0)
    return next((limit for limit in admission.limits(namespace) if limit.taken(numbers) > limit.left), None)


def _is_wanted(admission: Admission, key: Key) -> bool:
    item = admission.bundle.get(key)
    return item is not None and admission.bundle.is_wanted(item)
