"""Defaults of CustomResourceDefinitions (``pkg/apis/apiextensions/v1/defaults.go``, and the strategy's
``PrepareForCreate``)."""

from __future__ import annotations

from attrs import evolve

from kverify.api.defaults.admission import HTTPS_PORT
from kverify.api.types.extensions import CustomResourceConversion, CustomResourceDefinition, WebhookClientConfig


def default_definition(definition: CustomResourceDefinition) -> CustomResourceDefinition:
    spec, status = definition.spec, definition.status
    names = spec.names
    names = evolve(
        names,
        singular=names.singular or names.kind.lower() or None,
        list_kind=names.list_kind or (f"{names.kind}List" if names.kind else None),
    )
    conversion = spec.conversion or CustomResourceConversion(strategy="None")
    webhook = conversion.webhook
    if webhook is not None and webhook.client_config is not None:
        webhook = evolve(webhook, client_config=_client(webhook.client_config))
        conversion = evolve(conversion, webhook=webhook)
    stored = status.stored_versions or tuple([version.name for version in spec.versions if version.storage][:1])
    return evolve(
        definition,
        spec=evolve(spec, names=names, conversion=conversion),
        status=evolve(status, stored_versions=stored),
    )


def _client(client: WebhookClientConfig) -> WebhookClientConfig:
    if client.service is None or client.service.port is not None:
        return client
    return evolve(client, service=evolve(client.service, port=HTTPS_PORT))
