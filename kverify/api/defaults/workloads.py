"""Defaults of workloads (``pkg/apis/apps/v1/defaults.go``)."""

from __future__ import annotations

import attrs

from kverify.api.defaults.pods import default_template
from kverify.api.defaults.values import value_or
from kverify.api.types.apps import Deployment, ReplicaSet, RollingUpdateDeployment


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
            min_ready_seconds=value_or(spec.min_ready_seconds, 0),
            revision_history_limit=value_or(spec.revision_history_limit, 10),
            progress_deadline_seconds=value_or(spec.progress_deadline_seconds, 600),
        ),
    )


def default_replica_set(obj: ReplicaSet) -> ReplicaSet:
    spec = obj.spec
    return attrs.evolve(
        obj,
        spec=attrs.evolve(
            spec,
            replicas=value_or(spec.replicas, 1),
            min_ready_seconds=value_or(spec.min_ready_seconds, 0),
            template=default_template(spec.template),
        ),
    )
