"""One system that is explored for a property under a scenario."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.checks.deciding.scenes import Scene
from kverify.model.expr import Condition
from kverify.model.system import TransitionSystem


@frozen(eq=False, kw_only=True)
class Case:
    """One system to explore. ``begins`` says what has just happened, ``scope`` for what an answer stands.

    A case with ``lemmas`` (true in it) allows more than the cluster does: it can only prove. If it does not, those in
    ``otherwise`` are asked, each of which allows less: they can only refute. ``autoscaled`` is what autoscalers had
    come to, by the titles of what they scale.
    """

    scene: Scene
    system: TransitionSystem
    begins: str
    scope: str
    assumptions: tuple[str, ...]
    otherwise: tuple[Case, ...] = ()
    lemmas: tuple[Condition, ...] = ()
    autoscaled: Mapping[str, int] = field(factory=dict)
