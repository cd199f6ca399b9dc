"""Scenes: the smallest world in which a question about one workload can be decided, and the placements it starts from.

Three sizes, each named in the verdict. *Merged*: all nodes are one place, because room for every pod in every order
has been proved (or, in an open cluster, is assumed). *Focused*: the disturbed node and all others as one. *Placed*:
every node by itself, the other workloads' pods where they are. The steady state is every placement that the
scheduler can have produced, or the live one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from kverify.api.labels import HOSTNAME
from kverify.api.types.apps import Deployment
from kverify.checks.deciding import focus
from kverify.checks.deciding.focus import fixed_pods
from kverify.checks.given.context import CLUSTER_IS_OPEN, Context
from kverify.checks.given.rooms import RESOURCES
from kverify.checks.given.subject import Subject, strategy_of
from kverify.engines.explicit import explore
from kverify.engines.schedulability import Question
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import alike, placing
from kverify.model.environment.scale import resizable
from kverify.model.expr import Number
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.model.workload import Strategy, Workload
from kverify.model.world import NodeStatus, Phase, Place, World

ANYWHERE = Place("a node")
"""All nodes together, when room for every pod has been proved or is assumed."""

ELSEWHERE = Place("another node")
"""All nodes but the disturbed one."""

ALWAYS_ROOM = "nodes are not told apart: it is proved that every order fits all pods (exact)"
OPEN_IGNORES = frozenset(
    {
        "NodeAffinity",
        "NodeName",
        "NodeResourcesFit",
        "NodeVolumeLimits",
        "PodTopologySpread",
        "VolumeBinding",
        "VolumeZone",
    }
)
"""Filters that an unknown cluster is assumed to satisfy. Host ports, anti-affinity and volumes for one pod only still
keep pods apart."""

STAY = "the other workloads' pods stay where they are"
UNSETTLED = "beside the other workloads not all of its pods find a node (KV3001)"
ROOM_BESIDE = "nodes are not told apart: beside these pods it is proved that there is always room (exact)"

MOST_PLACES = 60
"""So many nodes are told apart at most where there are many workloads as well."""

MAX_PLACEMENTS = 20_000
"""States explored to enumerate where pods can settle, before falling back to one query per node."""

Settled = Mapping["tuple[str, str]", int]
"""Pods by (revision key, place name)."""


class TooManyPlacements(Exception):
    """The steady state has more placements than can be enumerated; what depends on them stays undecided."""

    @property
    def verdict(self) -> Verdict:
        """What is then answered."""
        return Verdict(outcome=Outcome.UNKNOWN, method="exhaustive search", reason=str(self))


class NothingSettles(TooManyPlacements):
    """There is no steady state to start from: beside the others not all pods find a node."""

    @property
    def verdict(self) -> Verdict:
        """What is then answered: the question has no premise."""
        return not_asked(str(self))


@frozen(eq=False, kw_only=True)
class Scene:
    """A world with the placements it starts from, and what was assumed or abstracted to make it this small."""

    world: World
    subjects: tuple[Subject, ...]
    placements: tuple[Settled, ...]
    assumptions: tuple[str, ...] = ()

    def workload(self, subject: Subject) -> Workload:
        """The model's workload of ``subject`` in this scene."""
        return next(w for w in self.world.workloads if w.name == subject.title)


def rollout_scene(ctx: Context, subject: Subject, *, ready: bool = True, merge: bool = True) -> Scene:
    """``subject`` settled in its old revision, its template just changed to the new one."""
    workload = subject.workload(ready=ready)
    if ctx.open and not subject.claims:
        return _merged(subject, workload, CLUSTER_IS_OPEN)
    if merge and not ctx.open and not subject.claims and ctx.rooms.has_room(subject):
        return _merged(subject, workload, ALWAYS_ROOM)
    if ctx.open:
        return _two_nodes(ctx, subject, workload)
    if merge and ctx.rooms.many and focus.room_beside(ctx, subject):
        scene = _merged(subject, workload, ROOM_BESIDE)
        return evolve(scene, assumptions=(STAY, *scene.assumptions))
    scene = _placed(ctx, (subject,), (workload,), None)
    if not scene.placements:
        raise NothingSettles(UNSETTLED)
    return scene


def _two_nodes(ctx: Context, subject: Subject, workload: Workload) -> Scene:
    """A claim ties pods to one node; in an open cluster two nodes are enough to be on the wrong one."""
    nodes = tuple(NodeInfo(name=name, labels={HOSTNAME: name}) for name in ("one node", "another node"))
    places = tuple(Place(node.name, i) for i, node in enumerate(nodes))
    revisions = tuple(evolve(r, pod=r.pod and _at_home(r.pod)) for r in workload.revisions)
    workload = evolve(workload, revisions=revisions)
    world = World(
        workloads=(workload,), places=places, nodes=nodes, storage=ctx.rooms.volumes.storage, ignored=OPEN_IGNORES
    )
    start: Settled = {(revisions[0].key, places[0].name): subject.replicas}
    return Scene(world=world, subjects=(subject,), placements=(start,), assumptions=(CLUSTER_IS_OPEN,))


def _at_home(pod: PodInfo) -> PodInfo:
    """``pod`` with the affinity that two unknown nodes can satisfy: to pods like itself, on the same node."""
    own = (t for t in pod.affinity if t.topology_key == HOSTNAME and t.selector and t.selector.matches(pod.labels))
    return evolve(pod, affinity=tuple(own))


def resting_scene(ctx: Context, subjects: Sequence[Subject], *, merge: bool = True) -> Scene:
    """``subjects`` settled, and nothing is about to happen to them."""
    workloads = tuple(s.workload(both=False) for s in subjects)
    if not merge and not ctx.open:
        return _placed(ctx, subjects, workloads, None)
    if not ctx.open and not all(ctx.rooms.has_room(s) for s in subjects):
        return _placed(ctx, subjects, workloads, None)
    why = CLUSTER_IS_OPEN if ctx.open else ALWAYS_ROOM
    world = World(
        workloads=workloads, places=(ANYWHERE,), budgets=ctx.guards.model_budgets({w.name: w for w in workloads})
    )
    start = {(w.revisions[0].key, ANYWHERE.name): s.replicas for w, s in zip(workloads, subjects, strict=True)}
    return Scene(world=world, subjects=tuple(subjects), placements=(start,), assumptions=(why,))


def created_scene(ctx: Context, subjects: Sequence[Subject], *, merge: bool = True) -> Scene:
    """``subjects`` have just been created: their controllers want pods, and there are none."""
    workloads = tuple(s.workload(both=False) for s in subjects)
    assumptions: tuple[str, ...]
    if ctx.open:
        world, assumptions = World(workloads=workloads, places=(ANYWHERE,)), (CLUSTER_IS_OPEN,)
    elif merge and all(s in ctx.rooms.placeable and ctx.rooms.has_room(s) for s in subjects):
        world, assumptions = World(workloads=workloads, places=(ANYWHERE,)), (ALWAYS_ROOM,)
    else:
        world, assumptions = _base(ctx, subjects, workloads)
    return Scene(world=world, subjects=tuple(subjects), placements=({},), assumptions=assumptions)


def disturbed_scene(
    ctx: Context, subjects: Sequence[Subject], node: int | None, status: NodeStatus, *, merge: bool = True
) -> Scene:
    """``subjects`` settled on the cluster, and one node (``None`` in an open cluster) just got ``status``. Without
    ``merge`` all nodes are told apart."""
    workloads = tuple(s.workload(both=False) for s in subjects)
    if ctx.open:
        return _open_scene(ctx, subjects, workloads, status)
    assert node is not None
    if merge and all(ctx.rooms.has_room(s, without=node) for s in subjects):
        return _focused(ctx, subjects, workloads, node, status)
    if merge and focus.stays_roomy(ctx, subjects):
        return evolve(_focused(ctx, subjects, workloads, node, status), assumptions=(STAY, ROOM_BESIDE))
    return _placed(ctx, subjects, workloads, (node, status))


def troubled_scene(
    ctx: Context, subject: Subject, node: int | None, coming: NodeStatus, *, ready: bool, returns: bool = False
) -> Scene:
    """As ``rollout_scene``, with one node (``None`` in an open cluster) that is up, and to which ``coming`` may happen.

    Nothing is proved of the room for a rollout that loses a node, so all nodes are told apart and resources count.
    """
    workload = subject.workload(ready=ready)
    if ctx.open:
        scene = _open_scene(ctx, (subject,), (workload,), NodeStatus.UP, anywhere=True)
        return evolve(scene, world=evolve(scene.world, coming=coming, returns=returns))
    assert node is not None
    base, _ = _base(ctx, (subject,), (workload,))
    world = evolve(base, ignored=frozenset(), disturbed=(base.places[node], NodeStatus.UP))
    placements = _settled(ctx, world, (subject,))
    if not placements:
        raise NothingSettles(UNSETTLED)
    world = evolve(world, coming=coming, returns=returns)
    return Scene(world=world, subjects=(subject,), placements=placements, assumptions=others_stay(ctx, (subject,)))


def troubled_classes(ctx: Context, subject: Subject) -> tuple[tuple[int, ...], ...]:
    """The nodes in classes of which ``troubled_scene`` needs one: nothing tells them apart for pods of either revision,
    and they have as many live pods."""
    world, _ = _base(ctx, (subject,), (subject.workload(),))
    home = ctx.rooms.home(subject) if subject.live is not None else {}
    found: dict[object, list[int]] = {}
    for i, places in enumerate(alike(evolve(world, ignored=frozenset()))):
        for place in places:
            assert place.node is not None
            found.setdefault((i, home.get(place.node, 0)), []).append(place.node)
    return tuple(map(tuple, found.values()))


def resizable_scene(ctx: Context, subject: Subject, most: int, *, rolls: bool, ready: bool = True) -> Scene:
    """``subject`` settled (and about to roll out, if it ``rolls``), with a number of replicas that may change up to
    ``most``. Budgets are left out: what they expect would change as well."""

    def strategy(number: Number) -> Strategy | None:
        return strategy_of(subject.object, number) if isinstance(subject.object, Deployment) else None

    both = rolls and subject.strategy is not None
    workload = resizable(subject.workload(both=both, ready=ready), strategy)
    there, big = ctx.at(subject, max(most, subject.replicas))
    if ctx.open and not subject.claims:
        return _merged(subject, workload, CLUSTER_IS_OPEN)
    if not ctx.open and not subject.claims and big in there.rooms.placeable and there.rooms.has_room(big):
        return _merged(subject, workload, ALWAYS_ROOM)
    if ctx.open:
        raise TooManyPlacements("where the pods of a claim are while replicas change is not modelled without nodes")
    base, _ = _base(ctx, (subject,), (workload,))
    world = evolve(base, ignored=frozenset(), budgets=())
    placements = _settled(ctx, evolve(world, workloads=(subject.workload(both=both, ready=ready),)), (subject,))
    if not placements:
        raise NothingSettles(UNSETTLED)
    return Scene(world=world, subjects=(subject,), placements=placements, assumptions=others_stay(ctx, (subject,)))


def others_stay(ctx: Context, subjects: Sequence[Subject]) -> tuple[str, ...]:
    """What is assumed of the pods of other workloads than ``subjects``, if there are any."""
    return (STAY,) if any(s not in subjects for s in ctx.rooms.placeable) else ()


def _merged(subject: Subject, workload: Workload, assumption: str) -> Scene:
    world = World(workloads=(workload,), places=(ANYWHERE,))
    start = {(workload.revisions[0].key, ANYWHERE.name): subject.replicas}
    return Scene(world=world, subjects=(subject,), placements=(start,), assumptions=(assumption,))


def _base(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...], lost: int | None = None
) -> tuple[World, tuple[str, ...]]:
    """All nodes told apart, the other workloads fixed; and what that assumes. ``lost`` is a node that may not count as
    room."""
    # Other filters than that of resources see them as well.
    assumptions = others_stay(ctx, subjects)
    ignored: frozenset[str] = frozenset()
    cases = {None, lost}
    if all(
        s in ctx.rooms.placeable and ctx.rooms.resources_suffice(s, without=node) for s in subjects for node in cases
    ):
        ignored = frozenset({RESOURCES})
        enough = "resources are not counted: it is proved that no usable node is ever short of them (exact)"
        assumptions = (enough, *assumptions)
    world = World(
        workloads=workloads,
        places=tuple(Place(node.name, i) for i, node in enumerate(ctx.nodes)),
        nodes=ctx.nodes,
        others=fixed_pods(ctx, subjects),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
        ignored=ignored,
        budgets=ctx.guards.model_budgets({w.name: w for w in workloads}),
    )
    return world, assumptions


def _placed(
    ctx: Context,
    subjects: Sequence[Subject],
    workloads: tuple[Workload, ...],
    disturbed: tuple[int, NodeStatus] | None,
) -> Scene:
    if _vast(ctx):
        raise TooManyPlacements(
            f"{len(ctx.nodes)} nodes would have to be told apart: it is not proved that they have room for all pods of "
            + ", ".join(s.title for s in subjects)
        )
    world, assumptions = _base(ctx, subjects, workloads, None if disturbed is None else disturbed[0])
    if disturbed is None:
        placements = _settled(ctx, world, subjects)
    else:
        place, status = world.places[disturbed[0]], disturbed[1]
        # While the steady state is found the node is up, but already told apart from its twins.
        placements = _settled(ctx, evolve(world, disturbed=(place, NodeStatus.UP)), subjects)
        placements = tuple(p for p in placements if any(n for (_, where), n in p.items() if where == place.name))
        world = evolve(world, disturbed=(place, status))
    return Scene(world=world, subjects=tuple(subjects), placements=placements, assumptions=assumptions)


def _settled(ctx: Context, world: World, subjects: Sequence[Subject]) -> tuple[Settled, ...]:
    """Every placement the scheduler can have produced (up to symmetry), or the live one."""
    first = [w.revisions[0] for w in world.workloads]
    if all(s.live is not None for s in subjects):
        return (
            {
                (revision.key, place.name): ctx.rooms.home(s).get(place.node, 0)
                for revision, s in zip(first, subjects, strict=True)
                for place in world.places
                if place.node is not None
            },
        )
    # Each state is a step on every node.
    return settled_placements(world, subjects, MAX_PLACEMENTS * MOST_PLACES // len(ctx.nodes) if _vast(ctx) else None)


def settled_placements(world: World, subjects: Sequence[Subject], limit: int | None = None) -> tuple[Settled, ...]:
    """Every placement of ``subjects`` in their first revisions that the scheduler can have produced, up to symmetry.
    Raises ``TooManyPlacements`` after so many states (by default ``MAX_PLACEMENTS``)."""
    limit = MAX_PLACEMENTS if limit is None else limit
    first = [w.revisions[0] for w in world.workloads]
    system = placing(world, first)
    exploration = explore(system, limit=limit)
    if not exploration.complete:
        raise TooManyPlacements(f"more than {limit:,} placements of {', '.join(s.title for s in subjects)}")
    return tuple(
        {
            (revision.key, place.name): int(view[world.at(Phase.STARTING, revision, place)])
            for revision in first
            for place in world.places
        }
        for view in map(system.view, exploration.states)
        if all(view[world.pending(revision)] == 0 for revision in first)
    )


def _focused(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...], node: int, status: NodeStatus
) -> Scene:
    """The disturbed node, and all others as one: exact, because the others always have room."""
    world = _two_places(ctx, workloads, node, status)
    here = world.places[0]
    first = [w.revisions[0] for w in workloads]
    placements = []
    for counts in _counts_on(ctx, subjects, workloads, node):
        placement = {}
        for revision, subject, k in zip(first, subjects, counts, strict=True):
            placement[revision.key, here.name] = k
            placement[revision.key, ELSEWHERE.name] = subject.replicas - k
        placements.append(placement)
    return Scene(
        world=world,
        subjects=tuple(subjects),
        placements=tuple(placements),
        assumptions=("the other nodes are not told apart: it is proved that they always have room (exact)",),
    )


def _two_places(ctx: Context, workloads: tuple[Workload, ...], node: int, status: NodeStatus) -> World:
    here = Place(ctx.nodes[node].name, node)
    return World(
        workloads=workloads,
        places=(here, ELSEWHERE),
        nodes=ctx.nodes,
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
        budgets=ctx.guards.model_budgets({w.name: w for w in workloads}),
        disturbed=(here, status),
    )


def _counts_on(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...], node: int
) -> Iterable[tuple[int, ...]]:
    """How many pods of each subject a node like ``node`` can have when all are settled; at least one in all."""
    known = focus.counts(ctx, subjects, node)
    if known is not None:
        return known
    key = "counts on any", *((s.title, s.replicas) for s in subjects)
    found = ctx.memo(key, lambda: _counts_on_any(ctx, subjects, workloads))
    if not isinstance(found, TooManyPlacements):
        return found[node]
    if len(subjects) > 1 or _vast(ctx):
        raise found
    return [(k,) for k in _counts_by_query(ctx, subjects[0], node)]


def _counts_on_any(
    ctx: Context, subjects: Sequence[Subject], workloads: tuple[Workload, ...]
) -> Mapping[int, Sequence[tuple[int, ...]]] | TooManyPlacements:
    """What ``_counts_on`` says of each node, from all placements at once: nodes that are alike can have the same."""
    base, _ = _base(ctx, subjects, workloads)
    try:
        placements = _settled(ctx, base, subjects)
    except TooManyPlacements as error:
        return error
    live = all(s.live is not None for s in subjects)
    first = [w.revisions[0] for w in base.workloads]
    known: dict[int, Sequence[tuple[int, ...]]] = {}
    for places in [(place,) for place in base.places] if live else alike(base):
        found = {tuple(p.get((r.key, place.name), 0) for r in first) for p in placements for place in places}
        counts = sorted(numbers for numbers in found if any(numbers))
        known.update((place.node, counts) for place in places if place.node is not None)
    return known


def _vast(ctx: Context) -> bool:
    """So many workloads and nodes that not every node is told apart."""
    return ctx.rooms.many and len(ctx.nodes) > MOST_PLACES


def _counts_by_query(ctx: Context, subject: Subject, node: int) -> Iterator[int]:
    question = Question(ctx.rooms.demands(), ctx.rooms.settled_cluster)
    if not question.all_stable:
        raise TooManyPlacements(f"more than {MAX_PLACEMENTS:,} placements of {subject.title}")
    demand = ctx.rooms.placeable.index(subject)
    for k in range(1, subject.replicas + 1):
        if question.count_on(demand, node, k) is not None:
            yield k


def _open_scene(
    ctx: Context,
    subjects: Sequence[Subject],
    workloads: tuple[Workload, ...],
    status: NodeStatus,
    *,
    anywhere: bool = False,
) -> Scene:
    """One imaginary node and the rest of an unknown cluster; ``anywhere``: the node may have no pods at first."""
    world = _open_world(ctx, workloads)
    here, workloads = world.places[0], world.workloads
    alone = evolve(world, places=(here,))
    placements = []
    system = placing(alone, [w.revisions[0] for w in workloads])
    for view in map(system.view, explore(system).states):
        counts = {w.revisions[0].key: int(view[world.at(Phase.STARTING, w.revisions[0], here)]) for w in workloads}
        if anywhere or any(counts.values()):
            placement = {}
            for w, subject in zip(workloads, subjects, strict=True):
                key = w.revisions[0].key
                placement[key, here.name] = counts[key]
                placement[key, ELSEWHERE.name] = subject.replicas - counts[key]
            placements.append(placement)
    return Scene(
        world=evolve(world, disturbed=(here, status)),
        subjects=tuple(subjects),
        placements=tuple(placements),
        assumptions=(CLUSTER_IS_OPEN,),
    )


def _open_world(ctx: Context, workloads: Sequence[Workload]) -> World:
    node = NodeInfo(name="the node", labels={HOSTNAME: "the node"})
    workloads = tuple(
        evolve(w, revisions=tuple(evolve(r, pod=r.pod and evolve(r.pod, affinity=())) for r in w.revisions))
        for w in workloads
    )
    return World(
        workloads=workloads,
        places=(Place(node.name, 0), ELSEWHERE),
        nodes=(node,),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.volumes.storage,
        ignored=OPEN_IGNORES,
        budgets=ctx.guards.model_budgets({w.name: w for w in workloads}),
    )


def roomy_world(ctx: Context, subject: Subject, node: int | None, status: NodeStatus) -> World | None:
    """``subject`` on one node and on all others as one, where it is proved (in an open cluster: assumed) that these
    always have room for all its replicas; otherwise None. How many are where is left to the caller. What the node has
    room for is left out, which allows more: a proof stands, and nothing gets stuck for it, as the others have room."""
    workloads = (subject.workload(both=False),)
    if node is None:
        world = _open_world(ctx, workloads)
    elif ctx.rooms.has_room(subject, without=node):
        world = _two_places(ctx, workloads, node, status)
        return evolve(world, ignored=frozenset({RESOURCES}))
    else:
        return None
    return evolve(world, disturbed=(world.places[0], status))


def node_classes(ctx: Context, subjects: Sequence[Subject]) -> tuple[tuple[int, ...], ...]:
    """The nodes in classes: losing or draining one of a class is like losing or draining another. Size counts, and what
    any workload asks of nodes, because either decides how much room is left; but where room is proved anyway, only what
    can be on a node."""
    known = focus.classes(ctx, subjects)
    if known is not None:
        return known
    world, _ = _base(ctx, subjects, tuple(s.workload(both=False) for s in subjects))
    world = evolve(world, ignored=frozenset())
    classes: dict[object, list[int]] = {}
    for i, places in enumerate(alike(world, also=[s.new for s in ctx.rooms.placeable])):
        for place in places:
            assert place.node is not None
            live = tuple(ctx.rooms.home(s).get(place.node, 0) for s in subjects if s.live is not None)
            classes.setdefault((i, live), []).append(place.node)
    return tuple(map(tuple, classes.values()))
