"""Volume mounts and devices of a container (``ValidateVolumeMounts``, ``ValidateVolumeDevices``)."""

from __future__ import annotations

from kverify.api.types.container import Container
from kverify.api.types.volume import Volume
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import DUPLICATE, Path, Report


def check_mounts(container: Container, volumes: tuple[Volume, ...], path: Path, report: Report) -> None:
    known = {volume.name: volume for volume in volumes}
    mount_paths: set[str] = set()
    for here, mount in path.child("volumeMounts").each(container.volume_mounts):
        if not mount.name:
            report.required(here.child("name"))
        elif mount.name not in known:
            message = f"The pod has no volume {mount.name!r}."
            report.not_found(here.child("name"), message, _volume_mend(mount.name, known))
        if not mount.mount_path:
            report.required(here.child("mountPath"))
        elif mount.mount_path in mount_paths:
            message = f"Two volumes are mounted at {mount.mount_path}."
            report.invalid(here.child("mountPath"), message, "mount one of them elsewhere", DUPLICATE)
        mount_paths.add(mount.mount_path)
        if mount.sub_path and mount.sub_path_expr:
            report.invalid(here.child("subPathExpr"), "A mount has subPath or subPathExpr, not both.", "keep one")
        for name, value in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
            if value:
                check_format(value, here.child(name), report, formats.relative_path)
        _check_propagation(container, mount.mount_propagation, here.child("mountPropagation"), report)
        choices = ("Disabled", "Enabled", "IfPossible")
        report.choice(here.child("recursiveReadOnly"), mount.recursive_read_only, choices)
        if mount.recursive_read_only in ("Enabled", "IfPossible") and not mount.read_only:
            message = "recursiveReadOnly needs readOnly: true."
            report.forbidden(here.child("recursiveReadOnly"), message, "set readOnly: true")
    _check_devices(container, known, mount_paths, path.child("volumeDevices"), report)


def _volume_mend(name: str, known: dict[str, Volume]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"add a volume {name} to spec.volumes"


def _check_propagation(container: Container, propagation: str | None, path: Path, report: Report) -> None:
    report.choice(path, propagation, ("Bidirectional", "HostToContainer", "None"))
    privileged = container.security_context is not None and container.security_context.privileged
    if propagation == "Bidirectional" and not privileged:
        report.forbidden(path, "Bidirectional mounts need a privileged container.", "use HostToContainer")


def _check_devices(
    container: Container, known: dict[str, Volume], mount_paths: set[str], path: Path, report: Report
) -> None:
    seen: set[str] = set()
    mounted = {mount.name for mount in container.volume_mounts}
    for here, device in path.each(container.volume_devices):
        volume = known.get(device.name)
        if not device.name:
            report.required(here.child("name"))
        elif volume is None:
            report.not_found(here.child("name"), f"The pod has no volume {device.name!r}.")
        elif volume.persistent_volume_claim is None and volume.ephemeral is None:
            report.invalid(here.child("name"), "A device is a persistentVolumeClaim or an ephemeral volume.")
        if device.name in mounted or device.name in seen:
            report.invalid(here.child("name"), f"The volume {device.name!r} is already used in this container.")
        if not device.device_path:
            report.required(here.child("devicePath"))
        elif device.device_path in mount_paths:
            report.invalid(here.child("devicePath"), f"{device.device_path} is used twice.", id=DUPLICATE)
        mount_paths.add(device.device_path)
        seen.add(device.name)
