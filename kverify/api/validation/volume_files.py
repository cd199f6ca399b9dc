"""Files that a volume is filled with, by path and mode (``validateKeyToPath``, ``validateDownwardAPIVolumeFile``)."""

from __future__ import annotations

from kverify.api.types.volume import DownwardAPIVolumeFile, KeyToPath
from kverify.api.validation import formats
from kverify.api.validation.downward import VOLUME_FIELDS, check_field_ref, check_resource_ref
from kverify.api.validation.metadata import check_format
from kverify.api.validation.report import Path, Report

MAX_MODE = 0o777


def check_items(items: tuple[KeyToPath, ...], path: Path, report: Report) -> None:
    """``validateKeyToPath``."""
    for here, item in path.each(items):
        if not item.key:
            report.required(here.child("key"))
        _check_file_path(item.path, here.child("path"), report)
        check_mode(item.mode, here.child("mode"), report)


def _check_file_path(text: str, path: Path, report: Report) -> None:
    if not text:
        report.required(path)
    else:
        check_format(text, path, report, formats.file_path)


def check_mode(mode: int | None, path: Path, report: Report) -> None:
    if mode is not None and not 0 <= mode <= MAX_MODE:
        message = f"{mode} is not a file mode: it must be between 0 and 0777 octal (511)."
        report.invalid(path, message, "write octal modes with a leading zero, as in 0644")


def check_downward_file(item: DownwardAPIVolumeFile, path: Path, report: Report) -> None:
    """``validateDownwardAPIVolumeFile``. The API server prints these paths without the item's index."""
    _check_file_path(item.path, path.child("path"), report)
    if item.field_ref is not None:
        check_field_ref(item.field_ref, VOLUME_FIELDS, path.child("fieldRef"), report)
        if item.resource_field_ref is not None:
            report.invalid(path, "fieldRef and resourceFieldRef exclude each other.", "keep one of them")
    elif item.resource_field_ref is not None:
        check_resource_ref(item.resource_field_ref, path.child("resourceFieldRef"), report, volume=True)
    else:
        report.required(path, "The item names neither fieldRef nor resourceFieldRef.", "add one of them")
    check_mode(item.mode, path.child("mode"), report)
