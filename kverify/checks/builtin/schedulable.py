"""KV3001, KV3002: every pod finds a node, in every order in which the scheduler may take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from kverify.api.types.node import Node
from kverify.api.types.pod import Pod
from kverify.checks.deciding import scaled
from kverify.checks.deciding.stuck import per_node, reserved
from kverify.checks.finding import Answer, Assumed, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.room import core_of
from kverify.checks.given.subject import Subject
from kverify.checks.names import SCHEDULABLE
from kverify.cluster.objects import describe, key_of
from kverify.engines.schedulability import Demand, Fit, Room
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import PodInfo, Requirement
from kverify.model.scheduling.taint_toleration import taint_text, untolerated
from kverify.words import amount, count, sentences

TITLE = "every pod finds a node"
WHY = (
    "The scheduler binds a pod only to a node that every filter plugin accepts, and retries for ever otherwise "
    "(https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/)."
)


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for a workload alone, unless it always finds room: then all of them together are asked about."""
    if ctx.open:
        if not ctx.unadmitted(subject):
            yield Assumed(subject.title, f"nodes offer {offer(subject)}")
        return
    barred = key_of(subject.object) in ctx.admission.barred
    if barred or ctx.bound(subject) or ctx.rooms.forced_on(subject) is not None:
        return
    answer = ctx.rooms.alone(subject)
    if answer.room is Room.IMPOSSIBLE:
        yield _impossible(ctx, ctx.rooms.company(subject), answer)
    elif ctx.unadmitted(subject):
        return  # Not all of its pods will be there to be placed.
    elif answer.room is Room.FRAGILE:
        yield _fragile(ctx, ctx.rooms.company(subject), answer)
    elif answer.room is Room.UNKNOWN:
        yield _proof(ctx, subject, Outcome.UNKNOWN, answer, ctx.rooms.company(subject))
    elif subject.scaled and (beyond := _beyond(ctx, subject)) is not None:
        yield beyond


def together(ctx: Context, _: Sequence[Answer]) -> Iterator[Answer]:
    """One answer for all workloads together."""
    if ctx.open:
        return
    placeable = ctx.rooms.placeable
    together = ctx.rooms.steady
    if len(placeable) > 1 and together.room is Room.IMPOSSIBLE:
        yield _impossible(ctx, placeable, together)
    elif len(placeable) > 1 and together.room is Room.FRAGILE:
        if all(ctx.rooms.alone(s).room is Room.ALWAYS for s in placeable):
            yield _fragile(ctx, placeable, together)
    elif placeable:
        outcome = Outcome.UNKNOWN if together.room is Room.UNKNOWN else Outcome.HOLDS
        for subject in placeable:
            if subject.wanted and ctx.rooms.alone(subject).room is Room.ALWAYS:
                reason = ctx.rooms.undecided(subject)
                if reason:
                    yield _proof(ctx, subject, Outcome.UNKNOWN, evolve(together, reason=reason))
                else:
                    yield _proof(ctx, subject, outcome, together)


def _scope(ctx: Context, subjects: Sequence[Subject]) -> str:
    pods, workloads = sum(s.replicas for s in subjects), len(subjects)
    return f"{count(pods, 'pod')} of {count(workloads, 'workload')} on {count(len(ctx.nodes), 'node')}"


def _verdict(ctx: Context, subjects: Sequence[Subject], outcome: Outcome, answer: Fit) -> Verdict:
    return Verdict(
        outcome=outcome,
        method=answer.method,
        scope=_scope(ctx, subjects),
        certain=answer.room is Room.IMPOSSIBLE,
        reason=answer.reason,
        assumptions=("no preemption; scores never decide",),
    )


def _proof(
    ctx: Context, subject: Subject, outcome: Outcome, answer: Fit, together: Sequence[Subject] | None = None
) -> Proof:
    """Of all workloads that are placed together, unless others are said."""
    return Proof(
        id="KV3001",
        object=subject.title,
        property=SCHEDULABLE,
        message=TITLE,
        verdict=_verdict(ctx, ctx.rooms.placeable if together is None else together, outcome, answer),
    )


def offer(subject: Subject) -> str:
    """What an unknown cluster would have to offer the workload, in one line."""
    pod = subject.new
    requests = ", ".join(f"{amount(r, n)} {r}" for r, n in sorted(pod.requests.items()) if n)
    parts = [f"room for {count(subject.most, 'pod')}" + (f" of {requests} each" if requests else "")]
    if pod.spec.node_selector:
        parts.append("labels " + ", ".join(f"{k}={v}" for k, v in sorted(pod.spec.node_selector.items())))
    if pod.spec.affinity and pod.spec.affinity.node_affinity:
        parts.append("labels that satisfy its node affinity")
    apart = {t.topology_key for t in pod.anti_affinity if t.selector is not None and t.selector.matches(pod.labels)}
    parts += [f"{subject.most} different values of {key} (anti-affinity)" for key in sorted(apart)]
    for constraint in pod_topology_spread.hard(pod):
        parts.append(f"the label {constraint.topology_key} (spread with maxSkew {constraint.max_skew})")
    return "; ".join(parts)


def _impossible(ctx: Context, subjects: Sequence[Subject], answer: Fit) -> Finding:
    subject, placed = _blocked(subjects, answer)
    if placed == 0 and len(subjects) == 1:
        sentence = f"no node can take its pods: {answer.message}"
    elif len(subjects) == 1:
        sentence = f"only {placed} of its {subject.replicas} pods find a node: {answer.message}"
    else:
        sentence = f"the workloads do not fit on the nodes together; a pod of it stays Pending: {answer.message}"
    core = tuple(_core(ctx, subjects)) if placed or len(subjects) > 1 else ()
    causes = _causes(ctx, subject, answer)
    named = {cause.path for cause in causes}
    return Finding(
        id="KV3001",
        severity=standard.severity("KV3001"),
        object=subject.title,
        message=sentence,
        property=SCHEDULABLE,
        causes=(*causes, *(cause for _, cause in core if cause is not None and cause.path not in named)),
        certainty=Certainty.CERTAIN,
        outcome=f"{subject.replicas - placed} of {subject.replicas} pods stay Pending for ever.",
        details=(
            *details(ctx, answer),
            *(["no placement has room for all: " + "; ".join(words for words, _ in core)] if core else []),
        ),
        why=WHY,
        verdict=_verdict(ctx, subjects, Outcome.VIOLATED, answer),
    )


def _beyond(ctx: Context, subject: Subject) -> Finding | None:
    """What the autoscaler may ask for and no placement of its pods holds: from which count on, and why."""
    counts = scaled.counts_of(subject)
    held = scaled.placed(ctx, subject, counts)
    rest = [number for number in counts if number not in held]
    if not held or not rest or subject.scale is None:
        return None
    there, more = scaled.at(ctx, subject, rest[0])
    answer = there.rooms.alone(more)
    if answer.room is not Room.IMPOSSIBLE:
        return None
    found = _impossible(there, there.rooms.company(more), answer)
    numbers = str(rest[0]) if len(rest) == 1 else f"{rest[0]} to {rest[-1]}"
    autoscaler = describe(subject.scale.autoscaler)
    return evolve(
        found,
        id="KV3010",
        severity=standard.severity("KV3010"),
        message=f"its autoscaler may ask for {numbers} replicas, and no more than {held[-1]} find a node: "
        f"{answer.message}",
        causes=(scaled.end_cause(more, lowest=False), *(c for c in found.causes if c.path != "spec.replicas")),
        certainty=Certainty.POSSIBLE,
        opening=sentences(scaled.scaled_to(more, subject)),
        outcome=f"{count(rest[0] - held[-1], 'pod')} stays Pending until the load goes down or there is another node.",
        why=WHY,
        repairs=(Repair(text=f"set spec.maxReplicas of {autoscaler} to {held[-1]}"),),
        verdict=None if found.verdict is None else evolve(found.verdict, certain=False),
    )


def _core(ctx: Context, subjects: Sequence[Subject]) -> Iterator[tuple[str, Cause | None]]:
    """What together leaves no placement: who wants how many pods, and what which nodes offer."""
    demands = [Demand(s.new, s.replicas, s.title) for s in subjects]
    names, answer = core_of(demands, ctx.rooms.cluster)
    nodes = {node.metadata.name: node for node in ctx.bundle.nodes}
    for name in names:
        kind, _, rest = name.partition(" ")
        if kind == "pods":
            subject = subjects[int(rest)]
            path = "spec" if isinstance(subject.object, Pod) else "spec.replicas"
            note = f"{subject.title} wants {count(subject.replicas, 'pod')}"
            yield note, subject.cause(path, note)
        elif kind == "capacity":
            number, _, reason = rest.split(" ", 2)
            chosen = answer.book.classes[int(number)]
            here = f"{chosen.size} nodes like {chosen.info.name}" if chosen.size > 1 else chosen.info.name
            yield f"{here}: {reason}", _offered(nodes.get(chosen.info.name), reason)
        else:
            index, number, _, path = rest.split(" ", 3)
            yield (
                f"{subjects[int(index)].title} on nodes like {answer.book.classes[int(number)].info.name}",
                subjects[int(index)].pod_cause(path),
            )


def _offered(node: Node | None, reason: str) -> Cause | None:
    """The field of a node that offers too little."""
    if node is None or (reason != "Too many pods" and not reason.startswith("Insufficient ")):
        return None
    resource = "pods" if reason == "Too many pods" else reason.removeprefix("Insufficient ")
    path = f"status.{'allocatable' if node.status.allocatable else 'capacity'}[{resource}]"
    return Cause(node.source.span(path), f"Node {node.metadata.name} {path}", "what it offers")


def _fragile(ctx: Context, subjects: Sequence[Subject], answer: Fit) -> Finding:
    subject, placed = _blocked(subjects, answer)
    severity = Severity.WARNING if answer.capacity else standard.severity("KV3002")
    if answer.doubtful:
        sentence = f"in some order a pod of it finds no node: {answer.message}"
        hope = "whether another order has room for all of them is not decided"
    else:
        sentence = (
            f"a placement for all pods exists, but in an unlucky order a pod of it finds no node: {answer.message}"
        )
        hope = "although another order has room for all of them"
    return Finding(
        id="KV3002",
        severity=severity,
        object=subject.title,
        message=sentence,
        property=SCHEDULABLE,
        causes=_causes(ctx, subject, answer),
        certainty=Certainty.POSSIBLE,
        opening="No pod has a node yet; the scheduler takes them in this order.",
        steps=tuple(_steps(ctx, subjects, answer)),
        outcome=f"{subject.replicas - placed} of its {subject.replicas} pods stay Pending, {hope}; nothing moves a pod "
        "that is bound.",
        details=tuple(details(ctx, answer)),
        why=WHY,
        verdict=_verdict(ctx, subjects, Outcome.VIOLATED, answer),
    )


def _blocked(subjects: Sequence[Subject], answer: Fit) -> tuple[Subject, int]:
    assert answer.blocked is not None
    subject = subjects[answer.blocked]
    return subject, answer.held_by(answer.blocked, f"a pod of {subject.title}")


def _steps(ctx: Context, subjects: Sequence[Subject], answer: Fit) -> Iterator[str]:
    for demand, node in answer.order:
        yield f"The scheduler binds a pod of {subjects[demand].title} to {ctx.nodes[node].name}"
    for title, number in answer.held:
        yield f"The scheduler binds {count(number, 'pod')} of {title.removeprefix('a pod of ')}"


def details(ctx: Context, answer: Fit) -> Iterator[str]:
    """What nodes say: of each that was looked at, or of each kind."""
    yield from per_node([n.name for n in ctx.nodes], answer.rejections) if answer.rejections else ()
    refusals = [row for row in answer.refusals if not reserved(row[2])] or answer.refusals
    for number, first, said in refusals[:_SHOWN]:
        where = f"{first} and {count(number - 1, 'node')} like it" if number > 1 else first
        yield f"{where}: " + "; ".join(dict.fromkeys(r.detail or r.reason for r in said))
    if len(refusals) > _SHOWN:
        nodes = sum(number for number, _, _ in refusals[_SHOWN:])
        yield f"{count(nodes, 'node')} of other kinds refuse it as well"


_SHOWN = 8
"""Kinds of nodes whose refusals are told."""


def rejected(ctx: Context, answer: Fit) -> Sequence[tuple[int, str, tuple[Requirement, ...]]]:
    """(Number of nodes, name of one, what they reject the pod for); of the control plane's nodes only where there are
    no others."""
    rows = [(1, node.name, tuple(said)) for node, said in zip(ctx.nodes, answer.rejections, strict=False)]
    rows += answer.refusals
    return [row for row in rows if not reserved(row[2])] or rows


def _causes(ctx: Context, subject: Subject, answer: Fit) -> tuple[Cause, ...]:
    """The fields of the pod that nodes reject it for, most often first, and the taints on the nodes' side."""
    by_path: Counter[str] = Counter()
    notes: dict[str, Requirement] = {}
    for number, _, said in rejected(ctx, answer):
        # Several plugins may say the same of a claim.
        for path, r in reversed({r.path: r for r in reversed(said)}.items()):
            by_path[path] += number
            notes.setdefault(path, r)
    causes = [
        subject.pod_cause(path, f"rejected on {count(number, 'node')}: {notes[path].reason}")
        for path, number in by_path.most_common()
        if path
    ]
    for other in ctx.admission.filled_in(subject.object):
        if any(path and _concerns(other.path, path) for path in by_path):
            place = f"{describe(other.object)} {other.note}"
            causes.append(Cause(other.object.source.span(other.note), place, f"fills in {other.path}"))
    causes += list(taints(ctx, subject.new, answer))
    if not any(path for path in by_path):
        causes.append(subject.cause(subject.pod_path, next(iter(notes.values())).reason))
    return tuple(causes)


def _concerns(filled: str, path: str) -> bool:
    """Whether a field that admission filled in has part in a rejection for ``path``: it is that field, or one that
    asks for more of the same resource."""
    resource = path.rpartition("[")[2] if path.endswith("]") and "resources" in path else ""
    return filled.startswith(path) or path.startswith(filled) or bool(resource and filled.endswith(f"[{resource}"))


def taints(ctx: Context, pod: PodInfo, answer: Fit) -> Iterable[Cause]:
    """The taints that keep the pod out, each on the first node that has it."""
    seen: set[str] = set()
    nodes = {node.metadata.name: node for node in ctx.bundle.nodes}
    for _, name, rejections in rejected(ctx, answer):
        node = nodes.get(name)
        if node is not None and any(r.plugin == "TaintToleration" for r in rejections):
            for taint in untolerated(pod, node.spec.taints):
                text = taint_text(taint)
                if text not in seen:
                    seen.add(text)
                    path = f"spec.taints[{node.spec.taints.index(taint)}]"
                    yield Cause(node.source.span(path), f"Node {node.metadata.name} {path}", f"the taint {text}")
