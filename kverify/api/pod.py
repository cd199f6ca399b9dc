"""Pods and pod templates (``core/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.affinity import Affinity, Toleration, TopologySpreadConstraint
from kverify.api.base import Int32, Int64, mapping, named
from kverify.api.container import (
    AppArmorProfile,
    Container,
    EphemeralContainer,
    ResourceRequirements,
    SeccompProfile,
    SELinuxOptions,
    WindowsSecurityContextOptions,
)
from kverify.api.meta import ObjectMeta
from kverify.api.pod_status import PodStatus
from kverify.api.quantity import Quantity
from kverify.api.source import NOWHERE, Source
from kverify.api.volume import LocalObjectReference, Volume


@frozen(kw_only=True)
class Sysctl:
    name: str = ""
    value: str = ""


@frozen(kw_only=True)
class PodSecurityContext:
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsSecurityContextOptions | None = None
    run_as_user: Int64 | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[Int64, ...] = ()
    supplemental_groups_policy: str | None = None
    fs_group: Int64 | None = None
    sysctls: tuple[Sysctl, ...] = ()
    fs_group_change_policy: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_change_policy: str | None = None


@frozen(kw_only=True)
class HostAlias:
    ip: str = ""
    hostnames: tuple[str, ...] = ()


@frozen(kw_only=True)
class PodDNSConfigOption:
    name: str | None = None
    value: str | None = None


@frozen(kw_only=True)
class PodDNSConfig:
    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()


@frozen(kw_only=True)
class PodReadinessGate:
    condition_type: str = ""


@frozen(kw_only=True)
class PodSchedulingGate:
    name: str = ""


@frozen(kw_only=True)
class PodOS:
    name: str = ""


@frozen(kw_only=True)
class PodResourceClaim:
    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


@frozen(kw_only=True)
class WorkloadReference:
    """Gang scheduling as 1.35 spelt it; 1.36 replaced it by :class:`PodSchedulingGroup`."""

    name: str = ""
    pod_group: str = ""
    pod_group_replica_key: str | None = None


@frozen(kw_only=True)
class PodSchedulingGroup:
    pod_group_name: str | None = None


@frozen(kw_only=True)
class EvictionResponder:
    name: str = ""
    priority: Int32 = 0


@frozen(kw_only=True)
class PodSpec:
    volumes: tuple[Volume, ...] = ()
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[EphemeralContainer, ...] = ()
    restart_policy: str | None = None
    termination_grace_period_seconds: Int64 | None = None
    active_deadline_seconds: Int64 | None = None
    dns_policy: str | None = None
    node_selector: Mapping[str, str] = mapping()
    service_account_name: str | None = None
    service_account: str | None = None
    automount_service_account_token: bool | None = None
    node_name: str | None = None
    host_network: bool | None = None
    host_pid: bool | None = named("hostPID")
    host_ipc: bool | None = named("hostIPC")
    share_process_namespace: bool | None = None
    security_context: PodSecurityContext | None = None
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    hostname: str | None = None
    subdomain: str | None = None
    affinity: Affinity | None = None
    scheduler_name: str | None = None
    tolerations: tuple[Toleration, ...] = ()
    host_aliases: tuple[HostAlias, ...] = ()
    priority_class_name: str | None = None
    priority: Int32 | None = None
    dns_config: PodDNSConfig | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    runtime_class_name: str | None = None
    enable_service_links: bool | None = None
    preemption_policy: str | None = None
    overhead: Mapping[str, Quantity] = mapping()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    set_hostname_as_fqdn: bool | None = named("setHostnameAsFQDN")
    os: PodOS | None = None
    host_users: bool | None = None
    scheduling_gates: tuple[PodSchedulingGate, ...] = ()
    resource_claims: tuple[PodResourceClaim, ...] = ()
    resources: ResourceRequirements | None = None
    hostname_override: str | None = None
    workload_ref: WorkloadReference | None = None
    scheduling_group: PodSchedulingGroup | None = None
    eviction_responders: tuple[EvictionResponder, ...] = ()


@frozen(kw_only=True)
class PodTemplateSpec:
    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()


@frozen(kw_only=True)
class Pod:
    api_version: str = "v1"
    kind: str = "Pod"
    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()
    source: Source = field(default=NOWHERE, eq=False, repr=False)
