"""Admission of everything that is wanted, and of the pods that controllers will make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import attrs
from attrs import frozen

from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet, StatefulSet
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.pod import Pod, PodTemplateSpec
from kverify.api.types.quota import LimitRange, ResourceQuota
from kverify.api.validation import CHECKS
from kverify.api.validation.report import Path
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.admission.additions import additions
from kverify.cluster.admission.chain import VALIDATION, admit
from kverify.cluster.admission.created import Created, claim_names, others_of, pod_of, pods_wanted, template_at
from kverify.cluster.admission.pod_security import NAME as POD_SECURITY
from kverify.cluster.admission.request import Admitted, Because, Missing, Operation, Problem, inside
from kverify.cluster.admission.resource_quota import NAME as QUOTA
from kverify.cluster.admission.resource_quota import exceeded, unset_resources
from kverify.cluster.admission.room import UNLIMITED, Limit, limits_of
from kverify.cluster.admission.usage import add, charge, covers, used_by
from kverify.cluster.admission.view import BundleView
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import POD_SECURITY_WARNING
from kverify.cluster.objects import Key, controller_of, describe, key_of, namespace_of, owner_key, title
from kverify.cluster.references.existence import OPEN, Boundary
from kverify.cluster.scaling import Scale, scales
from kverify.manifest.diagnostics import Diagnostic, Related


@frozen
class Refused:
    """What keeps controllers from making something of ``owner``: ``what`` it is, and why, at paths of the owner."""

    owner: AnyObject
    what: str
    problems: tuple[Problem, ...]


@frozen
class Shortage:
    """A quota admits only ``admitted`` of the ``wanted`` pods of a workload: ``alone`` by itself, or because of what
    the other workloads of its namespace take (``others``, in units of the limit)."""

    admitted: int
    wanted: int
    limit: Limit
    others: int
    alone: bool


class Admission:
    """The answers of one run. ``boundary`` says what lies outside the input and is there all the same."""

    def __init__(self, bundle: Bundle, version: str = DEFAULT_VERSION, boundary: Boundary = OPEN):
        self.bundle = bundle
        self.version = version
        self.view = BundleView(bundle, boundary)
        self._pods: dict[int, Admitted | None] = {}

    # -- the objects themselves ----------------------------------------------------------------------------------

    @cached_property
    def answers(self) -> tuple[tuple[AnyObject, Admitted], ...]:
        """Every wanted object with its answer, each created or updated after the ones before it."""
        before = [*self.bundle.existing]
        known = {key_of(item) for item in before}
        before += [item for item in self.bundle.previous if key_of(item) not in known]
        use = used_by(before, self._quotas)
        view = BundleView(self.bundle, self.view.boundary, use)
        found = []
        for item in self.bundle.wanted:
            old = self.bundle.running(item)
            operation = Operation.CREATE if old is None else Operation.UPDATE
            answer = admit(item, view, operation, old=old, version=self.version)
            found.append((item, answer))
            if answer.refused is None:
                self._charge(use, answer.object, old)
        return tuple(found)

    def _charge(self, use: Mapping[Key, dict[str, int]], item: AnyObject, old: AnyObject | None) -> None:
        for quota in self._quotas_of(namespace_of(item)):
            if covers(quota, item):
                add(use[key_of(quota)], charge(item))
            if old is not None and covers(quota, old):
                add(use[key_of(quota)], charge(old), -1)

    @cached_property
    def _turned_away(self) -> frozenset[Key]:
        return frozenset(key_of(item) for item, answer in self.answers if answer.refused is not None)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the API server says to the wanted objects: refusals and warnings."""
        silent = {
            key_of(refused.owner)
            for refused in self.refused
            if any(problem.plugin == POD_SECURITY for problem in refused.problems)
        }
        return tuple(
            diagnostic_of(item, problem)
            for item, answer in self.answers
            for problem in answer.problems
            if problem.id != POD_SECURITY_WARNING or key_of(item) not in silent
        )

    # -- what controllers make of them ---------------------------------------------------------------------------

    def pod(self, owner: AnyObject) -> Admitted | None:
        """A pod of ``owner`` as it is stored (a bare Pod: itself); ``None`` for what makes no pods.

        Quotas are asked for what a pod has to set, not for what is left: that depends on how many there are
        (:meth:`limits`). A pod that runs already has been admitted and stays as it is.
        """
        if id(owner) not in self._pods:
            self._pods[id(owner)] = self._admit_pod(owner)
        return self._pods[id(owner)]

    def _admit_pod(self, owner: AnyObject) -> Admitted | None:
        if isinstance(owner, Pod) and not self.bundle.is_wanted(owner):
            return Admitted(owner)
        pod = owner if isinstance(owner, Pod) else pod_of(owner)
        if pod is None:
            return None
        answer = admit(pod, self.view, version=self.version)
        # Where the template itself was not validated, what is wrong with the pod may have been wrong before.
        silent = (QUOTA,) if (owner.api_version, owner.kind) in CHECKS else (QUOTA, VALIDATION)
        problems = [p for p in answer.problems if p.plugin not in silent and p.id != POD_SECURITY_WARNING]
        assert isinstance(answer.object, Pod)
        for quota in self._quotas_of(namespace_of(owner)):
            if covers(quota, answer.object):
                problems += unset_resources(quota, answer.object)
        return attrs.evolve(answer, problems=tuple(problems))

    def filled_in(self, owner: AnyObject) -> tuple[Because, ...]:
        """What admission adds to the pods of ``owner`` and the scheduler looks at: ``path`` is the field of the pod
        spec, ``object`` whose doing it is, ``note`` the field of that object."""
        answer = self.pod(owner)
        sent = owner if isinstance(owner, Pod) else pod_of(owner)
        if answer is None or sent is None or not isinstance(answer.object, Pod) or answer.object is owner:
            return ()
        ranges = self.view.of_kind(LimitRange, namespace_of(owner))
        name = sent.spec.runtime_class_name
        runtime = self.view.find("RuntimeClass", "", name) if name else None
        return tuple(additions(sent.spec, answer.object.spec, ranges, runtime))

    def template(self, owner: Deployment | ReplicaSet | Pod) -> PodTemplateSpec:
        """The pods of a workload as they are once they are admitted."""
        answer = self.pod(owner)
        assert answer is not None
        assert isinstance(answer.object, Pod)
        own = owner.metadata if isinstance(owner, Pod) else owner.spec.template.metadata
        return PodTemplateSpec(metadata=own, spec=answer.object.spec)

    @cached_property
    def refused(self) -> tuple[Refused, ...]:
        """The wanted objects that are accepted, and whose pods (or claims, or ReplicaSets) are not."""
        return tuple(self._refused())

    def _refused(self) -> Iterator[Refused]:
        for owner in self.bundle.wanted:
            placed, answer = template_at(owner), self.pod(owner)
            if placed is None or answer is None or key_of(owner) in self._turned_away:
                continue
            if answer.refused is not None and self.wanted(owner) != 0:
                yield Refused(owner, "pod", tuple(_moved(problem, placed[0]) for problem in answer.refusals))
            for created in others_of(owner):
                problems = tuple(self._against(owner, created))
                if problems and created.count:
                    yield Refused(owner, created.item.kind, problems)

    def _against(self, owner: AnyObject, created: Created) -> Iterator[Problem]:
        count = created.count - self._present(owner, created)
        if count <= 0:
            return
        item: AnyObject = created.item
        if isinstance(item, PersistentVolumeClaim):  # of ReplicaSets and Jobs only the number matters
            answer = admit(item, self.view, version=self.version)
            item = answer.object
            for problem in answer.refusals:
                if problem.plugin != QUOTA:
                    yield attrs.evolve(problem, path=inside(created.path, problem.path))
        for quota in self._quotas_of(namespace_of(owner)):
            if covers(quota, item):
                more = {name: count * amount for name, amount in charge(item).items()}
                for problem in exceeded(quota, self.view.used(quota), more, item):
                    yield attrs.evolve(problem, path=inside(created.path, Path()))

    def _present(self, owner: AnyObject, created: Created) -> int:
        """How many of what ``owner`` needs are there already."""
        if isinstance(owner, Deployment):
            running = self.bundle.running(owner)
            same = isinstance(running, Deployment) and running.spec.template == owner.spec.template
            return int(same and bool(self.bundle.replica_sets_of(owner)))
        if isinstance(owner, StatefulSet) and isinstance(created.item, PersistentVolumeClaim):
            number = int(created.path.rpartition("[")[2].rstrip("]"))
            template = owner.spec.volume_claim_templates[number].metadata.name
            namespace = namespace_of(owner)
            names = claim_names(owner, template)
            return sum(self.bundle.find("PersistentVolumeClaim", namespace, name) is not None for name in names)
        return 0

    def missing_names(self) -> frozenset[tuple[str, str]]:
        """The fields that name something that is not there, for which something is refused: (object, path)."""
        refused = [(r.owner, r.problems) for r in self.refused]
        refused += [(item, answer.refusals) for item, answer in self.answers]
        return frozenset((describe(item), problem.path.text) for item, problems in refused for problem in problems)

    # -- room in quotas ------------------------------------------------------------------------------------------

    def wanted(self, owner: AnyObject) -> int | None:
        """How many pods ``owner`` wants at once: as written, or the nearest count that its autoscaler lets it have."""
        number, scale = pods_wanted(owner), self.scales.get(key_of(owner))
        return number if number is None or scale is None else scale.first(number)

    @cached_property
    def scales(self) -> Mapping[Key, Scale]:
        """The autoscaler of each workload that has one."""
        return scales(self.bundle)

    @cached_property
    def owners(self) -> Mapping[str, tuple[AnyObject, ...]]:
        """By namespace, the objects that make pods and say how many. What another one makes is left to that one."""
        rows: dict[str, list[AnyObject]] = {}
        for item in self.bundle.objects:
            owner = controller_of(item)
            above = owner is not None and self.bundle.get(owner_key(owner, item)) is not None
            if template_at(item) is not None and not above and pods_wanted(item) is not None:
                rows.setdefault(namespace_of(item), []).append(item)
        return {namespace: tuple(row) for namespace, row in rows.items()}

    def limits(self, namespace: str) -> tuple[Limit, ...]:
        """What the quotas of a namespace leave for the pods of its workloads (by key).

        Pods of nobody, or of owners that are not in the input, and all other objects are taken as they are. Pods that
        are being deleted are taken to be gone, because they are, some day.
        """
        if namespace not in self._limits:
            self._limits[namespace] = self._limits_of(namespace)
        return self._limits[namespace]

    @cached_property
    def _limits(self) -> dict[str, tuple[Limit, ...]]:
        return {}

    def shortage(self, owner: AnyObject) -> Shortage | None:
        """Whether the quotas leave too little for all pods of ``owner``: by itself, else beside all others."""
        wanted, key = self.wanted(owner), key_of(owner)
        if isinstance(owner, Pod) or not wanted:
            return None
        for alone in (True, False):
            rows = self.taken(namespace_of(owner))
            taken = ((limit, 0 if alone else all_take - wanted * limit.cost.get(key, 0)) for limit, all_take in rows)
            rooms = [(limit.room(key, others), limit, others) for limit, others in taken]
            admitted, limit, others = min(rooms, key=lambda row: row[0], default=(wanted, None, 0))
            if admitted < wanted and limit is not None:
                return Shortage(admitted, wanted, limit, others, alone)
        return None

    def spare(self, owner: AnyObject) -> tuple[int, Limit | None, int]:
        """How many pods of ``owner`` are admitted on top of all that it and the others want; the limit that decides,
        and what is taken of it."""
        rows = self.taken(namespace_of(owner))
        rooms = ((limit.room(key_of(owner), taken), limit, taken) for limit, taken in rows)
        return min(rooms, key=lambda row: row[0], default=(UNLIMITED, None, 0))

    def taken(self, namespace: str) -> tuple[tuple[Limit, int], ...]:
        """What all pods of all workloads of a namespace cost of each limit."""
        if namespace not in self._taken:
            limits = self.limits(namespace)
            counts = self.counts(namespace) if limits else {}
            self._taken[namespace] = tuple((limit, limit.taken(counts)) for limit in limits)
        return self._taken[namespace]

    @cached_property
    def _taken(self) -> dict[str, tuple[tuple[Limit, int], ...]]:
        return {}

    def counts(self, namespace: str) -> Mapping[Key, int]:
        """How many pods every workload of a namespace wants, and can have for all that quotas do not decide."""
        podless = {key_of(refused.owner) for refused in self.refused}
        rows = self.owners.get(namespace, ())
        return {key_of(row): self.wanted(row) or 0 for row in rows if key_of(row) not in podless}

    @cached_property
    def barred(self) -> frozenset[Key]:
        """The wanted objects that are not accepted, or of which no pod is, whatever else there is."""
        return frozenset((*self._turned_away, *(key_of(r.owner) for r in self.refused)))

    @cached_property
    def unadmitted(self) -> frozenset[Key]:
        """The wanted objects that are not accepted, or of which not every pod is."""
        short = (item for item in self.bundle.wanted if self.wanted(item) and self.shortage(item) is not None)
        return self.barred.union(map(key_of, short))

    def _limits_of(self, namespace: str) -> tuple[Limit, ...]:
        quotas = self._quotas_of(namespace)
        if not quotas:
            return ()
        owners = self.owners.get(namespace, ())
        keys = {key_of(owner) for owner in owners}
        gone = self._turned_away
        others = (
            item
            for item in self._by_namespace.get(namespace, ())
            if not self._counted(item, keys) and key_of(item) not in gone
        )
        pods = {}
        for owner in owners:
            answer = self.pod(owner)
            if answer is not None and isinstance(answer.object, Pod):
                pods[key_of(owner)] = answer.object
        return limits_of(quotas, pods, self._hidden(namespace, used_by(others, quotas), pods, owners))

    def _counted(self, item: AnyObject, keys: set[Key]) -> bool:
        """``item`` is a pod that is counted by its owner, or that is on its way out."""
        if not isinstance(item, Pod):
            return False
        return item.metadata.deletion_timestamp is not None or self.top_owner(item) in keys

    def top_owner(self, item: AnyObject) -> Key | None:
        """The last of the owners of a pod: its ReplicaSet's Deployment, if the input has the ReplicaSet."""
        top: Key | None = None
        above: AnyObject | None = item
        while above is not None and (reference := controller_of(above)) is not None:
            top = owner_key(reference, above)
            above = self.bundle.get(top)
        return top

    def _hidden(
        self,
        namespace: str,
        used: dict[Key, dict[str, int]],
        pods: Mapping[Key, Pod],
        owners: tuple[AnyObject, ...],
    ) -> dict[Key, dict[str, int]]:
        """``used``, or more where the status of a quota says so and the input does not have the namespace's pods.

        Of what the status has, the pods that the workloads had before are counted by their workloads.
        """
        if self.bundle.lists("Pod", namespace):
            return used
        before = {key_of(owner): pods_wanted(old) or 0 for owner in owners if (old := self.bundle.running(owner))}
        for quota in self._quotas_of(namespace):
            there = self.bundle.running(quota)
            for name, quantity in there.status.used.items() if isinstance(there, ResourceQuota) else ():
                if name in quota.spec.hard:
                    known = (
                        n * charge(pods[key]).get(name, 0) for key, n in before.items() if covers(quota, pods[key])
                    )
                    amounts = used[key_of(quota)]
                    amounts[name] = max(amounts[name], quantity.nano - sum(known))
        return used

    def governed(self, namespace: str) -> bool:
        """The input has something that decides what is admitted in ``namespace``."""
        named = self.view.find("Namespace", "", namespace) is not None
        return named or bool(self.view.of_kind(LimitRange, namespace)) or bool(self._quotas_of(namespace))

    # -- what had to be assumed ----------------------------------------------------------------------------------

    def assumed(self) -> tuple[str, ...]:
        """One line for each namespace that is taken to exist; other names are told by their references."""
        users: dict[Missing, list[str]] = {}
        for item, answer in self.answers:
            for missing in answer.assumed:
                if missing.kind == "Namespace":
                    users.setdefault(missing, []).append(describe(item))
        return tuple(
            f"assumed to exist: {title(m.kind, m.namespace, m.name)}, of {names[0]}{_and_more(len(names) - 1)}; "
            "it may have limits, quotas or a Pod Security level"
            for m, names in users.items()
        )

    # -- indexes -------------------------------------------------------------------------------------------------

    @cached_property
    def _quotas(self) -> tuple[ResourceQuota, ...]:
        return self.bundle.of_kind(ResourceQuota)

    def _quotas_of(self, namespace: str) -> tuple[ResourceQuota, ...]:
        return self.view.of_kind(ResourceQuota, namespace)

    @cached_property
    def _by_namespace(self) -> Mapping[str, tuple[AnyObject, ...]]:
        rows: dict[str, list[AnyObject]] = {}
        for item in self.bundle.objects:
            rows.setdefault(namespace_of(item), []).append(item)
        return {namespace: tuple(row) for namespace, row in rows.items()}


def _and_more(number: int) -> str:
    return f" and {number} more" if number else ""


def _moved(problem: Problem, prefix: str) -> Problem:
    """A problem of a pod at the place of the template it was made of; the pod's own name is nowhere in it."""
    path = problem.path
    if path.parts[:1] not in (("spec",), ("metadata",)) or path.parts[:2] == ("metadata", "namespace"):
        return problem
    return attrs.evolve(problem, path=inside(prefix, path))


def diagnostic_of(item: AnyObject, problem: Problem) -> Diagnostic:
    """A problem of admission as a diagnostic at the field of ``item``, with the objects that have part in it."""
    return Diagnostic(
        id=problem.id,
        severity=problem.severity,
        message=problem.message,
        span=item.source.span(problem.path.parts),
        path=problem.path.text,
        object=describe(item),
        mend=problem.mend,
        related=tuple(
            Related(other.object.source.span(other.path), f"{describe(other.object)}: {other.note}", other.path)
            for other in problem.because
            if other.object.source.document is not None
        ),
    )
