"""Custom resources as the API server takes them: completed, then held to their schema and its rules.

Sources: ``k8s.io/apiextensions-apiserver/pkg/registry/customresource`` (``strategy.go``, ``validator.go``) and
``pkg/apiserver/customresource_handler.go``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from kverify.api.custom.conformance import NO_PATH, Fault, Way, faults_of, report_faults, same
from kverify.api.custom.embedded import check_embedded, unknown_metadata
from kverify.api.custom.filling import META_FIELDS, check_unique, defaulted, prune, without_nulls
from kverify.api.custom.kinds import CustomKind
from kverify.api.custom.rules import Evaluation
from kverify.api.custom.schema import Schema, walk
from kverify.api.types.meta import ObjectMeta
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_metadata, is_known_finalizer
from kverify.api.validation.report import CUSTOM, REQUIRED, RULE, SUSPICIOUS, UNSUPPORTED, Path, Problem, Report

Json = Any

_INT32_MAX = 2**31 - 1
_BLOCKING = (REQUIRED, UNSUPPORTED)


def complete(plain: Mapping[str, Json], kind: CustomKind) -> tuple[dict[str, Json], list[Way]]:
    """``plain`` as it is stored, and where it has fields that the schema does not know (they are dropped)."""
    filled = defaulted(without_nulls(_whole(plain), kind.schema), kind.schema)
    kept, unknown = prune(filled, kind.schema, root=True)
    return kept, [*unknown, *unknown_metadata(kept, kind.schema)]


def _whole(value: Json) -> Json:
    """YAML reaches the API server as JSON, and 3.0 as 3."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(item) for item in value]
    return value


def similar_field(way: Way, schema: Schema) -> str:
    """What an unknown field may have been meant to be."""
    known: Schema | None = schema
    for step in way[:-1]:
        if known is None:
            return ""
        known = known.items if isinstance(step, int) else known.properties.get(str(step)) or known.additional
    if known is None:
        return ""
    names, name = list(known.properties), str(way[-1])
    if len(way) == 1:
        names += META_FIELDS
    folded = {other.lower(): other for other in names}
    compact = name.replace("_", "").replace("-", "").lower()
    near = [folded[compact]] if compact in folded else difflib.get_close_matches(name[:100], names, n=1, cutoff=0.75)
    if near:
        return f"did you mean {near[0]}?"
    for other, inner in known.properties.items():
        if name in inner.properties:
            return f"{name} belongs under {other}"
    return ""


def check_resource(
    content: Mapping[str, Json],
    metadata: ObjectMeta,
    kind: CustomKind,
    version: str,
    old: Mapping[str, Json] | None = None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with a completed resource; with ``old``, the stored one, as on an update."""
    report, schema = Report(version), kind.schema
    value = {key: inner for key, inner in content.items() if not (kind.has_status and key == "status")}
    check_metadata(
        metadata, Path().child("metadata"), report, formats.dns_subdomain, namespaced=kind.namespaced, finalizers=False
    )
    for index, finalizer in enumerate(metadata.finalizers):
        if not is_known_finalizer(finalizer):
            message = f"The finalizer {finalizer} may be another's: it has no domain."
            report.warn(
                SUSPICIOUS, Path().child("metadata", "finalizers").inside(index), message, "write example.com/name"
            )
    faults = faults_of(value, schema, version)
    if old is not None:
        faults = [fault for fault in faults if not _was_there(fault, value, old)]
    report_faults(faults, Path(), report)
    _check_scale(value, kind, report)
    check_embedded(value, schema, Path(), report)
    before = Report(version)
    if old is not None:
        check_unique(old, schema, Path(), before)
    if not before.problems:
        check_unique(value, schema, Path(), report)
    blocked = any(fault.blocking for fault in faults) or any(problem.id in _BLOCKING for problem in report.problems)
    if not blocked:
        Evaluation(version, report, ratchets=old is not None).check(value, schema, Path(), old, root=True)
    elif any(node.rules for node in walk(schema)):
        message = "The rules of the definition were not evaluated, because the object does not fit its schema."
        report.error(RULE, Path().printed(NO_PATH), message, "mend the other problems first")
    return tuple(report.problems)


def transitions_refused(
    content: Mapping[str, Json], old: Mapping[str, Json], kind: CustomKind, version: str
) -> tuple[Problem, ...]:
    """The rules about ``oldSelf`` that an update breaks; both resources are complete and each is valid by itself."""
    report = Report(version)
    now, before = (
        {key: inner for key, inner in one.items() if not (kind.has_status and key == "status")}
        for one in (content, old)
    )
    Evaluation(version, report, ratchets=True, only_transitions=True).check(now, kind.schema, Path(), before, root=True)
    return tuple(report.problems)


def _was_there(fault: Fault, value: Json, old: Json) -> bool:
    """On an update, what does not fit and did not change is let through (``CRDValidationRatcheting``)."""
    way = fault.way[:-1] if fault.id == REQUIRED else fault.way
    if not way:
        return False
    for step in way:
        value, old = _step(value, step), _step(old, step)
        if value is None or old is None:
            return False
    return same(value, old)


def _step(value: Json, step: str | int) -> Json:
    if isinstance(step, int):
        return value[step] if isinstance(value, Sequence) and step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) else None


def _check_scale(value: Mapping[str, Json], kind: CustomKind, report: Report) -> None:
    scale = kind.scale
    if scale is None:
        return
    for text in (scale.spec_replicas_path, scale.status_replicas_path):
        path, found, known = _nested(value, text)
        if not known:
            report.error(CUSTOM, path, "Something on the way to the number of replicas is no mapping.")
        elif found is not None and (not isinstance(found, int) or isinstance(found, bool)):
            report.error(CUSTOM, path, "The number of replicas is a whole number.")
        elif found is not None and not 0 <= found <= _INT32_MAX:
            report.error(CUSTOM, path, f"The number of replicas is {found}, and must be between 0 and {_INT32_MAX}.")
    if scale.label_selector_path:
        path, found, known = _nested(value, scale.label_selector_path)
        if not known or (found is not None and not isinstance(found, str)):
            report.error(CUSTOM, path, "The label selector of the scale is a text.")


def _nested(value: Json, text: str) -> tuple[Path, Json, bool]:
    """The place that a simple path such as ``.spec.replicas`` names, what is there, and whether it can be reached."""
    path, steps = Path(), text.removeprefix(".").split(".")
    for step in steps:
        if not isinstance(value, Mapping):
            return Path(tuple(steps), text), None, value is None
        path, value = path.child(step), value.get(step)
    return path.printed(text), value, True
