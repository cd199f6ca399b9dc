"""What controllers create for an object: the pods of its template, and what else is admitted on its own.

Nobody sees these objects when they apply their manifest: the Deployment is accepted, and it is its ReplicaSet that gets
the 403.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from attrs import frozen

from kverify.api.defaults import apply_defaults
from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet, StatefulSet
from kverify.api.types.batch import CronJob, Job
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import Pod, PodTemplateSpec
from kverify.api.types.replication import ReplicationController
from kverify.api.types.volume import PersistentVolumeClaimVolumeSource, Volume
from kverify.cluster.objects import namespace_of, templates_of

SUFFIX = "00000"
"""Stands for what a controller or the API server makes up at the end of a name."""

LONGEST = 63


@frozen
class Created:
    """An object that controllers make, ``count`` times, of the field ``path`` of its owner."""

    item: KubeObject
    count: int
    path: str


def template_at(owner: AnyObject) -> tuple[str, PodTemplateSpec] | None:
    """The field that holds a template of pods, and the template; ``None`` for Pods, and for what has none."""
    return None if isinstance(owner, Pod) else next(templates_of(owner), None)


def pod_of(owner: AnyObject) -> Pod | None:
    """A pod that is made of the owner's template, as it reaches the API server: with the defaults of pods."""
    placed = template_at(owner)
    if placed is None or owner.kind == "PodTemplate":
        return None
    _, template = placed
    if isinstance(owner, StatefulSet):
        template = _with_claims(owner, template)
    return _pod(owner, template)


def _pod(owner: AnyObject, template: PodTemplateSpec) -> Pod:
    name = f"{owner.metadata.name[: LONGEST - len(SUFFIX) - 1].rstrip('-.')}-{SUFFIX}"
    metadata = attrs.evolve(template.metadata, name=name, namespace=namespace_of(owner))
    return apply_defaults(Pod(metadata=metadata, spec=template.spec))


def _with_claims(owner: StatefulSet, template: PodTemplateSpec) -> PodTemplateSpec:
    """The StatefulSet controller puts a volume for every claim template in the place of one of that name."""
    claims = {claim.metadata.name: claim for claim in owner.spec.volume_claim_templates}
    volumes = [volume for volume in template.spec.volumes if volume.name not in claims]
    for name in claims:
        source = PersistentVolumeClaimVolumeSource(claim_name=claim_name(owner, name, 0))
        volumes.append(Volume(name=name, persistent_volume_claim=source))
    return attrs.evolve(template, spec=attrs.evolve(template.spec, volumes=tuple(volumes)))


def claim_name(owner: StatefulSet, template: str, ordinal: int) -> str:
    """The claim of the pod with the given number, counted from 0 wherever the ordinals start."""
    first = owner.spec.ordinals.start if owner.spec.ordinals is not None else 0
    return f"{template}-{owner.metadata.name}-{(first or 0) + ordinal}"


def pods_wanted(owner: AnyObject) -> int | None:
    """How many pods the controller wants at once; ``None`` where the input does not say (a DaemonSet's nodes)."""
    if isinstance(owner, Pod):
        return 1
    if isinstance(owner, (Deployment, ReplicaSet, StatefulSet, ReplicationController)):
        return 1 if owner.spec.replicas is None else owner.spec.replicas
    if isinstance(owner, Job):
        # A Job that has come to its end makes no pod any more.
        if any(c.type in ("Complete", "Failed") and c.status == "True" for c in owner.status.conditions):
            return 0
        return _parallel(owner.spec.parallelism, owner.spec.completions, owner.spec.suspend)
    if isinstance(owner, CronJob):
        job = owner.spec.job_template.spec
        return _parallel(job.parallelism, job.completions, owner.spec.suspend or job.suspend)
    return None


def _parallel(parallelism: int | None, completions: int | None, suspend: bool | None) -> int:
    if suspend:
        return 0
    most = 1 if parallelism is None else parallelism
    return most if completions is None else min(most, completions)


def others_of(owner: AnyObject) -> Iterator[Created]:
    """What is created besides pods: a ReplicaSet for each revision, a Job for each run, claims for each ordinal."""
    namespace = namespace_of(owner)
    if isinstance(owner, Deployment):
        spec = owner.spec
        made = ReplicaSet(metadata=_named(owner), spec=attrs.evolve(ReplicaSet().spec, template=spec.template))
        yield Created(made, 1, "spec.template")
    elif isinstance(owner, CronJob):
        yield Created(Job(metadata=_named(owner), spec=owner.spec.job_template.spec), 1, "spec.jobTemplate")
    elif isinstance(owner, StatefulSet):
        for number, template in enumerate(owner.spec.volume_claim_templates):
            name = claim_name(owner, template.metadata.name, 0)
            metadata = attrs.evolve(template.metadata, name=name, namespace=namespace)
            claim = apply_defaults(PersistentVolumeClaim(metadata=metadata, spec=template.spec))
            yield Created(claim, pods_wanted(owner) or 0, f"spec.volumeClaimTemplates[{number}]")
    placed = template_at(owner)
    if placed is None:
        return
    for number, volume in enumerate(placed[1].spec.volumes):
        source = volume.ephemeral.volume_claim_template if volume.ephemeral is not None else None
        if source is not None:
            name = f"{owner.metadata.name[:40].rstrip('-.')}-{SUFFIX}-{volume.name}"
            metadata = attrs.evolve(source.metadata, name=name, namespace=namespace)
            claim = apply_defaults(PersistentVolumeClaim(metadata=metadata, spec=source.spec))
            path = f"{placed[0]}.spec.volumes[{number}].ephemeral.volumeClaimTemplate"
            yield Created(claim, pods_wanted(owner) or 0, path)


def _named(owner: AnyObject) -> ObjectMeta:
    return ObjectMeta(name=f"{owner.metadata.name[:50].rstrip('-.')}-{SUFFIX}", namespace=namespace_of(owner))


def claim_names(owner: StatefulSet, template: str) -> Iterator[str]:
    """The names of the claims of one template, for every ordinal."""
    for ordinal in range(pods_wanted(owner) or 0):
        yield claim_name(owner, template, ordinal)
