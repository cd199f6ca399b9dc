"""Volumes of a pod and claims (``ValidateVolumes``, ``ValidatePersistentVolumeClaimSpec``)."""

from __future__ import annotations

from kverify.api.types.claim import PersistentVolumeClaimSpec
from kverify.api.types.volume import DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection
from kverify.api.validation import formats
from kverify.api.validation.containers import is_field_path
from kverify.api.validation.metadata import check_format, check_labels, check_selector
from kverify.api.validation.report import DUPLICATE, RESOURCES, Path, Report
from kverify.naming import snake_case

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
DOWNWARD_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
HOST_PATH_TYPES = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
MIN_TOKEN_SECONDS = 600


# In the order in which validateVolumeSource looks: all but the first one found are one too many.
_SOURCES = (
    *("emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi"),
    *("glusterfs", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "flexVolume"),
    *("configMap", "azureFile", "vsphereVolume", "quobyte", "azureDisk", "storageos", "photonPersistentDisk"),
    *("projected", "portworxVolume", "scaleIO", "csi", "ephemeral", "image"),
)
_PROJECTIONS = ("secret", "downwardAPI", "configMap", "serviceAccountToken", "clusterTrustBundle", "podCertificate")


def check_volumes(volumes: tuple[Volume, ...], path: Path, report: Report) -> None:
    names: set[str] = set()
    for here, volume in path.each(volumes):
        name = here.child("name")
        if not volume.name:
            report.required(name)
        else:
            check_format(volume.name, name, report, formats.dns_label)
            if volume.name in names:
                report.error(DUPLICATE, name, f"Two volumes are named {volume.name!r}.", "rename one of them")
            names.add(volume.name)
        _check_source(volume, here, report)


def _check_source(volume: Volume, path: Path, report: Report) -> None:
    sources = [source for source in _SOURCES if getattr(volume, snake_case(source)) is not None]
    for extra in sources[1:]:
        report.forbidden(path.child(extra), "A volume has one source only.", "split it into two volumes")
    if not sources:
        report.required(path, "The volume has no source.")  # only before defaulting
    _check_files(volume, path, report)
    _check_places(volume, path, report)


def _check_files(volume: Volume, path: Path, report: Report) -> None:
    """Sources whose content is files made from objects."""
    if volume.secret is not None:
        here = path.child("secret")
        if not volume.secret.secret_name:
            report.required(here.child("secretName"))
        _check_mode(volume.secret.default_mode, here.child("defaultMode"), report)
        _check_items(volume.secret.items, here.child("items"), report)
    if volume.config_map is not None:
        here = path.child("configMap")
        if not volume.config_map.name:
            report.required(here.child("name"))
        _check_mode(volume.config_map.default_mode, here.child("defaultMode"), report)
        _check_items(volume.config_map.items, here.child("items"), report)
    if volume.downward_api is not None:
        here = path.child("downwardAPI")
        _check_mode(volume.downward_api.default_mode, here.child("defaultMode"), report)
        for _, item in here.child("items").each(volume.downward_api.items):
            _check_downward(item, here, report)
    if volume.projected is not None:
        _check_projected(volume.projected, path.child("projected"), report)


def _check_places(volume: Volume, path: Path, report: Report) -> None:
    """Sources that are a disk, a directory or a claim."""
    if volume.host_path is not None:
        here = path.child("hostPath")
        if not volume.host_path.path:
            report.required(here.child("path"))
        elif ".." in volume.host_path.path.split("/"):
            report.invalid(here.child("path"), "The path must not contain '..'.")
        if (volume.host_path.type or "") not in HOST_PATH_TYPES:
            report.unsupported(here.child("type"), volume.host_path.type, HOST_PATH_TYPES[1:])
    if (
        volume.empty_dir is not None
        and volume.empty_dir.size_limit is not None
        and volume.empty_dir.size_limit.nano < 0
    ):
        report.forbidden(path.child("emptyDir", "sizeLimit"), "sizeLimit is negative.")
    if volume.persistent_volume_claim is not None and not volume.persistent_volume_claim.claim_name:
        report.required(path.child("persistentVolumeClaim", "claimName"))
    if volume.nfs is not None:
        here = path.child("nfs")
        if not volume.nfs.server:
            report.required(here.child("server"))
        if not volume.nfs.path:
            report.required(here.child("path"))
        elif not volume.nfs.path.startswith("/"):
            report.invalid(here.child("path"), "The path must be absolute.", f"write /{volume.nfs.path}")
    if volume.csi is not None and not volume.csi.driver:
        report.required(path.child("csi", "driver"))
    if volume.ephemeral is not None:
        here = path.child("ephemeral", "volumeClaimTemplate")
        template = volume.ephemeral.volume_claim_template
        if template is None:
            report.required(here)
        else:
            check_labels(template.metadata.labels, here.child("metadata", "labels"), report)
            check_claim_spec(template.spec, here.child("spec"), report)
    if volume.image is not None and not volume.image.reference:
        report.required(path.child("image", "reference"))
    if volume.git_repo is not None and not volume.git_repo.repository:
        report.required(path.child("gitRepo", "repository"))


def _check_projected(source: ProjectedVolumeSource, path: Path, report: Report) -> None:
    _check_mode(source.default_mode, path.child("defaultMode"), report)
    paths: set[str] = set()
    for here, projection in path.child("sources").each(source.sources):
        _check_projection(projection, here, report)
        for place, item in _projected_paths(projection, here):
            if item and item in paths:
                report.invalid(place, f"{item} is made twice in this volume.", "give it another path", DUPLICATE)
            paths.add(item)


def _projected_paths(projection: VolumeProjection, path: Path) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for name, source in (("secret", projection.secret), ("configMap", projection.config_map)):
        if source is not None:
            items = path.child(name, "items")
            found += [(here.child("path"), item.path) for here, item in items.each(source.items)]
    if projection.service_account_token is not None:
        found.append((path.child("serviceAccountToken", "path"), projection.service_account_token.path))
    return found


def _check_projection(projection: VolumeProjection, path: Path, report: Report) -> None:
    names = [name for name in _PROJECTIONS if getattr(projection, snake_case(name)) is not None]
    for extra in names[1:]:
        report.forbidden(path.child(extra), "A projection has one source only.", "split it into two sources")
    for name, source in (("secret", projection.secret), ("configMap", projection.config_map)):
        if source is not None:
            if not source.name:
                report.required(path.child(name, "name"))
            _check_items(source.items, path.child(name, "items"), report)
    if projection.downward_api is not None:
        for _, item in path.each(projection.downward_api.items):
            _check_downward(item, path.child("downwardAPI"), report)
    token = projection.service_account_token
    if token is not None:
        here = path.child("serviceAccountToken")
        if token.expiration_seconds is not None and token.expiration_seconds < MIN_TOKEN_SECONDS:
            message = f"A token lives at least {MIN_TOKEN_SECONDS} seconds."
            report.invalid(here.child("expirationSeconds"), message)
        if token.expiration_seconds is not None and token.expiration_seconds > 2**32:
            report.invalid(here.child("expirationSeconds"), "A token lives at most 2^32 seconds.")
        if not token.path:
            report.required(here.child("path"))


def _check_items(items: tuple[KeyToPath, ...], path: Path, report: Report) -> None:
    for here, item in path.each(items):
        if not item.key:
            report.required(here.child("key"))
        if not item.path:
            report.required(here.child("path"))
        else:
            check_format(item.path, here.child("path"), report, formats.relative_path)
        _check_mode(item.mode, here.child("mode"), report)


def _check_mode(mode: int | None, path: Path, report: Report) -> None:
    if mode is not None and not 0 <= mode <= 0o777:
        message = f"{mode} is not a file mode: it must be between 0 and 0777 octal (511)."
        report.invalid(path, message, "write octal modes with a leading zero, as in 0644")


def _check_downward(item: DownwardAPIVolumeFile, path: Path, report: Report) -> None:
    """The API server prints these paths without the item's index."""
    if not item.path:
        report.required(path.child("path"))
    else:
        check_format(item.path, path.child("path"), report, formats.relative_path)
    if item.field_ref is not None:
        here = path.child("fieldRef", "fieldPath")
        if not item.field_ref.field_path:
            report.required(here)
        elif not is_field_path(item.field_ref.field_path, DOWNWARD_FIELDS):
            report.unsupported(here, item.field_ref.field_path, DOWNWARD_FIELDS)
        if item.resource_field_ref is not None:
            report.invalid(path, "fieldRef and resourceFieldRef exclude each other.", "keep one of them")
    elif item.resource_field_ref is not None:
        if not item.resource_field_ref.container_name:
            report.required(path.child("resourceFieldRef", "containerName"))
        if not item.resource_field_ref.resource:
            report.required(path.child("resourceFieldRef", "resource"))
    else:
        report.required(path.child("fieldRef"), "The item names neither fieldRef nor resourceFieldRef.")
    _check_mode(item.mode, path.child("mode"), report)


def check_claim_spec(spec: PersistentVolumeClaimSpec, path: Path, report: Report) -> None:
    modes = path.child("accessModes")
    if not spec.access_modes:
        report.required(modes, "A claim needs at least one access mode.", "add ReadWriteOnce, say")
    for here, mode in modes.each(spec.access_modes):
        if mode not in ACCESS_MODES:
            report.unsupported(modes.inside(*here.parts[-1:]), mode, ACCESS_MODES)
    if "ReadWriteOncePod" in spec.access_modes and len(set(spec.access_modes)) > 1:
        report.forbidden(modes, "ReadWriteOncePod excludes all other access modes.", "keep one of them")
    if spec.selector is not None:
        check_selector(spec.selector, path.child("selector"), report)
    storage = spec.resources.requests.get("storage")
    printed = path.child("resources").key("storage")
    here = Path((*path.parts, "resources", "requests", "storage"), printed.text)
    if storage is None:
        report.required(here, "A claim needs a storage request.", "add resources.requests.storage: 1Gi, say")
    elif storage.nano <= 0:
        report.error(RESOURCES, here, f"The storage request {storage} must be above 0.")
    if spec.storage_class_name:
        check_format(spec.storage_class_name, path.child("storageClassName"), report, formats.dns_subdomain)
    if spec.volume_attributes_class_name:
        place = path.child("volumeAttributesClassName")
        check_format(spec.volume_attributes_class_name, place, report, formats.dns_subdomain)
    report.choice(path.child("volumeMode"), spec.volume_mode, ("Block", "Filesystem"))
    for name, source in (("dataSource", spec.data_source), ("dataSourceRef", spec.data_source_ref)):
        if source is None:
            continue
        for field, value in (("name", source.name), ("kind", source.kind)):
            if not value:
                report.required(path.child(name, field))
