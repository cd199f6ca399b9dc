"""For test suites: Hypothesis strategies for Kubernetes objects. Needs ``pip install kverify[testing]``."""

from kverify.testing.minimal import MINIMAL, minimal
from kverify.testing.strategies import json_values, objects, quantities, typed, valid_objects

__all__ = ["MINIMAL", "json_values", "minimal", "objects", "quantities", "typed", "valid_objects"]
