"""KV3003, KV3004: the API server admits every pod that a controller makes of a template, and all of them together.

The object with the template is accepted in any case; it is its controller that gets the 403, again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kverify.api.registry import AnyObject
from kverify.api.types.batch import CronJob, Job
from kverify.checks.deciding import sizes
from kverify.checks.deciding.scaled import end_cause
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Raised, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import ADMITTED
from kverify.cluster.admission import Limit, Problem, Refused
from kverify.cluster.admission.created import template_at
from kverify.cluster.objects import describe, key_of, namespace_of, title
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Severity
from kverify.manifest.nodes import parse_path
from kverify.model.workload import RollingUpdate
from kverify.words import count

TITLE = "every pod is admitted"
METHOD = "the default admission plugins"
WHY = (
    "Whoever creates a pod, admission sees it then: limits, quotas, Pod Security and classes are judged for each pod, "
    "not for the object that has the template "
    "(https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/)."
)
WHY_QUOTA = (
    "A quota counts pods until they are gone, old and new ones alike; a ReplicaSet whose pod is refused tries again, "
    "later and later, and no pod is ever Pending for it (https://kubernetes.io/docs/concepts/policy/resource-quotas/, "
    "kubernetes/kubernetes#89209)."
)
SHOWN = 5
"""Other workloads that are named when a quota is too small for all."""

MISSING = "what the input does not have is there and forbids nothing"


def check(ctx: Context, owner: AnyObject) -> Iterator[Answer]:
    """One answer for each wanted object that makes pods: none is admitted, too few are, or all.

    Where the input says nothing of a namespace, there is nothing to prove.
    """
    key = key_of(owner)
    refused = [one for one in ctx.admission.refused if key_of(one.owner) == key]
    yield from map(_refused, refused)
    if refused or template_at(owner) is None or ctx.admission.wanted(owner) == 0:
        return
    subjects = ctx.memo("checked by key", lambda: {key_of(subject.object): subject for subject in ctx.checked})
    subject = subjects.get(key)
    finding = _crowded(ctx, owner) or _surge(ctx, owner, subject) or _beyond(ctx, owner, subject)
    if finding is not None:
        yield finding
    elif ctx.admission.governed(namespace_of(owner)):
        yield _proof(ctx, owner)


def _refused(refused: Refused) -> Finding:
    owner, first = refused.owner, refused.problems[0]
    plugins = dict.fromkeys(problem.plugin for problem in refused.problems)
    what = f"every {refused.what} it creates"
    return Finding(
        id="KV3003",
        severity=standard.severity("KV3003"),
        object=describe(owner),
        message=f"the {owner.kind} is accepted, but {what} is refused by {' and '.join(plugins)}: "
        + first.message.removesuffix("."),
        property=ADMITTED,
        causes=_causes(owner, refused.problems),
        certainty=Certainty.CERTAIN,
        outcome=f"There is never a {refused.what} of it; the controller tries for ever and reports FailedCreate.",
        why=WHY,
        repairs=tuple(Repair(text=mend) for mend in dict.fromkeys(p.mend for p in refused.problems) if mend),
        verdict=Verdict(outcome=Outcome.VIOLATED, method=METHOD, scope="one pod, whatever else there is", certain=True),
    )


def _causes(owner: AnyObject, problems: Sequence[Problem]) -> tuple[Cause, ...]:
    """The fields of the template, then those of the cluster's objects that forbid them; each once."""
    found: dict[tuple[str, str], Cause] = {}
    for problem in problems:
        span = owner.source.span(problem.path.parts)
        note = problem.message.removesuffix(".") if len(problems) > 1 else ""
        found.setdefault(("", problem.path.text), Cause(span, problem.path.text, note))
    for problem in problems:
        for other in problem.because:
            if other.object.source.document is not None:
                name = describe(other.object)
                cause = Cause(other.object.source.span(other.path), f"{name} {other.path}", other.note)
                found.setdefault((name, other.path), cause)
    return tuple(found.values())


# -- quotas ----------------------------------------------------------------------------------------------------------


def _crowded(ctx: Context, owner: AnyObject) -> Finding | None:
    """Too little is left of a quota for all pods of ``owner``."""
    short = ctx.admission.shortage(owner)
    if short is None:
        return None
    key, namespace = key_of(owner), namespace_of(owner)
    near = "" if short.alone else f" beside the other workloads of {namespace}"
    says = short.limit.says(key, short.others + short.admitted * short.limit.cost[key])
    pods = count(short.wanted, "pod")
    field = "" if isinstance(owner, (Job, CronJob)) else "replicas"
    return Finding(
        id="KV3004",
        severity=standard.severity("KV3004"),
        object=describe(owner),
        message=f"only {short.admitted} of its {pods} are admitted{near}: {says}",
        property=ADMITTED,
        causes=_quota_causes(owner, short.limit, field, f"{pods} at once"),
        certainty=Certainty.CERTAIN if short.alone else Certainty.POSSIBLE,
        outcome=f"{short.wanted - short.admitted} of its pods are refused for ever; the controller reports "
        "FailedCreate.",
        details=() if short.alone else _shares(ctx, owner, short.limit),
        why=WHY_QUOTA,
        repairs=_raise(ctx, owner, short.wanted, alone=short.alone),
        verdict=_arithmetic(f"{pods} in the namespace {namespace}", certain=short.alone),
    )


def _shares(ctx: Context, owner: AnyObject, limit: Limit) -> tuple[str, ...]:
    """The other workloads that take of a limit; only so many that one can read them."""
    shown: list[str] = []
    for key, number in ctx.admission.counts(namespace_of(owner)).items():
        if number and limit.cost.get(key) and key != key_of(owner):
            if len(shown) == SHOWN:
                return (*shown, "and more")
            shown.append(f"{title(*key[:3])} wants {count(number, 'pod')}")
    return tuple(shown)


def _surge(ctx: Context, owner: AnyObject, subject: Subject | None) -> Finding | None:
    """Nothing is left of a quota for the pods that a rollout has on top of the old ones."""
    if subject is None or not isinstance(subject.strategy, RollingUpdate) or not subject.replicas:
        return None
    surge, unavailable = subject.strategy.surge, subject.strategy.unavailable
    assert isinstance(surge, int)
    room, limit, taken = ctx.admission.spare(owner)
    if room >= surge or limit is None:
        return None
    if blocks_rollout(ctx, subject):
        begins = (
            "a rollout can never begin: maxUnavailable 0 keeps the old pods, and beside them no new one is admitted"
        )
        outcome = "The new ReplicaSet has no pod, and the old one is not scaled down."
        severity = standard.severity("KV3004")
    else:
        begins = f"a rollout crawls: beside the old pods {room} of the {count(surge, 'pod')} of its surge are admitted"
        outcome = "New pods are refused until old ones are gone; each refusal makes the ReplicaSet wait longer."
        severity = Severity.WARNING
    note = f"maxSurge {surge}, maxUnavailable {unavailable}"
    return Finding(
        id="KV3004",
        severity=severity,
        object=subject.title,
        message=f"{begins}: {limit.says(key_of(owner), taken)}",
        property=ADMITTED,
        causes=_quota_causes(owner, limit, "strategy", note),
        certainty=Certainty.CERTAIN,
        outcome=outcome,
        details=_shares(ctx, owner, limit),
        sizes=_sizes(subject) if severity is Severity.ERROR else (),
        why=WHY_QUOTA,
        repairs=_raise(ctx, owner, subject.most),
        verdict=_arithmetic(f"{count(subject.replicas, 'replica')}, {note}"),
    )


def _beyond(ctx: Context, owner: AnyObject, subject: Subject | None) -> Finding | None:
    """What the autoscaler may ask for and the quotas do not admit."""
    if subject is None or subject.scale is None:
        return None
    most = subject.counts[-1]
    room, limit, taken = ctx.admission.spare(owner)
    held = subject.replicas + room
    if held >= most or limit is None:
        return None
    more = most - held
    key, autoscaler = key_of(owner), describe(subject.scale.autoscaler)
    return Finding(
        id="KV3004",
        severity=Severity.WARNING,
        object=subject.title,
        message=f"its autoscaler may ask for {count(most, 'replica')}, and no more than {held} are admitted: "
        + limit.says(key, taken + room * limit.cost[key]),
        property=ADMITTED,
        causes=(end_cause(subject, lowest=False), _quota_cause(limit)),
        certainty=Certainty.POSSIBLE,
        outcome=f"{count(more, 'pod')} {'is' if more == 1 else 'are'} refused until the load goes down; the controller "
        "reports FailedCreate.",
        details=_shares(ctx, owner, limit),
        why=WHY_QUOTA,
        repairs=(
            *_raise(ctx, owner, most),
            *([Repair(text=f"set spec.maxReplicas of {autoscaler} to {held}")] if held >= subject.scale.low else ()),
        ),
        verdict=_arithmetic(subject.range, certain=False),
    )


def _sizes(subject: Subject) -> tuple[str, ...]:
    """How many pods quotas would have to let exist, for every number at once."""
    answer = sizes.by_admitted(subject)
    return () if answer is None else (answer.text,)


def _raise(ctx: Context, owner: AnyObject, pods: int, *, alone: bool = False) -> tuple[Repair, ...]:
    """What the quotas would have to allow for so many pods of ``owner``, beside the others': checked by the arithmetic
    that finds them short."""
    key, wanted = key_of(owner), ctx.admission.wanted(owner) or 0
    rows = []
    for limit, taken in ctx.admission.taken(namespace_of(owner)):
        cost = limit.cost.get(key, 0)
        need = pods * cost if alone else taken + (pods - wanted) * cost
        if cost and need > limit.left:
            rows.append((limit, limit.needed(need)))
    text = "; ".join(f"{describe(limit.quota)} {limit.path}: {amount}" for limit, amount in rows)
    raised = tuple(Raised(describe(limit.quota), limit.resource, amount) for limit, amount in rows)
    return (Repair(text=text, verified=True, quotas=raised),)


def blocks_rollout(ctx: Context, subject: Subject) -> bool:
    """A quota leaves no room for a single pod more than its replicas, and the strategy lets none of those go."""
    strategy = subject.strategy
    if not isinstance(strategy, RollingUpdate) or strategy.unavailable != 0 or not subject.replicas:
        return False
    return ctx.admission.spare(subject.object)[0] == 0


def _quota_causes(owner: AnyObject, limit: Limit, field: str, note: str) -> tuple[Cause, ...]:
    path = f"spec.{field}" if field else "spec"
    written = owner.source.document is not None and owner.source.document.node(parse_path(path)) is not None
    span = owner.source.span(path) if written else owner.source.key_span(path)
    return Cause(span, path, note), _quota_cause(limit)


def _quota_cause(limit: Limit) -> Cause:
    quota = limit.quota
    return Cause(quota.source.span(limit.path), f"{describe(quota)} {limit.path}", "this is not enough for them")


def _arithmetic(scope: str, *, certain: bool = True) -> Verdict:
    return Verdict(
        outcome=Outcome.VIOLATED,
        method="arithmetic on the quotas",
        scope=scope,
        certain=certain,
        assumptions=("every workload has all the pods it wants; pods that are being deleted are gone",),
    )


def _proof(ctx: Context, owner: AnyObject) -> Proof:
    answer = ctx.admission.pod(owner)
    missing = () if answer is None else answer.assumed
    names = tuple(f"{m.kind} {m.name}" for m in missing)
    wanted = ctx.admission.wanted(owner)
    scope = "each of its pods" if wanted is None else count(wanted, "pod")
    return Proof(
        id="KV3003",
        object=describe(owner),
        property=ADMITTED,
        message=TITLE,
        verdict=Verdict(
            outcome=Outcome.HOLDS,
            method=METHOD,
            scope=scope,
            assumptions=(f"{MISSING}: {', '.join(names)}",) if names else (),
        ),
    )
