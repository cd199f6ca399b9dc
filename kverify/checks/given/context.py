"""What all checks of one run share: the workloads, the nodes, and what is known of them so far."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.checks.given.known import Known
from kverify.checks.given.subject import Subject, subjects_of
from kverify.checks.options import Options
from kverify.cluster.admission import Admission
from kverify.cluster.bundle import Bundle, describe, key_of
from kverify.cluster.objects import Key
from kverify.engines.budget import consult
from kverify.model.scheduling.framework import NodeInfo, PodInfo

if TYPE_CHECKING:
    from kverify.api.types.policy import PodDisruptionBudget
    from kverify.checks.given.guards import Guards
    from kverify.checks.given.rooms import Rooms

CLUSTER_IS_OPEN = "no nodes were given: every pod is assumed to find a node that fits (see what it would have to offer)"

T = TypeVar("T")


class Context:
    """One run's shared knowledge. Expensive parts are computed once, when first asked for, and what only some questions
    need is imported then: ``rooms`` knows where pods may be, ``guards`` what selects them.

    A run may be a variant of another one. ``parent`` is the run in which one workload or budget is different, ``base``
    the one in which a workload has another count, and ``like`` one whose room is that of this run, too.
    """

    def __init__(
        self,
        bundle: Bundle,
        options: Options,
        admission: Admission | None = None,
        subjects: tuple[Subject, ...] | None = None,
        nodes: tuple[NodeInfo, ...] | None = None,
    ):
        self.bundle = bundle
        self.options = options
        self.admission = admission or Admission(bundle, options.kubernetes_version, options.boundary)
        self.subjects = self._distinct() if subjects is None else subjects
        self.nodes = tuple(NodeInfo.of(node) for node in bundle.nodes) if nodes is None else nodes
        self.namespaces = bundle.namespaces
        self.changed_budgets: dict[str, PodDisruptionBudget] = {}
        self._memo: dict[Hashable, Any] = {}
        self.base: Context | None = None
        self.supposed: frozenset[Key] = frozenset()
        self.like: Context | None = None
        self.parent: Context | None = None
        self.selecting: dict[str, tuple[PodInfo, tuple[PodDisruptionBudget, ...]]] = {}
        self.known = Known()
        """What was decided, by shape; variants of a run share it."""

    def _distinct(self) -> tuple[Subject, ...]:
        """All workloads but the bare pods of the cluster that have a node: nothing moves them, they take up room."""
        return tuple(s for s in subjects_of(self.admission) if s.wanted or not self.bound(s))

    def bound(self, subject: Subject) -> bool:
        """It is a bare Pod that has its node: no scheduler is asked (``spec.nodeName``), and nothing moves it."""
        return isinstance(subject.object, Pod) and subject.object.spec.node_name in self.node_names

    @cached_property
    def node_names(self) -> frozenset[str]:
        return frozenset(node.metadata.name for node in self.bundle.nodes)

    def variant(
        self,
        old: Subject | None = None,
        new: Subject | None = None,
        *,
        node: NodeInfo | None = None,
        budget: PodDisruptionBudget | None = None,
    ) -> Context:
        """The same run with one workload or budget changed, or one more node: for trying a repair."""
        subjects = tuple(new if s is old and new is not None else s for s in self.subjects)
        nodes = self.nodes if node is None else (*self.nodes, node)
        other = Context(self.bundle, self.options, self.admission, subjects, nodes)
        changed = {} if budget is None else {describe(budget): budget}
        other.known, other.selecting = self.known, self.selecting
        other.changed_budgets = {**self.changed_budgets, **changed}
        other.supposed = self.supposed
        other.parent = self if node is None else None
        if node is None and (new is None or self.rooms.pressure.covers(new)):
            # What is proved of room beside all that may come is proved for the variant, too.
            other.like = self
        return other

    def elsewhere(self, subject: Subject) -> Context | None:
        """The run in which the pods of a workload that is not ``placeable`` are there, on nodes that are not known: for
        what goes wrong even then. None if no pod of it is ever accepted, or none comes to rest."""
        if key_of(subject.object) in self.admission.barred or self.rooms.astray(subject):
            return None

        def build() -> Context:
            other = Context(self.bundle, self.options, self.admission, self.subjects, nodes=())
            other.changed_budgets = self.changed_budgets
            other.supposed = frozenset((key_of(subject.object),))
            other.known = self.known
            return other

        return self.memo(("elsewhere", subject.title), build)

    def at(self, subject: Subject, replicas: int) -> tuple[Context, Subject]:
        """The same run with ``subject`` at another count, and the subject in it."""
        if replicas == subject.replicas:
            return self, subject

        def build() -> tuple[Context, Subject]:
            scaled = subject.at(replicas)
            there = self.variant(subject, scaled)
            there.base = self
            return there, scaled

        return self.memo(("at", subject.title, replicas), build)

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """``build()``, done once per run for each ``key``."""
        if key not in self._memo:
            value = build()
            consult()  # What was cut short is not kept for later questions.
            self._memo[key] = value
        return cast(T, self._memo[key])

    @property
    def open(self) -> bool:
        """No nodes were given: capacity and node labels are assumed to suffice."""
        return not self.nodes

    @property
    def checked(self) -> tuple[Subject, ...]:
        """The workloads that the manifests are about, or those of them that are asked about now; the others only take
        up room."""
        return tuple(s for s in self.subjects if s.wanted and self.asked(s))

    def asked(self, subject: Subject) -> bool:
        """It is one of those that this run is about."""
        options = self.options
        return all(chosen is None or subject.title in chosen for chosen in (options.focus, options.touched))

    def speaks_of(self, item: AnyObject) -> bool:
        """It is an object of the manifests, and one of those that this run is about."""
        touched = self.options.touched
        return self.bundle.is_wanted(item) and (touched is None or describe(item) in touched)

    def named(self, titles: Iterable[str]) -> list[Subject]:
        """The workloads with these titles, in the order of the manifests."""
        return [
            self.subjects[i] for i in sorted(self._positions[title] for title in titles if title in self._positions)
        ]

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {s.title: i for i, s in enumerate(self.subjects)}

    @cached_property
    def identities(self) -> frozenset[int]:
        return frozenset(id(s) for s in self.subjects)

    def unadmitted(self, subject: Subject) -> bool:
        """The API server does not take the workload, or not every pod of it."""
        key = key_of(subject.object)
        return key in self.admission.unadmitted and key not in self.supposed

    @cached_property
    def rooms(self) -> Rooms:
        """Where everybody's pods may be, and how much room there is."""
        from kverify.checks.given.rooms import Rooms

        return Rooms(self)

    @cached_property
    def guards(self) -> Guards:
        """The budgets and Services of the workloads."""
        from kverify.checks.given.guards import Guards

        return Guards(self)
