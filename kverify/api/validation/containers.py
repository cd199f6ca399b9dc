"""Containers (``validateContainers``, ``validateInitContainers``, ``validateContainerCommon``)."""

from __future__ import annotations

from collections.abc import Iterable

from kverify.api.types.container import Container, ContainerPort, EnvFromSource, EnvVar, EnvVarSource
from kverify.api.types.pod import PodSpec
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.mounts import check_mounts
from kverify.api.validation.probes import check_lifecycle, check_probes
from kverify.api.validation.report import DUPLICATE, SUSPICIOUS, Path, Report
from kverify.api.validation.resources import check_container_resources
from kverify.api.validation.security import check_container_security
from kverify.api.versions import effective_field, known_field

PROTOCOLS = ("SCTP", "TCP", "UDP")
ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)


def check_containers(spec: PodSpec, path: Path, report: Report, *, is_pod: bool) -> None:
    """All containers of a pod spec; ``path`` is the spec's."""
    place = path.child("containers")
    if not spec.containers:
        report.required(place, "The pod has no containers.", "add at least one container")
    names: set[str] = set()
    for here, container in place.each(spec.containers):
        _check_name(container, here, names, report)
        _check_common(container, spec, here, report)
        check_probes(container, here, report)
        check_lifecycle(container, here, spec.termination_grace_period_seconds, report)
        _check_restart_policy(container, here, report, init=False)
    for here, container in path.child("initContainers").each(spec.init_containers):
        _check_name(container, here, names, report)
        _check_common(container, spec, here, report)
        _check_restart_policy(container, here, report, init=True)
        if container.is_sidecar:
            check_probes(container, here, report)
            check_lifecycle(container, here, spec.termination_grace_period_seconds, report)
        else:
            _forbid_sidecar_fields(container, here, report)
    if spec.ephemeral_containers:
        where = "a pod template" if not is_pod else "a new pod"
        message = f"Ephemeral containers cannot be part of {where}."
        report.forbidden(path.child("ephemeralContainers"), message, "add them to the running pod with kubectl debug")
    _check_host_ports(spec, path, report, is_pod=is_pod)


def _check_name(container: Container, path: Path, names: set[str], report: Report) -> None:
    here = path.child("name")
    if not container.name:
        report.required(here)
        return
    check_format(container.name, here, report, formats.dns_label)
    if container.name in names:
        report.error(DUPLICATE, here, f"Two containers are named {container.name!r}.", "rename one of them")
    names.add(container.name)


def _check_common(container: Container, spec: PodSpec, path: Path, report: Report) -> None:
    image = container.image or ""
    if not image:
        report.required(path.child("image"))
    elif image != image.strip():
        report.invalid(path.child("image"), "The image has leading or trailing blanks.", f"write {image.strip()}")
    report.choice(path.child("imagePullPolicy"), container.image_pull_policy, ("Always", "IfNotPresent", "Never"))
    report.choice(
        path.child("terminationMessagePolicy"),
        container.termination_message_policy,
        ("File", "FallbackToLogsOnError"),
    )
    _check_ports(container.ports, path.child("ports"), report)
    _check_env(container.env, path.child("env"), report)
    _check_env_from(container.env_from, path.child("envFrom"), report)
    claims = [claim.name for claim in spec.resource_claims]
    check_container_resources(container.resources, path.child("resources"), claims, report)
    for here, policy in path.child("resizePolicy").each(container.resize_policy):
        report.choice(here.child("resourceName"), policy.resource_name, ("cpu", "memory"))
        report.choice(here.child("restartPolicy"), policy.restart_policy, ("NotRequired", "RestartContainer"))
    check_mounts(container, spec.volumes, path, report)
    check_container_security(container, spec, path.child("securityContext"), report)


def _check_restart_policy(container: Container, path: Path, report: Report, *, init: bool) -> None:
    """Before container restart rules, only ``Always`` on an init container was possible."""
    policy, here = container.restart_policy, path.child("restartPolicy")
    if policy is None:
        return
    rules = ("Container", "restartPolicyRules")
    if known_field(*rules, report.version) and effective_field(*rules, report.version):
        report.choice(here, policy, ("Always", "Never", "OnFailure"))
    elif not init:
        report.forbidden(here, "Only init containers have a restartPolicy in this version.", "remove it")
    else:
        report.choice(here, policy, ("Always",))


def _forbid_sidecar_fields(container: Container, path: Path, report: Report) -> None:
    for name, value in (
        ("lifecycle", container.lifecycle),
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if value is not None:
            message = f"An init container without restartPolicy: Always cannot have {name}."
            report.forbidden(path.child(name), message, "remove it, or make the container a sidecar")


def _check_ports(ports: tuple[ContainerPort, ...], path: Path, report: Report) -> None:
    names: set[str] = set()
    numbers: dict[tuple[int, str | None, str | None, int | None], Path] = {}
    for here, port in path.each(ports):
        if port.name:
            check_format(port.name, here.child("name"), report, formats.port_name)
            if port.name in names:
                report.error(DUPLICATE, here.child("name"), f"Two ports are named {port.name!r}.")
            names.add(port.name)
        if not port.container_port:
            report.required(here.child("containerPort"))
        else:
            report.between(here.child("containerPort"), port.container_port, 1, 65535)
        if port.host_port:
            report.between(here.child("hostPort"), port.host_port, 1, 65535)
        if port.host_ip:
            check_format(port.host_ip, here.child("hostIP"), report, formats.ip_address)
        report.choice(here.child("protocol"), port.protocol, PROTOCOLS)
        key = (port.container_port, port.protocol, port.host_ip, port.host_port)
        if key in numbers and port.container_port:
            report.warn(SUSPICIOUS, here, f"{here} repeats the port of {numbers[key]}.", "remove one of them")
        numbers.setdefault(key, here)


def _check_host_ports(spec: PodSpec, path: Path, report: Report, *, is_pod: bool) -> None:
    """No two containers that run together share a host port; with ``hostNetwork`` both numbers are one."""
    groups: list[tuple[str, Iterable[Container]]] = [
        ("containers", spec.containers),
        ("initContainers", spec.init_containers),
    ]
    taken: set[str] = set()
    for field, containers in groups:
        for place, container in path.child(field).each(containers):
            for here, port in place.child("ports").each(container.ports):
                host = port.host_port or 0
                if spec.host_network and (is_pod or host) and host != port.container_port:
                    message = "With hostNetwork the host port is the container port."
                    report.invalid(here.child("hostPort"), message, "remove hostPort, or make both numbers equal")
                if not host or (field == "initContainers" and not container.is_sidecar):
                    continue
                key = f"{port.protocol}/{port.host_ip or ''}/{host}"
                if key in taken:
                    report.error(DUPLICATE, here.child("hostPort"), f"Host port {host} is used twice.")
                taken.add(key)


def _check_env(env: tuple[EnvVar, ...], path: Path, report: Report) -> None:
    seen: set[str] = set()
    for here, variable in path.each(env):
        if not variable.name:
            report.required(here.child("name"))
        else:
            check_format(variable.name, here.child("name"), report, formats.env_name)
        if variable.name in seen and variable.name:
            message = f"{here} hides an earlier definition of {variable.name}, which kubectl apply may drop."
            report.warn(SUSPICIOUS, here, message, "keep one of them")
        seen.add(variable.name)
        if variable.value_from is not None:
            _check_value_from(variable, variable.value_from, here.child("valueFrom"), report)


def _check_value_from(variable: EnvVar, source: EnvVarSource, path: Path, report: Report) -> None:
    given = [
        name
        for name, value in (
            ("fieldRef", source.field_ref),
            ("resourceFieldRef", source.resource_field_ref),
            ("configMapKeyRef", source.config_map_key_ref),
            ("secretKeyRef", source.secret_key_ref),
            ("fileKeyRef", source.file_key_ref),
        )
        if value is not None
    ]
    if not given:
        report.invalid(path, "valueFrom names no source.", "add one of fieldRef, configMapKeyRef, secretKeyRef, ...")
    elif variable.value:
        report.invalid(path, f"{variable.name} has both value and valueFrom.", "keep one of them")
    elif len(given) > 1:
        report.invalid(path, f"valueFrom has {len(given)} sources.", "keep one of them")
    if source.field_ref is not None:
        here = path.child("fieldRef")
        if not source.field_ref.field_path:
            report.required(here.child("fieldPath"))
        elif not is_field_path(source.field_ref.field_path, ENV_FIELDS):
            report.unsupported(here.child("fieldPath"), source.field_ref.field_path, ENV_FIELDS)
    if source.resource_field_ref is not None and not source.resource_field_ref.resource:
        report.required(path.child("resourceFieldRef", "resource"))
    for name, ref in (("configMapKeyRef", source.config_map_key_ref), ("secretKeyRef", source.secret_key_ref)):
        if ref is None:
            continue
        here = path.child(name)
        if not ref.name:
            report.required(here.child("name"))
        if not ref.key:
            report.required(here.child("key"))
        else:
            check_format(ref.key, here.child("key"), report, formats.config_key)


def is_field_path(text: str, choices: Iterable[str]) -> bool:
    """A downward API path: a listed one, or one label or annotation (``metadata.labels['key']``)."""
    base, bracket, rest = text.partition("['")
    if bracket:
        return base in ("metadata.labels", "metadata.annotations") and rest.endswith("']")
    return text in choices


def _check_env_from(sources: tuple[EnvFromSource, ...], path: Path, report: Report) -> None:
    for here, source in path.each(sources):
        if source.prefix:
            check_format(source.prefix, here.child("prefix"), report, formats.env_name)
        given = 0
        for name, ref in (("configMapRef", source.config_map_ref), ("secretRef", source.secret_ref)):
            if ref is None:
                continue
            given += 1
            if not ref.name:
                report.required(here.child(name, "name"))
        if given != 1:
            message = "envFrom needs a source." if not given else "envFrom has two sources in one item."
            report.invalid(here, message, "give each item one of configMapRef and secretRef")
