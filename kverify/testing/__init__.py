"""For test suites: Hypothesis strategies and state machines. Needs ``pip install kverify[testing]``."""

from kverify.testing.machine import ClusterStateMachine, Walked, state_machine
from kverify.testing.minimal import MINIMAL, minimal
from kverify.testing.situations import drain_of, node_loss_of, rollout_of, situations
from kverify.testing.strategies import json_values, objects, quantities, typed, valid_objects
from kverify.testing.violation import Situation, Violation

__all__ = [
    "MINIMAL",
    "ClusterStateMachine",
    "Situation",
    "Violation",
    "Walked",
    "drain_of",
    "json_values",
    "minimal",
    "node_loss_of",
    "objects",
    "quantities",
    "rollout_of",
    "situations",
    "state_machine",
    "typed",
    "valid_objects",
]
