"""CEL as Kubernetes compiles and evaluates it.

``compile_text(text, environment)`` gives a :class:`Program` with its result type and complaints;
``base_environment(version)`` is what every expression can use there.
"""

from __future__ import annotations

from kverify.api.cel.checker import Complaint
from kverify.api.cel.environment import Environment, base_environment
from kverify.api.cel.program import Program, compile_text
from kverify.api.cel.values import CelError, adapt

__all__ = ["CelError", "Complaint", "Environment", "Program", "adapt", "base_environment", "compile_text"]
