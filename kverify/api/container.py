"""Containers, probes and lifecycle hooks (``core/v1``)."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import Int32, Int64, IntOrString, mapping, named
from kverify.api.quantity import Quantity
from kverify.api.volume import ObjectFieldSelector, ResourceFieldSelector


@frozen(kw_only=True)
class ContainerPort:
    name: str | None = None
    host_port: Int32 | None = None
    container_port: Int32 = 0
    protocol: str | None = None
    host_ip: str | None = named("hostIP")


@frozen(kw_only=True)
class ConfigMapKeySelector:
    name: str = ""
    key: str = ""
    optional: bool | None = None


@frozen(kw_only=True)
class SecretKeySelector:
    name: str = ""
    key: str = ""
    optional: bool | None = None


@frozen(kw_only=True)
class FileKeySelector:
    volume_name: str = ""
    path: str = ""
    key: str = ""
    optional: bool | None = None


@frozen(kw_only=True)
class EnvVarSource:
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


@frozen(kw_only=True)
class EnvVar:
    name: str = ""
    value: str | None = None
    value_from: EnvVarSource | None = None


@frozen(kw_only=True)
class ConfigMapEnvSource:
    name: str = ""
    optional: bool | None = None


@frozen(kw_only=True)
class SecretEnvSource:
    name: str = ""
    optional: bool | None = None


@frozen(kw_only=True)
class EnvFromSource:
    prefix: str | None = None
    config_map_ref: ConfigMapEnvSource | None = None
    secret_ref: SecretEnvSource | None = None


@frozen(kw_only=True)
class ResourceClaim:
    """An entry of ``resources.claims``: which of the pod's ``resourceClaims`` a container uses."""

    name: str = ""
    request: str | None = None


@frozen(kw_only=True)
class ResourceRequirements:
    limits: Mapping[str, Quantity] = mapping()
    requests: Mapping[str, Quantity] = mapping()
    claims: tuple[ResourceClaim, ...] = ()


@frozen(kw_only=True)
class ContainerResizePolicy:
    resource_name: str = ""
    restart_policy: str = ""


@frozen(kw_only=True)
class ContainerRestartRuleOnExitCodes:
    operator: str = ""
    values: tuple[Int32, ...] = ()


@frozen(kw_only=True)
class ContainerRestartRule:
    action: str = ""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


@frozen(kw_only=True)
class VolumeMount:
    name: str = ""
    read_only: bool | None = None
    recursive_read_only: str | None = None
    mount_path: str = ""
    sub_path: str | None = None
    mount_propagation: str | None = None
    sub_path_expr: str | None = None
    bind_mount_options: tuple[str, ...] = ()


@frozen(kw_only=True)
class VolumeDevice:
    name: str = ""
    device_path: str = ""


@frozen(kw_only=True)
class ExecAction:
    command: tuple[str, ...] = ()


@frozen(kw_only=True)
class HTTPHeader:
    name: str = ""
    value: str = ""


@frozen(kw_only=True)
class HTTPGetAction:
    path: str | None = None
    port: IntOrString = 0
    host: str | None = None
    scheme: str | None = None
    http_headers: tuple[HTTPHeader, ...] = ()
    protocol: str | None = None


@frozen(kw_only=True)
class TCPSocketAction:
    port: IntOrString = 0
    host: str | None = None


@frozen(kw_only=True)
class GRPCAction:
    port: Int32 = 0
    service: str | None = None
    mode: str | None = None


@frozen(kw_only=True)
class SleepAction:
    seconds: Int64 = 0


@frozen(kw_only=True)
class Probe:
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: Int32 | None = None
    timeout_seconds: Int32 | None = None
    period_seconds: Int32 | None = None
    success_threshold: Int32 | None = None
    failure_threshold: Int32 | None = None
    termination_grace_period_seconds: Int64 | None = None


@frozen(kw_only=True)
class LifecycleHandler:
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


@frozen(kw_only=True)
class Lifecycle:
    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None


@frozen(kw_only=True)
class Capabilities:
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@frozen(kw_only=True)
class SELinuxOptions:
    user: str | None = None
    role: str | None = None
    type: str | None = None
    level: str | None = None


@frozen(kw_only=True)
class WindowsSecurityContextOptions:
    gmsa_credential_spec_name: str | None = None
    gmsa_credential_spec: str | None = None
    run_as_user_name: str | None = None
    host_process: bool | None = None


@frozen(kw_only=True)
class SeccompProfile:
    type: str = ""
    localhost_profile: str | None = None


@frozen(kw_only=True)
class AppArmorProfile:
    type: str = ""
    localhost_profile: str | None = None


@frozen(kw_only=True)
class SecurityContext:
    capabilities: Capabilities | None = None
    privileged: bool | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsSecurityContextOptions | None = None
    run_as_user: Int64 | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None


@frozen(kw_only=True)
class Container:
    """A container, an init container (``restart_policy`` Always makes it a sidecar), or, in
    ``ephemeralContainers``, a debugging container (see :class:`EphemeralContainer`)."""

    name: str = ""
    image: str | None = None
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str | None = None
    ports: tuple[ContainerPort, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    restart_policy: str | None = None
    restart_policy_rules: tuple[ContainerRestartRule, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    volume_devices: tuple[VolumeDevice, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str | None = None
    termination_message_policy: str | None = None
    image_pull_policy: str | None = None
    security_context: SecurityContext | None = None
    stdin: bool | None = None
    stdin_once: bool | None = None
    tty: bool | None = None

    @property
    def is_sidecar(self) -> bool:
        """Only meaningful for an init container."""
        return self.restart_policy == "Always"


@frozen(kw_only=True)
class EphemeralContainer(Container):
    target_container_name: str | None = None
