"""Containers (``validateContainers``, ``validateInitContainers``, ``validateEphemeralContainers``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import frozen

from kverify.api.languages.ports import check_port_name
from kverify.api.types.container import Container, ContainerPort, ResourceRequirements
from kverify.api.types.pod import EphemeralContainer, PodSpec
from kverify.api.types.volume import Volume
from kverify.api.validation import formats
from kverify.api.validation.env import check_env, check_env_from
from kverify.api.validation.metadata import check_format
from kverify.api.validation.mounts import check_devices, check_mounts
from kverify.api.validation.probes import check_lifecycle, check_probes
from kverify.api.validation.report import DUPLICATE, Path, Report
from kverify.api.validation.resources import check_container_resources
from kverify.api.validation.restarts import check_init_restart, check_resize_policy, check_restart
from kverify.api.validation.security import check_container_security
from kverify.api.validation.texts import check_text
from kverify.api.versions import enabled, in_force

PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")


@frozen
class Pool:
    """What the containers of a pod share: its spec, the volumes that can be mounted, the names of its claims."""

    spec: PodSpec
    volumes: Mapping[str, Volume]
    claims: frozenset[str]


def visit_containers(spec: PodSpec, path: Path) -> Iterator[tuple[Path, Container]]:
    """Every container of a pod, in upstream's order (``VisitContainersWithPath``)."""
    yield from path.child("initContainers").each(spec.init_containers)
    yield from path.child("containers").each(spec.containers)
    yield from path.child("ephemeralContainers").each(spec.ephemeral_containers)


def check_containers(spec: PodSpec, volumes: Mapping[str, Volume], path: Path, report: Report) -> None:
    """All containers of a pod spec; ``path`` is the spec's, ``volumes`` are the ones without an error."""
    pool = Pool(spec, volumes, frozenset(claim.name for claim in spec.resource_claims if claim.name))
    _check_regular(pool, path.child("containers"), report)
    _check_inits(pool, path.child("initContainers"), report)
    _check_ephemerals(pool, path.child("ephemeralContainers"), report)


def _check_regular(pool: Pool, path: Path, report: Report) -> None:
    if not pool.spec.containers:
        report.required(path, "The pod has no containers.", "add at least one: containers: [{name: …, image: …}]")
    names: set[str] = set()
    host_ports: set[str] = set()
    for here, container in path.each(pool.spec.containers):
        _check_common(container, pool, here, report)
        _check_unique(container.name, names, here, report)
        _check_life(container, pool.spec, here, report)
        check_restart(container, here, report)
    for here, container in path.each(pool.spec.containers):
        _check_host_ports(container.ports, host_ports, here.child("ports"), report)


def _check_inits(pool: Pool, path: Path, report: Report) -> None:
    names = {container.name for container in pool.spec.containers}
    for here, container in path.each(pool.spec.init_containers):
        _check_common(container, pool, here, report)
        check_init_restart(container, here, report)
        _check_unique(container.name, names, here, report)
        # They run one by one; the API server prints the first one whichever it is.
        ports = here.child("ports").printed(f"{path}[0].ports")
        _check_host_ports(container.ports, set(), ports, report)
        if container.is_sidecar:
            _check_life(container, pool.spec, here, report)
        else:
            _forbid_sidecar_fields(container, here, report)
        _check_init_resize(container, here, report)


def _check_init_resize(container: Container, path: Path, report: Report) -> None:
    if container.resize_policy and not enabled("InPlacePodVerticalScaling", report.version):
        report.invalid(path.child("resizePolicy"), "Init containers are not resized in this version.", "remove it")
    rule = "init containers that end are not resized by a restart"
    if container.is_sidecar or not in_force(rule, report.version):
        return
    for here, policy in path.child("resizePolicy").each(container.resize_policy):
        if policy.restart_policy == "RestartContainer":
            message = "An init container that ends is not restarted to resize it."
            report.invalid(here.child("restartPolicy"), message, "set NotRequired, or make it a sidecar")


def _check_ephemerals(pool: Pool, path: Path, report: Report) -> None:
    spec = pool.spec
    others = {container.name for container in (*spec.containers, *spec.init_containers)}
    names = set(others)
    for here, container in path.each(spec.ephemeral_containers):
        _check_common(container, pool, here, report)
        check_image_blanks(container, here, report)
        if container.name in names:
            message = f"Two containers are named {container.name!r}."
            report.error(DUPLICATE, here.child("name"), message, "rename one of them")
        names.add(container.name)
        if container.target_container_name and container.target_container_name not in others:
            message = f"The pod has no container {container.target_container_name!r}."
            report.not_found(here.child("targetContainerName"), message)
        _forbid_service_fields(container, here, report)


def _forbid_service_fields(container: EphemeralContainer, path: Path, report: Report) -> None:
    """Ephemeral containers are for looking, not for serving (``allowedEphemeralContainerFields``)."""
    for name, given in (
        ("ports", bool(container.ports)),
        ("resources", container.resources != ResourceRequirements()),
        ("resizePolicy", bool(container.resize_policy)),
        ("restartPolicy", container.restart_policy is not None),
        ("restartPolicyRules", bool(container.restart_policy_rules)),
        ("livenessProbe", container.liveness_probe is not None),
        ("readinessProbe", container.readiness_probe is not None),
        ("startupProbe", container.startup_probe is not None),
        ("lifecycle", container.lifecycle is not None),
    ):
        if given:
            report.forbidden(path.child(name), f"An ephemeral container has no {name}.", "remove it")
    for here, mount in path.child("volumeMounts").each(container.volume_mounts):
        for name, value in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
            if value:
                message = f"An ephemeral container mounts whole volumes, without {name}."
                report.forbidden(here.child(name), message, "remove it")


def _check_unique(name: str, names: set[str], path: Path, report: Report) -> None:
    if name in names:
        report.error(DUPLICATE, path.child("name"), f"Two containers are named {name!r}.", "rename one of them")
    if name:
        names.add(name)


def _check_common(container: Container, pool: Pool, path: Path, report: Report) -> None:
    """``validateContainerCommon``."""
    name = path.child("name")
    if not container.name:
        report.required(name)
    else:
        check_format(container.name, name, report, formats.dns_label)
    if not container.image:
        report.required(path.child("image"))
    policy = path.child("terminationMessagePolicy")
    report.choice(policy, container.termination_message_policy, ("File", "FallbackToLogsOnError"))
    _check_ports(container.ports, path.child("ports"), report)
    check_env(container.env, path.child("env"), report)
    check_env_from(container.env_from, path.child("envFrom"), report)
    check_mounts(container, pool.volumes, path.child("volumeMounts"), report)
    check_devices(container, pool.volumes, path.child("volumeDevices"), report)
    report.choice(path.child("imagePullPolicy"), container.image_pull_policy, PULL_POLICIES)
    check_container_resources(container.resources, path.child("resources"), pool.claims, report)
    check_resize_policy(container, pool.spec.restart_policy, path.child("resizePolicy"), report)
    check_container_security(container, pool.spec, path.child("securityContext"), report)


def check_image_blanks(container: Container, path: Path, report: Report) -> None:
    """Only pods are held to it: templates may say " " where somebody fills in the image."""
    image = container.image or ""
    if image != image.strip():
        report.invalid(path.child("image"), "The image has leading or trailing blanks.", f"write {image.strip()}")


def _check_life(container: Container, spec: PodSpec, path: Path, report: Report) -> None:
    """Hooks and probes, of containers that keep running."""
    check_lifecycle(container, path, spec, report)
    check_probes(container, path, report)


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
    """``validateContainerPorts``. What ``hostIP`` says is not looked at."""
    names: set[str] = set()
    for here, port in path.each(ports):
        if port.name and check_text(port.name, here.child("name"), report, check_port_name):
            if port.name in names:
                report.error(DUPLICATE, here.child("name"), f"Two ports are named {port.name!r}.", "rename one of them")
            names.add(port.name)
        if not port.container_port:
            report.required(here.child("containerPort"))
        else:
            report.between(here.child("containerPort"), port.container_port, 1, 65535)
        if port.host_port:
            report.between(here.child("hostPort"), port.host_port, 1, 65535)
        report.choice(here.child("protocol"), port.protocol, PROTOCOLS)


def _check_host_ports(ports: tuple[ContainerPort, ...], taken: set[str], path: Path, report: Report) -> None:
    """``AccumulateUniqueHostPorts``: containers that run together share no host port."""
    for here, port in path.each(ports):
        if not port.host_port:
            continue
        key = f"{port.protocol}/{port.host_ip or ''}/{port.host_port}"
        if key in taken:
            message = f"Host port {port.host_port} is used twice."
            report.error(DUPLICATE, here.child("hostPort"), message, "use another one")
        taken.add(key)
