"""KV3007: pods of the manifests do not take the place of running pods of others (preemption).

Where every order has room, nobody preempts. Otherwise all orders are searched from where the pods of the cluster's
description run, with the priorities they were created with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from kverify.api.types.policy import PodDisruptionBudget
from kverify.checks.deciding import decide
from kverify.checks.deciding.contest_legend import contest_legend
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import NOBODY_PREEMPTED
from kverify.cluster.objects import describe, key_of, namespace_of
from kverify.engines.contest import Contest, Explored, Move, Owner, Standing, State, explore, one_run
from kverify.engines.schedulability import Demand, Room, always
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.model.components.disruption import desired_healthy
from kverify.model.expr import Condition, Number, all_of, integer, negate, total
from kverify.model.scheduling.framework import PodGroup, PodInfo, Snapshot
from kverify.model.scheduling.profile import compose, feasible, reported
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.spec.property import Always
from kverify.words import count, listing, sentences

TITLE = "its pods take nobody's place"
METHOD = "search over scheduling orders, with preemption"
WHY = (
    "A pod that fits nowhere preempts pods of lower priority (PreemptLowerPriority is the default); a running pod "
    "keeps the priority it was created with, whatever classes are added later, and a budget only decides whom it "
    "hits first "
    "(https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/)."
)
ASSUMPTIONS = (
    "pods run where the cluster's description has them, and those being deleted are gone",
    "a preempting pod gets the node that its victims leave",
)
STATES = 3_000
"""States searched for what every order does; beyond, one order is followed."""
MOST_PODS, MOST_NODES = 400, 100
"""Of bigger clusters only a proof that everything has room is tried."""


@frozen(eq=False)
class _Loss:
    """What one order does: the ``path``, its last state, and how many pods each victim (by owner) has lost for good."""

    path: tuple[tuple[State, Move], ...]
    end: State
    lost: Mapping[int, int]
    certain: bool

    @property
    def for_ever(self) -> bool:
        return bool(self.lost)


def check(ctx: Context, _pods: str) -> Iterator[Answer]:
    """One answer for each workload of the manifests that has pods to be scheduled and a priority that matters."""
    if ctx.open:
        return
    subjects = tuple(s for s in ctx.subjects if not ctx.unadmitted(s))
    contest = _contest(ctx, subjects)
    asked = [
        index
        for index, (subject, owner) in enumerate(zip(subjects, contest.owners, strict=True))
        if subject.wanted and owner.missing and _matters(contest, index)
    ]
    if not asked:
        return
    if _all_fit(contest):
        yield from (_proof(subjects[i], "room for every order is proved, so no pod has to preempt") for i in asked)
        return
    if len(contest.standing) > MOST_PODS or len(contest.cluster.nodes) > MOST_NODES:
        reason = f"more than {MOST_PODS} running pods or {MOST_NODES} nodes, and not every order has room"
        yield from (_proof(subjects[i], METHOD, Outcome.UNKNOWN, reason) for i in asked)
        return
    found = explore(contest, STATES)
    explored = found if found.complete else one_run(contest)
    for index in asked:
        loss = _loss(contest, explored, index, found.complete)
        if loss is not None:
            yield _finding(ctx, subjects, contest, index, loss)
        elif found.complete:
            yield _proof(subjects[index], f"{METHOD}, {count(len(found.reached), 'state')}")
        else:
            yield _proof(subjects[index], METHOD, Outcome.UNKNOWN, f"more than {STATES:,} states")


def _contest(ctx: Context, subjects: Sequence[Subject]) -> Contest:
    position = {node.name: i for i, node in enumerate(ctx.nodes)}
    owner_of = {key_of(pod): i for i, s in enumerate(subjects) for pod in ctx.bundle.pods_owned_by(s.object)}
    standing = tuple(
        Standing(
            f"{namespace_of(pod)}/{pod.metadata.name}",
            PodInfo.of(pod),
            position[pod.spec.node_name],
            owner_of.get(key_of(pod)),
            datetime.fromisoformat(pod.status.start_time) if pod.status.start_time else None,
        )
        for pod in ctx.bundle.live_pods
        if pod.spec.node_name in position and pod.spec.node_name and pod.metadata.deletion_timestamp is None
    )
    having = [sum(s.owner == i for s in standing) for i in range(len(subjects))]
    owners = tuple(
        Owner(s.title, s.new, 0 if ctx.bound(s) else max(0, s.replicas - n), s.managed)
        for s, n in zip(subjects, having, strict=True)
    )
    return Contest(
        evolve(ctx.rooms.settled_cluster, others=()), owners, standing, ctx.bundle.of_kind(PodDisruptionBudget)
    )


def _matters(contest: Contest, owner: int) -> bool:
    """Some pod that runs has a lower priority, or the workload's own is not the usual one."""
    priority = contest.owners[owner].pod.priority
    others = [s.pod.priority for s in contest.standing if s.owner != owner]
    return bool(others) and (priority != 0 or min(others) < priority)


def _all_fit(contest: Contest) -> bool:
    """It is proved that every pod that waits finds room beside those that run, whatever the order."""
    demands = [Demand(owner.pod, owner.missing, owner.title) for owner in contest.owners if owner.missing]
    others = tuple((PodGroup(s.pod), {s.node: 1}) for s in contest.standing)
    return always(demands, evolve(contest.cluster, others=others)).room is Room.ALWAYS


def _victims(contest: Contest, move: Move) -> list[int | None]:
    """Whose pods had to go for a move (a number of an owner, None for nobody's), those of its own owner left out.
    Pods of negative priority are there to be preempted."""
    found = [contest.standing[v].owner for v in move.victims if contest.standing[v].pod.priority >= 0]
    found += [o for o in move.others if contest.owners[o].pod.priority >= 0]
    return [owner for owner in found if owner != move.owner]


def _loss(contest: Contest, explored: Explored, owner: int, complete: bool) -> _Loss | None:
    """The worst that a workload's pods do to others: pods that are lost for good, else for a time."""
    ends = [(end, explored.path(end), _lost(contest, end)) for end in explored.ends]
    bad = [
        (end, path, lost)
        for end, path, lost in ends
        if lost and any(_hits(contest, move, owner, lost) for _, move in path)
    ]
    if bad:
        end, path, lost = min(bad, key=lambda row: len(row[1]))
        return _Loss(path, end, lost, complete and len(bad) == len(ends))
    for state in explored.reached:
        path = explored.path(state)
        if path and path[-1][1].owner == owner and _victims(contest, path[-1][1]):
            return _Loss(path, state, {}, False)
    return None


def _lost(contest: Contest, end: State) -> dict[int, int]:
    """How many pods fewer than at the start each owner has in the end."""
    start = contest.start
    lost = {o: contest.having(start, o) - contest.having(end, o) for o in range(len(contest.owners))}
    return {
        o: n for o, n in lost.items() if n > 0 and contest.owners[o].recreates and contest.owners[o].pod.priority >= 0
    }


def _hits(contest: Contest, move: Move, owner: int, lost: Mapping[int, int]) -> bool:
    return move.owner == owner and any(victim in lost for victim in _victims(contest, move) if victim is not None)


def _proof(subject: Subject, method: str, outcome: Outcome = Outcome.HOLDS, reason: str = "") -> Proof:
    verdict = Verdict(
        outcome=outcome,
        method=method,
        scope=f"{count(subject.replicas, 'replica')} of priority {subject.new.priority}",
        reason=reason,
        assumptions=ASSUMPTIONS,
    )
    return Proof(id="KV3007", object=subject.title, property=NOBODY_PREEMPTED, message=TITLE, verdict=verdict)


# -- a finding -------------------------------------------------------------------------------------------------------


def _finding(ctx: Context, subjects: Sequence[Subject], contest: Contest, owner: int, loss: _Loss) -> Finding:
    subject, me = subjects[owner], contest.owners[owner]
    names = _names(contest, owner, loss)
    before = sorted({s.pod.priority for _, move in loss.path for v in move.victims for s in (contest.standing[v],)})
    low = f"priority {listing([str(p) for p in before])}" if before else "a lower priority"
    if loss.for_ever:
        numbers = listing([f"{n} of {contest.owners[o].title}" for o, n in loss.lost.items()])
        what = f"afterwards {numbers} stay{'s' * (sum(loss.lost.values()) == 1)} Pending"
    else:
        what = "these are only down for a time"
    verdict = _replayed(ctx, contest, loss)
    trace = verdict.trace
    assert trace is not None
    return Finding(
        id="KV3007",
        severity=standard.severity("KV3007") if loss.for_ever else Severity.WARNING,
        object=subject.title,
        message=f"its pods (priority {me.pod.priority}) preempt pods of {names} ({low}); {what}",
        property=NOBODY_PREEMPTED,
        causes=tuple(_causes(ctx, subjects, contest, owner, loss)),
        certainty=Certainty.CERTAIN if loss.certain else Certainty.POSSIBLE,
        opening=_opening(contest),
        steps=tuple(trace.sentences()),
        outcome=sentences(*_outcome(ctx, subjects, contest, loss)),
        why=WHY,
        repairs=tuple(_repairs(contest, owner, loss)),
        verdict=evolve(
            verdict,
            certain=loss.certain,
            method=f"{METHOD}, replayed",
            scope=f"{count(len(contest.standing), 'running pod')} on {count(len(ctx.nodes), 'node')}",
            assumptions=(*ASSUMPTIONS, *verdict.assumptions),
        ),
    )


def _names(contest: Contest, owner: int, loss: _Loss) -> str:
    moves = [move for _, move in loss.path if move.owner == owner]
    titles = [contest.owners[o].title for move in moves for o in _victims(contest, move) if o is not None]
    titles += [
        f"Pod {contest.standing[v].name}" for move in moves for v in move.victims if contest.standing[v].owner is None
    ]
    return listing(list(dict.fromkeys(titles)))


def _opening(contest: Contest) -> str:
    waiting = [f"{count(o.missing, 'pod')} of {o.title}" for o in contest.owners if o.missing]
    return sentences(
        f"{count(len(contest.standing), 'pod')} run on {count(len(contest.cluster.nodes), 'node')}",
        f"{listing(waiting)} wait for a node",
    )


def _outcome(ctx: Context, subjects: Sequence[Subject], contest: Contest, loss: _Loss) -> Iterator[str]:
    if not loss.for_ever:
        yield "the pods that were preempted are made again and find a node"
    for owner, number in loss.lost.items():
        me = contest.owners[owner]
        snapshot = contest.situation(loss.end).snapshot
        said = compose([reported(me.pod, n, snapshot) for n in range(len(snapshot.nodes))])
        yield f"{count(number, 'pod')} of {me.title} stay{'s' * (number == 1)} Pending: {said}"
        policy = me.pod.spec.preemption_policy
        yield (
            f"created again they have priority {me.pod.priority}"
            + (" and preempt nobody (Never)" if policy == "Never" else ", and nothing that is in their way has less")
        )
        left = contest.having(loss.end, owner)
        for budget in ctx.guards.budgets(subjects[owner]):
            wanted = desired_healthy(
                subjects[owner].replicas,
                min_available=budget.spec.min_available,
                max_unavailable=budget.spec.max_unavailable,
            )
            if left < wanted:
                yield f"{describe(budget)} wants {wanted} healthy pods and {left} are left"


def _causes(ctx: Context, subjects: Sequence[Subject], contest: Contest, owner: int, loss: _Loss) -> Iterator[Cause]:
    yield _priority_cause(ctx, subjects[owner])
    victims = dict.fromkeys(v for _, move in loss.path if move.owner == owner for v in move.victims)
    pods = {f"{namespace_of(pod)}/{pod.metadata.name}": pod for pod in ctx.bundle.live_pods}
    for victim in victims:
        pod = pods[contest.standing[victim].name]
        path = "spec.priority" if pod.spec.priority is not None else "spec"
        note = f"created with priority {contest.standing[victim].pod.priority}"
        yield Cause(pod.source.span(path), f"{describe(pod)} {path}", note)


def _priority_cause(ctx: Context, subject: Subject) -> Cause:
    """Where the priority of a workload's pods comes from: its class, or the class that is everybody's."""
    path = f"{subject.pod_path}.priorityClassName"
    note = f"priority {subject.new.priority}"
    if subject.written(path):
        return subject.cause(path, note)
    marked = [c for c in ctx.bundle.of_kind("PriorityClass") if getattr(c, "global_default", False)]
    if marked and subject.new.priority:
        return Cause(marked[0].source.span("globalDefault"), f"{describe(marked[0])} globalDefault", note)
    return subject.cause(path, f"no class, so {note}")


def _repairs(contest: Contest, owner: int, loss: _Loss) -> Iterator[Repair]:
    """A class that does not preempt, or victims of no lower priority: each searched again."""
    me = contest.owners[owner]
    never = evolve(me, pod=evolve(me.pod, spec=evolve(me.pod.spec, preemption_policy="Never")))
    tries = [
        (
            "give its PriorityClass preemptionPolicy: Never; its pods then wait for room",
            evolve(contest, owners=tuple(never if o is me else o for o in contest.owners)),
        )
    ]
    if loss.lost:
        raised = {
            i: evolve(s, pod=evolve(s.pod, priority=me.pod.priority))
            for i, s in enumerate(contest.standing)
            if s.owner in loss.lost and s.pod.priority < me.pod.priority
        }
        titles = listing([contest.owners[o].title for o in loss.lost])
        tries.append(
            (
                f"give {titles} a PriorityClass of {me.pod.priority} or more, and re-create its pods before",
                evolve(contest, standing=tuple(raised.get(i, s) for i, s in enumerate(contest.standing))),
            )
        )
    for text, changed in tries:
        found = explore(changed, STATES)
        if found.complete and _loss(changed, found, owner, complete=True) is None:
            yield Repair(text=text, verified=True)


# -- the trace -------------------------------------------------------------------------------------------------------


def _replayed(ctx: Context, contest: Contest, loss: _Loss) -> Verdict:
    """The same moves as a transition system, in which the filters decide again whether each is possible, and the first
    state in which as many pods are lost."""
    moves = list(dict.fromkeys(move for _, move in loss.path))
    hit = _losing(loss)
    names = _Names(contest, moves)
    actions = tuple(_action(contest, names, move, number) for number, move in enumerate(moves))
    variables = (
        *(Variable(names.pending(o), 0, None, contest.owners[o].missing) for o in range(len(contest.owners))),
        *(Variable(name, 0, None, 0) for name in names.new.values()),
        *(Variable(name, 0, 1, 1) for name in names.alive.values()),
    )
    pending = [names.pending(o) for o in range(len(contest.owners))]
    legend = contest_legend(contest, pending, names.new, names.alive)
    system = TransitionSystem("preemption", variables, actions, legend=legend)
    kept = all_of(having >= least for having, least in _kept(contest, names, loss, hit))
    return decide.answer(system, Always(name=TITLE, condition=kept), ctx.options)


def _losing(loss: _Loss) -> list[int | str]:
    """Who is to lose: owners for good, else the first victims, whoever's they are."""
    if loss.for_ever:
        return [max(loss.lost, key=lambda o: loss.lost[o])]
    last = loss.path[-1][1]
    return [*(f"standing {v}" for v in last.victims), *([] if last.victims else last.others)]


def _kept(contest: Contest, names: _Names, loss: _Loss, hit: Sequence[int | str]) -> Iterator[tuple[Number, int]]:
    for who in hit:
        if isinstance(who, int):
            least = contest.having(loss.end, who) + 1
            yield total(names.having(who)), least
        else:
            yield integer(names.alive[int(who.removeprefix("standing "))]), 1


class _Names:
    """The variables of a trace: only what it changes varies."""

    def __init__(self, contest: Contest, moves: Sequence[Move]):
        self.contest = contest
        self.alive = {v: f"{contest.standing[v].name} runs" for move in moves for v in move.victims}
        self.new = {
            (o, move.node): f"new pods of {contest.owners[o].title} on {contest.cluster.nodes[move.node].name}"
            for move in moves
            for o in (move.owner, *move.others)
        }

    def pending(self, owner: int) -> str:
        return f"pods of {self.contest.owners[owner].title} that wait"

    def having(self, owner: int) -> Iterator[Number]:
        for i, standing in enumerate(self.contest.standing):
            if standing.owner == owner:
                yield integer(self.alive[i]) if i in self.alive else 1
        yield from (integer(name) for (o, _), name in self.new.items() if o == owner)

    def snapshot(self) -> Snapshot:
        groups = [PodGroup(s.pod) for s in self.contest.standing] + [PodGroup(o.pod) for o in self.contest.owners]
        counts: dict[tuple[int, int], Number] = {
            (i, s.node): integer(self.alive[i]) if i in self.alive else 1 for i, s in enumerate(self.contest.standing)
        }
        first = len(self.contest.standing)
        counts.update({(first + o, n): integer(name) for (o, n), name in self.new.items()})
        cluster = self.contest.cluster
        return Snapshot(
            nodes=cluster.nodes,
            groups=tuple(groups),
            counts=counts,
            namespaces=cluster.namespaces,
            storage=cluster.storage,
        )


def _action(contest: Contest, names: _Names, move: Move, number: int) -> Action:
    owner, node = contest.owners[move.owner], contest.cluster.nodes[move.node]
    snapshot = names.snapshot()
    waiting = integer(names.pending(move.owner))
    updates: dict[str, Number] = {
        names.pending(move.owner): waiting - 1,
        names.new[move.owner, move.node]: integer(names.new[move.owner, move.node]) + 1,
    }
    guard: list[Condition] = [waiting >= 1]
    if not move.preempts:
        guard.append(feasible(owner.pod, move.node, snapshot))
        says = f"The scheduler binds a pod of {owner.title} to {node.name}"
        return Action(f"bind {number}", "scheduler", guard=all_of(guard), updates=dict(updates), says=says)
    guard += [negate(feasible(owner.pod, n, snapshot)) for n in range(len(contest.cluster.nodes))]
    told = []
    for victim in move.victims:
        standing = contest.standing[victim]
        guard.append(integer(names.alive[victim]) >= 1)
        updates[names.alive[victim]] = 0
        told.append(f"Pod {standing.name} (priority {standing.pod.priority})")
        if standing.owner is not None and contest.owners[standing.owner].recreates:
            name = names.pending(standing.owner)
            updates[name] = updates.get(name, integer(name)) + 1
    for other in move.others:
        name = names.new[other, move.node]
        guard.append(updates.get(name, integer(name)) >= 1)
        updates[name] = updates.get(name, integer(name)) - 1
        told.append(f"a new pod of {contest.owners[other].title} (priority {contest.owners[other].pod.priority})")
        if contest.owners[other].recreates:
            name = names.pending(other)
            updates[name] = updates.get(name, integer(name)) + 1
    says = (
        f"No node takes a pod of {owner.title} (priority {owner.pod.priority}): it preempts {listing(told)} on "
        f"{node.name} and is bound there"
    )
    return Action(f"preempt {number}", "scheduler", guard=all_of(guard), updates=dict(updates), says=says)
