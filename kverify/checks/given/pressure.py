"""Room for everybody at once: one question about all workloads, each at the most it can ever have.

Fewer pods, and fewer workloads, only leave more room: a node refuses a pod because of pods that are there, and every
state with fewer is one of those that were asked about. So what is proved here of a workload holds of it at every count
and beside any part of the others, and the question need not be asked again for each of them.

The loss of a node is read off the same answer where it is *quiet*. A proof by counting bounds how many nodes all pods
together can block; without a node they block no more of the others, so a node stays free if two stayed free before.
That needs the rules of the other nodes to be what they were: no domain of a spread constraint may lose its last node,
none that asks for so many domains (``minDomains``) may be there, and no pod that stays and is lost with the node may
have been counted by one. Otherwise the question is asked again without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from attrs import define, field, frozen

from kverify.checks.given.subject import Subject
from kverify.engines.fit.decide import Answer, DemandAnswer, decide
from kverify.engines.fit.merge import Selectors, form
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling import pod_topology_spread

NODE_LOST_BESIDE = 2
"""So many nodes have to stay free with all nodes there, for one to stay free whichever is lost."""

LARGE = 2_000
"""Demands times nodes up to which the question is asked again without a node, where it cannot be read off."""


@define(eq=False)
class Pressure:
    """``subjects`` on ``cluster``, all at once: new pods up to one more replica than each can ever have, with its
    surge, and old ones where they are of another kind."""

    subjects: Sequence[Subject]
    cluster: Cluster
    _demands: list[Demand] = field(init=False, factory=list)
    _own: dict[str, _Own] = field(init=False, factory=dict)
    _quiet: dict[int, bool] = field(init=False, factory=dict)
    _lost: dict[int, tuple[DemandAnswer, ...]] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        selectors = Selectors.of(
            (*(pod for s in self.subjects for pod in (s.new, s.old)), *(group.pod for group, _ in self.cluster.others))
        )
        for s in self.subjects:
            number = s.at(s.ceiling + 1).most if s.managed else s.replicas
            rows = [len(self._demands)]
            self._demands.append(Demand(s.new, number, f"a pod of {s.title}"))
            if s.managed and s.old is not s.new and form(s.old, selectors) != form(s.new, selectors):
                rows.append(len(self._demands))
                self._demands.append(Demand(s.old, number, f"an old pod of {s.title}"))
            self._own[s.title] = _Own(s, number, tuple(rows))

    @cached_property
    def answer(self) -> Answer:
        """The answer about all of them, with every node."""
        return decide(self._demands, self.cluster)

    @cached_property
    def _class_of(self) -> dict[int, int]:
        return {node: c for c, chosen in enumerate(self.answer.book.classes) for node in chosen.nodes}

    def covers(self, subject: Subject) -> bool:
        """The question is about all that ``subject`` may want: it is one of the subjects, at any count up to its most,
        with its pods as they are."""
        known = self._own.get(subject.title)
        return (
            known is not None
            and subject.new is known.subject.new
            and subject.old is known.subject.old
            and max(subject.most, subject.ceiling) <= known.most
        )

    def rows(self, subject: Subject) -> tuple[DemandAnswer, ...]:
        """The answers about the pods of a subject that it ``covers``, with every node."""
        return tuple(self.answer.demands[d] for d in self._own[subject.title].rows)

    def proves(self, subject: Subject, *, without: int | None = None) -> bool:
        """In every order the pods of ``subject`` find a node, whatever there is of the others, with all nodes or
        ``without`` one and the pods on it. False where that is not proved here."""
        if not self.covers(subject) or subject.new.affinity or subject.old.affinity:
            # What it takes for an affinity to be met, fewer pods may not offer.
            return False
        rows = self.rows(subject)
        if any(row.room is not Room.ALWAYS for row in rows):
            return False
        if without is None:
            return True
        if self.quiet(without) and all(row.slack is not None and row.slack.nodes >= NODE_LOST_BESIDE for row in rows):
            return True
        if len(self._demands) * len(self.cluster.nodes) > LARGE:
            return False
        again = self._without(self.group(without), without)
        return all(again[d].room is Room.ALWAYS for d in self._own[subject.title].rows)

    def group(self, node: int) -> int:
        """The number of the class that a node is of: nodes that nothing tells apart."""
        return self._class_of[node]

    def _without(self, group: int, node: int) -> tuple[DemandAnswer, ...]:
        if group not in self._lost:
            self._lost[group] = decide(self._demands, self.cluster.without(node)).demands
        return self._lost[group]

    def quiet(self, node: int) -> bool:
        """The rules of all other nodes stay what they are when this one is lost."""
        group = self.group(node)
        if group not in self._quiet:
            self._quiet[group] = self._stays_quiet(group)
        return self._quiet[group]

    def _stays_quiet(self, group: int) -> bool:
        book = self.answer.book
        staying = {len(book.demands) + index for index, _ in book.classes[group].present}
        for d, demand in enumerate(book.demands):
            for number, constraint in enumerate(demand.pod.spec.topology_spread_constraints):
                if not pod_topology_spread.is_hard(constraint):
                    continue
                seen = pod_topology_spread.constraint(book.domain_pod(d), number, book.whole)
                alone = any(tuple(members) == (group,) for members in seen.domains.values())
                fewer = constraint.min_domains is not None
                if fewer or staying & set(seen.groups) or (alone and book.classes[group].size == 1):
                    return False
        return True


@frozen(eq=False)
class _Own:
    """What the question holds of one subject: the most pods of a kind, and which demands they are."""

    subject: Subject
    most: int
    rows: tuple[int, ...]
