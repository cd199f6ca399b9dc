"""KV3001, KV3002: every pod finds a node, in every order in which the scheduler may take them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from kverify.checks.context import Context
from kverify.checks.finding import Answer, Assumed, Cause, Certainty, Finding, Proof
from kverify.checks.stuck import per_node
from kverify.checks.subject import Subject
from kverify.checks.words import amount, count
from kverify.cluster.objects import describe
from kverify.engines.schedulability import Fit, Room
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.model.scheduling.framework import Requirement

PROPERTY = "schedulable"
TITLE = "every pod finds a node"
WHY = (
    "The scheduler binds a pod only to a node that every filter plugin accepts, and retries for ever otherwise "
    "(https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/)."
)


def check(ctx: Context) -> Iterator[Answer]:
    """One answer for each workload alone, then one for all of them together."""
    if ctx.open:
        yield from (Assumed(s.title, f"nodes offer {offer(s)}") for s in ctx.checked if not ctx.unadmitted(s))
        return
    for subject in ctx.checked:
        if ctx.unadmitted(subject) or ctx.bound(subject):
            continue
        answer = ctx.alone(subject)
        if answer.room is Room.IMPOSSIBLE:
            yield _impossible(ctx, (subject,), answer)
        elif answer.room is Room.FRAGILE:
            yield _fragile(ctx, (subject,), answer)
        elif answer.room is Room.UNKNOWN:
            yield _proof(ctx, subject, Outcome.UNKNOWN, answer)
    placeable = ctx.placeable
    together = ctx.steady
    if len(placeable) > 1 and together.room is Room.IMPOSSIBLE:
        yield _impossible(ctx, placeable, together)
    elif len(placeable) > 1 and together.room is Room.FRAGILE:
        if all(ctx.alone(s).room is Room.ALWAYS for s in placeable):
            yield _fragile(ctx, placeable, together)
    elif placeable:
        outcome = Outcome.UNKNOWN if together.room is Room.UNKNOWN else Outcome.HOLDS
        for subject in placeable:
            if subject.wanted and ctx.alone(subject).room is Room.ALWAYS:
                reason = ctx.undecided(subject)
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


def _proof(ctx: Context, subject: Subject, outcome: Outcome, answer: Fit) -> Proof:
    return Proof(
        id="KV3001",
        object=subject.title,
        property=PROPERTY,
        message=TITLE,
        verdict=_verdict(ctx, ctx.placeable, outcome, answer),
    )


def offer(subject: Subject) -> str:
    """What an unknown cluster would have to offer the workload, in one line."""
    pod = subject.new
    requests = ", ".join(f"{amount(r, n)} {r}" for r, n in sorted(pod.requests.items()) if n)
    parts = [f"room for {subject.most} pods" + (f" of {requests} each" if requests else "")]
    if pod.spec.node_selector:
        parts.append("labels " + ", ".join(f"{k}={v}" for k, v in sorted(pod.spec.node_selector.items())))
    if pod.spec.affinity and pod.spec.affinity.node_affinity:
        parts.append("labels that satisfy its node affinity")
    apart = {t.topology_key for t in pod.anti_affinity if t.selector is not None and t.selector.matches(pod.labels)}
    parts += [f"{subject.most} different values of {key} (anti-affinity)" for key in sorted(apart)]
    for constraint in pod.spec.topology_spread_constraints:
        if constraint.when_unsatisfiable == "DoNotSchedule":
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
    return Finding(
        id="KV3001",
        severity=Severity.ERROR,
        object=subject.title,
        message=sentence,
        property=PROPERTY,
        causes=_causes(ctx, subject, answer),
        certainty=Certainty.CERTAIN,
        outcome=f"{subject.replicas - placed} of {subject.replicas} pods stay Pending for ever.",
        details=tuple(per_node([n.name for n in ctx.nodes], answer.rejections)),
        why=WHY,
        verdict=_verdict(ctx, subjects, Outcome.VIOLATED, answer),
    )


def _fragile(ctx: Context, subjects: Sequence[Subject], answer: Fit) -> Finding:
    subject, placed = _blocked(subjects, answer)
    severity = Severity.WARNING if answer.capacity else Severity.ERROR
    return Finding(
        id="KV3002",
        severity=severity,
        object=subject.title,
        message=f"a placement for all pods exists, but in an unlucky order a pod of it finds no node: {answer.message}",
        property=PROPERTY,
        causes=_causes(ctx, subject, answer),
        certainty=Certainty.POSSIBLE,
        opening="No pod has a node yet; the scheduler takes them in this order.",
        steps=tuple(_steps(ctx, subjects, answer)),
        outcome=f"{subject.replicas - placed} of its {subject.replicas} pods stay Pending, although another order has "
        "room for all of them; nothing moves a pod that is bound.",
        details=tuple(per_node([n.name for n in ctx.nodes], answer.rejections)),
        why=WHY,
        verdict=_verdict(ctx, subjects, Outcome.VIOLATED, answer),
    )


def _blocked(subjects: Sequence[Subject], answer: Fit) -> tuple[Subject, int]:
    assert answer.blocked is not None
    assert answer.blocking is not None
    placed = sum(n for (d, _), n in answer.blocking.items() if d == answer.blocked)
    return subjects[answer.blocked], placed


def _steps(ctx: Context, subjects: Sequence[Subject], answer: Fit) -> Iterator[str]:
    for demand, node in answer.order:
        yield f"The scheduler binds a pod of {subjects[demand].title} to {ctx.nodes[node].name}"


def _causes(ctx: Context, subject: Subject, answer: Fit) -> tuple[Cause, ...]:
    """The fields of the pod that nodes reject it for, most often first, and the taints on the nodes' side."""
    by_path: Counter[str] = Counter()
    notes: dict[str, Requirement] = {}
    for rejections in answer.rejections:
        # Several plugins may say the same of a claim.
        for path, r in reversed({r.path: r for r in reversed(rejections)}.items()):
            by_path[path] += 1
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
    causes += list(_taints(ctx, answer))
    if not any(path for path in by_path):
        causes.append(subject.cause(subject.pod_path, next(iter(notes.values())).reason))
    return tuple(causes)


def _concerns(filled: str, path: str) -> bool:
    """Whether a field that admission filled in has part in a rejection for ``path``: it is that field, or one that
    asks for more of the same resource."""
    resource = path.rpartition("[")[2] if path.endswith("]") and "resources" in path else ""
    return filled.startswith(path) or path.startswith(filled) or bool(resource and filled.endswith(f"[{resource}"))


def _taints(ctx: Context, answer: Fit) -> Iterable[Cause]:
    seen: set[str] = set()
    for node, rejections in zip(ctx.bundle.nodes, answer.rejections, strict=True):
        if any(r.plugin == "TaintToleration" for r in rejections):
            for i, taint in enumerate(node.spec.taints):
                text = f"{taint.key}={taint.value or ''}:{taint.effect}"
                if text not in seen:
                    seen.add(text)
                    path = f"spec.taints[{i}]"
                    yield Cause(node.source.span(path), f"Node {node.metadata.name} {path}", f"the taint {text}")
