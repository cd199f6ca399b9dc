"""Volume mounts and devices of a container (``ValidateVolumeMounts``, ``ValidateVolumeDevices``)."""

from __future__ import annotations

from collections.abc import Mapping

from kverify.api.types.container import Container, VolumeMount
from kverify.api.types.volume import Volume
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import DUPLICATE, Path, Report

PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")


def check_mounts(container: Container, volumes: Mapping[str, Volume], path: Path, report: Report) -> None:
    """``volumes`` are the usable ones; ``path`` is ``volumeMounts``."""
    devices = {device.name: device.device_path for device in container.volume_devices}
    mount_paths: set[str] = set()
    for here, mount in path.each(container.volume_mounts):
        name, place = here.child("name"), here.child("mountPath")
        if not mount.name:
            report.required(name)
        if mount.name not in volumes:
            report.not_found(name, f"The pod has no volume {mount.name!r}.", _volume_mend(mount.name, volumes))
        if not mount.mount_path:
            report.required(place)
        if mount.mount_path in mount_paths:
            message = f"Two volumes are mounted at {mount.mount_path}."
            report.invalid(place, message, "mount one of them elsewhere", DUPLICATE)
        mount_paths.add(mount.mount_path)
        if mount.name in devices:
            report.invalid(name, f"The volume {mount.name!r} is a device of this container.", "keep one of the two")
        if mount.mount_path in devices.values():
            report.invalid(place, f"{mount.mount_path} is the path of a device.", "mount it elsewhere", DUPLICATE)
        if mount.sub_path and mount.sub_path_expr:
            report.invalid(here.child("subPathExpr"), "A mount has subPath or subPathExpr, not both.", "keep one")
        _check_details(container, mount, here, path, report)


def _check_details(container: Container, mount: VolumeMount, here: Path, path: Path, report: Report) -> None:
    """The API server prints these paths without the mount's index."""
    for name, value in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
        if value:
            check_format(value, here.child(name).printed(f"{path}.{name}"), report, formats.relative_path)
    propagation = here.child("mountPropagation").printed(f"{path}.mountPropagation")
    if mount.mount_propagation is not None and mount.mount_propagation not in PROPAGATIONS:
        report.unsupported(propagation, mount.mount_propagation, PROPAGATIONS)
    privileged = container.security_context is not None and container.security_context.privileged
    if mount.mount_propagation == "Bidirectional" and not privileged:
        report.forbidden(propagation, "Bidirectional mounts need a privileged container.", "use HostToContainer")
    recursive = here.child("recursiveReadOnly").printed(f"{path}.recursiveReadOnly")
    if mount.recursive_read_only in ("Enabled", "IfPossible"):
        if not mount.read_only:
            report.forbidden(recursive, "recursiveReadOnly needs readOnly: true.", "set readOnly: true")
        if mount.mount_propagation not in (None, "None"):
            report.forbidden(recursive, "recursiveReadOnly excludes mountPropagation.", "remove one of them")
    elif mount.recursive_read_only not in (None, "Disabled"):
        report.unsupported(recursive, mount.recursive_read_only, ("Disabled", "Enabled", "IfPossible"))


def _volume_mend(name: str, known: Mapping[str, Volume]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"add a volume {name} to spec.volumes"


def check_devices(container: Container, volumes: Mapping[str, Volume], path: Path, report: Report) -> None:
    """``path`` is ``volumeDevices``."""
    mounts = {mount.name: mount.mount_path for mount in container.volume_mounts}
    names: set[str] = set()
    paths: set[str] = set()
    for here, device in path.each(container.volume_devices):
        name, place = here.child("name"), here.child("devicePath")
        volume = volumes.get(device.name)
        if not device.name:
            report.required(name)
        elif device.name in names:
            report.invalid(name, f"The volume {device.name!r} is a device twice.", "keep one of them", DUPLICATE)
        names.add(device.name)
        if volume is None:
            report.not_found(name, f"The pod has no volume {device.name!r}.", _volume_mend(device.name, volumes))
        elif volume.persistent_volume_claim is None and volume.ephemeral is None:
            report.invalid(name, "A device is a persistentVolumeClaim or an ephemeral volume.", "mount it instead")
        if not device.device_path:
            report.required(place)
        if device.device_path in paths:
            report.invalid(place, f"{device.device_path} is used twice.", "use another path", DUPLICATE)
        if check_format(device.device_path, place, report, formats.path_inside):
            paths.add(device.device_path)
        if device.name in mounts:
            report.invalid(name, f"The volume {device.name!r} is mounted in this container.", "keep one of the two")
        if device.device_path in mounts.values():
            report.invalid(place, f"{device.device_path} is the path of a mount.", "use another path", DUPLICATE)
