"""What typed objects can do besides holding fields: mixins for the classes of ``kverify/api/types/``.

A mixin sees only the attributes that it names; the generator puts it under its class (``RULES`` in
``tools/type_tables.py``).
"""

from __future__ import annotations

from collections.abc import Mapping

from kverify.api.base import Typed
from kverify.api.labels import map_matches, requirement_matches


class RequirementRules(Typed):
    """``LabelSelectorRequirement``."""

    __slots__ = ()
    key: str
    operator: str
    values: tuple[str, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return requirement_matches(self.key, self.operator, self.values, labels)


class LabelSelectorRules(Typed):
    """``LabelSelector``: an empty one matches everything. A field that may be absent holds ``None``, which matches
    nothing."""

    __slots__ = ()
    match_labels: Mapping[str, str]
    match_expressions: tuple[RequirementRules, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return map_matches(self.match_labels, labels) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    @property
    def is_empty(self) -> bool:
        return not self.match_labels and not self.match_expressions


class ContainerRules(Typed):
    """``Container``."""

    __slots__ = ()
    restart_policy: str | None

    @property
    def is_sidecar(self) -> bool:
        """Only meaningful for an init container."""
        return self.restart_policy == "Always"
