"""What all checks of one run share: the workloads, the nodes, where everybody's pods are, and how much room there
is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar, cast

from attrs import evolve

from kverify.api.registry import AnyObject
from kverify.api.types.apps import DaemonSet
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.checks.claims import claims_of
from kverify.checks.decide import Known
from kverify.checks.options import Options
from kverify.checks.pods import with_daemons
from kverify.checks.pressure import Pressure
from kverify.checks.room import LARGE, room_for
from kverify.checks.storage import Volumes, pinned, volumes_of
from kverify.checks.subject import Subject, subjects_of
from kverify.cluster.admission import Admission
from kverify.cluster.bundle import Bundle, describe, key_of
from kverify.cluster.objects import Key
from kverify.engines.budget import consult
from kverify.engines.fit.counts import needs
from kverify.engines.fit.decide import DemandAnswer
from kverify.engines.schedulability import Cluster, Demand, Fit, Room, never_binds, placed_in_turn, state_of
from kverify.model.build import hosts_differ
from kverify.model.components.disruption import desired_healthy
from kverify.model.components.scheduler import bypasses
from kverify.model.components.taint_eviction import seconds_left
from kverify.model.scheduling import (
    node_affinity,
    node_name,
    node_resources_fit,
    node_unschedulable,
    pod_topology_spread,
    taint_toleration,
)
from kverify.model.scheduling.framework import NodeInfo, PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, feasible
from kverify.model.scheduling.state import ClusterState
from kverify.model.scheduling.storage import Storage
from kverify.model.workload import Workload
from kverify.model.world import Budget

RESOURCES = "NodeResourcesFit"
ONE_POD = (
    node_unschedulable.PLUGIN,
    node_name.PLUGIN,
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_resources_fit.PLUGIN,
)
"""The filters that say whether a node without pods could take a pod."""

PROVISIONED = "volumes are provisioned where their class allows it"

T = TypeVar("T")


class Context:
    """One run's shared knowledge. Expensive parts are computed once, when first asked for."""

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
        self._changed_budgets: dict[str, PodDisruptionBudget] = {}
        self._memo: dict[Hashable, Any] = {}
        self._base: Context | None = None
        self._supposed: frozenset[Key] = frozenset()
        self._like: Context | None = None
        self._parent: Context | None = None
        self._selecting: dict[str, tuple[PodInfo, tuple[PodDisruptionBudget, ...]]] = {}
        self.known = Known()
        """What was decided, by shape; variants of a run share it."""

    def _distinct(self) -> tuple[Subject, ...]:
        """All workloads but the bare pods of the cluster that have a node: nothing moves them, they take up room."""
        return tuple(s for s in subjects_of(self.admission) if s.wanted or not self.bound(s))

    def bound(self, subject: Subject) -> bool:
        """It is a bare Pod that has its node: no scheduler is asked (``spec.nodeName``), and nothing moves it."""
        return isinstance(subject.object, Pod) and subject.object.spec.node_name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
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
        other.known, other._selecting = self.known, self._selecting
        other._changed_budgets = {**self._changed_budgets, **changed}
        other._supposed = self._supposed
        other._parent = self if node is None else None
        if node is None and (new is None or self.pressure.covers(new)):
            # What is proved of room beside all that may come is proved for the variant, too.
            other._like = self
        return other

    def elsewhere(self, subject: Subject) -> Context | None:
        """The run in which the pods of a workload that is not ``placeable`` are there, on nodes that are not known: for
        what goes wrong even then. None if no pod of it is ever accepted, or none comes to rest."""
        if key_of(subject.object) in self.admission.barred or self.astray(subject):
            return None

        def build() -> Context:
            other = Context(self.bundle, self.options, self.admission, self.subjects, nodes=())
            other._changed_budgets = self._changed_budgets
            other._supposed = frozenset((key_of(subject.object),))
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
            there._base = self
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

    # -- room ----------------------------------------------------------------------------------------------------

    @cached_property
    def pressure(self) -> Pressure:
        """What is known of room when all workloads are at their most."""
        if self._like is not None:
            return self._like.pressure
        chosen = [s for s in self.subjects if not self.unadmitted(s) and not self.bound(s) and not self.astray(s)]
        return Pressure(chosen, self.settled_cluster)

    @cached_property
    def many(self) -> bool:
        """Too many workloads and nodes for questions that look at each with each."""
        return len(self.subjects) * len(self.nodes) > LARGE

    @cached_property
    def cluster(self) -> Cluster:
        """The nodes, with the pods that belong to no workload of the manifests, and a pod of every DaemonSet on every
        node that it may use."""
        stay = {key_of(s.object): s.new for s in self.subjects if self.bound(s)}
        ours = {key_of(pod) for s in self.subjects for pod in self.bundle.pods_owned_by(s.object)}
        daemons = {key_of(item) for item in self.bundle.of_kind(DaemonSet)}
        position = {node.name: i for i, node in enumerate(self.nodes)}
        others = tuple(
            (PodGroup(PodInfo.of(pod), pod.metadata.deletion_timestamp is not None), {position[node]: 1})
            for pod in self.bundle.live_pods
            if (node := pod.spec.node_name)
            and node in position
            and key_of(pod) not in ours
            and self.admission.top_owner(pod) not in daemons
        )
        bound = tuple((PodGroup(pod), {position[pod.spec.node_name]: 1}) for pod in stay.values() if pod.spec.node_name)
        bare = Cluster(
            nodes=self.nodes,
            others=(*others, *bound),
            namespaces=self.namespaces,
            storage=self.volumes.storage,
        )
        return with_daemons(self.admission, bare)[0]

    @cached_property
    def volumes(self) -> Volumes:
        """What every claim is bound to, or will be."""
        return volumes_of(self.admission, self.nodes)

    @cached_property
    def _pinned(self) -> tuple[Storage, tuple[str, ...]]:
        if self.open:
            return self.volumes.storage, ()
        return pinned(self.volumes, self.nodes, [s.new for s in self.subjects])

    @property
    def settled_storage(self) -> Storage:
        """The storage once everybody runs: where a claim can be bound to several volumes, it is bound to one of them,
        as ``volume_assumptions`` say."""
        return self._pinned[0]

    @property
    def settled_cluster(self) -> Cluster:
        """``cluster`` with ``settled_storage``."""
        return evolve(self.cluster, storage=self.settled_storage)

    @cached_property
    def volume_assumptions(self) -> tuple[str, ...]:
        """What was assumed of the claims of the manifests' workloads."""
        if self.open:
            return ()
        names = [name for s in self.checked for name in claims_of(s.new)]
        storage = self.volumes.storage
        claims = (storage.ephemeral.get(name) or storage.claims.get(name) for name in names)
        made = (PROVISIONED,) if any(claim is not None and storage.provisions(claim) for claim in claims) else ()
        return (
            *made,
            *dict.fromkeys(self.volumes.assumed[n] for n in names if n in self.volumes.assumed),
            *self._pinned[1],
        )

    def undecided(self, subject: Subject) -> str:
        """Why it is not decided whether the pods of ``subject`` find a node, for reasons of their volumes."""
        names = claims_of(subject.new)
        reasons = (self.volumes.undecided[name] for name in names if name in self.volumes.undecided)
        return "" if self.open else next(reasons, "")

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
    def _identities(self) -> frozenset[int]:
        return frozenset(id(s) for s in self.subjects)

    def alone(self, subject: Subject) -> Fit:
        """Whether the pods of one workload have room when no other workload is there but its ``company``."""
        for before in (self._base, None if subject.new.affinity else self._parent):
            if before is not None and self._same_company(subject, before):
                # Nothing changed for it: others do not count here.
                return before.alone(subject)
        if self.pressure.proves(subject):
            return Fit(room=Room.ALWAYS, method=_methods(self.pressure.rows(subject)))
        if self._base is None and not self.many and self._everything.room is Room.ALWAYS:
            return self._everything
        return self.memo(("alone", subject.title), lambda: self._alone(subject))

    def _same_company(self, subject: Subject, before: Context) -> bool:
        """``subject`` is in the run ``before`` as it is in this one, and so is its ``company``, at the same counts."""
        if id(subject) not in before._identities:
            return False
        return not subject.new.affinity or self._company_ids(subject) == before._company_ids(subject)

    def _company_ids(self, subject: Subject) -> frozenset[int]:
        return self.memo(("company", subject.title), lambda: frozenset(map(id, self.company(subject))))

    def _alone(self, subject: Subject) -> Fit:
        company = self.company(subject) if subject.new.affinity else (subject,)
        demands = [Demand(s.new, s.replicas, f"a pod of {s.title}") for s in company]
        return room_for(demands, self.cluster, waiting=(0,), limit=self.options.max_states)

    def company(self, subject: Subject) -> tuple[Subject, ...]:
        """A workload and those whose pods a required affinity of it asks for, and so on."""
        snapshot = Snapshot(nodes=(), groups=(), counts={}, namespaces=self.namespaces)
        found = [subject]
        for one in found:
            found += [
                s
                for s in self.subjects
                if s not in found and not self.unadmitted(s) and not self.bound(s) and needs(one.new, s.new, snapshot)
            ]
        return tuple(found)

    @cached_property
    def _everything(self) -> Fit:
        """All workloads together. If every order fits them all, every order fits each: the others may come later."""
        demands = [Demand(s.new, s.replicas, f"a pod of {s.title}") for s in self.subjects if not self.bound(s)]
        return room_for(demands, self.cluster, prove_only=True)

    @cached_property
    def placeable(self) -> tuple[Subject, ...]:
        """The workloads whose pods are admitted and have room at least alone; only these are asked about further."""
        return tuple(s for s in self.subjects if self._is_placeable(s))

    @cached_property
    def _placeable_identities(self) -> frozenset[int]:
        return frozenset(id(s) for s in self.placeable)

    def _is_placeable(self, subject: Subject) -> bool:
        before = self._parent
        if before is not None and id(subject) in before._identities and not subject.new.affinity:
            # Nothing that counts here changed for it.
            return id(subject) in before._placeable_identities
        if self.unadmitted(subject) or self.bound(subject) or self.astray(subject):
            return False
        return self.open or self.alone(subject).room is not Room.IMPOSSIBLE

    def unadmitted(self, subject: Subject) -> bool:
        """The API server does not take the workload, or not every pod of it."""
        key = key_of(subject.object)
        return key in self.admission.unadmitted and key not in self._supposed

    def obstacle(self, subject: Subject) -> str:
        """Why nothing further is asked about a workload that is not ``placeable``."""
        if self.unadmitted(subject):
            return "not all of its pods are admitted (KV3003, KV3004)"
        if self.expelling(subject):
            return "its pods may be deleted from their nodes again and again (KV4012)"
        if self.forced_on(subject) is not None:
            return "its pods name a node whose taints or cordon would keep them away; only KV4012 is asked of them"
        return "not all of its pods find a node (KV3001)"

    def forced_on(self, subject: Subject) -> int | None:
        """The node that the template names in spite of its taints or cordon, if there is one: no scheduler is asked."""
        pod = subject.new
        if not subject.managed or pod.spec.node_name not in self._names:
            return None
        return next((n for n in range(len(self.nodes)) if bypasses(pod, n, self.nodes)), None)

    def expelling(self, subject: Subject) -> tuple[int, ...]:
        """The nodes where pods of ``subject`` can be bound and are then deleted because of a NoExecute taint."""
        if not subject.managed:
            return ()

        def find() -> tuple[int, ...]:
            pod, forced = subject.new, self.forced_on(subject)
            # What a node asks of a pod is the same for all nodes with these taints, as long as nothing else is asked.
            chosen = range(len(self.nodes)) if forced is None else (forced,)
            leaving = [
                n for n in chosen if self.nodes[n].taints and seconds_left(pod, self.nodes[n].taints) is not None
            ]
            snapshot = Snapshot(nodes=self.nodes, namespaces=self.namespaces)
            return tuple(n for n in leaving if n == forced or feasible(pod, n, snapshot, ONE_POD) is not False)

        return self.memo(("expelling", subject.title), find)

    def astray(self, subject: Subject) -> bool:
        """Its pods do not come to rest on nodes that a scheduler would give them."""
        return bool(self.expelling(subject)) or self.forced_on(subject) is not None

    def demands(self, surging: Subject | None = None) -> tuple[Demand, ...]:
        """Every workload's pods: at its replicas, but ``surging`` at the most it can have during a rollout."""
        return tuple(
            Demand(s.new, s.most if s is surging else s.replicas, f"a pod of {s.title}") for s in self.placeable
        )

    @cached_property
    def steady(self) -> Fit:
        """Whether all replicas of all placeable workloads have room together."""
        if self.many and all(self.pressure.proves(s) for s in self.placeable):
            return Fit(room=Room.ALWAYS, method=_methods(row for s in self.placeable for row in self.pressure.rows(s)))
        return room_for(self.demands(), self.cluster, limit=self.options.max_states)

    def has_room(self, subject: Subject, *, without: int | None = None) -> bool:
        """It is proved that, in every order, ``subject`` always finds room: for its surge, or (``without`` a node)
        for its replicas after that node is lost. Others hold up to the most replicas they may have, anywhere.
        """

        def prove() -> bool:
            if self.pressure.proves(subject, without=without):
                return True
            if self.many:
                return False
            cluster, demands, asked, limits = self._pressed(subject, without)
            if any(s.scaled for s in self.placeable if s is not subject) and _crowded(demands, cluster, asked):
                return False
            return room_for(demands, cluster, waiting=asked, limits=limits, prove_only=True).room is Room.ALWAYS

        return self.memo(("room", subject.title, without), prove)

    def resources_suffice(self, subject: Subject, *, without: int | None = None) -> bool:
        """It is proved that no node that may take a pod of ``subject`` is ever short of resources for it."""

        def prove() -> bool:
            if self.many:
                return False
            cluster, demands, asked, limits = self._pressed(subject, without)
            return never_binds(RESOURCES, demands, cluster, waiting=asked, limits=limits)

        return self.memo(("resources", subject.title, without), prove)

    def _pressed(
        self, subject: Subject, without: int | None
    ) -> tuple[Cluster, list[Demand], list[int], list[tuple[Sequence[int], int]]]:
        """The cluster, and the most that may be there at once while ``subject`` rolls out or has lost a node: demands,
        which of them are the subject's, and what bounds them together."""
        cluster = self.settled_cluster if without is None else self.settled_cluster.without(without)
        demands = [
            demand if s is subject else evolve(demand, count=s.ceiling)
            for demand, s in zip(self.demands(subject if without is None else None), self.placeable, strict=True)
        ]
        index = self.placeable.index(subject)
        if without is not None:
            return cluster, demands, [index], []
        demands.append(Demand(subject.old, subject.replicas, f"an old pod of {subject.title}"))
        both = (index, len(demands) - 1)
        return cluster, demands, list(both), [(both, demands[index].count)]

    def home(self, subject: Subject) -> Mapping[int, int]:
        """Where the pods of ``subject`` are when it is not the one asked about: live, or one way to place everybody."""
        return self._homes.get(subject.title, {})

    @cached_property
    def _homes(self) -> dict[str, dict[int, int]]:
        if self._like is not None and self.many:
            return self._like._homes
        position = {node.name: i for i, node in enumerate(self.nodes)}
        placement = self.steady.placement
        if placement is None:
            placement = placed_in_turn(self.demands(), self.cluster)
        homes: dict[str, dict[int, int]] = {s.title: {} for s in self.placeable}
        for (d, n), number in sorted(placement.items()):
            if number:
                homes[self.placeable[d].title][n] = number
        for subject in self.placeable:
            if subject.live is not None and all(name in position for name in subject.live):
                homes[subject.title] = {position[name]: n for name, n in subject.live.items()}
        return homes

    @cached_property
    def hosts_differ(self) -> bool:
        """Every node has a host name of its own."""
        return hosts_differ(self.nodes)

    @cached_property
    def _settled_state(self) -> ClusterState:
        """Everybody at home, and all filters but those that count pods by zone."""
        plain = tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name != pod_topology_spread.NAME)
        state = state_of(self.demands(), evolve(self.settled_cluster, profile=plain))
        for subject in self.placeable:
            for node, number in self.home(subject).items():
                state.bind(subject.new, node, number)
        return state

    @contextmanager
    def beside(self, moving: Sequence[Subject]) -> Iterator[ClusterState]:
        """The cluster with everybody at home but ``moving``, for questions about single nodes: spreading is not asked.
        It has to be left as it was."""
        if self._like is not None and self.many:
            with self._like.beside(moving) as state:
                yield state
            return
        titles, state = {s.title for s in moving}, self._settled_state
        gone = [(s.new, node, n) for s in self.named(titles) for node, n in self._homes.get(s.title, {}).items()]
        for pod, node, number in gone:
            state.unbind(pod, node, number)
        try:
            yield state
        finally:
            for pod, node, number in gone:
                state.bind(pod, node, number)

    # -- budgets and services ------------------------------------------------------------------------------------

    def budgets(self, subject: Subject) -> tuple[PodDisruptionBudget, ...]:
        """The budgets that select the pods of ``subject``."""
        return self.memo(("budgets", subject.title), lambda: self._budgets(subject))

    def _budgets(self, subject: Subject) -> tuple[PodDisruptionBudget, ...]:
        known = self._selecting.get(subject.title)
        if known is None or known[0] is not subject.new:
            # Variants of a run have the same budgets.
            known = subject.new, self.bundle.budgets_selecting(subject.namespace, subject.new.labels)
            self._selecting[subject.title] = known
        found = known[1]
        return tuple(self._changed_budgets.get(describe(budget), budget) for budget in found)

    def shares_budget(self, subject: Subject) -> tuple[Subject, ...]:
        """``subject`` and the workloads a budget ties it to, in the order of the manifests."""
        mine = self.budgets(subject)
        if not mine:
            return tuple(s for s in self.placeable if s is subject)
        tied = {i for budget in mine for i in self._guarded.get(id(budget), ())}
        return tuple(s for i, s in enumerate(self.placeable) if s is subject or (i in tied and s.managed))

    @cached_property
    def _guarded(self) -> Mapping[int, tuple[int, ...]]:
        """The placeable workloads under each budget, by position."""
        found: dict[int, list[int]] = {}
        for i, s in enumerate(self.placeable):
            for budget in self.budgets(s):
                found.setdefault(id(budget), []).append(i)
        return {budget: tuple(members) for budget, members in found.items()}

    def behind(self, service: Service) -> tuple[Subject, ...]:
        """The workloads whose pods a Service selects."""
        return self._behind.get(id(service), ())

    @cached_property
    def _behind(self) -> Mapping[int, tuple[Subject, ...]]:
        found: dict[int, list[Subject]] = {}
        for s in self.subjects:
            for service in self.bundle.services_selecting(s.namespace, s.new.labels):
                found.setdefault(id(service), []).append(s)
        return {service: tuple(subjects) for service, subjects in found.items()}

    def model_budgets(self, workloads: Mapping[str, Workload]) -> tuple[Budget, ...]:
        """The budgets over the given workloads (by title), in the model's terms."""
        chosen: dict[int, tuple[PodDisruptionBudget, list[Subject]]] = {}
        for subject in self.named(workloads):
            for budget in self.budgets(subject):
                chosen.setdefault(id(budget), (budget, []))[1].append(subject)
        return tuple(self._model_budget(budget, members, workloads) for budget, members in chosen.values())

    def _model_budget(
        self, budget: PodDisruptionBudget, members: Sequence[Subject], workloads: Mapping[str, Workload]
    ) -> Budget:
        expected = sum(s.replicas for s in members)
        return Budget(
            name=describe(budget),
            revisions=tuple(r for s in members for r in workloads[s.title].revisions),
            expected=expected,
            desired=desired_healthy(
                expected,
                min_available=budget.spec.min_available,
                max_unavailable=budget.spec.max_unavailable,
            ),
            always_allow=budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow",
        )


def _crowded(demands: Sequence[Demand], cluster: Cluster, asked: Sequence[int]) -> bool:
    """The others alone, bound one after the other, can leave no node to the pods that are ``asked`` about: a quick way
    to see that there is nothing to prove."""
    others = [evolve(d, count=0) if i in asked else d for i, d in enumerate(demands)]
    state = state_of(demands, cluster)
    for (d, n), number in placed_in_turn(others, cluster).items():
        state.bind(demands[d].pod, n, number)
    return any(not state.feasible_nodes(demands[i].pod) for i in asked)


def _methods(rows: Iterable[DemandAnswer]) -> str:
    return "; ".join(dict.fromkeys(row.method for row in rows))
