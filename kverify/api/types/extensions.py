"""Custom resource definitions (``apiextensions.k8s.io/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, Int32, Int64, Json, Opaque, Time, api_field
from kverify.api.object import KubeObject


@frozen(kw_only=True)
class ServiceReference:
    name: str = ""
    namespace: str = ""
    path: str | None = None
    port: Int32 | None = None


@frozen(kw_only=True)
class WebhookClientConfig:
    ca_bundle: str | None = None
    service: ServiceReference | None = None
    url: str | None = None


@frozen(kw_only=True)
class WebhookConversion:
    client_config: WebhookClientConfig | None = None
    conversion_review_versions: tuple[str, ...] = ()


@frozen(kw_only=True)
class CustomResourceConversion:
    strategy: str = ""
    webhook: WebhookConversion | None = None


@frozen(kw_only=True)
class CustomResourceDefinitionNames:
    kind: str = ""
    categories: tuple[str, ...] = ()
    list_kind: str | None = None
    plural: str = ""
    short_names: tuple[str, ...] = ()
    singular: str | None = None


@frozen(kw_only=True)
class CustomResourceColumnDefinition:
    description: str | None = None
    format: str | None = None
    json_path: str = ""
    name: str = ""
    priority: Int32 | None = None
    type: str = ""


@frozen(kw_only=True)
class ExternalDocumentation:
    description: str | None = None
    url: str | None = None


@frozen(kw_only=True)
class ValidationRule:
    field_path: str | None = None
    message: str | None = None
    message_expression: str | None = None
    optional_old_self: bool | None = None
    reason: str | None = None
    rule: str = ""


@frozen(kw_only=True)
class JSONSchemaProps:
    ref: str | None = api_field(None, json="$ref")
    schema: str | None = api_field(None, json="$schema")
    additional_items: Json | None = None
    additional_properties: Json | None = None
    all_of: tuple[JSONSchemaProps, ...] = ()
    any_of: tuple[JSONSchemaProps, ...] = ()
    default: Json | None = None
    definitions: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    dependencies: Mapping[str, Json] = api_field(EMPTY)
    description: str | None = None
    enum: tuple[Json, ...] = ()
    example: Json | None = None
    exclusive_maximum: bool | None = None
    exclusive_minimum: bool | None = None
    external_docs: ExternalDocumentation | None = None
    format: str | None = None
    id: str | None = None
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
    nullable: bool | None = None
    one_of: tuple[JSONSchemaProps, ...] = ()
    pattern: str | None = None
    pattern_properties: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    properties: Mapping[str, JSONSchemaProps] = api_field(EMPTY)
    required: tuple[str, ...] = ()
    title: str | None = None
    type: str | None = None
    unique_items: bool | None = None
    x_kubernetes_embedded_resource: bool | None = api_field(None, json="x-kubernetes-embedded-resource")
    x_kubernetes_int_or_string: bool | None = api_field(None, json="x-kubernetes-int-or-string")
    x_kubernetes_list_map_keys: tuple[str, ...] = api_field((), json="x-kubernetes-list-map-keys")
    x_kubernetes_list_type: str | None = api_field(None, json="x-kubernetes-list-type")
    x_kubernetes_map_type: str | None = api_field(None, json="x-kubernetes-map-type")
    x_kubernetes_preserve_unknown_fields: bool | None = api_field(None, json="x-kubernetes-preserve-unknown-fields")
    x_kubernetes_validations: tuple[ValidationRule, ...] = api_field(
        (), json="x-kubernetes-validations", list_type="map", list_keys=("rule",), patch="merge", merge_key="rule"
    )


@frozen(kw_only=True)
class CustomResourceValidation:
    open_api_v3_schema: JSONSchemaProps | None = api_field(None, json="openAPIV3Schema")
    pass


@frozen(kw_only=True)
class SelectableField:
    json_path: str = ""
    pass


@frozen(kw_only=True)
class CustomResourceSubresourceScale:
    label_selector_path: str | None = None
    spec_replicas_path: str = ""
    status_replicas_path: str = ""


@frozen(kw_only=True)
class CustomResourceSubresources:
    scale: CustomResourceSubresourceScale | None = None
    status: Opaque | None = None


@frozen(kw_only=True)
class CustomResourceDefinitionVersion:
    additional_printer_columns: tuple[CustomResourceColumnDefinition, ...] = ()
    deprecated: bool | None = None
    deprecation_warning: str | None = None
    name: str = ""
    schema: CustomResourceValidation | None = None
    selectable_fields: tuple[SelectableField, ...] = ()
    served: bool = False
    storage: bool = False
    subresources: CustomResourceSubresources | None = None


@frozen(kw_only=True)
class CustomResourceDefinitionSpec:
    conversion: CustomResourceConversion | None = None
    group: str = ""
    names: CustomResourceDefinitionNames = CustomResourceDefinitionNames()
    preserve_unknown_fields: bool | None = None
    scope: str = ""
    versions: tuple[CustomResourceDefinitionVersion, ...] = ()


@frozen(kw_only=True)
class CustomResourceDefinitionCondition:
    last_transition_time: Time | None = None
    message: str | None = None
    reason: str | None = None
    status: str = ""
    type: str = ""
    observed_generation: Int64 | None = None


@frozen(kw_only=True)
class CustomResourceDefinitionStatus:
    accepted_names: CustomResourceDefinitionNames = CustomResourceDefinitionNames()
    conditions: tuple[CustomResourceDefinitionCondition, ...] = api_field((), list_type="map", list_keys=("type",))
    stored_versions: tuple[str, ...] = ()
    observed_generation: Int64 | None = None


@frozen(kw_only=True)
class CustomResourceDefinition(KubeObject):
    api_version: str = "apiextensions.k8s.io/v1"
    kind: str = "CustomResourceDefinition"
    spec: CustomResourceDefinitionSpec = CustomResourceDefinitionSpec()
    status: CustomResourceDefinitionStatus = CustomResourceDefinitionStatus()
