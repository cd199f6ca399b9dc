"""Defaults of pod specs: ``SetDefaults_PodSpec``, ``SetDefaults_Pod``, containers, probes and volumes.

Templates of workloads get less than pods: a limit becomes the missing request, ``enableServiceLinks`` is set and host
ports are copied only when the pod itself is created (``standalone``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from kverify.api.base import FrozenMap
from kverify.api.languages.images import default_pull_policy
from kverify.api.quantity import Quantity
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
from kverify.api.types.volume import (
    DownwardAPIVolumeFile,
    EmptyDirVolumeSource,
    ObjectFieldSelector,
    ResourceFieldSelector,
    Volume,
    VolumeProjection,
)

C = TypeVar("C", bound=Container)
FILE_MODE = 0o644
MILLI = 10**6
"""Nano units in a milli unit."""


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
        volumes=tuple(map(_volume, spec.volumes)),
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


def round_resources(resources: Mapping[str, Quantity]) -> Mapping[str, Quantity]:
    """``SetDefaults_ResourceList``: every quantity is rounded up to whole milli units. Others keep their spelling."""
    if all(quantity.nano % MILLI == 0 for quantity in resources.values()):
        return resources
    return FrozenMap({name: _rounded_up(quantity) for name, quantity in resources.items()})


def _rounded_up(quantity: Quantity) -> Quantity:
    return quantity if quantity.nano % MILLI == 0 else quantity.stored()


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
        source, field_ref=_field_ref(source.field_ref), resource_field_ref=_resource_ref(source.resource_field_ref)
    )
    return attrs.evolve(env, value_from=filled)


def _field_ref(ref: ObjectFieldSelector | None) -> ObjectFieldSelector | None:
    return ref if ref is None or ref.api_version else attrs.evolve(ref, api_version="v1")


def _resource_ref(ref: ResourceFieldSelector | None) -> ResourceFieldSelector | None:
    return ref if ref is None or ref.divisor is not None else attrs.evolve(ref, divisor=Quantity.of(0))


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


def has_source(volume: Volume) -> bool:
    """Whether any volume source is set."""
    return any(
        getattr(volume, attribute.name) is not None for attribute in attrs.fields(Volume) if attribute.name != "name"
    )


def _volume(volume: Volume) -> Volume:
    if not has_source(volume):
        return attrs.evolve(volume, empty_dir=EmptyDirVolumeSource())
    if volume.secret is not None and volume.secret.default_mode is None:
        return attrs.evolve(volume, secret=attrs.evolve(volume.secret, default_mode=FILE_MODE))
    if volume.config_map is not None and volume.config_map.default_mode is None:
        return attrs.evolve(volume, config_map=attrs.evolve(volume.config_map, default_mode=FILE_MODE))
    if volume.host_path is not None and volume.host_path.type is None:
        return attrs.evolve(volume, host_path=attrs.evolve(volume.host_path, type=""))
    if volume.downward_api is not None:
        source = volume.downward_api
        mode = FILE_MODE if source.default_mode is None else source.default_mode
        items = tuple(map(_downward_file, source.items))
        return attrs.evolve(volume, downward_api=attrs.evolve(source, default_mode=mode, items=items))
    if volume.projected is not None:
        projected = volume.projected
        mode = FILE_MODE if projected.default_mode is None else projected.default_mode
        sources = tuple(map(_projection, projected.sources))
        return attrs.evolve(volume, projected=attrs.evolve(projected, default_mode=mode, sources=sources))
    if volume.ephemeral is not None and volume.ephemeral.volume_claim_template is not None:
        template = volume.ephemeral.volume_claim_template
        claim = attrs.evolve(template.spec, volume_mode=template.spec.volume_mode or "Filesystem")
        template = attrs.evolve(template, spec=claim)
        return attrs.evolve(volume, ephemeral=attrs.evolve(volume.ephemeral, volume_claim_template=template))
    if volume.image is not None and not volume.image.pull_policy:
        policy = default_pull_policy(volume.image.reference or "")
        return attrs.evolve(volume, image=attrs.evolve(volume.image, pull_policy=policy))
    if volume.iscsi is not None and not volume.iscsi.iscsi_interface:
        return attrs.evolve(volume, iscsi=attrs.evolve(volume.iscsi, iscsi_interface="default"))
    if volume.rbd is not None:
        rbd = volume.rbd
        filled = attrs.evolve(
            rbd, pool=rbd.pool or "rbd", user=rbd.user or "admin", keyring=rbd.keyring or "/etc/ceph/keyring"
        )
        return attrs.evolve(volume, rbd=filled)
    return volume


def _downward_file(item: DownwardAPIVolumeFile) -> DownwardAPIVolumeFile:
    return attrs.evolve(
        item, field_ref=_field_ref(item.field_ref), resource_field_ref=_resource_ref(item.resource_field_ref)
    )


def _projection(source: VolumeProjection) -> VolumeProjection:
    if source.service_account_token is not None and source.service_account_token.expiration_seconds is None:
        token = attrs.evolve(source.service_account_token, expiration_seconds=3600)
        return attrs.evolve(source, service_account_token=token)
    if source.downward_api is not None:
        items = tuple(map(_downward_file, source.downward_api.items))
        return attrs.evolve(source, downward_api=attrs.evolve(source.downward_api, items=items))
    return source


V = TypeVar("V")


def value_or(value: V | None, default: V) -> V:
    """``default`` where Go has a nil pointer; 0 and False were given."""
    return default if value is None else value
