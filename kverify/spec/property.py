"""What engines can be asked about a transition system.

Every class is one question; its docstring gives the meaning in LTL or CTL. A *run* begins at an initial state, goes on
for ever, and takes an action or stays where it is at every moment. Questions about what happens in the end are asked of
*fair* runs only, see ``Fair``: a run that stays for ever in a state where some fair action is enabled is not fair, so
it ends only where nothing fair is left to do.

``premise``, where a question has one, must hold somewhere reachable; otherwise the verdict is ``vacuous``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, fields_dict, frozen

from kverify.model.expr import Condition, substitute
from kverify.model.system import Action, Fairness


@frozen(kw_only=True)
class Fair:
    """Which runs are fair, and so count for questions about what happens in the end.

    A weakly fair action is, again and again, taken or not enabled. A strongly fair one is taken again and again, or
    from some moment on never enabled. ``everything`` overrules what the actions declare. Disturbances are never fair:
    they may happen or not. They also end some day, so that what is asked is what controllers make of the last one;
    ``endless_disturbances`` counts runs in which they never end as well.
    """

    everything: Fairness | None = None
    endless_disturbances: bool = False

    def of(self, action: Action) -> Fairness:
        """What is assumed of ``action``."""
        if action.environment:
            return Fairness.NONE
        return action.fairness if self.everything is None else self.everything

    def __str__(self) -> str:
        if self.everything is Fairness.NONE:
            text = "no step is ever certain to be taken"
        elif self.everything is not None:
            text = f"every controller, scheduler and kubelet step is {self.everything.value}ly fair"
        else:
            text = "every step is as fair as its component declares"
        return text + ("; disturbances may go on for ever" if self.endless_disturbances else "; disturbances end")


DECLARED = Fair()
"""Every action as fair as it says, and disturbances end."""


# -- safety: decided by finite runs, whatever is fair --------------------------------------------------------------


@frozen(kw_only=True)
class Always:
    """Safety: ``condition`` holds in every reachable state (AG condition).

    ``lemmas`` are further conditions, true in every reachable state, that help induction; an engine that uses them
    proves them as well.
    """

    name: str
    condition: Condition
    lemmas: tuple[Condition, ...] = ()
    premise: Condition = True


@frozen(kw_only=True)
class OnceAlways:
    """Safety: once ``premise`` holds, ``condition`` holds from that very state on (G(premise -> G condition)).

    A violation is a finite run. It is *certain* when every fair run meets the premise and breaks the condition after.
    """

    name: str
    premise: Condition
    condition: Condition
    lemmas: tuple[Condition, ...] = ()


@frozen(kw_only=True)
class Possibly:
    """Some run from some start, disturbances included, comes to a state in which ``goal`` holds (EF goal).

    Fairness does not matter: every finite run can go on fairly. A violation has no trace, because it speaks of all
    runs; it is always certain. What holds comes with a witness.
    """

    name: str
    goal: Condition


@frozen(kw_only=True)
class Reaches:
    """Progress: from every reachable state where ``premise`` holds, ``goal`` stays reachable (AG(premise -> EF goal)).

    When every step that stays possible for ever is taken some day (strong fairness of every controller, scheduler and
    kubelet step), this is the same as: the goal is reached. A violation is a reachable state from which
    the goal cannot be reached any more; it is *certain* when the goal cannot be reached from any start. Disturbances
    are never needed to reach the goal: only steps that are not ``environment`` count.
    """

    name: str
    goal: Condition
    premise: Condition = True


Recoverable: TypeAlias = Reaches
"""*Recoverable* in the property language: whatever has happened, the goal can be reached again."""


# -- liveness: every fair run --------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Eventually:
    """Every fair run comes to a state in which ``goal`` holds (F goal; AF goal over fair runs).

    A violation is a lasso that never meets the goal. It is *certain* when no run reaches the goal.
    """

    name: str
    goal: Condition


@frozen(kw_only=True)
class LeadsTo:
    """On every fair run, whenever ``premise`` holds, ``goal`` holds then or later (G(premise -> F goal)).

    It is *certain* when every fair run leaves some premise without its goal for ever.
    """

    name: str
    premise: Condition
    goal: Condition


@frozen(kw_only=True)
class EventuallyAlways:
    """Every fair run comes to a moment from which on ``goal`` holds for ever (F G goal).

    Stronger than ``Reaches`` with the same goal. It is *certain* when no fair run settles in the goal.
    """

    name: str
    goal: Condition


@frozen(kw_only=True)
class AlwaysEventually:
    """On every fair run ``goal`` holds again and again (G F goal).

    It is *certain* when every fair run loses the goal for ever.
    """

    name: str
    goal: Condition


@frozen(kw_only=True)
class Until:
    """Every fair run comes to ``goal``, and ``hold`` holds in every state before that (hold U goal, strong).

    Nothing is asked of ``hold`` from the first ``goal`` on. A violation is a finite run that loses ``hold`` too early,
    or a lasso that never meets the goal. It is *certain* when no run reaches the goal through ``hold`` alone.
    """

    name: str
    hold: Condition
    goal: Condition


@frozen(kw_only=True)
class Quiescence:
    """Every fair run comes to rest: once disturbances have ended, the state changes finitely often.

    A violation is a loop of controller, scheduler and kubelet steps that changes something and can go on for ever
    without any disturbance: controllers fight. Steps that write what is there already are no change. It is *certain*
    when no fair run comes to rest.
    """

    name: str


Safety: TypeAlias = "Always | OnceAlways"
Liveness: TypeAlias = "Eventually | LeadsTo | EventuallyAlways | AlwaysEventually | Until | Quiescence"
"""What is decided over fair runs. ``Until`` has a part that is safety."""
Property: TypeAlias = "Safety | Possibly | Reaches | Liveness"
StateProperty: TypeAlias = "Always | Reaches"
"""What is decided by looking at states and what can be reached from them, without fairness."""


_P = TypeVar("_P", bound=Property)


def conditions(prop: Property) -> tuple[Condition, ...]:
    """Every condition that the answer depends on; lemmas only help to find it."""
    return tuple(getattr(prop, name) for name in fields_dict(type(prop)) if name not in ("name", "lemmas"))


def premise(prop: Property) -> Condition:
    """What must hold somewhere for the question to mean anything; true where a question has no premise."""
    return getattr(prop, "premise", True)


def fix(prop: _P, parameters: Mapping[str, int]) -> _P:
    """``prop`` with parameters replaced by numbers, as ``TransitionSystem.fix`` does for a system."""
    changes: dict[str, Any] = {
        name: tuple(substitute(part, parameters) for part in value)
        if isinstance(value, tuple)
        else substitute(value, parameters)
        for name in fields_dict(type(prop))
        if name != "name"
        for value in [getattr(prop, name)]
    }
    return evolve(prop, **changes)
