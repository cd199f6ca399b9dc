"""The baseline controls: known privilege escalations are forbidden, the defaults are allowed.

Source: ``k8s.io/pod-security-admission/policy`` and
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

from collections.abc import Iterator

from kverify.api.types.container import (
    AppArmorProfile,
    Container,
    LifecycleHandler,
    Probe,
    SeccompProfile,
    SELinuxOptions,
    WindowsSecurityContextOptions,
)
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import PodSpec
from kverify.api.validation.report import Path
from kverify.cluster.admission.pod_security.checks import (
    ANNOTATIONS,
    SPEC,
    Control,
    Look,
    Violation,
    containers,
    in_user_namespace,
)

ADDABLE = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
"""The capabilities that a container has anyway, or may add."""

_SELINUX = ("", "container_t", "container_init_t", "container_kvm_t")
_SYSCTLS: tuple[tuple[int, str], ...] = (
    (
        0,
        "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range "
        "net.ipv4.ip_unprivileged_port_start",
    ),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (
        29,
        "net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl "
        "net.ipv4.tcp_keepalive_probes",
    ),
    (32, "net.ipv4.tcp_rmem net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle net.ipv4.tcp_notsent_lowat"),
)
"""Sysctls that are confined to the pod, by the version of the standards that first allows them."""

APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
CONFINED = ("RuntimeDefault", "Localhost")


def privileged(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001 (all looks are called alike)
    for path, container in containers(spec):
        if container.security_context is not None and container.security_context.privileged:
            here = path.child("securityContext", "privileged")
            yield Violation(here, f"container {container.name} is privileged", "remove privileged")


def capabilities(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    yield from added_beyond(ADDABLE, spec)


def added_beyond(allowed: frozenset[str], spec: PodSpec) -> Iterator[Violation]:
    """Capabilities that containers add and that are not ``allowed``."""
    for path, container in containers(spec):
        context = container.security_context
        added = context.capabilities.add if context is not None and context.capabilities is not None else ()
        for here, name in path.child("securityContext", "capabilities", "add").each(added):
            if name not in allowed:
                mend = f"remove {name}; {', '.join(sorted(allowed))} may be added"
                yield Violation(here, f"container {container.name} adds the capability {name}", mend)


def host_namespaces(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for name, value in (("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)):
        if value:
            yield Violation(SPEC.child(name), f"the pod shares a namespace of the node ({name})", f"remove {name}")


def host_ports(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for path, container in containers(spec):
        for here, port in path.child("ports").each(container.ports):
            if port.host_port:
                text = f"container {container.name} binds the port {port.host_port} of the node"
                yield Violation(here.child("hostPort"), text, "remove hostPort; a Service reaches the pod")


def host_path_volumes(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for here, volume in SPEC.child("volumes").each(spec.volumes):
        if volume.host_path is not None:
            yield Violation(
                here.child("hostPath"), f"volume {volume.name} is a directory of the node", "use another kind of volume"
            )


def _selinux(types: tuple[str, ...]) -> Look:
    def look(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
        for who, path, options in _selinux_options(spec):
            for name, value in (("type", options.type), ("user", options.user), ("role", options.role)):
                if value and (name != "type" or value not in types):
                    mend = f"use one of {', '.join(types[1:])}" if name == "type" else f"remove {name}"
                    yield Violation(path.child(name), f"{who} sets the SELinux {name} {value}", mend)

    return look


def _selinux_options(spec: PodSpec) -> Iterator[tuple[str, Path, SELinuxOptions]]:
    for who, path, context in _contexts(spec):
        options = getattr(context, "se_linux_options", None)
        if options is not None:
            yield who, path.child("seLinuxOptions"), options


def _contexts(spec: PodSpec) -> Iterator[tuple[str, Path, object]]:
    """The security contexts there are: the pod's, then those of the containers."""
    if spec.security_context is not None:
        yield "the pod", SPEC.child("securityContext"), spec.security_context
    for path, container in containers(spec):
        if container.security_context is not None:
            yield f"container {container.name}", path.child("securityContext"), container.security_context


def proc_mount(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for path, container in containers(spec):
        context = container.security_context
        if context is not None and context.proc_mount not in (None, "Default"):
            here = path.child("securityContext", "procMount")
            yield Violation(here, f"container {container.name} mounts /proc {context.proc_mount}", "remove procMount")


def _proc_mount_of_the_node(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
    """In a user namespace of its own a pod may see all of its /proc."""
    if not in_user_namespace(spec):
        yield from proc_mount(metadata, spec)


def _seccomp_annotations(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
    """Before 1.19 annotations said it."""
    keys = [SECCOMP_POD, *(SECCOMP_CONTAINER + container.name for _, container in containers(spec))]
    for key in keys:
        value = metadata.annotations.get(key)
        allowed = ("runtime/default", "docker/default")
        if value is not None and value not in allowed and not value.startswith("localhost/"):
            yield Violation(
                ANNOTATIONS.key(key), f"the seccomp profile {value} confines nothing", "use runtime/default"
            )


def seccomp(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for who, path, context in _contexts(spec):
        profile: SeccompProfile | None = getattr(context, "seccomp_profile", None)
        if profile is not None and profile.type not in CONFINED:
            here = path.child("seccompProfile", "type")
            yield Violation(here, f"{who} sets the seccomp profile {profile.type}", f"use one of {', '.join(CONFINED)}")


def _app_armor(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:
    """Both the fields and the annotations count, at every version of the standards."""
    for who, path, context in _contexts(spec):
        profile: AppArmorProfile | None = getattr(context, "app_armor_profile", None)
        if profile is not None and profile.type not in CONFINED:
            here = path.child("appArmorProfile", "type")
            mend = f"use one of {', '.join(CONFINED)}"
            yield Violation(here, f"{who} sets the AppArmor profile {profile.type}", mend)
    for key, value in metadata.annotations.items():
        if key.startswith(APP_ARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/"):
            yield Violation(
                ANNOTATIONS.key(key), f"the AppArmor profile {value} confines nothing", "use runtime/default"
            )


def _sysctls(allowed: frozenset[str]) -> Look:
    def look(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
        context = spec.security_context
        for here, sysctl in SPEC.child("securityContext", "sysctls").each(context.sysctls if context else ()):
            if sysctl.name not in allowed:
                yield Violation(here.child("name"), f"the sysctl {sysctl.name} is not a safe one", "remove it")

    return look


def _sysctl_versions() -> Iterator[tuple[int, Look]]:
    allowed: frozenset[str] = frozenset()
    for minor, names in _SYSCTLS:
        allowed |= frozenset(names.split())
        yield minor, _sysctls(allowed)


def _host_process(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    for who, path, context in _contexts(spec):
        options: WindowsSecurityContextOptions | None = getattr(context, "windows_options", None)
        if options is not None and options.host_process:
            here = path.child("windowsOptions", "hostProcess")
            yield Violation(here, f"{who} runs as a process of the node", "remove hostProcess")


def _hosts(metadata: ObjectMeta, spec: PodSpec) -> Iterator[Violation]:  # noqa: ARG001
    """A probe or hook with a host of its own makes the kubelet call somebody else."""
    for path, container in containers(spec):
        for field, handler in _handlers(container):
            for kind, action in (("httpGet", handler.http_get), ("tcpSocket", handler.tcp_socket)):
                if action is not None and action.host:
                    here = path.child(*field.split("."), kind, "host")
                    text = f"container {container.name} lets the kubelet call the host {action.host}"
                    yield Violation(here, text, "remove host; the pod itself is called")


def _handlers(container: Container) -> Iterator[tuple[str, Probe | LifecycleHandler]]:
    lifecycle = container.lifecycle
    for name, handler in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
        ("lifecycle.postStart", lifecycle.post_start if lifecycle is not None else None),
        ("lifecycle.preStop", lifecycle.pre_stop if lifecycle is not None else None),
    ):
        if handler is not None:
            yield name, handler


BASELINE = (
    Control(id="privileged", since=((0, privileged),)),
    Control(id="capabilities", since=((0, capabilities),)),
    Control(id="hostNamespaces", since=((0, host_namespaces),)),
    Control(id="hostPorts", since=((0, host_ports),)),
    Control(id="hostPathVolumes", since=((0, host_path_volumes),)),
    Control(id="seLinuxOptions", since=((0, _selinux(_SELINUX)), (31, _selinux((*_SELINUX, "container_engine_t"))))),
    Control(id="procMount", since=((0, proc_mount), (35, _proc_mount_of_the_node))),
    Control(id="seccompProfile", since=((0, _seccomp_annotations), (19, seccomp))),
    Control(id="appArmorProfile", since=((0, _app_armor),)),
    Control(id="sysctls", since=tuple(_sysctl_versions())),
    Control(id="windowsHostProcess", since=((0, _host_process),)),
    Control(id="hostProbesAndHostLifecycle", since=((34, _hosts),)),
)
