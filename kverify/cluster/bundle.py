"""What is wanted, what exists and what ran before: the whole input of a check, with its indexes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, overload

from attrs import frozen

from kverify.api.custom.kinds import NO_DEFINITIONS, Definitions
from kverify.api.decode import DecodedAll, decode, decode_all, define, expand
from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet
from kverify.api.types.meta import LabelSelector, OwnerReference
from kverify.api.types.namespace import Namespace
from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.service import Service
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.fields import is_modelled
from kverify.cluster.index import LabelIndex, SelectorIndex
from kverify.cluster.objects import (
    Key,
    Workload,
    adopts,
    controller_of,
    describe,
    endpoint_labels,
    is_finished,
    key,
    key_of,
    namespace_of,
    owner_key,
    selector_of,
    template_labels,
    template_of,
)
from kverify.manifest.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from kverify.cluster.apply import Live
    from kverify.manifest.files import Stdin
    from kverify.manifest.nodes import Document

__all__ = ["Bundle", "describe", "key_of", "namespace_of", "template_of", "without_doubles"]

T = TypeVar("T")
O = TypeVar("O", bound=AnyObject)  # noqa: E741

_FEW = 16
"""How many label sets and namespaces are looked at to guess what was meant."""

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label the API server puts on every namespace (``SetDefaults_Namespace``)."""


@frozen(eq=False)
class Bundle:
    """All objects of one run, each in its three roles.

    ``wanted`` are the objects about to be applied (MANIFEST), ``existing`` those of the cluster (``--cluster``),
    ``previous`` the revision that runs now (``--from``). After the apply, ``objects`` are there: everything wanted, and
    whatever exists and is not replaced, because an apply deletes nothing.

    Indexes are built once, when they are first asked. All answers are in the order of the input.
    """

    wanted: tuple[AnyObject, ...] = ()
    existing: tuple[AnyObject, ...] = ()
    previous: tuple[AnyObject, ...] = ()

    @classmethod
    def read(
        cls,
        manifests: Sequence[str],
        cluster: Sequence[str] = (),
        previous: Sequence[str] = (),
        version: str = DEFAULT_VERSION,
        stdin: Stdin | None = None,
    ) -> tuple[Bundle, tuple[Diagnostic, ...]]:
        """Read, decode and default all three inputs. Problems come back as diagnostics; what is sound is kept.

        A file that ``cluster`` or ``previous`` names is not wanted just because it lies below a directory of
        ``manifests``; one that ``manifests`` names itself is.
        """
        exists, exists_problems = read_objects(cluster, version, Severity.WARNING, stdin)
        known = NO_DEFINITIONS.extended(exists)
        before, before_problems = read_objects(previous, version, Severity.WARNING, stdin, definitions=known)
        problems = (*exists_problems, *before_problems)
        elsewhere = {item.source.file for item in (*exists, *before)} | {problem.span.file for problem in problems}
        elsewhere.difference_update(manifests)
        live = _live(exists, before, version)
        known = known.extended(before)
        wanted, wanted_problems = read_objects(manifests, version, Severity.ERROR, stdin, elsewhere, live, known)
        return cls(wanted, exists, before), (*wanted_problems, *problems)

    # -- objects -------------------------------------------------------------------------------------------------

    @cached_property
    def objects(self) -> tuple[AnyObject, ...]:
        """What is there after the apply: everything wanted, then what exists and is not replaced."""
        wanted = set(self._wanted_by_key)
        return (*self.wanted, *(item for item in self.existing if key_of(item) not in wanted))

    @overload
    def of_kind(self, kind: type[T]) -> tuple[T, ...]: ...
    @overload
    def of_kind(self, kind: str) -> tuple[AnyObject, ...]: ...
    def of_kind(self, kind: type[T] | str) -> tuple[T, ...] | tuple[AnyObject, ...]:
        """The ``objects`` of a kind: ``of_kind(Deployment)`` is typed, ``of_kind("Ingress")`` takes any kind."""
        if isinstance(kind, str):
            return self._by_kind.get(kind, ())
        return tuple(item for item in self._by_kind.get(kind.__name__, ()) if isinstance(item, kind))

    def find(self, kind: str, namespace: str, name: str, group: str | None = None) -> AnyObject | None:
        """The wanted object of that name, else the existing one, else None. Of cluster-scoped kinds the namespace is
        empty; without ``group`` the kind is a built-in one."""
        return self.get(key(kind, namespace, name, group))

    def get(self, key: Key) -> AnyObject | None:
        """Like :meth:`find`, by key."""
        return self._wanted_by_key.get(key) or self._existing_by_key.get(key)

    def running(self, item: AnyObject) -> AnyObject | None:
        """The form in which ``item`` runs at present: as ``--from`` has it, else as the cluster has it, else None."""
        key = key_of(item)
        return self._previous_by_key.get(key) or self._existing_by_key.get(key)

    def lists(self, kind: str, namespace: str = "") -> bool:
        """The description of the cluster has objects of this kind (in this namespace)."""
        return (kind, namespace) in self._listed

    def is_wanted(self, item: AnyObject) -> bool:
        """``item`` is one of the objects about to be applied (by name, whatever its content)."""
        return key_of(item) in self._wanted_by_key

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node, those of the MANIFESTs too. Empty when the cluster is open."""
        return self.of_kind(Node)

    @cached_property
    def namespaces(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of every namespace that is given or used, with the one the API server adds."""
        named: dict[str, dict[str, str]] = {namespace_of(i): {} for i in self.objects if namespace_of(i)}
        given = {item.metadata.name: dict(item.metadata.labels) for item in self.of_kind(Namespace)}
        return {name: {**labels, NAMESPACE_NAME: name} for name, labels in {**named, **given}.items()}

    # -- workloads and their pods --------------------------------------------------------------------------------

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Deployments, ReplicaSets that no Deployment owns, and pods that nothing controls and that still run."""
        found: list[Workload] = []
        for item in self.objects:
            owner = controller_of(item)
            if (
                isinstance(item, Deployment)
                or (isinstance(item, ReplicaSet) and (owner is None or owner.kind != "Deployment"))
                or (isinstance(item, Pod) and owner is None and not is_finished(item))
            ):
                found.append(item)
        return tuple(found)

    @cached_property
    def wanted_workloads(self) -> tuple[Workload, ...]:
        """Those of ``workloads`` that are about to be applied."""
        return tuple(item for item in self.workloads if self.is_wanted(item))

    @cached_property
    def live_pods(self) -> tuple[Pod, ...]:
        """The pods of ``--cluster`` that hold something: all but Succeeded and Failed ones. Terminating pods count,
        because they hold their node's resources until they are gone (see ``metadata.deletion_timestamp``)."""
        return tuple(item for item in self.existing if isinstance(item, Pod) and not is_finished(item))

    def pods_owned_by(self, workload: Workload) -> tuple[Pod, ...]:
        """The live pods of a ReplicaSet, of all ReplicaSets of a Deployment, or a bare Pod itself if it is live."""
        if isinstance(workload, Pod):
            return tuple(pod for pod in self.live_pods if key_of(pod) == key_of(workload))
        owners = self.replica_sets_of(workload) if isinstance(workload, Deployment) else (workload,)
        return tuple(pod for owner in owners for pod in self._owned(owner, self._pods_by_owner))

    def replica_sets_of(self, deployment: Deployment) -> tuple[ReplicaSet, ...]:
        """The existing ReplicaSets whose controller is ``deployment``."""
        return self._owned(deployment, self._replica_sets_by_owner)

    def _owned(self, owner: AnyObject, by_owner: Mapping[Key, tuple[tuple[OwnerReference, T], ...]]) -> tuple[T, ...]:
        """What names ``owner`` as its controller. A UID decides where both sides have one: an object may be gone and
        another may have its name."""
        present = self._existing_by_key.get(key_of(owner), owner)
        uid = present.metadata.uid
        return tuple(
            item
            for reference, item in by_owner.get(key_of(owner), ())
            if not uid or not reference.uid or reference.uid == uid
        )

    # -- selectors -----------------------------------------------------------------------------------------------

    def templates_matching(
        self, namespace: str, selector: LabelSelector | Mapping[str, str] | None, most: int | None = None
    ) -> tuple[Workload, ...]:
        """The workloads of ``namespace`` whose pods a selector selects. ``None`` selects nothing, an empty selector
        everything."""
        return self._templates.matching(namespace, selector, most)

    def live_pods_matching(self, namespace: str, selector: LabelSelector | Mapping[str, str] | None) -> tuple[Pod, ...]:
        """The live pods of ``namespace`` that a selector selects."""
        return self._live.matching(namespace, selector)

    def foreign_matching(
        self, namespace: str, selector: LabelSelector | Mapping[str, str] | None, most: int | None = None
    ) -> tuple[AnyObject, ...]:
        """The objects of kinds that are not modelled (StatefulSet, Job, ...) whose pods a selector selects."""
        return self._foreign.matching(namespace, selector, most)

    def adopter(self, pod: Pod) -> AnyObject | None:
        """The controller that makes a pod its own which nobody owns, if there is one."""
        return next(
            (
                item
                for item, selector in self._selecting.get(namespace_of(pod), ())
                if selector.matches(pod.metadata.labels) and adopts(item, pod)
            ),
            None,
        )

    def services_selecting(self, namespace: str, labels: Mapping[str, str]) -> tuple[Service, ...]:
        """The Services whose endpoints are pods with these labels. One without a selector, or of type ExternalName,
        selects nothing."""
        return self._services.selecting(namespace, labels)

    def budgets_selecting(self, namespace: str, labels: Mapping[str, str]) -> tuple[PodDisruptionBudget, ...]:
        """The PodDisruptionBudgets that protect pods with these labels. An empty selector protects the namespace."""
        return tuple(
            budget
            for budget in self._budgets.get(namespace, ())
            if budget.spec.selector is not None and budget.spec.selector.matches(labels)
        )

    def pods_labelled_like(
        self, namespace: str, pairs: Mapping[str, str]
    ) -> Iterator[tuple[Mapping[str, str], AnyObject]]:
        """Some pod templates and live pods of ``namespace`` with their labels: what a selector that finds nothing may
        have meant."""
        for index in (self._templates, self._foreign, self._live):
            yield from index.similar(namespace, pairs, _FEW)

    def pods_elsewhere(self, namespace: str, pairs: Mapping[str, str]) -> tuple[str, AnyObject] | None:
        """Something with these labels in another namespace, and which."""
        for index in (self._templates, self._foreign):
            found = index.elsewhere(namespace, pairs, _FEW)
            if found is not None:
                return found
        return None

    # -- indexes -------------------------------------------------------------------------------------------------

    @cached_property
    def _listed(self) -> frozenset[tuple[str, str]]:
        return frozenset((item.kind, namespace_of(item)) for item in self.existing)

    @cached_property
    def _wanted_by_key(self) -> Mapping[Key, AnyObject]:
        return _by_key(self.wanted)

    @cached_property
    def _existing_by_key(self) -> Mapping[Key, AnyObject]:
        return _by_key(self.existing)

    @cached_property
    def _previous_by_key(self) -> Mapping[Key, AnyObject]:
        return _by_key(self.previous)

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[AnyObject, ...]]:
        rows: dict[str, list[AnyObject]] = {}
        for item in self.objects:
            rows.setdefault(item.kind, []).append(item)
        return {kind: tuple(row) for kind, row in rows.items()}

    @cached_property
    def _templates(self) -> LabelIndex[Workload]:
        return LabelIndex.of((namespace_of(w), template_of(w).metadata.labels, w) for w in self.workloads)

    @cached_property
    def _foreign(self) -> LabelIndex[AnyObject]:
        others = (item for item in self.objects if not is_modelled(item))
        return LabelIndex.of((namespace_of(o), labels, o) for o in others for labels in template_labels(o))

    @cached_property
    def _selecting(self) -> Mapping[str, tuple[tuple[AnyObject, LabelSelector], ...]]:
        rows: dict[str, list[tuple[AnyObject, LabelSelector]]] = {}
        for item in self.objects:
            if (selector := selector_of(item)) is not None:
                rows.setdefault(namespace_of(item), []).append((item, selector))
        return {namespace: tuple(row) for namespace, row in rows.items()}

    @cached_property
    def _live(self) -> LabelIndex[Pod]:
        return LabelIndex.of((namespace_of(pod), pod.metadata.labels, pod) for pod in self.live_pods)

    @cached_property
    def _services(self) -> SelectorIndex[Service]:
        return SelectorIndex.of(
            (namespace_of(s), labels, s) for s in self.of_kind(Service) if (labels := endpoint_labels(s)) is not None
        )

    @cached_property
    def _budgets(self) -> Mapping[str, tuple[PodDisruptionBudget, ...]]:
        rows: dict[str, list[PodDisruptionBudget]] = {}
        for budget in self.of_kind(PodDisruptionBudget):
            rows.setdefault(namespace_of(budget), []).append(budget)
        return {namespace: tuple(row) for namespace, row in rows.items()}

    @cached_property
    def _pods_by_owner(self) -> Mapping[Key, tuple[tuple[OwnerReference, Pod], ...]]:
        return _by_owner(self.live_pods)

    @cached_property
    def _replica_sets_by_owner(self) -> Mapping[Key, tuple[tuple[OwnerReference, ReplicaSet], ...]]:
        return _by_owner(item for item in self.existing if isinstance(item, ReplicaSet))


def _by_key(objects: Iterable[AnyObject]) -> dict[Key, AnyObject]:
    return {key_of(item): item for item in objects if item.metadata.name}


def _by_owner(objects: Iterable[O]) -> dict[Key, tuple[tuple[OwnerReference, O], ...]]:
    rows: dict[Key, list[tuple[OwnerReference, O]]] = {}
    for item in objects:
        owner = controller_of(item)
        if owner is not None:
            rows.setdefault(owner_key(owner, item), []).append((owner, item))
    return {key: tuple(row) for key, row in rows.items()}


def _live(exists: Sequence[AnyObject], before: Sequence[AnyObject], version: str) -> Live | None:
    """What an apply meets; None where there is nothing."""
    if not (exists or before):
        return None
    from kverify.cluster.apply import Live

    return Live.of(exists, before, version)


def read_objects(
    paths: Sequence[str],
    version: str,
    doubled: Severity,
    stdin: Stdin | None = None,
    without: Collection[str] = (),
    live: Live | None = None,
    definitions: Definitions | None = None,
) -> tuple[tuple[AnyObject, ...], tuple[Diagnostic, ...]]:
    """The objects of some paths, except those of the files ``without``, and everything that is wrong with them.

    With ``live``, what applying them over it results in; an object whose apply is refused stays as it is.
    ``definitions`` of custom kinds are known beside those in the files.
    """
    documents, problems = read_documents(paths, stdin, without)
    if live is None:
        decoded = decode_all(documents, version, definitions)
    else:
        decoded = decode_over(documents, live, version, definitions)
    distinct, doubles = without_doubles(decoded.objects, doubled)
    return distinct, (*problems, *decoded.diagnostics, *doubles)


def read_documents(
    paths: Sequence[str], stdin: Stdin | None = None, without: Collection[str] = ()
) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of some paths, except those of the files ``without``, and what is wrong with their text."""
    if not paths:
        return [], []
    from kverify.manifest.reader import read_paths

    skipped = {os.path.abspath(file) for file in without}  # noqa: PTH100 - links stay files of their own
    texts = read_paths(paths, stdin)
    kept = [document for document in texts.documents if os.path.abspath(document.file) not in skipped]  # noqa: PTH100
    return kept, [d for d in texts.diagnostics if os.path.abspath(d.span.file) not in skipped]  # noqa: PTH100


def decode_over(
    documents: Iterable[Document], live: Live, version: str, definitions: Definitions | None = None
) -> DecodedAll:
    """The objects that applying ``documents`` results in: objects that are there are merged with what is there, all
    others are what their manifests say."""
    from kverify.cluster.apply import apply_documents, key_of_document

    objects: list[AnyObject] = []
    diagnostics: list[Diagnostic] = []
    expanded = [expand(document) for document in documents]
    known, made = define((item for items, _ in expanded for item in items), version, definitions)
    for items, problems in expanded:
        diagnostics += problems
        for item in items:
            if key_of_document(item, known) not in live.objects:
                decoded = made.get(id(item)) or decode(item, version, definitions=known)
                found, said = decoded.object, decoded.diagnostics
            else:
                (change,) = apply_documents([item], live, version, definitions=known)
                found, said = None if change.refused else change.after, change.outcome.diagnostics
            diagnostics += said
            if found is not None:
                objects.append(found)
    return DecodedAll(tuple(objects), tuple(diagnostics))


def without_doubles(
    objects: Iterable[AnyObject], severity: Severity
) -> tuple[tuple[AnyObject, ...], tuple[Diagnostic, ...]]:
    """Objects without those that a later one replaces, as applying them one after another would leave them, and a
    KV2000 for each. Objects without a name (``generateName``) are all different."""
    last: dict[Key, AnyObject] = {}
    kept: dict[int, AnyObject] = {}
    diagnostics: list[Diagnostic] = []
    for item in objects:
        if item.metadata.name:
            name = key_of(item)
            first = last.get(name)
            if first is not None:
                del kept[id(first)]
                diagnostics.append(
                    Diagnostic(
                        id="KV2000",
                        severity=severity,
                        message="The same object is given twice; applying both leaves only this one, not the one at "
                        f"{first.source.span('metadata.name')}.",
                        span=item.source.span("metadata.name"),
                        path="metadata.name",
                        object=describe(item),
                        mend="remove one of the two, or give it another name or namespace",
                    )
                )
            last[name] = item
        kept[id(item)] = item
    return tuple(kept.values()), tuple(diagnostics)
