"""Custom resource definitions (``apiextensions.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Json, Opaque, Time, Typed, api_field
from kverify.api.object import KubeObject


@frozen(kw_only=True, eq=False, repr=False)
class ServiceReference(Typed):
    name: str = ""
    namespace: str = ""
    path: str | None = None
    port: Int32 | None = None


@frozen(kw_only=True, eq=False, repr=False)
class WebhookClientConfig(Typed):
    ca_bundle: str | None = api_field(None, omit_zero=True)
    service: ServiceReference | None = None
    url: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class WebhookConversion(Typed):
    client_config: WebhookClientConfig | None = None
    conversion_review_versions: tuple[str, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceConversion(Typed):
    strategy: str = ""
    webhook: WebhookConversion | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinitionNames(Typed):
    kind: str = ""
    categories: tuple[str, ...] = ()
    list_kind: str | None = api_field(None, omit_zero=True)
    plural: str = ""
    short_names: tuple[str, ...] = ()
    singular: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceColumnDefinition(Typed):
    description: str | None = api_field(None, omit_zero=True)
    format: str | None = api_field(None, omit_zero=True)
    json_path: str = ""
    name: str = ""
    priority: Int32 | None = api_field(None, omit_zero=True)
    type: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class ExternalDocumentation(Typed):
    description: str | None = api_field(None, omit_zero=True)
    url: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ValidationRule(Typed):
    field_path: str | None = api_field(None, omit_zero=True)
    message: str | None = api_field(None, omit_zero=True)
    message_expression: str | None = api_field(None, omit_zero=True)
    optional_old_self: bool | None = None
    reason: str | None = None
    rule: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class JSONSchemaProps(Typed):
    ref: str | None = api_field(None, json="$ref")
    schema: str | None = api_field(None, json="$schema", omit_zero=True)
    additional_items: Json | None = None
    additional_properties: Json | None = None
    all_of: tuple[JSONSchemaProps, ...] = ()
    any_of: tuple[JSONSchemaProps, ...] = ()
    default: Json | None = None
    definitions: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    dependencies: Mapping[str, Json] = api_field(EMPTY)
    description: str | None = api_field(None, omit_zero=True)
    enum: tuple[Json, ...] = ()
    example: Json | None = None
    exclusive_maximum: bool | None = api_field(None, omit_zero=True)
    exclusive_minimum: bool | None = api_field(None, omit_zero=True)
    external_docs: ExternalDocumentation | None = None
    format: str | None = api_field(None, omit_zero=True)
    id: str | None = api_field(None, omit_zero=True)
    items: Json | None = None
    max_items: Int64 | None = None
    max_length: Int64 | None = None
    max_properties: Int64 | None = None
    maximum: float | None = None
    min_items: Int64 | None = None
    min_length: Int64 | None = None
    min_properties: Int64 | None = None
    minimum: float | None = None
    multiple_of: float | None = None
    not_: JSONSchemaProps | None = None
    nullable: bool | None = api_field(None, omit_zero=True)
    one_of: tuple[JSONSchemaProps, ...] = ()
    pattern: str | None = api_field(None, omit_zero=True)
    pattern_properties: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    properties: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    required: tuple[str, ...] = ()
    title: str | None = api_field(None, omit_zero=True)
    type: str | None = api_field(None, omit_zero=True)
    unique_items: bool | None = api_field(None, omit_zero=True)
    x_kubernetes_embedded_resource: bool | None = api_field(None, json="x-kubernetes-embedded-resource", omit_zero=True)
    x_kubernetes_int_or_string: bool | None = api_field(None, json="x-kubernetes-int-or-string", omit_zero=True)
    x_kubernetes_list_map_keys: tuple[str, ...] = api_field((), json="x-kubernetes-list-map-keys")
    x_kubernetes_list_type: str | None = api_field(None, json="x-kubernetes-list-type")
    x_kubernetes_map_type: str | None = api_field(None, json="x-kubernetes-map-type")
    x_kubernetes_preserve_unknown_fields: bool | None = api_field(None, json="x-kubernetes-preserve-unknown-fields")
    x_kubernetes_validations: tuple[ValidationRule, ...] = api_field(
        (), json="x-kubernetes-validations", list_type="map", list_keys=("rule",), patch="merge", merge_key="rule"
    )


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceValidation(Typed):
    open_api_v3_schema: JSONSchemaProps | None = api_field(None, json="openAPIV3Schema")
    pass


@frozen(kw_only=True, eq=False, repr=False)
class SelectableField(Typed):
    json_path: str = ""
    pass


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceSubresourceScale(Typed):
    label_selector_path: str | None = None
    spec_replicas_path: str = ""
    status_replicas_path: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceSubresources(Typed):
    scale: CustomResourceSubresourceScale | None = None
    status: Opaque | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinitionVersion(Typed):
    additional_printer_columns: tuple[CustomResourceColumnDefinition, ...] = ()
    deprecated: bool | None = api_field(None, omit_zero=True)
    deprecation_warning: str | None = None
    name: str = ""
    schema: CustomResourceValidation | None = None
    selectable_fields: tuple[SelectableField, ...] = ()
    served: bool = False
    storage: bool = False
    subresources: CustomResourceSubresources | None = None


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinitionSpec(Typed):
    conversion: CustomResourceConversion | None = None
    group: str = ""
    names: CustomResourceDefinitionNames = CustomResourceDefinitionNames()
    preserve_unknown_fields: bool | None = api_field(None, omit_zero=True)
    scope: str = ""
    versions: tuple[CustomResourceDefinitionVersion, ...] = api_field((), null=True)


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinitionCondition(Typed):
    last_transition_time: Time | None = None
    message: str | None = api_field(None, omit_zero=True)
    reason: str | None = api_field(None, omit_zero=True)
    status: str = ""
    type: str = ""
    observed_generation: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinitionStatus(Typed):
    accepted_names: CustomResourceDefinitionNames = CustomResourceDefinitionNames()
    conditions: tuple[CustomResourceDefinitionCondition, ...] = api_field(
        (), list_type="map", list_keys=("type",), null=True
    )
    stored_versions: tuple[str, ...] = api_field((), null=True)
    observed_generation: Int64 | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class CustomResourceDefinition(KubeObject):
    api_version: str = "apiextensions.k8s.io/v1"
    kind: str = "CustomResourceDefinition"
    spec: CustomResourceDefinitionSpec = CustomResourceDefinitionSpec()
    status: CustomResourceDefinitionStatus = CustomResourceDefinitionStatus()
