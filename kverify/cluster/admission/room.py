"""How many pods the quotas of a namespace leave room for.

A quota is a bound on a sum: what everything else costs, and for each workload the cost of one of its pods times how
many there are. :class:`Limit` is one such bound, of one resource of one quota. Whoever counts pods (a check, or the
ReplicaSet component of a model) can ask whether one more is admitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from kverify.api.types.pod import Pod
from kverify.api.types.quota import ResourceQuota
from kverify.cluster.admission.usage import charge, covers, spell
from kverify.cluster.objects import Key, describe, key_of

UNLIMITED = 2**63


@frozen(eq=False)
class Limit:
    """``Σ count(w) · cost(w) <= left``, over the workloads ``w``, in units of 10⁻⁹ of ``resource``.

    ``left`` is what the quota allows less what is used by everything that is no pod of one of these workloads.
    """

    quota: ResourceQuota
    resource: str
    left: int
    cost: Mapping[Key, int] = field(factory=dict)

    @property
    def path(self) -> str:
        return f"spec.hard[{self.resource}]"

    def more(self, workload: Key, counts: Mapping[Key, int]) -> int:
        """How many more pods of ``workload`` fit when there are ``counts`` of each."""
        return self.room(workload, self.taken(counts))

    def room(self, workload: Key, taken: int) -> int:
        """:meth:`more`, with what ``counts`` take."""
        cost = self.cost.get(workload, 0)
        return max(0, (self.left - taken) // cost) if cost else UNLIMITED

    def taken(self, counts: Mapping[Key, int]) -> int:
        """What ``counts`` pods of each workload cost together."""
        return sum(number * self.cost.get(key, 0) for key, number in counts.items())

    def needed(self, taken: int) -> str:
        """What the quota would have to allow when the workloads take so much."""
        like = self.quota.spec.hard[self.resource]
        return spell(like.nano - self.left + taken, like)

    def says(self, workload: Key, taken: int) -> str:
        """What is used when the workloads take so much, what one more pod costs, and what is allowed."""
        like = self.quota.spec.hard[self.resource]
        used, need = self.needed(taken), spell(self.cost.get(workload, 0), like)
        return f"{describe(self.quota)} allows {like} {self.resource}; {used} are used, and one more pod needs {need}"


def limits_of(
    quotas: Iterable[ResourceQuota], pods: Mapping[Key, Pod], used: Mapping[Key, Mapping[str, int]]
) -> tuple[Limit, ...]:
    """The limits that bind any of ``pods`` (one admitted pod of each workload).

    ``used``: what is charged to each quota (by its key) without any pod of these workloads.
    """
    costs = {key: charge(pod) for key, pod in pods.items()}
    found = []
    for quota in quotas:
        charged = {key: cost for key, cost in costs.items() if covers(quota, pods[key])}
        taken = used.get(key_of(quota), {})
        for resource, hard in quota.spec.hard.items():
            cost = {key: amounts[resource] for key, amounts in charged.items() if amounts.get(resource)}
            if cost:
                found.append(Limit(quota, resource, hard.nano - taken.get(resource, 0), cost))
    return tuple(found)


def tightest(limits: Iterable[Limit], workload: Key, counts: Mapping[Key, int]) -> tuple[int, Limit | None]:
    """How many more pods of ``workload`` all limits together leave room for, and which of them decides."""
    best: tuple[int, Limit | None] = (UNLIMITED, None)
    for limit in limits:
        number = limit.more(workload, counts)
        if number < best[0]:
            best = number, limit
    return best


def one_more(limits: Iterable[Limit], workload: Key, counts: Mapping[Key, int]) -> str:
    """Empty when the API server admits one more pod of ``workload`` beside ``counts``; else why it does not."""
    number, limit = tightest(limits, workload, counts)
    return "" if number or limit is None else limit.says(workload, limit.taken(counts))
