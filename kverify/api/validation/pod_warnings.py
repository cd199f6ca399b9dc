"""What the API server takes and warns about (``pkg/api/pod/warnings.go``), and what works otherwise than it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kverify.api.languages.addresses import parse_ip
from kverify.api.languages.images import parse_image
from kverify.api.quantity import Quantity
from kverify.api.types.affinity import PodAffinity, PodAntiAffinity
from kverify.api.types.container import Container, ContainerPort
from kverify.api.types.pod import PodSpec
from kverify.api.types.volume import Volume, VolumeProjection
from kverify.api.validation import formats
from kverify.api.validation.containers import visit_containers
from kverify.api.validation.placement import PREFERRED_RULES, REQUIRED_RULES
from kverify.api.validation.report import SUSPICIOUS, Path, Report
from kverify.api.validation.texts import warn_text
from kverify.api.validation.volume_sources import warn_plugin
from kverify.api.validation.volumes import given_sources

Files = Iterator[tuple[Path, str]]


def warn_about_name(name: str, report: Report) -> None:
    """The name of a pod is its host name, and pods are named after their workload."""
    if name and not formats.dns_subdomain(name) and formats.dns_label(name):
        message = f"The name goes into the host names of pods, and it is no DNS label: {formats.dns_label(name)}."
        report.warn(SUSPICIOUS, Path().child("metadata", "name"), message)


def warn_about_pod(spec: PodSpec, path: Path, report: Report) -> None:
    _warn_selectors(spec, path, report)
    for here, volume in path.child("volumes").each(spec.volumes):
        _warn_volume(volume, here, report)
    _warn_repeated((alias.ip for alias in spec.host_aliases), path.child("hostAliases"), "ip", report)
    secrets = path.child("imagePullSecrets")
    _warn_repeated((secret.name or "" for secret in spec.image_pull_secrets), secrets, "name", report)
    for here, secret in secrets.each(spec.image_pull_secrets):
        if not secret.name:
            report.warn(SUSPICIOUS, here.child("name"), "The pull secret has no name.", "name a Secret, or remove it")
    _warn_fractions(spec.overhead, path.child("overhead"), report)
    ports: dict[tuple[int, str], list[tuple[Path, ContainerPort]]] = {}
    _warn_root(spec, path, report)
    for here, container in visit_containers(spec, path):
        if container.image and container.image == container.image.strip():
            # The API server takes any text; the node then says InvalidImageName.
            warn_text(container.image, here.child("image"), report, parse_image)
        _warn_fractions(container.resources.limits, here.child("resources", "limits"), report)
        _warn_fractions(container.resources.requests, here.child("resources", "requests"), report)
        _warn_env(container, here.child("env"), report)
        _warn_ports(container, here.child("ports"), ports, report)


def _warn_root(spec: PodSpec, path: Path, report: Report) -> None:
    """The kubelet does not start as user 0 what must not run as root (``verifyRunAsNonRoot`` in
    pkg/kubelet/kuberuntime/security_context_others.go). What a container says itself counts more than the pod."""
    whole, told = spec.security_context, set()
    if spec.os is not None and spec.os.name == "windows":
        return
    for here, container in visit_containers(spec, path):
        own = container.security_context
        rows = [(own, here), (whole, path)]
        forbidden = next((c.run_as_non_root for c, _ in rows if c is not None and c.run_as_non_root is not None), False)
        chosen = next(((c.run_as_user, p) for c, p in rows if c is not None and c.run_as_user is not None), None)
        if forbidden and chosen is not None and chosen[0] == 0:
            place = chosen[1].child("securityContext", "runAsUser")
            if place.text not in told:
                told.add(place.text)
                message = (
                    f"Container {container.name} must not run as root (runAsNonRoot), so as user 0 it never starts."
                )
                report.warn(SUSPICIOUS, place, message, "choose another user, or take runAsNonRoot away")


def _warn_selectors(spec: PodSpec, path: Path, report: Report) -> None:
    """A selector that is not there matches nothing; an empty one matches everything."""
    for here, constraint in path.child("topologySpreadConstraints").each(spec.topology_spread_constraints):
        if constraint.label_selector is None:
            _warn_selector(here, report)
    if spec.affinity is None:
        return
    place = path.child("affinity")
    rules: tuple[tuple[str, PodAffinity | PodAntiAffinity | None], ...] = (
        ("podAffinity", spec.affinity.pod_affinity),
        ("podAntiAffinity", spec.affinity.pod_anti_affinity),
    )
    for name, affinity in rules:
        if affinity is None:
            continue
        required = affinity.required_during_scheduling_ignored_during_execution
        for here, term in place.child(name, REQUIRED_RULES).each(required):
            if term.label_selector is None:
                _warn_selector(here, report)
        preferred = affinity.preferred_during_scheduling_ignored_during_execution
        for here, weighted in place.child(name, PREFERRED_RULES).each(preferred):
            if weighted.pod_affinity_term.label_selector is None:
                _warn_selector(here.child("podAffinityTerm"), report)


def _warn_selector(path: Path, report: Report) -> None:
    message = "Without a labelSelector this matches no pod at all."
    report.warn(SUSPICIOUS, path.child("labelSelector"), message, "write labelSelector: {} for every pod")


def _warn_volume(volume: Volume, path: Path, report: Report) -> None:
    for kind in given_sources(volume):
        warn_plugin(kind.name, path.child(kind.name), report)
    if volume.projected is not None:
        sources = path.child("projected", "sources")
        for here, projection in sources.each(volume.projected.sources):
            if projection == VolumeProjection():
                report.warn(SUSPICIOUS, here, "The source is empty, so it projects nothing.", "remove it")
    _warn_overlaps(_files(volume, path), report)


def _files(volume: Volume, path: Path) -> Files:
    """The files of a volume whose names are chosen in the pod, and where."""
    if volume.secret is not None:
        yield from _item_paths((item.path for item in volume.secret.items), path.child("secret"))
    if volume.config_map is not None:
        yield from _item_paths((item.path for item in volume.config_map.items), path.child("configMap"))
    if volume.downward_api is not None:
        yield from _item_paths((item.path for item in volume.downward_api.items), path.child("downwardAPI"))
    if volume.projected is not None:
        for here, projection in path.child("projected", "sources").each(volume.projected.sources):
            yield from _projected_files(projection, here)


def _item_paths(paths: Iterable[str], path: Path) -> Files:
    for here, text in path.child("items").each(paths):
        yield here.child("path"), text


def _projected_files(projection: VolumeProjection, path: Path) -> Files:
    if projection.secret is not None:
        yield from _item_paths((item.path for item in projection.secret.items), path.child("secret"))
    if projection.config_map is not None:
        yield from _item_paths((item.path for item in projection.config_map.items), path.child("configMap"))
    if projection.downward_api is not None:
        yield from _item_paths((item.path for item in projection.downward_api.items), path.child("downwardAPI"))
    if projection.service_account_token is not None:
        yield path.child("serviceAccountToken", "path"), projection.service_account_token.path
    if projection.cluster_trust_bundle is not None:
        yield path.child("clusterTrustBundle", "path"), projection.cluster_trust_bundle.path
    certificate = projection.pod_certificate
    if certificate is not None:
        for name, text in (
            ("credentialBundlePath", certificate.credential_bundle_path),
            ("keyPath", certificate.key_path),
            ("certificateChainPath", certificate.certificate_chain_path),
        ):
            if text:
                yield path.child("podCertificate", name), text


def _warn_overlaps(files: Files, report: Report) -> None:
    """A file cannot be the directory of another one, and of two files with one path the later one stays."""
    earlier: list[str] = []
    for here, text in files:
        segments = text.rstrip("/").split("/")
        for other in earlier:
            taken = other.rstrip("/").split("/")
            shorter = min(len(segments), len(taken))
            if segments[:shorter] == taken[:shorter]:
                report.warn(SUSPICIOUS, here, f"The paths {other!r} and {text!r} overlap.", "change one of them")
                break
        earlier.append(text)


def _warn_repeated(values: Iterable[str], path: Path, name: str, report: Report) -> None:
    seen: set[str] = set()
    for here, value in path.each(values):
        if value and value in seen:
            message = f"{value} is there already; with apply or patch one of the two is lost."
            report.warn(SUSPICIOUS, here.child(name), message, "merge them")
        seen.add(value)


def _warn_fractions(resources: Mapping[str, Quantity], path: Path, report: Report) -> None:
    """m is a thousandth, and nothing has a thousandth of a byte."""
    for name in ("memory", "ephemeral-storage"):
        quantity = resources.get(name)
        if quantity is not None and quantity.milli_value() % 1000:
            report.warn(SUSPICIOUS, path.key(name), f"{quantity} is a fraction of a byte.", "write Mi for mebibytes")


def _warn_env(container: Container, path: Path, report: Report) -> None:
    """Of two variables with one name the later one counts; one that mentions the earlier one meant to extend it."""
    defined: set[str] = set()
    for here, variable in path.each(container.env):
        if variable.name in defined and not _extends(variable.name, variable.value or ""):
            message = f"{variable.name} is defined above too; this definition hides that one."
            report.warn(SUSPICIOUS, here, message, "remove one of them")
        defined.add(variable.name)


def _extends(name: str, value: str) -> bool:
    reference = f"$({name})"
    return reference in value and value != reference


def _warn_ports(
    container: Container, path: Path, known: dict[tuple[int, str], list[tuple[Path, ContainerPort]]], report: Report
) -> None:
    for here, port in path.each(container.ports):
        if port.host_ip and not port.host_port:
            report.warn(SUSPICIOUS, here.inside("hostIP"), "hostIP does nothing without hostPort.", "add hostPort")
        elif port.host_ip:
            # Not one of the fields that the API server looks at (KEP-4858 lists them); the node does.
            warn_text(port.host_ip, here.child("hostIP"), report, parse_ip)
        same = known.setdefault((port.container_port, port.protocol or "TCP"), [])
        for place, other in same:
            host, others = port.host_port or 0, other.host_port or 0
            if (port.host_ip or "", host) == (other.host_ip or "", others):
                report.warn(SUSPICIOUS, here, f"The same port as {place}.", "remove one of them")
            elif not host or not others:
                report.warn(SUSPICIOUS, here, f"The same port as {place}, once with a host port.", "remove one of them")
            elif host == others and bool(port.host_ip) != bool(other.host_ip):
                message = f"The same host port as {place}, once for one address and once for all."
                report.warn(SUSPICIOUS, here, message, "remove one of them")
        same.append((here, port))
