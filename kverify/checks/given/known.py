"""What a run has decided already."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from kverify.engines.verdict import Verdict
    from kverify.model.system import TransitionSystem


@define(eq=False)
class Known:
    """The answers of a run, by the shape of the question (see ``kverify.engines.renaming``): two workloads that differ
    in nothing but names are searched once. Only what says nothing about names is kept."""

    verdicts: dict[Hashable, tuple[TransitionSystem, Verdict]] = field(factory=dict)
    chances: dict[Hashable, bool] = field(factory=dict)
    unproved: set[Hashable] = field(factory=set)
    """What one step of induction does not prove."""
    rooms: dict[Hashable, bool] = field(factory=dict)
    """Whether pods always find room, by all the pods that there may be."""
