"""For test suites: Hypothesis strategies and state machines (``pip install kverify[testing]``), assertions, and a
plugin for pytest (``kverify[pytest]``).

Names are imported when they are first asked for: the plugin is loaded by every pytest, and needs no Hypothesis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kverify.testing.from_manifests import drain_of, node_loss_of, rollout_of, situations
    from kverify.testing.inputs import Manifests, bundles, clusters, deployments, rollout_manifests, rollouts
    from kverify.testing.machine import ClusterStateMachine, Walked, state_machine
    from kverify.testing.smallest import MINIMAL, minimal
    from kverify.testing.strategies import json_values, objects, quantities, typed, valid_objects
    from kverify.testing.verified import KverifyWarning, NotVerified, assert_verified
    from kverify.testing.violation import Situation, Violation

# No name is that of a module: importing the module would put it in the name's place.
_PLACES = {
    "inputs": ("Manifests", "bundles", "clusters", "deployments", "rollout_manifests", "rollouts"),
    "machine": ("ClusterStateMachine", "Walked", "state_machine"),
    "smallest": ("MINIMAL", "minimal"),
    "from_manifests": ("drain_of", "node_loss_of", "rollout_of", "situations"),
    "strategies": ("json_values", "objects", "quantities", "typed", "valid_objects"),
    "verified": ("KverifyWarning", "NotVerified", "assert_verified"),
    "violation": ("Situation", "Violation"),
}

__all__ = [
    "MINIMAL",
    "ClusterStateMachine",
    "KverifyWarning",
    "Manifests",
    "NotVerified",
    "Situation",
    "Violation",
    "Walked",
    "assert_verified",
    "bundles",
    "clusters",
    "deployments",
    "drain_of",
    "json_values",
    "minimal",
    "node_loss_of",
    "objects",
    "quantities",
    "rollout_manifests",
    "rollout_of",
    "rollouts",
    "situations",
    "state_machine",
    "typed",
    "valid_objects",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _PLACES.items():
        if name in names:
            try:
                return getattr(import_module(f"kverify.testing.{module}"), name)
            except ModuleNotFoundError as error:
                if error.name != "hypothesis":
                    raise
                raise ImportError(f"{name} needs Hypothesis: pip install kverify[testing]") from error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
