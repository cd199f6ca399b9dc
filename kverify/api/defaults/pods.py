"""Defaults of pod specs: ``SetDefaults_PodSpec``, ``SetDefaults_Pod``, containers, probes and volumes.

Templates of workloads get less than pods: a limit becomes the missing request, ``enableServiceLinks`` is set and host
ports are copied only when the pod itself is created (``standalone``).
"""

from __future__ import annotations

from typing import TypeVar

import attrs

from kverify.api.base import FrozenMap
from kverify.api.defaults.values import round_resources
from kverify.api.defaults.volumes import default_field_ref, default_resource_ref, default_volume
from kverify.api.languages.images import default_pull_policy
from kverify.api.resources import pod_level_requests
from kverify.api.types.container import (
    Container,
    ContainerPort,
    EnvVar,
    Lifecycle,
    LifecycleHandler,
    Probe,
    ResourceRequirements,
)
from kverify.api.types.pod import PodSecurityContext, PodSpec, PodTemplateSpec

C = TypeVar("C", bound=Container)


def default_template(template: PodTemplateSpec) -> PodTemplateSpec:
    """A workload's pod template as stored."""
    return attrs.evolve(template, spec=default_pod_spec(template.spec, standalone=False))


def default_pod_spec(spec: PodSpec, *, standalone: bool) -> PodSpec:
    """``standalone``: the spec of a Pod, not of a template."""
    containers = tuple(map(_container, spec.containers))
    inits = tuple(map(_container, spec.init_containers))
    host_network = bool(spec.host_network)
    account = spec.service_account_name or spec.service_account
    resources = _pod_resources(spec.resources)
    grace = spec.termination_grace_period_seconds
    if standalone:
        containers = tuple(_requests_from_limits(container) for container in containers)
        inits = tuple(_requests_from_limits(container) for container in inits)
        if resources is not None:
            resources = pod_level_requests(resources, containers, inits)
        if host_network:
            containers = tuple(_host_ports(container) for container in containers)
            inits = tuple(_host_ports(container) for container in inits)
    if grace is None:
        grace = 30
    elif grace < 0:
        grace = 1  # the strategies of pods and templates clamp it
    return attrs.evolve(
        spec,
        volumes=tuple(map(default_volume, spec.volumes)),
        containers=containers,
        init_containers=inits,
        ephemeral_containers=tuple(map(_container, spec.ephemeral_containers)),
        restart_policy=spec.restart_policy or "Always",
        termination_grace_period_seconds=grace,
        dns_policy=spec.dns_policy or "ClusterFirst",
        security_context=spec.security_context or PodSecurityContext(),
        scheduler_name=spec.scheduler_name or "default-scheduler",
        service_account_name=account,
        service_account=account,
        overhead=round_resources(spec.overhead),
        resources=resources,
        enable_service_links=True if standalone and spec.enable_service_links is None else spec.enable_service_links,
    )


def _pod_resources(resources: ResourceRequirements | None) -> ResourceRequirements | None:
    return None if resources is None else _rounded(resources)


def _rounded(resources: ResourceRequirements) -> ResourceRequirements:
    if not resources.requests and not resources.limits:
        return resources
    return attrs.evolve(
        resources, requests=round_resources(resources.requests), limits=round_resources(resources.limits)
    )


def _requests_from_limits(container: C) -> C:
    resources = container.resources
    if not resources.limits:
        return container
    requests = FrozenMap({**resources.limits, **resources.requests})
    return attrs.evolve(container, resources=attrs.evolve(resources, requests=requests))


def _host_ports(container: C) -> C:
    ports = tuple(attrs.evolve(port, host_port=port.host_port or port.container_port) for port in container.ports)
    return attrs.evolve(container, ports=ports)


def _container(container: C) -> C:
    return attrs.evolve(
        container,
        image_pull_policy=container.image_pull_policy or default_pull_policy(container.image or ""),
        termination_message_path=container.termination_message_path or "/dev/termination-log",
        termination_message_policy=container.termination_message_policy or "File",
        ports=tuple(map(_port, container.ports)),
        env=tuple(map(_env, container.env)),
        resources=_rounded(container.resources),
        liveness_probe=_probe(container.liveness_probe),
        readiness_probe=_probe(container.readiness_probe),
        startup_probe=_probe(container.startup_probe),
        lifecycle=_lifecycle(container.lifecycle),
    )


def _port(port: ContainerPort) -> ContainerPort:
    return port if port.protocol else attrs.evolve(port, protocol="TCP")


def _env(env: EnvVar) -> EnvVar:
    source = env.value_from
    if source is None or (source.field_ref is None and source.resource_field_ref is None):
        return env
    filled = attrs.evolve(
        source,
        field_ref=default_field_ref(source.field_ref),
        resource_field_ref=default_resource_ref(source.resource_field_ref),
    )
    return attrs.evolve(env, value_from=filled)


def _probe(probe: Probe | None) -> Probe | None:
    if probe is None:
        return None
    http, grpc = probe.http_get, probe.grpc
    if http is not None:
        http = attrs.evolve(http, path=http.path or "/", scheme=http.scheme or "HTTP")
    if grpc is not None and grpc.service is None:
        grpc = attrs.evolve(grpc, service="")
    return attrs.evolve(
        probe,
        http_get=http,
        grpc=grpc,
        timeout_seconds=probe.timeout_seconds or 1,
        period_seconds=probe.period_seconds or 10,
        success_threshold=probe.success_threshold or 1,
        failure_threshold=probe.failure_threshold or 3,
    )


def _lifecycle(lifecycle: Lifecycle | None) -> Lifecycle | None:
    if lifecycle is None:
        return None
    return attrs.evolve(lifecycle, post_start=_handler(lifecycle.post_start), pre_stop=_handler(lifecycle.pre_stop))


def _handler(handler: LifecycleHandler | None) -> LifecycleHandler | None:
    if handler is None or handler.http_get is None:
        return handler
    http = handler.http_get
    return attrs.evolve(handler, http_get=attrs.evolve(http, path=http.path or "/", scheme=http.scheme or "HTTP"))
