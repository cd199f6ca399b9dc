"""The Deployment controller: moves replicas from old ReplicaSets to the one the template asks for.

Source: pkg/controller/deployment/rolling.go and recreate.go. The controller works on ``spec.replicas`` of its
ReplicaSets and on the availability they report; it never looks at pods, which is why ``maxSurge`` does not bound
pods that are still terminating. One sync is one action here: the writes of a sync to several ReplicaSets happen at
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kverify.model.expr import (
    Condition,
    Expr,
    Number,
    all_of,
    any_of,
    integer,
    ite,
    lift,
    maximum,
    minimum,
    negate,
    total,
)
from kverify.model.system import Action, Variable
from kverify.model.workload import Recreate, Revision, RollingUpdate, Workload
from kverify.model.world import LIVE, Phase, World

COMPONENT = "Deployment controller"


def variables(world: World) -> Iterator[Variable]:
    for workload in world.workloads:
        for revision in workload.revisions:
            yield Variable(world.spec(revision))
            if world.stale and workload.strategy is not None:
                yield Variable(world.seen(revision))


def actions(world: World) -> Iterator[Action]:
    for workload in world.workloads:
        for index, new in enumerate(workload.revisions):
            asked = workload.target == index
            if asked is False:
                continue
            old = [r for r in workload.revisions if r is not new]
            if workload.annotated is not None or workload.paused is not False:
                # isScalingEvent, which looks at active ReplicaSets only, or paused: such a sync sees to the size and
                # does nothing else.
                told: Condition = True if workload.annotated is None else workload.replicas == workload.annotated
                active = total(integer(world.spec(r)) for r in workload.revisions) >= 1
                sized = any_of([workload.paused, all_of([negate(told), active])])
                yield from _resize(world, workload, all_of([asked, sized]), new, old)
                asked = all_of([asked, negate(sized)])
            match workload.strategy:
                case RollingUpdate() as strategy:
                    yield from _roll(world, workload, strategy, asked, new, old)
                case Recreate():
                    yield from _recreate(world, workload, asked, new, old)
                case None:
                    pass
        if world.stale and workload.strategy is not None:
            yield from _observe(world, workload)


def _roll(
    world: World,
    workload: Workload,
    strategy: RollingUpdate,
    asked: Condition,
    new: Revision,
    old: Sequence[Revision],
) -> Iterator[Action]:
    replicas = workload.replicas
    specs = total(integer(world.spec(r)) for r in workload.revisions)
    new_spec = integer(world.spec(new))

    # NewRSNewReplicas: terminating pods do not count, only what the ReplicaSets ask for.
    room = replicas + strategy.surge - specs
    can_scale_up = all_of([asked, new_spec < replicas, room >= 1])
    yield Action(
        f"scale up {new.key}",
        COMPONENT,
        guard=can_scale_up,
        updates={world.spec(new): new_spec + minimum([room, replicas - new_spec]), **_told(workload)},
        says=_scales(world, new, "up"),
    )
    too_many = all_of([asked, new_spec > replicas])
    yield Action(
        f"scale down {new.key}",
        COMPONENT,
        guard=too_many,
        updates={world.spec(new): replicas},
        says=_scales(world, new, "down"),
    )
    if not old:
        return
    # reconcileOldReplicaSets runs only in a sync that did not scale the new ReplicaSet.
    updates, can_scale_down = _scaled_down(world, workload, strategy, new, old)
    changed = [r for r in old if world.spec(r) in updates]
    yield Action(
        f"scale down {workload.name} old",
        COMPONENT,
        guard=all_of([asked, negate(can_scale_up), negate(too_many), can_scale_down]),
        updates=updates,
        says="The Deployment controller scales down " + ", ".join(_change(world, r) for r in changed),
    )


def _scaled_down(
    world: World, workload: Workload, strategy: RollingUpdate, new: Revision, old: Sequence[Revision]
) -> tuple[dict[str, Number | Condition], Condition]:
    """What one sync leaves of the old ReplicaSets, and whether that is less than there was."""
    floor = workload.replicas - strategy.unavailable
    spec = {r: integer(world.spec(r)) for r in workload.revisions}
    not_yet = spec[new] - world.reported(new)
    budget = total(spec.values()) - floor - not_yet

    # cleanupUnhealthyReplicas: oldest first, replicas that are not available anyway, at most `budget`.
    left: dict[Revision, Number] = {}
    cleaned: Number = 0
    sane: list[Condition] = []
    for r in old:
        unhealthy = spec[r] - world.reported(r)
        # More available pods than replicas (a scale-down is still being carried out) makes the controller give up
        # this sync, unless it has already cleaned up all it may.
        sane.append(any_of([spec[r] == 0, unhealthy >= 0, cleaned >= budget]))
        take = ite(spec[r] == 0, 0, maximum([0, minimum([budget - cleaned, unhealthy])]))
        left[r] = spec[r] - take
        cleaned = cleaned + take

    # scaleDownOldReplicaSetsForRollingUpdate: oldest first, down to what must stay available. It is called with the old
    # ReplicaSets that FilterActiveReplicaSets left, so pods of one that was scaled to 0 do not count as available.
    spare = world.reported(new) + total(ite(spec[r] == 0, 0, world.reported(r)) for r in old) - floor
    scaled: Number = 0
    updates: dict[str, Number | Condition] = {}
    for r in old:
        take = maximum([0, minimum([left[r], spare - scaled])])
        updates[world.spec(r)] = left[r] - take
        scaled = scaled + take
    return updates, all_of([budget >= 1, *sane, cleaned + scaled >= 1])


def _resize(
    world: World, workload: Workload, asked: Condition, new: Revision, old: Sequence[Revision]
) -> Iterator[Action]:
    """``scale`` in sync.go, after somebody has changed the number of replicas or paused the Deployment.

    The only active ReplicaSet gets all of them. If it happens to have them already nothing is written, not even the
    annotation, and so every later sync comes here again and no rollout goes on (kubernetes/kubernetes#138036). Several
    active ones are scaled in proportion, unless the new one is saturated. Where none is active the newest one gets all
    if the Deployment is paused; otherwise nobody comes here: the rollout goes on, and a Recreate still waits for the
    old pods.
    """
    replicas, before, told = workload.replicas, workload.annotated, _told(workload)
    spec = {r: integer(world.spec(r)) for r in workload.revisions}
    for one in workload.revisions:
        alone = [spec[r] == 0 for r in workload.revisions if r is not one]
        active = any_of([spec[one] >= 1, workload.paused if one is new else False])
        yield Action(
            f"resize {one.key}" + (f" for {new.key}" if old else ""),
            COMPONENT,
            guard=all_of([asked, *alone, active, spec[one] != replicas]),
            updates={world.spec(one): replicas, **told},
            says=_resizes(world, one),
        )
    # IsSaturated. It takes a pause: in a scaling event the new one, if active, has been told another number.
    saturated = all_of(
        [
            workload.paused,
            True if before is None else replicas == before,
            spec[new] == replicas,
            world.reported(new) == replicas,
        ]
    )
    if old and workload.paused is not False:
        changes = " and ".join(_change(world, r) for r in old)
        yield Action(
            f"finish {new.key}",
            COMPONENT,
            guard=all_of([asked, saturated, spec[new] >= 1, any_of(spec[r] >= 1 for r in old)]),
            updates=dict.fromkeys(map(world.spec, old), 0),
            says=f"Every new pod is available: the Deployment controller scales {changes}",
        )
    if isinstance(workload.strategy, RollingUpdate) and len(workload.revisions) == 2:
        sizes = _in_proportion(world, workload, workload.strategy)
        differs = [] if before is None else [replicas != before]
        differs += [sizes[r] != spec[r] for r in workload.revisions]
        changes = " and ".join(_change(world, r) for r in workload.revisions)
        yield Action(
            f"resize {workload.name} for {new.key}",
            COMPONENT,
            guard=all_of([asked, *(spec[r] >= 1 for r in workload.revisions), negate(saturated), any_of(differs)]),
            updates={**{world.spec(r): size for r, size in sizes.items()}, **told},
            says=f"The Deployment controller scales in proportion: {changes}",
        )


def _told(workload: Workload) -> dict[str, Number | Condition]:
    """The annotation that goes with what a ReplicaSet is told, where the number of replicas may change."""
    if workload.annotated is None:
        return {}
    assert isinstance(workload.annotated, Expr)
    assert workload.annotated.name is not None
    return {workload.annotated.name: workload.replicas}


def _in_proportion(world: World, workload: Workload, strategy: RollingUpdate) -> dict[Revision, Number]:
    """What two active ReplicaSets have after a scaling event: the share of each in what there may be now, the rest for
    the larger one (of equal ones the newer when there are more, the older when there are fewer)."""
    older, newer = workload.revisions
    spec = {r: integer(world.spec(r)) for r in workload.revisions}
    told, surge = workload.annotated, workload.annotated_surge
    if told is None:
        told, surge = workload.replicas, strategy.surge
    most_before = maximum([1, told + surge])
    most = ite(workload.replicas == 0, 0, workload.replicas + strategy.surge)
    missing = most - total(spec.values())

    def share(r: Revision) -> Number:
        """``getReplicaSetFraction``: rounded half up."""
        rounded = lift(2 * spec[r] * most + most_before) // lift(2 * most_before)
        return ite(workload.replicas == 0, 0, rounded) - spec[r]

    def within(wish: Number, most_of_it: Number) -> Number:
        return ite(missing > 0, minimum([wish, most_of_it]), maximum([wish, most_of_it]))

    newer_first = any_of(
        [
            spec[newer] >= spec[older] + 1,
            all_of([spec[newer] == spec[older], missing > 0]),
        ]
    )

    def sizes(first: Revision, second: Revision) -> tuple[Number, Number]:
        mine = ite(missing == 0, 0, within(share(first), missing))
        rest = ite(missing == mine, 0, within(share(second), missing - mine))
        return maximum([0, spec[first] + missing - rest]), spec[second] + rest

    if_newer, if_older = sizes(newer, older), sizes(older, newer)
    return {
        newer: ite(newer_first, if_newer[0], if_older[1]),
        older: ite(newer_first, if_newer[1], if_older[0]),
    }


def _recreate(
    world: World, workload: Workload, asked: Condition, new: Revision, old: Sequence[Revision]
) -> Iterator[Action]:
    old_specs = total(integer(world.spec(r)) for r in old)
    if old:
        yield Action(
            f"scale down {workload.name} old",
            COMPONENT,
            guard=all_of([asked, old_specs >= 1]),
            updates={world.spec(r): 0 for r in old},
            says=f"The Deployment controller scales down every old ReplicaSet of {workload.name} to 0",
        )
    # oldPodsRunning: terminating pods count, pods that have ended do not.
    old_pods = total(integer(world.pending(r)) + world.count(r, (*LIVE, Phase.TERMINATING)) for r in old)
    new_spec = integer(world.spec(new))
    yield Action(
        f"scale {new.key}",
        COMPONENT,
        guard=all_of([asked, old_specs == 0, old_pods == 0, new_spec != workload.replicas]),
        updates={world.spec(new): workload.replicas, **_told(workload)},
        says=_scales(world, new, "up"),
    )


def _observe(world: World, workload: Workload) -> Iterator[Action]:
    for r in workload.revisions:
        seen, real = integer(world.seen(r)), world.available(r)
        yield Action(
            f"report {r.key}",
            "ReplicaSet controller",
            guard=seen != real,
            updates={world.seen(r): real},
            says=f"{r.title} reports {{after[{world.seen(r)}]}} available",
        )


def _change(world: World, revision: Revision) -> str:
    spec = world.spec(revision)
    return f"{revision.title} from {{before[{spec}]}} to {{after[{spec}]}}"


def _resizes(world: World, revision: Revision) -> str:
    return f"The Deployment controller scales {_change(world, revision)}, which is what is wanted now"


def _scales(world: World, revision: Revision, direction: str) -> str:
    return f"The Deployment controller scales {direction} {_change(world, revision)}"


def promises(world: World, workload: Workload) -> tuple[Condition, Condition]:
    """What a rolling update promises, as conditions: availability (while no pod fails by itself) and surge.

    ``availableReplicas >= replicas - maxUnavailable`` and ``sum of spec.replicas <= replicas + maxSurge``.
    """
    assert isinstance(workload.strategy, RollingUpdate)
    available = total(world.available(r) for r in workload.revisions)
    specs = total(integer(world.spec(r)) for r in workload.revisions)
    floor, ceiling = promised(workload.replicas, workload.strategy)
    return floor <= available, specs <= ceiling


def promised(replicas: Number, strategy: RollingUpdate) -> tuple[Number, Number]:
    """The least pods that stay available, and the most that are wanted at once."""
    return replicas - strategy.unavailable, replicas + strategy.surge
