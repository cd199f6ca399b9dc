"""Pods and pod templates (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Typed, api_field
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity
from kverify.api.types.affinity import Affinity, Toleration, TopologySpreadConstraint
from kverify.api.types.container import (
    AppArmorProfile,
    Container,
    ResourceRequirements,
    SeccompProfile,
    SELinuxOptions,
    WindowsSecurityContextOptions,
)
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod_status import PodStatus
from kverify.api.types.references import LocalObjectReference
from kverify.api.types.volume import Volume


@frozen(kw_only=True, eq=False, repr=False)
class PodDNSConfigOption(Typed):
    name: str | None = api_field(None, omit_zero=True)
    value: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PodDNSConfig(Typed):
    nameservers: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()
    searches: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class EphemeralContainer(Container):
    target_container_name: str | None = api_field(None, omit_zero=True)
    pass


@frozen(kw_only=True, eq=False, repr=False)
class HostAlias(Typed):
    hostnames: tuple[str, ...] = ()
    ip: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PodOS(Typed):
    name: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class PodReadinessGate(Typed):
    condition_type: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class PodResourceClaim(Typed):
    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class PodSchedulingGate(Typed):
    name: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class Sysctl(Typed):
    name: str = ""
    value: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class PodSecurityContext(Typed):
    app_armor_profile: AppArmorProfile | None = None
    fs_group: Int64 | None = None
    fs_group_change_policy: str | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None
    run_as_user: Int64 | None = None
    se_linux_change_policy: str | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    supplemental_groups: tuple[Int64, ...] = ()
    supplemental_groups_policy: str | None = None
    sysctls: tuple[Sysctl, ...] = ()
    windows_options: WindowsSecurityContextOptions | None = None


@frozen(kw_only=True, eq=False, repr=False)
class WorkloadReference(Typed):
    name: str = ""
    pod_group: str = ""
    pod_group_replica_key: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class PodSchedulingGroup(Typed):
    pod_group_name: str | None = None
    pass


@frozen(kw_only=True, eq=False, repr=False)
class EvictionResponder(Typed):
    ATOMIC: ClassVar[bool] = True
    name: str = ""
    priority: Int32 = 0


@frozen(kw_only=True, eq=False, repr=False)
class PodSpec(Typed):
    active_deadline_seconds: Int64 | None = None
    affinity: Affinity | None = None
    automount_service_account_token: bool | None = None
    containers: tuple[Container, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name", null=True
    )
    dns_config: PodDNSConfig | None = None
    dns_policy: str | None = api_field(None, omit_zero=True)
    enable_service_links: bool | None = None
    ephemeral_containers: tuple[EphemeralContainer, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    host_aliases: tuple[HostAlias, ...] = api_field(
        (), list_type="map", list_keys=("ip",), patch="merge", merge_key="ip"
    )
    host_ipc: bool | None = api_field(None, json="hostIPC", omit_zero=True)
    host_network: bool | None = api_field(None, omit_zero=True)
    host_pid: bool | None = api_field(None, json="hostPID", omit_zero=True)
    host_users: bool | None = None
    hostname: str | None = api_field(None, omit_zero=True)
    image_pull_secrets: tuple[LocalObjectReference, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    init_containers: tuple[Container, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    node_name: str | None = api_field(None, omit_zero=True)
    node_selector: Mapping[str, str] = api_field(EMPTY, map_type="atomic")
    os: PodOS | None = None
    overhead: Mapping[str, Quantity] = api_field(EMPTY)
    preemption_policy: str | None = None
    priority: Int32 | None = None
    priority_class_name: str | None = api_field(None, omit_zero=True)
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    resource_claims: tuple[PodResourceClaim, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge,retainKeys", merge_key="name"
    )
    resources: ResourceRequirements | None = None
    restart_policy: str | None = api_field(None, omit_zero=True)
    runtime_class_name: str | None = None
    scheduler_name: str | None = api_field(None, omit_zero=True)
    scheduling_gates: tuple[PodSchedulingGate, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
    security_context: PodSecurityContext | None = None
    service_account: str | None = api_field(None, omit_zero=True)
    service_account_name: str | None = api_field(None, omit_zero=True)
    set_hostname_as_fqdn: bool | None = api_field(None, json="setHostnameAsFQDN")
    share_process_namespace: bool | None = None
    subdomain: str | None = api_field(None, omit_zero=True)
    termination_grace_period_seconds: Int64 | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = api_field(
        (), list_type="map", list_keys=("topologyKey", "whenUnsatisfiable"), patch="merge", merge_key="topologyKey"
    )
    volumes: tuple[Volume, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge,retainKeys", merge_key="name"
    )
    hostname_override: str | None = None
    workload_ref: WorkloadReference | None = None
    scheduling_group: PodSchedulingGroup | None = None
    eviction_responders: tuple[EvictionResponder, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )


@frozen(kw_only=True, eq=False, repr=False)
class PodTemplateSpec(Typed):
    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


@frozen(kw_only=True, eq=False, repr=False)
class Pod(KubeObject):
    api_version: str = "v1"
    kind: str = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


@frozen(kw_only=True, eq=False, repr=False)
class PodTemplate(KubeObject):
    api_version: str = "v1"
    kind: str = "PodTemplate"
    template: PodTemplateSpec = PodTemplateSpec()
