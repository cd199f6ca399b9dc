"""Containers, probes and lifecycle hooks (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, IntOrString, Typed, api_field
from kverify.api.quantity import Quantity
from kverify.api.rules import ContainerRules
from kverify.api.types.volume import ObjectFieldSelector, ResourceFieldSelector


@frozen(kw_only=True, eq=False, repr=False)
class ContainerPort(Typed):
    container_port: Int32 = 0
    host_ip: str | None = api_field(None, json="hostIP", omit_zero=True)
    host_port: Int32 | None = api_field(None, omit_zero=True)
    name: str | None = api_field(None, omit_zero=True)
    protocol: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMapKeySelector(Typed):
    ATOMIC: ClassVar[bool] = True
    key: str = ""
    name: str = api_field("", omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class SecretKeySelector(Typed):
    ATOMIC: ClassVar[bool] = True
    key: str = ""
    name: str = api_field("", omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class FileKeySelector(Typed):
    ATOMIC: ClassVar[bool] = True
    key: str = ""
    optional: bool | None = None
    path: str = ""
    volume_name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class EnvVarSource(Typed):
    config_map_key_ref: ConfigMapKeySelector | None = None
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: FileKeySelector | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EnvVar(Typed):
    name: str = ""
    value: str | None = api_field(None, omit_zero=True)
    value_from: EnvVarSource | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMapEnvSource(Typed):
    name: str = api_field("", omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class SecretEnvSource(Typed):
    name: str = api_field("", omit_zero=True)
    optional: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class EnvFromSource(Typed):
    config_map_ref: ConfigMapEnvSource | None = None
    prefix: str | None = api_field(None, omit_zero=True)
    secret_ref: SecretEnvSource | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerResourceClaim(Typed):
    name: str = ""
    request: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ResourceRequirements(Typed):
    claims: tuple[ContainerResourceClaim, ...] = api_field((), list_type="map", list_keys=("name",))
    limits: Mapping[str, Quantity] = api_field(EMPTY)
    requests: Mapping[str, Quantity] = api_field(EMPTY)


@frozen(kw_only=True, eq=False, repr=False)
class ExecAction(Typed):
    command: tuple[str, ...] = ()
    pass


@frozen(kw_only=True, eq=False, repr=False)
class GRPCAction(Typed):
    port: Int32 = 0
    service: str | None = api_field(None, null=True)
    mode: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class HTTPHeader(Typed):
    name: str = ""
    value: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class HTTPGetAction(Typed):
    host: str | None = api_field(None, omit_zero=True)
    http_headers: tuple[HTTPHeader, ...] = ()
    path: str | None = api_field(None, omit_zero=True)
    port: IntOrString = 0
    scheme: str | None = api_field(None, omit_zero=True)
    protocol: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class TCPSocketAction(Typed):
    host: str | None = api_field(None, omit_zero=True)
    port: IntOrString = 0


@frozen(kw_only=True, eq=False, repr=False)
class Probe(Typed):
    exec: ExecAction | None = None
    failure_threshold: Int32 | None = api_field(None, omit_zero=True)
    grpc: GRPCAction | None = None
    http_get: HTTPGetAction | None = None
    initial_delay_seconds: Int32 | None = api_field(None, omit_zero=True)
    period_seconds: Int32 | None = api_field(None, omit_zero=True)
    success_threshold: Int32 | None = api_field(None, omit_zero=True)
    tcp_socket: TCPSocketAction | None = None
    termination_grace_period_seconds: Int64 | None = None
    timeout_seconds: Int32 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class AppArmorProfile(Typed):
    localhost_profile: str | None = None
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class Capabilities(Typed):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class SELinuxOptions(Typed):
    level: str | None = api_field(None, omit_zero=True)
    role: str | None = api_field(None, omit_zero=True)
    type: str | None = api_field(None, omit_zero=True)
    user: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class SeccompProfile(Typed):
    localhost_profile: str | None = None
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class WindowsSecurityContextOptions(Typed):
    gmsa_credential_spec: str | None = None
    gmsa_credential_spec_name: str | None = None
    host_process: bool | None = None
    run_as_user_name: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class SecurityContext(Typed):
    allow_privilege_escalation: bool | None = None
    app_armor_profile: AppArmorProfile | None = None
    capabilities: Capabilities | None = None
    privileged: bool | None = None
    proc_mount: str | None = None
    read_only_root_filesystem: bool | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None
    run_as_user: Int64 | None = None
    se_linux_options: SELinuxOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    windows_options: WindowsSecurityContextOptions | None = None


@frozen(kw_only=True, eq=False, repr=False)
class SleepAction(Typed):
    seconds: Int64 = 0
    pass


@frozen(kw_only=True, eq=False, repr=False)
class LifecycleHandler(Typed):
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    sleep: SleepAction | None = None
    tcp_socket: TCPSocketAction | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Lifecycle(Typed):
    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ContainerResizePolicy(Typed):
    resource_name: str = ""
    restart_policy: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class VolumeDevice(Typed):
    device_path: str = ""
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class VolumeMount(Typed):
    mount_path: str = ""
    mount_propagation: str | None = None
    name: str = ""
    read_only: bool | None = api_field(None, omit_zero=True)
    recursive_read_only: str | None = None
    sub_path: str | None = api_field(None, omit_zero=True)
    sub_path_expr: str | None = api_field(None, omit_zero=True)
    bind_mount_options: tuple[str, ...] = api_field((), list_type="set")


@frozen(kw_only=True, eq=False, repr=False)
class ContainerRestartRuleOnExitCodes(Typed):
    operator: str = ""
    values: tuple[Int32, ...] = api_field((), list_type="set")


@frozen(kw_only=True, eq=False, repr=False)
class ContainerRestartRule(Typed):
    action: str = ""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Container(ContainerRules):
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = api_field((), list_type="map", list_keys=("name",), patch="merge", merge_key="name")
    env_from: tuple[EnvFromSource, ...] = ()
    image: str | None = api_field(None, omit_zero=True)
    image_pull_policy: str | None = api_field(None, omit_zero=True)
    lifecycle: Lifecycle | None = None
    liveness_probe: Probe | None = None
    name: str = ""
    ports: tuple[ContainerPort, ...] = api_field(
        (), list_type="map", list_keys=("containerPort", "protocol"), patch="merge", merge_key="containerPort"
    )
    readiness_probe: Probe | None = None
    resize_policy: tuple[ContainerResizePolicy, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    restart_policy: str | None = None
    security_context: SecurityContext | None = None
    startup_probe: Probe | None = None
    stdin: bool | None = api_field(None, omit_zero=True)
    stdin_once: bool | None = api_field(None, omit_zero=True)
    termination_message_path: str | None = api_field(None, omit_zero=True)
    termination_message_policy: str | None = api_field(None, omit_zero=True)
    tty: bool | None = api_field(None, omit_zero=True)
    volume_devices: tuple[VolumeDevice, ...] = api_field(
        (), list_type="map", list_keys=("devicePath",), patch="merge", merge_key="devicePath"
    )
    volume_mounts: tuple[VolumeMount, ...] = api_field(
        (), list_type="map", list_keys=("mountPath",), patch="merge", merge_key="mountPath"
    )
    working_dir: str | None = api_field(None, omit_zero=True)
    restart_policy_rules: tuple[ContainerRestartRule, ...] = ()
