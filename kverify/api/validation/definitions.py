"""CustomResourceDefinitions (``k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation``).

What all versions have in common the API server moves out of ``spec.versions`` before it validates, so the paths that it
prints are those of the old API version: ``spec.validation``, ``spec.subresources``, ... (``v1/conversion.go``).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from kverify.api.custom.field_paths import FieldPathError, find_field
from kverify.api.custom.schema import Schema, SchemaError, read_schema
from kverify.api.custom.structural import unsupported
from kverify.api.encode import plain_value
from kverify.api.types.extensions import (
    CustomResourceColumnDefinition,
    CustomResourceConversion,
    CustomResourceDefinition,
    CustomResourceDefinitionNames,
    CustomResourceDefinitionSpec,
    CustomResourceDefinitionVersion,
    CustomResourceSubresources,
    CustomResourceValidation,
    SelectableField,
)
from kverify.api.validation import formats
from kverify.api.validation.definition_schemas import check_schema
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import NAME, OUT_OF_RANGE, SCHEMA, Path, Report
from kverify.api.validation.webhooks import check_client, check_review_versions

SCOPES = ("Cluster", "Namespaced")
STRATEGIES = ("None", "Webhook")
COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
SELECTABLE_TYPES = ("boolean", "integer", "string")
MAX_SELECTABLE_FIELDS = 8
MAX_DEPRECATION_WARNING = 256
APPROVED = "api-approved.kubernetes.io"
ESTABLISHED = "Established"

_SPEC = Path().child("spec")
_NAMES = _SPEC.child("names")
_VERSIONS = _SPEC.child("versions")
_STORED = Path().child("status", "storedVersions")


def check_definition(definition: CustomResourceDefinition, report: Report) -> None:
    metadata, spec = Path().child("metadata"), definition.spec
    check_metadata(definition.metadata, metadata, report, formats.dns_subdomain, namespaced=False, finalizers=False)
    wanted = f"{spec.names.plural}.{spec.group}"
    if definition.metadata.name and definition.metadata.name != wanted:
        message = "A definition is named after its resources: the plural, a dot, and the group."
        report.invalid(metadata.child("name"), message, f"write {wanted}", id=NAME)
    _check_group(spec.group, report)
    if spec.scope:
        report.choice(_SPEC.child("scope"), spec.scope, SCOPES)
    else:
        report.required(_SPEC.child("scope"), mend=f"write one of {', '.join(SCOPES)}")
    _check_versions(spec, report)
    for name in ("plural", "singular", "kind", "listKind"):
        if not getattr(spec.names, {"listKind": "list_kind"}.get(name, name)):
            report.required(_NAMES.child(name))
    _check_names(spec.names, _NAMES, report)
    _check_conversion(spec, report)
    _check_approval(definition, report)
    if spec.preserve_unknown_fields:
        message = "Unknown fields can only be kept where the schema says so."
        mend = "write x-kubernetes-preserve-unknown-fields: true in the schema"
        report.error(SCHEMA, _SPEC.child("preserveUnknownFields"), message, mend)


def update_definition(new: CustomResourceDefinition, old: CustomResourceDefinition, report: Report) -> None:
    if any(condition.type == ESTABLISHED and condition.status == "True" for condition in old.status.conditions):
        report.unchanged(_SPEC.child("scope"), old.spec.scope, new.spec.scope)
        report.unchanged(_NAMES.child("kind"), old.spec.names.kind, new.spec.names.kind)
    report.unchanged(_SPEC.child("group"), old.spec.group, new.spec.group)
    report.unchanged(_NAMES.child("plural"), old.spec.names.plural, new.spec.names.plural)
    present = {version.name for version in new.spec.versions}
    for here, name in _STORED.each(old.status.stored_versions):
        if name not in present:
            message = f"Resources may still be stored as {name}, so that version cannot be removed."
            mend = "keep it with served: false until they are migrated and it is gone from status.storedVersions"
            report.invalid(Path(("spec", "versions"), here.text), message, mend)


def _check_group(group: str, report: Report) -> None:
    path = _SPEC.child("group")
    if not group:
        report.required(path)
    elif check_format(group, path, report, formats.dns_subdomain) and "." not in group:
        report.invalid(path, f"{group!r} is no domain.", f"write it as {group}.example.com")


# -- versions --------------------------------------------------------------------------------------------------------


def _check_versions(spec: CustomResourceDefinitionSpec, report: Report) -> None:
    versions = spec.versions
    schema_shared, subresources_shared, columns_shared, fields_shared = (
        _is_shared([getattr(version, name) for version in versions])
        for name in ("schema", "subresources", "additional_printer_columns", "selectable_fields")
    )
    for place, version in _VERSIONS.each(versions):
        if version.schema is None or version.schema.open_api_v3_schema is None:
            message = f"Version {version.name} has no schema."
            mend = "add one, with x-kubernetes-preserve-unknown-fields: true when nothing is known"
            report.required(place.child("schema", "openAPIV3Schema"), message, mend)
        named = check_format(version.name, place.child("name"), report, formats.dns_label_1035)
        if not named and version.name and version is versions[0]:
            check_format(version.name, place.child("name").printed("spec.version"), report, formats.dns_label_1035)
        _check_deprecation(version, place.child("deprecationWarning"), report)
        first = version is versions[0]
        if first or not schema_shared:
            here = place.child("schema")
            with_status = _has_status(versions) if schema_shared else _has_status([version])
            here = here.printed("spec.validation") if schema_shared else here
            schema = _check_validation(version.schema, with_status, here, report)
        if first or not subresources_shared:
            here = place.child("subresources")
            here = here.printed("spec.subresources") if subresources_shared else here
            _check_subresources(version.subresources, here, report)
        if first or not columns_shared:
            here = place.child("additionalPrinterColumns")
            here = here.printed("spec.additionalPrinterColumns") if columns_shared else here
            for column_place, column in here.each(version.additional_printer_columns):
                _check_column(column, column_place, report)
        moved = fields_shared and schema_shared
        if version.selectable_fields and (first or not moved):
            here = place.child("selectableFields")
            here = here.printed("spec.selectableFields") if moved else here
            if schema_shared and not moved:
                report.invalid(here, "Versions that have one schema also have the same selectable fields.")
            else:
                _check_selectable(version.selectable_fields, schema, here, report)
    if len({version.name for version in versions}) < len(versions):
        report.invalid(_VERSIONS, "Two versions have the same name.", "give them different ones")
    stored = [version.name for version in versions if version.storage]
    if len(stored) != 1:
        message = f"{len(stored) or 'No'} versions are marked as the one that is stored." if len(stored) != 1 else ""
        report.invalid(_VERSIONS, message, "write storage: true at exactly one")
    if not stored:
        message = "There is no version in which resources could be stored."
        report.invalid(Path(("spec", "versions"), _STORED.text), message, "write storage: true at one of them")


def _is_shared(values: Sequence[object]) -> bool:
    return bool(values) and all(value == values[0] for value in values[1:])


def _has_status(versions: Sequence[CustomResourceDefinitionVersion]) -> bool:
    return any(version.subresources is not None and version.subresources.status is not None for version in versions)


def _check_deprecation(version: CustomResourceDefinitionVersion, path: Path, report: Report) -> None:
    warning = version.deprecation_warning
    if warning is None:
        return
    if not version.deprecated:
        report.invalid(path, "Only a deprecated version has a warning.", "add deprecated: true, or remove it")
        return
    if len(warning.encode()) > MAX_DEPRECATION_WARNING:
        report.invalid(path, f"The warning is longer than {MAX_DEPRECATION_WARNING} bytes.")
    if not warning:
        report.invalid(path, "The warning is empty.", "write one, or remove it for the usual warning")
    if not warning.isprintable():
        report.invalid(path, "The warning has a character that cannot be printed.")


def _check_validation(
    validation: CustomResourceValidation | None,
    with_status: bool,
    path: Path,
    report: Report,
) -> Schema | None:
    if validation is None or validation.open_api_v3_schema is None:
        return None
    here = path.child("openAPIV3Schema")
    try:
        schema = read_schema(plain_value(validation.open_api_v3_schema))
    except SchemaError as error:
        report.error(SCHEMA, here.inside(*error.path), f"The schema cannot be read: {error}.")
        return None
    check_schema(schema, with_status, here, report)
    return schema


# -- what versions have ----------------------------------------------------------------------------------------------


def _check_subresources(subresources: CustomResourceSubresources | None, path: Path, report: Report) -> None:
    scale = subresources.scale if subresources is not None else None
    if scale is None:
        return
    here = path.child("scale")
    for name, text, below in (
        ("specReplicasPath", scale.spec_replicas_path, (".spec.",)),
        ("statusReplicasPath", scale.status_replicas_path, (".status.",)),
        ("labelSelectorPath", scale.label_selector_path, (".spec.", ".status.")),
    ):
        if text:
            if _check_json_path(text, here.child(name), report) and not text.startswith(below):
                where = " or ".join(below)
                report.invalid(here.child(name), f"{text!r} is not below {where}.", f"write it as {below[0]}name")
        elif name != "labelSelectorPath":
            report.required(here.child(name))


def _check_json_path(text: str, path: Path, report: Report) -> bool:
    if not text.startswith("."):
        report.invalid(path, f"{text!r} is no simple path.", f"write .{text}")
        return False
    return True


def _check_column(column: CustomResourceColumnDefinition, path: Path, report: Report) -> None:
    if not column.name:
        report.required(path.child("name"))
    if not column.type:
        report.required(path.child("type"), mend=f"write one of {', '.join(COLUMN_TYPES)}")
    report.choice(path.child("type"), column.type, COLUMN_TYPES)
    report.choice(path.child("format"), column.format, COLUMN_FORMATS)
    here = path.child("jsonPath").printed(f"{path}.JSONPath")
    if column.json_path:
        _check_json_path(column.json_path, here, report)
    else:
        report.required(here, "jsonPath is required.", "write it as .spec.name")


def _check_selectable(fields: Sequence[SelectableField], schema: Schema | None, path: Path, report: Report) -> None:
    if schema is None:
        report.invalid(path, "Fields can be selected only of resources that have a schema.")
        return
    why = unsupported(schema)
    if why:
        message = f"Fields cannot be selected of a schema with {why}."
        report.invalid(path.printed(f"{path.text.rpartition('.')[0]}.schema.openAPIV3Schema"), message)
        return
    seen: set[str] = set()
    for place, one in path.each(fields):
        here = place.child("jsonPath")
        if not one.json_path:
            report.required(here, mend="write it as .spec.name")
            continue
        try:
            found = find_field(one.json_path, schema, brackets=False)
        except FieldPathError as error:
            report.invalid(here, f"{one.json_path!r} names no field: {error}.", "write it as .spec.name")
            continue
        if found.steps[:1] == ("metadata",):
            report.invalid(here, "Fields of the metadata are not selected like this.", "remove it")
        if found.schema.type not in SELECTABLE_TYPES:
            message = f"Only fields of the types {', '.join(SELECTABLE_TYPES)} can be selected."
            report.invalid(here, message)
        if found.text in seen:
            report.duplicate(here, one.json_path, "remove one of them")
        seen.add(found.text)
    if len(seen) > MAX_SELECTABLE_FIELDS:
        message = f"There are {len(seen)} selectable fields; the most is {MAX_SELECTABLE_FIELDS}."
        report.error(OUT_OF_RANGE, path, message)


# -- names, conversion, approval -------------------------------------------------------------------------------------


def _check_names(names: CustomResourceDefinitionNames, path: Path, report: Report) -> None:
    for name, text in (("plural", names.plural), ("singular", names.singular)):
        if text:
            check_format(text, path.child(name), report, formats.dns_label_1035)
    for name, text in (("kind", names.kind), ("listKind", names.list_kind)):
        if text:
            check_format(text, path.child(name), report, lambda kind: formats.dns_label_1035(kind.lower()))
    if names.kind and names.kind == names.list_kind:
        message = "A resource and a list of resources cannot be of the same kind."
        report.invalid(path.child("listKind"), message, f"write {names.kind}List")
    for name, many in (("shortNames", names.short_names), ("categories", names.categories)):
        for here, text in path.child(name).each(many):
            check_format(text, here, report, formats.dns_label_1035)


def _check_conversion(spec: CustomResourceDefinitionSpec, report: Report) -> None:
    path, conversion = _SPEC.child("conversion"), spec.conversion or CustomResourceConversion()
    strategy = path.child("strategy")
    if not conversion.strategy:
        report.required(strategy, mend=f"write one of {', '.join(STRATEGIES)}")
    report.choice(strategy, conversion.strategy, STRATEGIES)
    if conversion.strategy != "None" and spec.preserve_unknown_fields:
        message = "Resources that keep unknown fields cannot be converted."
        report.invalid(strategy, message, "set spec.preserveUnknownFields to false")
    webhook = conversion.webhook
    client = webhook.client_config if webhook is not None else None
    versions = webhook.conversion_review_versions if webhook is not None else ()
    client_path = path.child("webhook", "clientConfig").printed(f"{path}.webhookClientConfig")
    versions_path = path.child("webhook", "conversionReviewVersions").printed(f"{path}.conversionReviewVersions")
    if conversion.strategy == "Webhook":
        if client is None:
            report.required(client_path, "The strategy Webhook needs a webhook.", "add webhook.clientConfig")
        else:
            check_client(client, client_path, report)
        check_review_versions(versions, versions_path, report)
        return
    message = "Only the strategy Webhook has a webhook."
    if client is not None:
        report.forbidden(client_path, message, "remove it, or write strategy: Webhook")
    if versions:
        report.forbidden(versions_path, message, "remove it, or write strategy: Webhook")


def _check_approval(definition: CustomResourceDefinition, report: Report) -> None:
    """Groups of the Kubernetes project need an approval of their API."""
    group = definition.spec.group
    if not f".{group}".endswith((".k8s.io", ".kubernetes.io")):
        return
    path = Path().child("metadata", "annotations").key(APPROVED)
    text = definition.metadata.annotations.get(APPROVED, "")
    mend = 'give the URL of the approval, or "unapproved, experimental-only", or use a domain of your own'
    if not text:
        report.required(path, f"The group {group} belongs to the Kubernetes project.", mend)
    elif not text.startswith("unapproved") and not _is_url(text):
        report.invalid(path, "This is not the URL of an approval.", mend)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.scheme and parts.netloc)
    except ValueError:
        return False
