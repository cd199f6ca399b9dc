"""Environment variables of a container (``ValidateEnv``, ``ValidateEnvFrom``)."""

from __future__ import annotations

from kverify.api.types.container import EnvFromSource, EnvVar, EnvVarSource, FileKeySelector
from kverify.api.types.volume import Volume
from kverify.api.validation import formats
from kverify.api.validation.downward import ENV_FIELDS, check_field_ref, check_resource_ref
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import Path, Report


def check_env(env: tuple[EnvVar, ...], path: Path, report: Report) -> None:
    for here, variable in path.each(env):
        if not variable.name:
            report.required(here.child("name"))
        else:
            check_format(variable.name, here.child("name"), report, formats.env_name)
        if variable.value_from is not None:
            _check_value_from(variable, variable.value_from, here.child("valueFrom"), report)


def _check_value_from(variable: EnvVar, source: EnvVarSource, path: Path, report: Report) -> None:
    given = 0
    if source.field_ref is not None:
        given += 1
        check_field_ref(source.field_ref, ENV_FIELDS, path.child("fieldRef"), report)
    if source.resource_field_ref is not None:
        given += 1
        check_resource_ref(source.resource_field_ref, path.child("resourceFieldRef"), report, volume=False)
    for name, ref in (("configMapKeyRef", source.config_map_key_ref), ("secretKeyRef", source.secret_key_ref)):
        if ref is None:
            continue
        given += 1
        here = path.child(name)
        check_format(ref.name, here.child("name"), report, formats.dns_subdomain)
        _check_key(ref.key, here.child("key"), report)
    if source.file_key_ref is not None:
        given += 1
        _check_file_key(source.file_key_ref, path.child("fileKeyRef"), report)
    if not given:
        report.invalid(path, "valueFrom names no source.", "add one of fieldRef, configMapKeyRef, secretKeyRef, ...")
    elif variable.value:
        report.invalid(path, f"{variable.name} has both value and valueFrom.", "keep one of them")
    elif given > 1:
        report.invalid(path, f"valueFrom has {given} sources.", "keep one of them")


def _check_key(key: str, path: Path, report: Report) -> None:
    if not key:
        report.required(path)
    else:
        check_format(key, path, report, formats.config_key)


def _check_file_key(ref: FileKeySelector, path: Path, report: Report) -> None:
    for name, value, rule in (
        ("key", ref.key, formats.env_name),
        ("volumeName", ref.volume_name, formats.dns_label),
        ("path", ref.path, formats.path_inside),
    ):
        if not value:
            report.required(path.child(name))
        else:
            check_format(value, path.child(name), report, rule)


def check_env_from(sources: tuple[EnvFromSource, ...], path: Path, report: Report) -> None:
    """The API server prints the whole list where an item has no source, or two."""
    for here, source in path.each(sources):
        if source.prefix:
            check_format(source.prefix, here.child("prefix"), report, formats.env_name)
        given = 0
        for name, ref in (("configMapRef", source.config_map_ref), ("secretRef", source.secret_ref)):
            if ref is None:
                continue
            given += 1
            place = here.child(name, "name")
            if not ref.name:
                report.required(place)
            else:
                check_format(ref.name, place, report, formats.generated(formats.dns_subdomain))
        if given != 1:
            message = "envFrom needs a source." if not given else "envFrom has two sources in one item."
            mend = "give each item one of configMapRef and secretRef"
            report.invalid(here.printed(str(path)), message, mend)


def check_env_files(env: tuple[EnvVar, ...], volumes: tuple[Volume, ...], path: Path, report: Report) -> None:
    """``validateFileKeyRefVolumes``: files of variables are written into an emptyDir of the pod."""
    for here, variable in path.each(env):
        source = variable.value_from
        if source is None or source.file_key_ref is None:
            continue
        place = here.child("valueFrom", "fileKeyRef", "volumeName")
        name = source.file_key_ref.volume_name
        volume = next((volume for volume in reversed(volumes) if volume.name == name), None)
        if volume is None:
            report.not_found(place, f"The pod has no volume {name!r}.", "add an emptyDir of this name")
        elif volume.empty_dir is None:
            report.invalid(place, f"The volume {name!r} is no emptyDir.", "write the file into an emptyDir")
