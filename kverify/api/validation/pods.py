"""Pods and pod templates (``ValidatePodCreate``, ``ValidatePodTemplateSpec``, ``ValidatePodSpec``), in upstream's
order."""

from __future__ import annotations

from kverify.api.types.pod import Pod, PodSpec, PodTemplate, PodTemplateSpec
from kverify.api.validation import formats
from kverify.api.validation.containers import check_containers, check_image_blanks, visit_containers
from kverify.api.validation.deprecations import warn_about_annotations, warn_about_labels
from kverify.api.validation.env import check_env_files
from kverify.api.validation.metadata import check_annotations, check_format, check_labels, check_metadata
from kverify.api.validation.placement import check_placement
from kverify.api.validation.pod_annotations import MIRROR, check_pod_annotations, check_profiles
from kverify.api.validation.pod_warnings import warn_about_name, warn_about_pod
from kverify.api.validation.report import DUPLICATE, OUT_OF_RANGE, Path, Report
from kverify.api.validation.resources import check_overhead, check_pod_resources
from kverify.api.validation.security import check_host_users, check_pod_security
from kverify.api.validation.texts import check_address
from kverify.api.validation.volumes import check_volumes
from kverify.api.validation.windows import check_host_processes, check_os
from kverify.api.versions import enabled, in_force

DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
MAX_DEADLINE = 2**31 - 1
MAX_NAMESERVERS, MAX_SEARCHES, MAX_SEARCH_BYTES = 3, 32, 2048
MAX_HOSTNAME = 64
MAX_RESPONDERS = 10


def check_pod(pod: Pod, report: Report) -> None:
    place, path = Path().child("metadata"), Path().child("spec")
    check_metadata(pod.metadata, place, report, formats.dns_subdomain, namespaced=True)
    check_pod_annotations(pod.metadata.annotations, pod.spec, place.child("annotations"), report)
    mirror = MIRROR in pod.metadata.annotations
    check_pod_spec(pod.spec, path, report, pod_name=pod.metadata.name, is_pod=True, mirror=mirror)
    _check_only_pods(pod.spec, path, report, created=bool(pod.metadata.uid))
    check_profiles(pod.metadata.annotations, pod.spec, path, report)
    warn_about_name(pod.metadata.name, report)
    warn_about_pod(pod.spec, path, report)
    warn_about_labels(pod.spec, path, report)
    annotations = place.child("annotations")
    warn_about_annotations(pod.metadata.annotations, pod.spec, annotations, path, report, is_pod=True)


def _check_only_pods(spec: PodSpec, path: Path, report: Report, *, created: bool) -> None:
    """What a pod is held to and its template is not. A pod that was ``created`` before may be debugged."""
    for field, group in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for here, container in path.child(field).each(group):
            check_image_blanks(container, here, report)
    if spec.ephemeral_containers and not created:
        message = "Ephemeral containers cannot be part of a new pod."
        mend = "add them to the running pod with kubectl debug"
        report.forbidden(path.child("ephemeralContainers"), message, mend)
    if spec.scheduling_gates and spec.node_name:
        message = "A pod with scheduling gates has no node yet."
        report.forbidden(path.child("nodeName"), message, "remove nodeName or the gates")


def check_pod_template(template: PodTemplate, report: Report) -> None:
    check_metadata(template.metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=True)
    check_template(template.template, Path().child("template"), report)


def check_template(template: PodTemplateSpec, path: Path, report: Report) -> None:
    """``ValidatePodTemplateSpec``. The API server prints labels and annotations without ``metadata``."""
    meta = path.child("metadata")
    annotations = meta.child("annotations").printed(f"{path}.annotations")
    check_labels(template.metadata.labels, meta.child("labels").printed(f"{path}.labels"), report)
    check_annotations(template.metadata.annotations, annotations, report)
    check_pod_annotations(template.metadata.annotations, template.spec, annotations, report)
    place = path.child("spec")
    check_pod_spec(template.spec, place, report, is_pod=False)
    check_profiles(template.metadata.annotations, template.spec, place, report)
    if template.spec.ephemeral_containers:
        message = "Ephemeral containers cannot be part of a pod template."
        mend = "add them to the running pod with kubectl debug"
        report.forbidden(place.child("ephemeralContainers"), message, mend)
    warn_about_pod(template.spec, place, report)
    warn_about_labels(template.spec, place, report)
    here = meta.child("annotations")
    warn_about_annotations(template.metadata.annotations, template.spec, here, place, report, is_pod=False)


def check_pod_spec(
    spec: PodSpec, path: Path, report: Report, *, is_pod: bool, pod_name: str = "", mirror: bool = False
) -> None:
    """``pod_name`` is known of pods only; ``mirror`` pods are files of a kubelet."""
    containers = list(visit_containers(spec, path))
    volumes = check_volumes(spec, pod_name, path.child("volumes"), report)
    _check_claims(spec, path.child("resourceClaims"), report, mirror=mirror)
    check_containers(spec, volumes, path, report)
    check_pod_resources(spec, path.child("resources"), report)
    _check_host_network(spec, path.child("containers"), report, is_pod=is_pod)
    report.choice(path.child("restartPolicy"), spec.restart_policy, RESTART_POLICIES)
    check_pod_security(spec, path, report)
    check_placement(spec, path, report)
    _check_dns(spec, path, report)
    _check_gates(spec, path, report)
    check_host_processes(spec, containers, path, report)
    check_host_users(spec, path, report)
    _check_block_devices(spec, path, report)
    _check_hostname_override(spec, path.child("hostnameOverride"), report)
    _check_names(spec, path, report)
    report.between(path.child("activeDeadlineSeconds"), spec.active_deadline_seconds, 1, MAX_DEADLINE)
    _check_host_aliases(spec, path.child("hostAliases"), report)
    if spec.preemption_policy is not None and spec.preemption_policy not in PREEMPTION_POLICIES:
        report.unsupported(path.child("preemptionPolicy"), spec.preemption_policy, PREEMPTION_POLICIES)
    check_overhead(spec, path, report)
    check_os(spec, containers, path, report)
    _check_responders(spec, path.child("evictionResponders"), report)
    for here, container in containers:
        check_env_files(container.env, spec.volumes, here.child("env"), report)


def _check_names(spec: PodSpec, path: Path, report: Report) -> None:
    for name, value, rule in (
        ("serviceAccountName", spec.service_account_name, formats.dns_subdomain),
        ("nodeName", spec.node_name, formats.dns_subdomain),
        ("hostname", spec.hostname, formats.dns_label),
        ("subdomain", spec.subdomain, formats.dns_label),
        ("priorityClassName", spec.priority_class_name, formats.dns_subdomain),
    ):
        if value:
            check_format(value, path.child(name), report, rule)
    if spec.runtime_class_name is not None:
        check_format(spec.runtime_class_name, path.child("runtimeClassName"), report, formats.dns_subdomain)


def _check_host_network(spec: PodSpec, path: Path, report: Report, *, is_pod: bool) -> None:
    """``validatePodHostNetworkDeps``: on the node's network both numbers of a port are one."""
    if not spec.host_network:
        return
    for place, container in path.each(spec.containers):
        for here, port in place.child("ports").each(container.ports):
            host = port.host_port or 0
            if (is_pod or host) and host != port.container_port:
                message = "With hostNetwork the host port is the container port."
                report.invalid(here.child("hostPort"), message, "remove hostPort, or make both numbers equal")


def _check_dns(spec: PodSpec, path: Path, report: Report) -> None:
    """``validateDNSPolicy`` and ``validatePodDNSConfig``."""
    report.choice(path.child("dnsPolicy"), spec.dns_policy, DNS_POLICIES)
    config, place = spec.dns_config, path.child("dnsConfig")
    if spec.dns_policy == "None" and (config is None or not config.nameservers):
        message = "With dnsPolicy None the pod needs a nameserver of its own."
        here = place if config is None else place.child("nameservers")
        report.required(here, message, "add dnsConfig.nameservers")
        return
    if config is None:
        return
    servers, searches = place.child("nameservers"), place.child("searches")
    if len(config.nameservers) > MAX_NAMESERVERS:
        report.invalid(servers, f"At most {MAX_NAMESERVERS} nameservers are used.", "remove some")
    for here, server in servers.each(config.nameservers):
        check_address(server, here, report)
    if len(config.searches) > MAX_SEARCHES:
        report.invalid(searches, f"At most {MAX_SEARCHES} search domains are used.", "remove some")
    if len(" ".join(config.searches).encode()) > MAX_SEARCH_BYTES:
        report.invalid(searches, f"The search domains are longer than {MAX_SEARCH_BYTES} characters.", "remove some")
    relaxed = enabled("RelaxedDNSSearchValidation", report.version)
    for here, search in searches.each(config.searches):
        check_format(search, here, report, formats.dns_search if relaxed else formats.strict_dns_search)
    for here, option in place.child("options").each(config.options):
        if not option.name:
            report.required(here, "A DNS option has a name.", "add name: ndots, say")


def _check_host_aliases(spec: PodSpec, path: Path, report: Report) -> None:
    for here, alias in path.each(spec.host_aliases):
        check_address(alias.ip, here.child("ip"), report)
        for place, name in here.child("hostnames").each(alias.hostnames):
            check_format(name, place, report, formats.dns_subdomain)


def _check_gates(spec: PodSpec, path: Path, report: Report) -> None:
    for here, readiness in path.child("readinessGates").each(spec.readiness_gates):
        check_format(readiness.condition_type, here.child("conditionType"), report, formats.qualified_name)
    seen: set[str] = set()
    for here, gate in path.child("schedulingGates").each(spec.scheduling_gates):
        check_format(gate.name, here.inside("name"), report, formats.qualified_name)
        if gate.name in seen:
            report.error(DUPLICATE, here, f"The scheduling gate {gate.name} is listed twice.", "remove one of them")
        seen.add(gate.name)


def _check_claims(spec: PodSpec, path: Path, report: Report, *, mirror: bool) -> None:
    """``validatePodResourceClaims``."""
    if mirror and spec.resource_claims:
        report.forbidden(path.printed('""'), "A static pod has no resource claims.", "remove resourceClaims")
        return
    names: set[str] = set()
    for here, claim in path.each(spec.resource_claims):
        if not claim.name:
            report.required(here.child("name"))
        elif claim.name in names:
            message = f"Two resource claims are named {claim.name!r}."
            report.error(DUPLICATE, here.child("name"), message, "rename one of them")
        else:
            check_format(claim.name, here.child("name"), report, formats.dns_label)
            names.add(claim.name)
        sources = (
            ("resourceClaimName", claim.resource_claim_name),
            ("resourceClaimTemplateName", claim.resource_claim_template_name),
        )
        given = [(name, value) for name, value in sources if value is not None]
        if len(given) > 1:
            report.invalid(here, "A resource claim has one source only.", "keep one of them")
        elif not given:
            mend = "add resourceClaimName or resourceClaimTemplateName"
            report.invalid(here, "The resource claim has no source.", mend)
        for name, value in given:
            check_format(value, here.child(name), report, formats.dns_subdomain)


def _check_block_devices(spec: PodSpec, path: Path, report: Report) -> None:
    """A device is not mapped into a user namespace (``validateHostUsers``)."""
    if spec.host_users is not False or not in_force("user namespaces have no block devices", report.version):
        return
    for here, container in visit_containers(spec, path):
        if container.volume_devices:
            message = "A device cannot be used when hostUsers is false."
            report.forbidden(here.child("volumeDevices"), message, "drop one of the two")


def _check_hostname_override(spec: PodSpec, path: Path, report: Report) -> None:
    """``validatePodHostName``."""
    name = spec.hostname_override
    if name is None:
        return
    for other, given in (("setHostnameAsFQDN", spec.set_hostname_as_fqdn), ("hostNetwork", spec.host_network)):
        if given:
            report.forbidden(path, f"hostnameOverride and {other} exclude each other.", "drop one of the two")
    if len(name.encode()) > MAX_HOSTNAME:
        report.error(OUT_OF_RANGE, path, f"The host name is longer than {MAX_HOSTNAME} characters.", "shorten it")
    check_format(name, path, report, formats.dns_subdomain)


def _check_responders(spec: PodSpec, path: Path, report: Report) -> None:
    """What the documentation of the field says; it is there since 1.37."""
    if len(spec.eviction_responders) > MAX_RESPONDERS:
        report.error(OUT_OF_RANGE, path, f"At most {MAX_RESPONDERS} responders are asked.", "remove some")
