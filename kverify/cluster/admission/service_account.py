"""ServiceAccount: every pod runs as an account of its namespace, and gets a token of it mounted.

Source: ``plugin/pkg/admission/serviceaccount``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import attrs

from kverify.api.types.config import ServiceAccount
from kverify.api.types.container import Container, VolumeMount
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.volume import (
    ConfigMapProjection,
    DownwardAPIProjection,
    DownwardAPIVolumeFile,
    KeyToPath,
    ObjectFieldSelector,
    ProjectedVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from kverify.api.validation.report import Path
from kverify.cluster.admission.request import Admitted, Because, Missing, Problem, Request, meant
from kverify.cluster.codes import SERVICE_ACCOUNT

NAME = "ServiceAccount"
DEFAULT = "default"
"""The account of pods that name none; a controller makes it in every namespace."""

MIRROR = "kubernetes.io/config.mirror"
ONLY_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"
TOKEN_VOLUME = "kube-api-access-"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_SECONDS = 3607
SUFFIX = "00000"
"""Stands for the five random characters of the volume's name."""

C = TypeVar("C", bound=Container)
_SPEC = Path().child("spec")


def admit(request: Request) -> Admitted:
    """Name the account, mount its token, and add its pull secrets where the pod has none."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates:
        return Admitted(pod)
    if MIRROR in pod.metadata.annotations:
        return Admitted(pod, tuple(_mirror(pod.spec)))
    name = pod.spec.service_account_name or DEFAULT
    spec = attrs.evolve(pod.spec, service_account_name=name, service_account=name)
    found = request.view.find("ServiceAccount", request.namespace, name)
    account = found if isinstance(found, ServiceAccount) else None
    if _automounts(spec, account):
        spec = with_token(spec)
    if account is not None and not spec.image_pull_secrets:
        spec = attrs.evolve(spec, image_pull_secrets=account.image_pull_secrets)
    pod = attrs.evolve(pod, spec=spec)
    if account is None:
        if request.view.presumes("ServiceAccount", request.namespace, name):
            missing = Missing(kind="ServiceAccount", namespace=request.namespace, name=name)
            return Admitted(pod, assumed=(missing,))
        message = f"There is no ServiceAccount {name} in the namespace {request.namespace}."
        mend = meant(name, request.view.of_kind(ServiceAccount, request.namespace))
        problem = _problem(_SPEC.child("serviceAccountName"), message, mend)
        return Admitted(pod, (problem,))
    return Admitted(pod)


def validate(request: Request) -> tuple[Problem, ...]:
    """An account may restrict its pods to the secrets it lists (an annotation, deprecated since 1.32)."""
    pod = request.object
    if not isinstance(pod, Pod) or not request.creates or MIRROR in pod.metadata.annotations:
        return ()
    account = request.view.find("ServiceAccount", request.namespace, pod.spec.service_account_name or DEFAULT)
    if not isinstance(account, ServiceAccount) or account.metadata.annotations.get(ONLY_MOUNTABLE) not in _TRUE:
        return ()
    because = (
        Because(object=account, path=f"metadata.annotations[{ONLY_MOUNTABLE}]", note="only the secrets that it lists"),
    )
    listed = {reference.name or "" for reference in account.secrets}
    pulled = {reference.name or "" for reference in account.image_pull_secrets}
    uses = [(path, name, listed) for path, name in _secrets(pod.spec)]
    pulls = _SPEC.child("imagePullSecrets").each(pod.spec.image_pull_secrets)
    uses += [(path.child("name"), secret.name, pulled) for path, secret in pulls]
    return tuple(
        attrs.evolve(
            _problem(
                path,
                f"The account {account.metadata.name} does not list the secret {name}.",
                "list the secret in the ServiceAccount, or use another one",
            ),
            because=because,
        )
        for path, name, allowed in uses
        if name not in allowed
    )


_TRUE = ("1", "t", "T", "true", "TRUE", "True")
"""What ``strconv.ParseBool`` takes as true."""


def _problem(path: Path, message: str, mend: str) -> Problem:
    return Problem(plugin=NAME, id=SERVICE_ACCOUNT, message=message, path=path, mend=mend)


def _mirror(spec: PodSpec) -> Iterator[Problem]:
    """A mirror pod only shows what a kubelet runs by itself: it cannot have anything of the cluster."""
    mend = "mirror pods are made by the kubelet, for static pods without such references"
    if spec.service_account_name:
        yield _problem(_SPEC.child("serviceAccountName"), "A mirror pod cannot run as a ServiceAccount.", mend)
    for path, _ in _secrets(spec):
        yield _problem(path, "A mirror pod cannot use a Secret.", mend)
    for here, volume in _SPEC.child("volumes").each(spec.volumes):
        sources = volume.projected.sources if volume.projected is not None else ()
        for path, source in here.child("projected", "sources").each(sources):
            if source.service_account_token is not None:
                message = "A mirror pod cannot have the token of a ServiceAccount."
                yield _problem(path.child("serviceAccountToken"), message, mend)


def _secrets(spec: PodSpec) -> Iterator[tuple[Path, str]]:
    for path, volume in _SPEC.child("volumes").each(spec.volumes):
        if volume.secret is not None:
            yield path.child("secret", "secretName"), volume.secret.secret_name or ""
    for field, group in (("initContainers", spec.init_containers), ("containers", spec.containers)):
        for here, container in _SPEC.child(field).each(group):
            for path, variable in here.child("env").each(container.env):
                if variable.value_from is not None and variable.value_from.secret_key_ref is not None:
                    reference = variable.value_from.secret_key_ref
                    yield path.child("valueFrom", "secretKeyRef", "name"), reference.name
            for path, bulk in here.child("envFrom").each(container.env_from):
                if bulk.secret_ref is not None:
                    yield path.child("secretRef", "name"), bulk.secret_ref.name


def _automounts(spec: PodSpec, account: ServiceAccount | None) -> bool:
    """The pod decides, else its account, else a token is mounted."""
    if spec.automount_service_account_token is not None:
        return spec.automount_service_account_token
    return account is None or account.automount_service_account_token is not False


def with_token(spec: PodSpec) -> PodSpec:
    """``spec`` with a volume for the token, mounted in every container that has nothing at its path."""
    given = next((volume.name for volume in spec.volumes if volume.name.startswith(TOKEN_VOLUME)), None)
    mount = VolumeMount(name=given or TOKEN_VOLUME + SUFFIX, mount_path=TOKEN_PATH, read_only=True)
    containers = tuple(_mounted(container, mount) for container in spec.containers)
    inits = tuple(_mounted(container, mount) for container in spec.init_containers)
    if containers == spec.containers and inits == spec.init_containers:
        return spec
    volumes = spec.volumes if given else (*spec.volumes, _token_volume(mount.name))
    return attrs.evolve(spec, containers=containers, init_containers=inits, volumes=volumes)


def _mounted(container: C, mount: VolumeMount) -> C:
    if any(other.mount_path == TOKEN_PATH for other in container.volume_mounts):
        return container
    return attrs.evolve(container, volume_mounts=(*container.volume_mounts, mount))


def _token_volume(name: str) -> Volume:
    namespace = DownwardAPIVolumeFile(
        path="namespace", field_ref=ObjectFieldSelector(api_version="v1", field_path="metadata.namespace")
    )
    return Volume(
        name=name,
        projected=ProjectedVolumeSource(
            default_mode=0o644,
            sources=(
                VolumeProjection(
                    service_account_token=ServiceAccountTokenProjection(expiration_seconds=TOKEN_SECONDS, path="token")
                ),
                VolumeProjection(
                    config_map=ConfigMapProjection(
                        name="kube-root-ca.crt", items=(KeyToPath(key="ca.crt", path="ca.crt"),)
                    )
                ),
                VolumeProjection(downward_api=DownwardAPIProjection(items=(namespace,))),
            ),
        ),
    )
