"""Volumes of a pod (``ValidateVolumes``)."""

from __future__ import annotations

from kverify.api.types.pod import PodSpec
from kverify.api.types.volume import (
    ConfigMapVolumeSource,
    CSIVolumeSource,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EphemeralVolumeSource,
    GitRepoVolumeSource,
    ImageVolumeSource,
    PersistentVolumeClaimVolumeSource,
    SecretVolumeSource,
    Volume,
)
from kverify.api.validation import formats
from kverify.api.validation import volume_sources as sources
from kverify.api.validation.claims import check_claim_template
from kverify.api.validation.metadata import check_format
from kverify.api.validation.projected import check_projected
from kverify.api.validation.report import DUPLICATE, Path, Report
from kverify.api.validation.volume_files import check_downward_file, check_items, check_mode
from kverify.api.validation.volume_sources import SourceKind
from kverify.api.versions import in_force

MAX_DIRECTORY_MODE = 0o1777


def check_volumes(spec: PodSpec, pod_name: str, path: Path, report: Report) -> dict[str, Volume]:
    """The volumes that containers can use: one that is refused is none, so its mounts are refused too.

    ``pod_name`` is empty where the name of the pod is not known yet: in a template.
    """
    usable: dict[str, Volume] = {}
    created = {f"{pod_name}-{volume.name}" for volume in spec.volumes if volume.ephemeral is not None and pod_name}
    for here, volume in path.each(spec.volumes):
        before = report.errors
        _check_source(volume, here, report)
        _check_claim_name(volume, pod_name, here, report)
        name = here.child("name")
        if not volume.name:
            report.required(name)
        else:
            check_format(volume.name, name, report, formats.dns_label)
        if volume.name in usable:
            report.error(DUPLICATE, name, f"Two volumes are named {volume.name!r}.", "rename one of them")
        if report.errors == before:
            usable[volume.name] = volume
        claim = volume.persistent_volume_claim
        if claim is not None and claim.claim_name in created:
            message = f"The claim {claim.claim_name} is made for an ephemeral volume of this pod."
            report.invalid(here.child("persistentVolumeClaim", "claimName"), message, "mount the ephemeral volume")
    return usable


def given_sources(volume: Volume) -> list[SourceKind]:
    """What kinds of sources the volume has, in upstream's order. One is right."""
    return [kind for kind in _KINDS if getattr(volume, kind.attribute) is not None]


def _check_source(volume: Volume, path: Path, report: Report) -> None:
    """The first source in upstream's order is looked at; every further one is too many."""
    given = given_sources(volume)
    if not given:
        report.required(path, "The volume has no source.")  # only before defaulting
    for number, kind in enumerate(given):
        if number:
            message = f"A volume has one source only, and {given[0].name} is given."
            report.forbidden(kind.place_of_extra(path), message, "split it into two volumes")
        else:
            kind.check(getattr(volume, kind.attribute), kind.place(path), report)
    if volume.iscsi is not None and sources.too_long_for_iscsi(volume.name, volume.iscsi):
        limit = sources.MAX_INITIATOR_TARGET
        message = f"The name of the volume and its portal are longer than {limit} bytes together."
        report.invalid(path.child("name"), message, "shorten the name of the volume")


def _check_claim_name(volume: Volume, pod_name: str, path: Path, report: Report) -> None:
    """The claim of an ephemeral volume is named after the pod and the volume."""
    given = given_sources(volume)
    if given and given[0].name == "ephemeral" and pod_name and volume.name:
        name = f"{pod_name}-{volume.name}"
        if formats.dns_subdomain(name):
            message = f"Its claim would be named {name!r}, which is no name: {formats.dns_subdomain(name)}."
            report.invalid(path.child("name"), message, "shorten the name of the pod or of the volume")


def _check_empty_dir(source: EmptyDirVolumeSource, path: Path, report: Report) -> None:
    if source.size_limit is not None and source.size_limit.nano < 0:
        report.forbidden(path.child("sizeLimit"), "sizeLimit is negative.", "remove it")
    report.between(path.child("mode"), source.mode, 0, MAX_DIRECTORY_MODE)


def _check_git_repo(source: GitRepoVolumeSource, path: Path, report: Report) -> None:
    if not source.repository:
        report.required(path.child("repository"))
    check_format(source.directory or "", path.child("directory"), report, formats.relative_path)


def _check_claim(source: PersistentVolumeClaimVolumeSource, path: Path, report: Report) -> None:
    if not source.claim_name:
        report.required(path.child("claimName"))


def _check_secret(source: SecretVolumeSource, path: Path, report: Report) -> None:
    if not source.secret_name:
        report.required(path.child("secretName"))
    check_mode(source.default_mode, path.child("defaultMode"), report)
    check_items(source.items, path.child("items"), report)


def _check_config_map(source: ConfigMapVolumeSource, path: Path, report: Report) -> None:
    if not source.name:
        report.required(path.child("name"))
    check_mode(source.default_mode, path.child("defaultMode"), report)
    check_items(source.items, path.child("items"), report)


def _check_downward_api(source: DownwardAPIVolumeSource, path: Path, report: Report) -> None:
    check_mode(source.default_mode, path.child("defaultMode"), report)
    for index, item in enumerate(source.items):
        check_downward_file(item, path.inside("items", index), report)


def _check_csi(source: CSIVolumeSource, path: Path, report: Report) -> None:
    sources.check_csi_driver_name(source.driver, path.child("driver"), report)
    ref = source.node_publish_secret_ref
    if ref is None:
        return
    here = path.child("nodePublishSecretRef", "name")
    if not ref.name:
        report.required(here)
    else:
        # The API server prints the source's name, which it does not have.
        check_format(ref.name, here.printed(f"{path}.name"), report, formats.dns_subdomain)


def _check_ephemeral(source: EphemeralVolumeSource, path: Path, report: Report) -> None:
    here = path.child("volumeClaimTemplate")
    if source.volume_claim_template is None:
        report.required(here, "An ephemeral volume is made from a template.", "add volumeClaimTemplate")
    else:
        check_claim_template(source.volume_claim_template, here, report)


def _check_image(source: ImageVolumeSource, path: Path, report: Report) -> None:
    rule = "templates name the reference of an image volume"
    if not source.reference and ("template" not in path.parts or in_force(rule, report.version)):
        report.required(path.child("reference"), "The volume names no image.", "add reference: registry/image:tag")
    report.choice(path.child("pullPolicy"), source.pull_policy, ("Always", "IfNotPresent", "Never"))


_KINDS: tuple[SourceKind, ...] = (
    SourceKind("emptyDir", _check_empty_dir),
    SourceKind("hostPath", sources.check_host_path),
    SourceKind("gitRepo", _check_git_repo),
    SourceKind("gcePersistentDisk", sources.check_gce_disk, printed="persistentDisk"),
    SourceKind("awsElasticBlockStore", sources.check_aws_disk),
    SourceKind("secret", _check_secret),
    SourceKind("nfs", sources.check_nfs),
    SourceKind("iscsi", sources.check_iscsi),
    SourceKind("glusterfs", sources.check_glusterfs),
    SourceKind("flocker", sources.check_flocker),
    SourceKind("persistentVolumeClaim", _check_claim),
    SourceKind("rbd", sources.check_rbd),
    SourceKind("cinder", sources.check_cinder),
    SourceKind("cephfs", sources.check_cephfs, extra="cephFS"),
    SourceKind("quobyte", sources.check_quobyte),
    SourceKind("downwardAPI", _check_downward_api, extra="downwarAPI"),
    SourceKind("fc", sources.check_fc),
    SourceKind("flexVolume", sources.check_flex),
    SourceKind("configMap", _check_config_map),
    SourceKind("azureFile", sources.check_azure_file),
    SourceKind("vsphereVolume", sources.check_vsphere),
    SourceKind("photonPersistentDisk", sources.check_photon),
    SourceKind("portworxVolume", sources.check_portworx),
    SourceKind("azureDisk", sources.check_azure_disk),
    SourceKind("storageos", sources.check_storageos),
    SourceKind("projected", check_projected),
    SourceKind("scaleIO", sources.check_scale_io),
    SourceKind("csi", _check_csi),
    SourceKind("ephemeral", _check_ephemeral),
    SourceKind("image", _check_image),
)
"""In the order in which ``validateVolumeSource`` looks, with its spellings."""
