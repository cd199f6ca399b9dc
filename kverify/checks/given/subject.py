"""A workload under check: a Deployment, ReplicaSet or Pod of the input in the model's terms."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.pod import Pod
from kverify.checks.finding import Cause
from kverify.cluster.admission import Admission
from kverify.cluster.bundle import Bundle, describe, key_of, namespace_of, template_of
from kverify.cluster.objects import Workload as WorkloadObject
from kverify.cluster.scaling import Scale
from kverify.manifest.nodes import parse_path
from kverify.model.components.deployment import promised
from kverify.model.expr import Number
from kverify.model.scheduling.framework import PodInfo
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload, resolve_fenceposts

TEMPLATE = "spec.template.spec"


@frozen(eq=False, kw_only=True)
class Subject:
    """One workload and what is known of its pods.

    ``old`` is the template that runs now, ``new`` the one about to be applied; they are the same template when nothing
    else is known to run (a new image will come one day). ``wanted``: it is in the manifests to be checked; others
    only take up room. ``live`` says on which nodes its pods are, when the cluster
    description has them. ``scale`` is the autoscaler that may take it to every one of ``counts``; ``replicas`` is the
    count asked about now, at first the one of the manifest, brought into the range.
    """

    object: WorkloadObject
    title: str
    namespace: str
    replicas: int
    strategy: Strategy | None
    min_ready: bool
    old: PodInfo
    new: PodInfo
    claims: tuple[str, ...] = ()
    live: Mapping[str, int] | None = None
    wanted: bool = True
    running: WorkloadObject | None = field(default=None)
    scale: Scale | None = None
    counts: range = range(0)

    @property
    def name(self) -> str:
        return self.object.metadata.name

    @property
    def managed(self) -> bool:
        """A controller replaces its pods."""
        return not isinstance(self.object, Pod)

    @property
    def hasty(self) -> tuple[str, ...]:
        """What is assumed of minReadySeconds where a question leaves them out. Of a property that tells Ready from
        available that matters: a drain may go on in between."""
        text = f"{self.title}: a pod is available as soon as it is Ready; minReadySeconds are not waited for"
        return (text,) if self.min_ready else ()

    @property
    def rescaled(self) -> tuple[str, ...]:
        """What is assumed of a change of ``replicas`` that comes with the new revision."""
        if self.running is None or isinstance(self.running, Pod) or self.running.spec.replicas == self.replicas:
            return ()
        before = 1 if self.running.spec.replicas is None else self.running.spec.replicas
        return (f"the change of replicas from {before} to {self.replicas} is carried out before the rollout",)

    @property
    def scaled(self) -> bool:
        """An autoscaler may hold it at more than one count."""
        return len(self.counts) > 1

    @property
    def range(self) -> str:
        """``2 to 10 replicas (HorizontalPodAutoscaler shop/web)``, of one that is scaled."""
        assert self.scale is not None
        return f"{self.counts[0]} to {self.counts[-1]} replicas ({describe(self.scale.autoscaler)})"

    @property
    def ceiling(self) -> int:
        """The most replicas there can ever be."""
        return max(self.replicas, self.counts[-1]) if self.counts else self.replicas

    def at(self, replicas: int) -> Subject:
        """The workload at another count. Where its pods are then, the cluster's description does not say."""
        if replicas == self.replicas:
            return self
        strategy = self.strategy
        if strategy == _strategy(self.object, self.replicas):
            strategy = _strategy(self.object, replicas)
        return evolve(self, replicas=replicas, strategy=strategy, live=None)

    @property
    def most(self) -> int:
        """The most pods that its controller wants at once."""
        if isinstance(self.strategy, RollingUpdate):
            _, most = promised(self.replicas, self.strategy)
            assert isinstance(most, int)
            return most
        return self.replicas

    @property
    def pod_path(self) -> str:
        """The path of the pod spec inside the object."""
        return "spec" if isinstance(self.object, Pod) else TEMPLATE

    def written(self, path: str) -> bool:
        """The manifest itself has the field: it is not a default."""
        source = self.object.source
        return source.document is not None and source.document.node(parse_path(path)) is not None

    def cause(self, path: str, note: str = "") -> Cause:
        """The field at ``path`` of the object as a cause; of a defaulted field, the key it would stand under."""
        source = self.object.source
        return Cause(source.span(path) if self.written(path) else source.key_span(path), path, note)

    def pod_cause(self, path: str, note: str = "") -> Cause:
        """The field at ``path`` of the pod spec as a cause."""
        full = f"{self.pod_path}.{path}" if path else self.pod_path
        return self.cause(full, note)

    def workload(self, *, both: bool = True, ready: bool = True) -> Workload:
        """The model's workload: with the old and the new revision, or only the new one already running.

        ``ready`` is false for the scenario in which the new revision never becomes ready.
        """
        key = f"{self.namespace}/{self.name}"
        kind = "ReplicaSet" if not isinstance(self.object, Pod) else "Pod"
        old = Revision(f"{key}/old", f"{kind} {self.name} (old)", self.old)
        new = Revision(f"{key}/new", f"{kind} {self.name} (new)" if both else f"{kind} {self.name}", self.new, ready)
        return Workload(
            name=self.title,
            replicas=self.replicas,
            revisions=(old, new) if both else (new,),
            strategy=self.strategy if both else None,
            target=1 if both else 0,
            min_ready=self.min_ready and both,
            claims=self.claims,
        )


def subjects_of(admission: Admission) -> tuple[Subject, ...]:
    """All workloads there will be, in the order of the input: those of the manifests first. Their pods are as
    admission leaves them: with defaults of limit ranges, overhead, priority and tolerations."""
    autoscalers = admission.scales
    return tuple(
        _subject(admission, workload, autoscalers.get(key_of(workload))) for workload in admission.bundle.workloads
    )


def _subject(admission: Admission, workload: WorkloadObject, scale: Scale | None) -> Subject:
    bundle = admission.bundle
    running = bundle.running(workload)
    if not isinstance(running, type(workload)):
        running = None
    namespace = namespace_of(workload)
    old = _pod_info(admission, running or workload, "old")
    written = _replicas(workload)
    counts = range(written, written + 1) if scale is None else scale.counts(written)
    replicas = written if scale is None else scale.first(written)
    return Subject(
        object=workload,
        title=describe(workload),
        namespace=namespace,
        replicas=replicas,
        strategy=_strategy(workload, replicas),
        min_ready=not isinstance(workload, Pod) and bool(workload.spec.min_ready_seconds),
        old=old,
        new=_pod_info(admission, workload, "new"),
        claims=_exclusive_claims(bundle, namespace, workload),
        wanted=bundle.is_wanted(workload),
        live=_live(bundle, workload, replicas),
        running=running,
        scale=scale,
        counts=counts,
    )


def _replicas(workload: WorkloadObject) -> int:
    if isinstance(workload, Pod):
        return 1
    return 1 if workload.spec.replicas is None else workload.spec.replicas


def _strategy(workload: WorkloadObject, replicas: int) -> Strategy | None:
    return strategy_of(workload, replicas) if isinstance(workload, Deployment) else None


def strategy_of(deployment: Deployment, replicas: Number) -> Strategy:
    """How a Deployment of so many replicas rolls out, its percentages resolved."""
    strategy = deployment.spec.strategy
    if strategy.type == "Recreate":
        return Recreate()
    rolling = strategy.rolling_update
    surge = rolling.max_surge if rolling and rolling.max_surge is not None else "25%"
    unavailable = rolling.max_unavailable if rolling and rolling.max_unavailable is not None else "25%"
    return resolve_fenceposts(surge, unavailable, replicas)


def surge_of(item: AnyObject, replicas: int) -> int:
    """The pods that a rollout adds to so many replicas: none to none."""
    strategy = strategy_of(item, replicas) if isinstance(item, Deployment) and replicas else None
    return strategy.surge if isinstance(strategy, RollingUpdate) and isinstance(strategy.surge, int) else 0


def _pod_info(admission: Admission, workload: WorkloadObject, revision: str) -> PodInfo:
    # The hash only has to differ between revisions; matchLabelKeys then works as it does in a cluster.
    labels = {} if isinstance(workload, Pod) else {"pod-template-hash": f"{workload.metadata.name}-{revision}"}
    return PodInfo.of(
        admission.template(workload),
        namespace=namespace_of(workload),
        name=workload.metadata.name,
        labels=labels,
    )


def _exclusive_claims(bundle: Bundle, namespace: str, workload: WorkloadObject) -> tuple[str, ...]:
    """Claims that one node at a time may attach: ReadWriteOnce and nothing wider."""
    found = []
    for volume in template_of(workload).spec.volumes:
        claim = volume.persistent_volume_claim
        if claim is None:
            continue
        known = bundle.find("PersistentVolumeClaim", namespace, claim.claim_name)
        modes = known.spec.access_modes if isinstance(known, PersistentVolumeClaim) else ()
        if modes and set(modes) <= {"ReadWriteOnce", "ReadWriteOncePod"}:
            found.append(f"{namespace}/{claim.claim_name}")
    return tuple(found)


def _live(bundle: Bundle, workload: WorkloadObject, replicas: int) -> Mapping[str, int] | None:
    """Nodes of the pods that run, if they are all there; a placement with gaps is not a settled one."""
    counts: dict[str, int] = {}
    for pod in bundle.pods_owned_by(workload):
        if pod.spec.node_name and pod.metadata.deletion_timestamp is None:
            counts[pod.spec.node_name] = counts.get(pod.spec.node_name, 0) + 1
    return counts if counts and sum(counts.values()) == replicas else None
