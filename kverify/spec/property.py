"""What engines can be asked about a transition system."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from kverify.model.expr import Condition


@frozen(kw_only=True)
class Always:
    """Safety: ``condition`` holds in every reachable state.

    ``lemmas`` are further conditions, true in every reachable state, that help induction; an engine that uses them
    proves them as well. ``premise``, if given, must hold somewhere reachable, or the verdict is ``vacuous``.
    """

    name: str
    condition: Condition
    lemmas: tuple[Condition, ...] = ()
    premise: Condition = True


@frozen(kw_only=True)
class Reaches:
    """Progress: from every reachable state where ``premise`` holds, ``goal`` stays reachable (AG EF).

    When every step that stays possible for ever is taken some day (strong fairness of every controller, scheduler and
    kubelet step), this is the same as: the goal is reached. A violation is a reachable state from which
    the goal cannot be reached any more; it is *certain* when the goal cannot be reached from any start. Disturbances
    are never needed to reach the goal: only steps that are not ``environment`` count.
    """

    name: str
    goal: Condition
    premise: Condition = True


Property: TypeAlias = "Always | Reaches"
