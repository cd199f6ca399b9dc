"""What selects the pods of a run's workloads: disruption budgets and Services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from kverify.api.registry import AnyObject
from kverify.api.types.apps import StatefulSet
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.replication import ReplicationController
from kverify.api.types.service import Service
from kverify.checks.given.subject import Subject
from kverify.cluster.admission.created import pods_wanted
from kverify.cluster.bundle import describe, key_of, namespace_of
from kverify.cluster.objects import ends, selector_of
from kverify.model.components.disruption import desired_healthy
from kverify.model.workload import Workload
from kverify.model.world import Budget

if TYPE_CHECKING:
    from kverify.checks.given.context import Context

COUNTED = (StatefulSet, ReplicationController)
"""The kinds that are not modelled and whose number of pods a budget's percentages are of (``finders`` in
pkg/controller/disruption/disruption.go)."""


class Guards:
    """The budgets and Services of a run, by workload and the other way round."""

    def __init__(self, ctx: Context):
        self.ctx = ctx

    def budgets(self, subject: Subject) -> tuple[PodDisruptionBudget, ...]:
        """The budgets that select the pods of ``subject``."""
        return self.ctx.memo(("budgets", subject.title), lambda: self._budgets(subject))

    def _budgets(self, subject: Subject) -> tuple[PodDisruptionBudget, ...]:
        known = self.ctx.selecting.get(subject.title)
        if known is None or known[0] is not subject.new:
            # Variants of a run have the same budgets.
            known = subject.new, self.ctx.bundle.budgets_selecting(subject.namespace, subject.new.labels)
            self.ctx.selecting[subject.title] = known
        found = known[1]
        return tuple(self.ctx.changed_budgets.get(describe(budget), budget) for budget in found)

    def shares_budget(self, subject: Subject) -> tuple[Subject, ...]:
        """``subject`` and the workloads a budget ties it to, in the order of the manifests."""
        mine = self.budgets(subject)
        if not mine:
            return (subject,) if subject in self.ctx.rooms.placeable else ()
        tied = sorted({i for budget in mine for i in self._guarded.get(id(budget), ())})
        return tuple(s for s in map(self.ctx.rooms.placeable.__getitem__, tied) if s is subject or s.managed)

    @cached_property
    def _guarded(self) -> Mapping[int, tuple[int, ...]]:
        """The placeable workloads under each budget, by position."""
        found: dict[int, list[int]] = {}
        for i, s in enumerate(self.ctx.rooms.placeable):
            for budget in self.budgets(s):
                found.setdefault(id(budget), []).append(i)
        return {budget: tuple(members) for budget, members in found.items()}

    def behind(self, service: Service) -> tuple[Subject, ...]:
        """The workloads whose pods a Service selects."""
        return self._behind.get(id(service), ())

    @cached_property
    def _behind(self) -> Mapping[int, tuple[Subject, ...]]:
        found: dict[int, list[Subject]] = {}
        for s in self.ctx.subjects:
            for service in self.ctx.bundle.services_selecting(s.namespace, s.new.labels):
                found.setdefault(id(service), []).append(s)
        return {service: tuple(subjects) for service, subjects in found.items()}

    def model_budgets(self, workloads: Mapping[str, Workload]) -> tuple[Budget, ...]:
        """The budgets over the given workloads (by title), in the model's terms."""
        chosen: dict[int, tuple[PodDisruptionBudget, list[Subject]]] = {}
        for subject in self.ctx.named(workloads):
            for budget in self.budgets(subject):
                chosen.setdefault(id(budget), (budget, []))[1].append(subject)
        return tuple(self._model_budget(budget, members, workloads) for budget, members in chosen.values())

    def _model_budget(
        self, budget: PodDisruptionBudget, members: Sequence[Subject], workloads: Mapping[str, Workload]
    ) -> Budget:
        beside = sum(self.beside(budget).values())
        expected = sum(s.replicas for s in members) + beside
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
            beside=beside,
        )

    def beside(self, budget: PodDisruptionBudget) -> Mapping[str, int]:
        """The workloads of other kinds whose pods a budget counts, at the fewest their autoscalers keep."""
        return self.ctx.memo(("beside", id(budget)), lambda: self._beside(budget))

    def _beside(self, budget: PodDisruptionBudget) -> Mapping[str, int]:
        selected = self.ctx.bundle.foreign_matching(namespace_of(budget), budget.spec.selector)
        counted = {describe(item): self.fewest(item) for item in selected if isinstance(item, COUNTED)}
        return {title: number for title, number in counted.items() if number}

    def varies(self, budget: PodDisruptionBudget) -> bool:
        """At times there are more of the pods of other kinds that a budget counts: an autoscaler asks for them, or a
        Job runs."""
        selected = self.ctx.bundle.foreign_matching(namespace_of(budget), budget.spec.selector)
        return any(
            self.most(item) > self.fewest(item) if isinstance(item, COUNTED) else bool(pods_wanted(item))
            for item in selected
            if isinstance(item, COUNTED) or ends(item)
        )

    def loose(self, budget: PodDisruptionBudget) -> tuple[str, ...]:
        """What has pods that a budget selects, of which nobody says how many there are: the disruption controller
        counts whatever is healthy (``countHealthyPods``), also what no workload that is counted makes."""
        return self.ctx.memo(("loose", id(budget)), lambda: tuple(dict.fromkeys(self._loose(budget))))

    def _loose(self, budget: PodDisruptionBudget) -> Iterator[str]:
        bundle, namespace, selector = self.ctx.bundle, namespace_of(budget), budget.spec.selector
        foreign, own = bundle.foreign_matching(namespace, selector), bundle.templates_matching(namespace, selector)
        for item in foreign:
            if not (isinstance(item, COUNTED) or ends(item)) and pods_wanted(item) != 0:
                yield describe(item)
        for item in own:
            if isinstance(item, Pod) and bundle.adopter(item) is None:
                yield describe(item)
        selectors = [found for item in (*foreign, *own) if (found := selector_of(item)) is not None]
        for pod in bundle.live_pods_matching(namespace, selector):
            owner = self.ctx.admission.top_owner(pod)
            # A ReplicaSet that is not in the input may be that of a Deployment that is.
            known = (
                owner is None or bundle.get(owner) is not None or any(s.matches(pod.metadata.labels) for s in selectors)
            )
            if not known and pod.spec.node_name and pod.metadata.deletion_timestamp is None:
                yield describe(pod)

    def fewest(self, item: AnyObject) -> int:
        """The fewest pods that a workload of another kind has, and its autoscaler keeps."""
        replicas = pods_wanted(item) or 0
        scale = self.ctx.admission.scales.get(key_of(item)) if replicas else None
        return replicas if scale is None else min(scale.counts(replicas), default=0)

    def most(self, item: AnyObject) -> int:
        """The most pods that a workload of another kind has, and its autoscaler lets it have."""
        replicas = pods_wanted(item) or 0
        scale = self.ctx.admission.scales.get(key_of(item)) if replicas else None
        return replicas if scale is None else max(scale.counts(replicas), default=0)
