"""Defaults of workloads that run for ever (``pkg/apis/apps/v1/defaults.go``, ``pkg/apis/core/v1/defaults.go``), with
what their registry strategies add."""

from __future__ import annotations

import attrs

from kverify.api.base import FrozenMap, atoi
from kverify.api.defaults.pods import default_template
from kverify.api.defaults.values import round_resources, value_or
from kverify.api.types.apps import (
    DaemonSet,
    Deployment,
    ReplicaSet,
    RollingUpdateDaemonSet,
    RollingUpdateDeployment,
    RollingUpdateStatefulSetStrategy,
    StatefulSet,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetUpdateStrategy,
)
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.pod import PodTemplate
from kverify.api.types.replication import ReplicationController
from kverify.api.versions import enabled

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
"""The annotation that ``apps/v1`` has instead of the internal ``spec.templateGeneration`` of a DaemonSet."""


def default_deployment(obj: Deployment) -> Deployment:
    spec = obj.spec
    strategy = attrs.evolve(spec.strategy, type=spec.strategy.type or "RollingUpdate")
    if strategy.type == "RollingUpdate":
        given = strategy.rolling_update or RollingUpdateDeployment()
        strategy = attrs.evolve(
            strategy,
            rolling_update=RollingUpdateDeployment(
                max_unavailable="25%" if given.max_unavailable is None else given.max_unavailable,
                max_surge="25%" if given.max_surge is None else given.max_surge,
            ),
        )
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            replicas=value_or(spec.replicas, 1),
            template=default_template(spec.template),
            strategy=strategy,
            revision_history_limit=value_or(spec.revision_history_limit, 10),
            progress_deadline_seconds=value_or(spec.progress_deadline_seconds, 600),
        ),
    )


def default_replica_set(obj: ReplicaSet) -> ReplicaSet:
    spec = obj.spec
    return attrs.evolve(
        obj,
        spec=attrs.evolve(spec, replicas=value_or(spec.replicas, 1), template=default_template(spec.template)),
    )


def default_replication_controller(obj: ReplicationController) -> ReplicationController:
    """The labels of the template become the selector and the labels of the controller, where it has none."""
    spec, metadata = obj.spec, obj.metadata
    template = None if spec.template is None else default_template(spec.template)
    labels = FrozenMap[str, str]() if template is None else template.metadata.labels
    return attrs.evolve(
        obj,
        metadata=metadata if metadata.labels else attrs.evolve(metadata, labels=labels),
        spec=attrs.evolve(
            spec, replicas=value_or(spec.replicas, 1), selector=spec.selector or labels, template=template
        ),
    )


def default_pod_template(obj: PodTemplate) -> PodTemplate:
    return attrs.evolve(obj, template=default_template(obj.template))


def default_daemon_set(obj: DaemonSet) -> DaemonSet:
    spec, strategy = obj.spec, obj.spec.update_strategy
    strategy = attrs.evolve(strategy, type=strategy.type or "RollingUpdate")
    if strategy.type == "RollingUpdate":
        given = strategy.rolling_update or RollingUpdateDaemonSet()
        strategy = attrs.evolve(
            strategy,
            rolling_update=RollingUpdateDaemonSet(
                max_unavailable=1 if given.max_unavailable is None else given.max_unavailable,
                max_surge=0 if given.max_surge is None else given.max_surge,
            ),
        )
    return attrs.evolve(
        obj,
        metadata=attrs.evolve(obj.metadata, annotations=_with_generation(obj)),
        spec=attrs.evolve(
            spec,
            template=default_template(spec.template),
            update_strategy=strategy,
            revision_history_limit=value_or(spec.revision_history_limit, 10),
        ),
    )


def _with_generation(obj: DaemonSet) -> FrozenMap[str, str]:
    """The generation counts from 1; a text that is no number is refused by validation."""
    annotations = obj.metadata.annotations
    given = annotations.get(TEMPLATE_GENERATION, "0")
    generation = atoi(given)
    return FrozenMap({**annotations, TEMPLATE_GENERATION: given if generation is None else str(max(1, generation))})


def prepare_daemon_set(new: DaemonSet, old: DaemonSet) -> DaemonSet:
    """An update counts the changes of the template, whatever was sent."""
    generation = atoi(old.metadata.annotations.get(TEMPLATE_GENERATION, "")) or 0
    if new.spec.template != old.spec.template:
        generation += 1
    annotations = FrozenMap({**new.metadata.annotations, TEMPLATE_GENERATION: str(generation)})
    return attrs.evolve(new, metadata=attrs.evolve(new.metadata, annotations=annotations))


def default_stateful_set(obj: StatefulSet, version: str) -> StatefulSet:
    spec = obj.spec
    retention = spec.persistent_volume_claim_retention_policy or StatefulSetPersistentVolumeClaimRetentionPolicy()
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            replicas=value_or(spec.replicas, 1),
            template=default_template(spec.template),
            pod_management_policy=spec.pod_management_policy or "OrderedReady",
            update_strategy=_stateful_strategy(spec.update_strategy, version),
            revision_history_limit=value_or(spec.revision_history_limit, 10),
            persistent_volume_claim_retention_policy=attrs.evolve(
                retention,
                when_deleted=retention.when_deleted or "Retain",
                when_scaled=retention.when_scaled or "Retain",
            ),
            volume_claim_templates=tuple(map(_claim_template, spec.volume_claim_templates)),
        ),
    )


def _stateful_strategy(strategy: StatefulSetUpdateStrategy, version: str) -> StatefulSetUpdateStrategy:
    """``rollingUpdate`` is only filled in together with the type: a written RollingUpdate stays alone."""
    update = strategy.rolling_update
    if not strategy.type:
        update = update or RollingUpdateStatefulSetStrategy()
    kind = strategy.type or "RollingUpdate"
    if kind == "RollingUpdate" and update is not None:
        unavailable = update.max_unavailable
        if unavailable is None and enabled("MaxUnavailableStatefulSet", version):
            unavailable = 1
        update = attrs.evolve(update, partition=value_or(update.partition, 0), max_unavailable=unavailable)
    return attrs.evolve(strategy, type=kind, rolling_update=update)


def _claim_template(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
    """A template is a whole claim, and prints as one; what the strategy of claims does is not done to it."""
    spec = claim.spec
    resources = attrs.evolve(
        spec.resources,
        requests=round_resources(spec.resources.requests),
        limits=round_resources(spec.resources.limits),
    )
    return attrs.evolve(
        claim,
        api_version="v1",
        kind="PersistentVolumeClaim",
        spec=attrs.evolve(spec, volume_mode=value_or(spec.volume_mode, "Filesystem"), resources=resources),
        status=attrs.evolve(claim.status, phase=claim.status.phase or "Pending"),
    )
