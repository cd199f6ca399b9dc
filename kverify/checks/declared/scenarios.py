"""Scenarios of the language as scenes of the model: what is explored when a property is asked under a scenario.

A scenario begins when everything has settled. A rollout, a drain or the loss of a node has then just begun; in the
steady state nothing else moves, so that "at most one" of these is the same as its beginning now, or nothing at all.
What may happen later besides (a deleted pod, an undo) is counted down by a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import product

from attrs import evolve

from kverify.api.types.pod import Pod
from kverify.api.versions import in_force
from kverify.checks.builtin import autoscaling, drain, node_loss, rollout
from kverify.checks.deciding import maintained
from kverify.checks.deciding.case import Case
from kverify.checks.deciding.scaled import telling
from kverify.checks.deciding.scenes import (
    Scene,
    created_scene,
    disturbed_scene,
    node_classes,
    resizable_scene,
    resting_scene,
    rollout_scene,
    troubled_classes,
    troubled_scene,
)
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.model.build import Component, build, settled_states
from kverify.model.components.horizontal_autoscaler import Bounds, Load, asked
from kverify.model.environment import apply, container_restart, node_trouble, outage, pause, pod_deletion, scale
from kverify.model.environment.drain import COMPONENT as DRAINS
from kverify.model.environment.limited import Limited, left
from kverify.model.environment.self_heal import SelfHeals
from kverify.model.system import Action, Variable
from kverify.model.workload import Revision, template
from kverify.model.world import NodeStatus, World
from kverify.spec.compile import Script
from kverify.spec.language.values import NotModelled
from kverify.words import count, listing

BEGINNINGS = (
    *("create", "apply", "self_heal", "rollout", "maintenance"),
    *("drain", "cordon", "taint", "node_crash", "kubelet_restart"),
)
UNPULLED = "image_pull_failure"
BROKEN = (UNPULLED, "crash_loop", "probe_failure")
LATER = ("delete_pod", "container_restart", "roll_back", "outage", "scale", "pause", "resume")
FEW = 4
"""A workload of at most so many replicas is scaled to every number up to twice as many."""
LAG = "stale_status"
_STATUS = {
    "drain": NodeStatus.CORDONED,
    "cordon": NodeStatus.CORDONED,
    "taint": NodeStatus.TAINTED,
    "node_crash": NodeStatus.SILENT,
    "kubelet_restart": NodeStatus.SILENT,
}
_VERBS = {
    "drain": "is cordoned and its drain begins",
    "cordon": "has just been cordoned",
    "taint": "has just got a NoExecute taint that nobody tolerates by name",
    "node_crash": "has just stopped answering",
    "kubelet_restart": "has just stopped answering, for less than its lease lasts",
}
_WELL = "images can be pulled and containers become ready"
_ASSUMPTIONS = {
    "rollout": rollout.ASSUMPTIONS,
    "drain": drain.ASSUMPTIONS,
    "cordon": (_WELL, "one node at a time, no other disturbance"),
    "taint": (
        _WELL,
        "the taint stays, no other disturbance",
    ),
    "node_crash": node_loss.ASSUMPTIONS,
    "kubelet_restart": (_WELL, "no other disturbance"),
    "": (_WELL,),
}


def cases(ctx: Context, script: Script, subjects: Sequence[Subject], *, placed: bool) -> Iterator[Case]:
    """Everything to explore for ``subjects`` under ``script``. ``placed``: the question tells nodes apart.

    Raises ``NotModelled`` for a script that the model cannot play, and ``TooManyPlacements``.
    """
    reason = script.unmodelled()
    if reason:
        raise NotModelled(reason)
    starts, later, faults = _read(script)
    if starts == "rollout":
        for subject in subjects:
            if subject.strategy is not None:
                yield from _rollouts(ctx, script, subject, later, faults, placed=placed)
    elif starts == "apply":
        if later:
            raise NotModelled(f"the model does not have {listing(list(later))} besides an apply yet")
        yield from autoscaling.cases(ctx, subjects)
    elif starts == "create":
        scene = created_scene(ctx, subjects, merge=not placed)
        yield _case(ctx, script, scene, later, "nothing of it runs yet", "")
    elif starts == "self_heal":
        for subject in subjects:
            if subject.managed:
                yield _healed(ctx, script, subject, later)
    elif starts:
        together = tuple(ctx.named({s.title for one in subjects for s in ctx.guards.shares_budget(one)}))
        if starts == "maintenance":
            yield from maintained.cases(ctx, script, together, later, placed=placed)
            return
        yield from _disturbances(ctx, script, together, starts, later, placed=placed)
    elif "scale" in later:
        for subject in subjects:
            if subject.managed:
                scene = resizable_scene(ctx, subject, counts_of(subject)[-1], rolls=False)
                yield _case(ctx, script, scene, later, "everything has settled", "")
    else:
        scene = resting_scene(ctx, subjects, merge=not placed)
        yield _case(ctx, script, scene, later, "everything has settled", "")


def _read(script: Script) -> tuple[str, dict[str, int], tuple[str, ...]]:
    """What begins, what may come later, and what may be wrong with the new template: one of ``BROKEN``, or nothing."""
    begins = [script.starts] if script.starts else []
    later: dict[str, int] = {}
    faults: tuple[str, ...] = ("",)
    for event, number in script.at_most.items():
        if event in BEGINNINGS:
            if number > 1 or event == script.starts:
                raise NotModelled(f"the model has one {event} at a time, and {script.name} may have more")
            if script.starts in ("rollout", *BROKEN) and event in _STATUS and not any(e in _STATUS for e in later):
                later[event] = 1
            else:
                begins.append(event)
        elif event in BROKEN:
            faults = (*faults, event)
        else:
            later[event] = number
    if len(begins) > 1 or (
        any(e in _STATUS for e in later) and begins[:1] not in (["rollout"], *([event] for event in BROKEN))
    ):
        raise NotModelled(
            f"the model does not have {listing([*begins, *(e for e in later if e in _STATUS)])} in one run yet"
        )
    starts = begins[0] if begins else ""
    if starts in BROKEN:
        starts, faults = "rollout", (starts,)
    if starts in LATER:
        later[starts] = later.get(starts, 0) + 1
        starts = ""
    if faults != ("",) and starts != "rollout":
        raise NotModelled("a new template can only be broken in a rollout; add starts with rollout")
    if LAG in later and starts != "rollout":
        raise NotModelled(f"{LAG} is only modelled of a rollout; add starts with rollout")
    if ("pause" in later or "resume" in later) and starts != "rollout":
        raise NotModelled("only a rollout can be paused and resumed; add starts with rollout")
    if "roll_back" in later and starts != "rollout":
        raise NotModelled("only a rollout can be rolled back; add starts with rollout")
    for first, second in script.before:
        if second == starts or (first not in later and first != starts):
            raise NotModelled(f"{first} does not happen before {second} in {script.name}")
    return starts, later, faults


def _rollouts(
    ctx: Context, script: Script, subject: Subject, later: dict[str, int], faults: Sequence[str], *, placed: bool
) -> Iterator[Case]:
    if not subject.replicas:
        return
    trouble = next((event for event in later if event in _STATUS), "")
    if trouble and "scale" in later:
        raise NotModelled(f"the model does not have {trouble} and scale in one run yet")
    if trouble == "drain" and ctx.guards.shares_budget(subject) != (subject,):
        raise NotModelled("a budget selects pods of others too, and one workload rolls out while a node is drained")
    for fault, members in product(faults, _nodes(ctx, subject, placed=placed) if trouble else ((),)):
        node, ready = members[0] if members else None, not fault
        if "scale" in later:
            scene = resizable_scene(ctx, subject, counts_of(subject)[-1], rolls=True, ready=ready)
        elif trouble:
            returns = trouble == "kubelet_restart"
            scene = troubled_scene(ctx, subject, node, _STATUS[trouble], ready=ready, returns=returns)
            scene = evolve(scene, world=evolve(scene.world, forgetful=_forgetful(ctx)))
        else:
            scene = rollout_scene(ctx, subject, ready=ready, merge=not placed)
        if "scale" not in later and not scene.world.budgets and ctx.guards.shares_budget(subject) == (subject,):
            budgets = ctx.guards.model_budgets({w.name: w for w in scene.world.workloads})
            scene = evolve(scene, world=evolve(scene.world, budgets=budgets))
        if fault == UNPULLED:
            scene = evolve(scene, world=_unpulled(scene.world))
        begins = "the pod template has just been changed"
        if not ready:
            begins += ", and its pods never become ready"
        names = listing([ctx.nodes[n].name for n in members])
        yield _case(ctx, script, scene, later, begins, "rollout", names, well=not any(faults))


def _unpulled(world: World) -> World:
    """The same world, in which the pods that never become ready have an image that cannot be pulled."""
    changed = {r: r if r.ready else evolve(r, pulled=False) for r in world.revisions}
    return evolve(
        world,
        workloads=tuple(evolve(w, revisions=tuple(changed[r] for r in w.revisions)) for w in world.workloads),
        budgets=tuple(evolve(b, revisions=tuple(changed.get(r, r) for r in b.revisions)) for b in world.budgets),
    )


def _forgetful(ctx: Context) -> bool:
    """A kubelet of this version does not remember which pods were Ready."""
    return not in_force("a kubelet that restarts leaves pods Ready", ctx.options.kubernetes_version)


def _nodes(ctx: Context, subject: Subject, *, placed: bool) -> tuple[tuple[int, ...], ...]:
    """The nodes in classes of which one is asked about; in an open cluster any."""
    if ctx.open:
        return ((),)
    return tuple((n,) for n in range(len(ctx.nodes))) if placed else troubled_classes(ctx, subject)


def _disturbances(
    ctx: Context, script: Script, subjects: Sequence[Subject], event: str, later: dict[str, int], *, placed: bool
) -> Iterator[Case]:
    status = _STATUS[event]
    classes: tuple[tuple[int, ...], ...] = ((),)
    if not ctx.open:
        # A question that tells nodes apart may do so within a class.
        classes = tuple((n,) for n in range(len(ctx.nodes))) if placed else node_classes(ctx, subjects)
    for members in classes:
        node = members[0] if members else None
        scene = disturbed_scene(ctx, subjects, node, status, merge=not placed)
        if event == "kubelet_restart":
            scene = evolve(scene, world=evolve(scene.world, returns=True, forgetful=_forgetful(ctx)))
        if scene.placements:
            names = listing([ctx.nodes[n].name for n in members]) or "any node"
            assert scene.world.disturbed is not None
            begins = f"{scene.world.disturbed[0].name} {_VERBS[event]}"
            yield _case(ctx, script, scene, later, begins, event, names)


def _healed(ctx: Context, script: Script, subject: Subject, later: dict[str, int]) -> Case:
    """A GitOps tool that holds the replicas of the manifest, where it has them, against whoever changes them."""
    assert not isinstance(subject.object, Pod)
    held, written = subject.scale, subject.object.spec.replicas
    scene = resizable_scene(ctx, subject, max(counts_of(subject)), rolls=False)
    holds = written is not None and subject.written("spec.replicas")
    beside: list[Component] = [SelfHeals({subject.title: written} if holds and written is not None else {})]
    loads: list[dict[str, int]] = [{}]
    if held is not None:
        beside.append(Bounds({subject.title: (held.low, held.high)}))
        chosen = [n for n in counts_of(subject) if max(1, held.low) <= n <= held.high]
        if chosen:
            beside.append(Load({subject.title: (chosen[0], chosen[-1])}))
            loads = [{asked(subject.title): number} for number in chosen]
            numbers = ("one of " if len(chosen) > 1 else "") + listing(list(map(str, chosen)))
            text = f"the load of {subject.title} stays the same and asks for {numbers} replicas"
            scene = evolve(scene, assumptions=(*scene.assumptions, text))
    if "scale" not in later:
        beside.append(scale.Scales(()))
    begins = f"everything has settled with {count(subject.replicas, 'replica')}, and a GitOps tool holds the manifest"
    return _case(ctx, script, scene, later, begins, "", beside=beside, loads=loads)


def _case(
    ctx: Context,
    script: Script,
    scene: Scene,
    later: dict[str, int],
    begins: str,
    starts: str,
    nodes: str = "",
    *,
    beside: Sequence[Component] = (),
    loads: Sequence[Mapping[str, int]] = ({},),
    well: bool = True,
) -> Case:
    assumed = tuple(_assumed(starts, later, well))
    if "roll_back" in later:
        scene = evolve(scene, world=_changeable(scene.world))
        beside = (*beside, apply.Reads())
    if "container_restart" in later and any(w.claims for w in scene.world.workloads):
        raise NotModelled("the model takes ReadWriteOnce volumes of pods that are not Ready for detached")
    if "pause" in later:
        pausing = tuple(map(pause.pausable, scene.world.workloads))
        scene = evolve(scene, world=evolve(scene.world, workloads=pausing))
    if "outage" in later:
        scene = evolve(scene, world=evolve(scene.world, failing=True))
    if LAG in later:
        later = {event: number for event, number in later.items() if event != LAG}
        scene = evolve(scene, world=evolve(scene.world, stale=True))
    world = scene.world
    more: list[Component] = [
        Limited(
            event,
            number,
            _actions_of(event, scene),
            _variables_of(event),
            tuple((first, later[first]) for first, second in script.before if second == event and first in later),
        )
        for event, number in later.items()
    ]
    first = [w.revisions[0] for w in world.workloads]
    system = build(
        f"{script.name} of {listing([s.title for s in scene.subjects])}",
        world,
        starts=[
            {**_begun(world, start, later), **_resized(scene), **load}
            for start in _starts(scene, first)
            for load in loads
        ],
        beside=(*more, *beside),
        # Whoever only cordons a node evicts nothing.
        without=frozenset({DRAINS}) if "cordon" in (starts, *later) else frozenset(),
    )
    sizes = ", ".join(f"{s.title} with {count(s.replicas, 'replica')}" for s in scene.subjects)
    parts = [sizes, nodes, count(len(ctx.nodes), "node") if ctx.nodes and not nodes else ""]
    starting = f"from {count(len(scene.placements), 'settled placement')}" if any(scene.placements) else "from nothing"
    allowed = [f"at most {n} {event}" + _numbers(event, scene) for event, n in later.items()]
    scope = "; ".join(p for p in (*parts, *allowed, starting) if p)
    scaled = tuple(
        f"{s.title} is asked about with {s.replicas} replicas only; its autoscaler may choose {s.range}"
        for s in scene.subjects
        # Of a rollout ``rescaled`` says it, of what an autoscaler does its load.
        if s.scaled and starts != "rollout" and not any(loads)
    )
    hasty = tuple(text for s in scene.subjects if not scene.workload(s).min_ready for text in s.hasty)
    rescaled = tuple(text for s in scene.subjects for text in s.rescaled) if starts == "rollout" else ()
    return Case(
        scene=scene,
        system=system,
        begins=begins,
        scope=scope,
        assumptions=(*scene.assumptions, *scaled, *rescaled, *hasty, *assumed),
    )


def _assumed(starts: str, later: Collection[str], well: bool) -> Iterator[str]:
    """What is taken for granted of what begins, without what the scenario takes back; ``well``: no pod is broken."""
    for text in _ASSUMPTIONS[starts]:
        if text == _WELL and (not well or "outage" in later):
            continue
        if text == rollout.CURRENT and LAG in later:
            continue
        if later:
            text = text.replace("nothing else disturbs it", "nothing disturbs it but what the scenario names")
            text = text.replace("no other disturbance", "no disturbance but what the scenario names")
        yield text


def _starts(scene: Scene, first: Sequence[Revision]) -> Iterator[dict[str, int]]:
    """Every settled state, or what is wanted and has no pods yet."""
    for placement, start in zip(scene.placements, settled_states(scene.world, scene.placements, first), strict=True):
        if not placement:
            for revision in first:
                replicas = scene.world.owner(revision).replicas
                assert isinstance(replicas, int)
                start[scene.world.spec(revision)] = replicas
        yield start


def _resized(scene: Scene) -> dict[str, int]:
    """The number of replicas at first, where it may change."""
    return {
        name: value
        for subject in scene.subjects
        for name, value in scale.settled(scene.world, scene.workload(subject), subject.replicas).items()
    }


def _begun(world: World, start: dict[str, int], later: dict[str, int]) -> dict[str, int]:
    """A start with its events still to come, and the new template applied where that may change."""
    begun = {**start, **{left(event): number for event, number in later.items()}}
    if "roll_back" in later:
        for workload in world.workloads:
            begun[f"{workload.name}.target"] = 1
            if world.stale:
                begun[template(workload)] = 1
    return begun


def _changeable(world: World) -> World:
    """The same world, with templates that may change."""
    return evolve(world, workloads=tuple(evolve(w, target=apply.target(w.name)) for w in world.workloads))


def counts_of(subject: Subject) -> tuple[int, ...]:
    """What a workload may be scaled to: what its autoscaler allows, or up to twice its replicas; never to nothing."""
    if subject.scaled:
        chosen, _ = telling(subject, [n for n in subject.counts if n])
        return tuple(sorted({*chosen, subject.replicas}))
    now = subject.replicas
    return tuple(range(1, 2 * now + 1)) if now <= FEW else (1, now // 2, now - 1, now, now + 1, 2 * now)


def _numbers(event: str, scene: Scene) -> str:
    return f" (to {listing(list(map(str, counts_of(scene.subjects[0]))))})" if event == "scale" else ""


def _variables_of(event: str) -> Callable[[World], Iterator[Variable]]:
    known = {"roll_back": apply.variables, "scale": scale.variables, "pause": pause.variables}
    return known.get(event, _nothing)


def _actions_of(event: str, scene: Scene) -> Callable[[World], Iterator[Action]]:
    if event in _STATUS:
        return node_trouble.actions
    if event == "outage":
        return outage.actions
    if event in ("pause", "resume"):
        return pause.pauses if event == "pause" else pause.resumes
    if event == "container_restart":
        return container_restart.Restarts(frozenset(_without_restarts(scene))).actions
    if event == "scale":
        return scale.Scales(counts_of(scene.subjects[0])).actions
    return _roll_backs if event == "roll_back" else pod_deletion.actions


def _roll_backs(world: World) -> Iterator[Action]:
    """Changes of a template between the old revision and the new one; never to nothing. Also of a paused Deployment:
    kubectl rollout undo refuses that, but whoever applies the old manifest is not refused."""
    names = {apply.apply_name(w, r.key) for w in world.workloads for r in w.revisions}
    yield from (action for action in apply.changes(world) if action.name in names)


def _without_restarts(scene: Scene) -> Iterator[str]:
    """The workloads whose containers are not started again."""
    for subject in scene.subjects:
        if isinstance(subject.object, Pod) and subject.object.spec.restart_policy == "Never":
            yield scene.workload(subject).name


def _nothing(_: World) -> Iterator[Variable]:
    yield from ()
