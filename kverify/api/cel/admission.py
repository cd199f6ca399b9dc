"""What expressions of admission policies and webhooks can name (``k8s.io/apiserver/pkg/admission/plugin/cel``)."""

from __future__ import annotations

from functools import cache

from kverify.api.cel import types
from kverify.api.cel.environment import Environment, Fields, base_environment, patch_environment
from kverify.api.cel.signatures import NAMED_TYPES
from kverify.api.cel.types import Type

VARIABLES_TYPE = "kubernetes.variables"

_TEXT_MAP = types.map_of(types.STRING, types.STRING)
_TEXTS = types.list_of(types.STRING)


def _texts(names: str) -> dict[str, Type]:
    return dict.fromkeys(names.split(), types.STRING)


_GVK, _GVR = (types.object_named(f"kubernetes.GroupVersion{name}") for name in ("Kind", "Resource"))
_USER = types.object_named("kubernetes.UserInfo")
_REQUEST = types.object_named("kubernetes.AdmissionRequest")
_CONDITION = types.object_named("kubernetes.NamespaceCondition")
_NAMESPACE, _NAMESPACE_META, _NAMESPACE_SPEC, _NAMESPACE_STATUS = (
    types.object_named(f"kubernetes.Namespace{name}") for name in ("", "Metadata", "Spec", "Status")
)

OBJECTS: dict[str, Fields] = {
    _GVK.name: _texts("group version kind"),
    _GVR.name: _texts("group version resource"),
    _USER.name: {
        **_texts("username uid"),
        "groups": _TEXTS,
        "extra": types.map_of(types.STRING, _TEXTS),
    },
    _REQUEST.name: {
        **_texts("subResource requestSubResource name namespace operation"),
        "kind": _GVK,
        "resource": _GVR,
        "requestKind": _GVK,
        "requestResource": _GVR,
        "userInfo": _USER,
        "dryRun": types.BOOL,
        "options": types.DYN,
    },
    _CONDITION.name: {**_texts("status type message reason"), "lastTransitionTime": types.TIMESTAMP},
    _NAMESPACE_SPEC.name: {"finalizers": _TEXTS},
    _NAMESPACE_STATUS.name: {"conditions": types.list_of(_CONDITION), "phase": types.STRING},
    _NAMESPACE_META.name: {
        **_texts("name generateName namespace UID resourceVersion"),
        "labels": _TEXT_MAP,
        "annotations": _TEXT_MAP,
        "creationTimestamp": types.TIMESTAMP,
        "deletionTimestamp": types.TIMESTAMP,
        "deletionGracePeriodSeconds": types.INT,
        "generation": types.INT,
        "finalizers": _TEXTS,
    },
    _NAMESPACE.name: {"metadata": _NAMESPACE_META, "spec": _NAMESPACE_SPEC, "status": _NAMESPACE_STATUS},
}
"""The fields of the objects ``request`` and ``namespaceObject`` (``BuildRequestType``, ``BuildNamespaceType``)."""


@cache
def admission_environment(version: str, *, params: bool, authorizer: bool, patches: bool = False) -> Environment:
    """The variables of an expression: ``object`` and ``oldObject`` can be anything, ``params`` and ``authorizer`` are
    there when they are asked for."""
    base = patch_environment(version) if patches else base_environment(version)
    variables = {
        "object": types.DYN,
        "oldObject": types.DYN,
        "namespaceObject": _NAMESPACE,
        "request": _REQUEST,
    }
    if params:
        variables["params"] = types.DYN
    if authorizer:
        variables["authorizer"] = NAMED_TYPES["Authorizer"]
        variables["authorizer.requestResource"] = NAMED_TYPES["ResourceCheck"]
    return base.with_variables(variables).with_objects(OBJECTS)


def with_composition(environment: Environment, variables: Fields) -> Environment:
    """The same with ``variables.name`` for each of ``variables``."""
    composed = environment.with_variables({"variables": types.object_named(VARIABLES_TYPE)})
    return composed.with_objects({VARIABLES_TYPE: variables})


def composed_type(result: Type | None) -> Type:
    """The type under which later expressions see a variable (``convertCelTypeToDeclType``): lists and maps keep theirs,
    objects and library types are ``dyn``, and so is what does not compile."""
    if result is None:
        return types.DYN
    if result.kind in ("list", "map"):
        return Type(result.kind, "", tuple([composed_type(inner) for inner in result.params]))
    return types.DYN if result.kind in ("object", "opaque", "type", "error", "param") else result
