"""KV3008: no scheduling order leaves gangs half placed, each holding room that another one waits for.

Kubernetes has no stable field that makes pods a gang. What says so here: the annotation ``kverify.dev/gang`` (on the
object or its pod template; ``"true"`` for all of its pods, or a number), or the group that pods name for a gang
scheduler, where its PodGroup is in the input (``spec.minMember``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from kverify.api.object import OtherObject
from kverify.checks.finding import Answer, Assumed, Cause, Certainty, Finding, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.pods import Maker, at, makers_of, standing
from kverify.checks.names import GANGS
from kverify.cluster.admission import Admission
from kverify.cluster.admission.created import pods_wanted, template_at
from kverify.cluster.objects import ends, namespace_of
from kverify.engines.fit.gangs import Gang, Gangs, gangs_fit
from kverify.engines.schedulability import Demand, Room
from kverify.engines.verdict import Outcome, Verdict
from kverify.words import count, listing

TITLE = "gangs are placed whole"
ANNOTATION = "kverify.dev/gang"
LABELS = ("scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io")
"""How pods name their PodGroup for the coscheduling plugin
(https://scheduler-plugins.sigs.k8s.io/docs/plugins/coscheduling/), now and formerly."""
VOLCANO = "scheduling.k8s.io/group-name"
"""The annotation by which they name one for Volcano."""
GROUPS = ("scheduling.x-k8s.io", "scheduling.sigs.k8s.io", "scheduling.volcano.sh")
ASSUMED = (
    "the scheduler places pods one by one and has no plugin for gangs; a gang of a Job runs to its end once it is whole"
)
WHY = (
    "The scheduler binds pods one at a time and never takes a node back, so gangs that are placed together may each "
    "hold a part of the room and wait for the rest (KEP-4671, kubernetes/enhancements#4671)."
)


@frozen(eq=False)
class Declared:
    """The gangs of a run: each with the makers it is made of (by index), and where it is declared."""

    gangs: tuple[Gang, ...]
    causes: tuple[tuple[Cause, ...], ...]
    notes: tuple[Assumed, ...]

    def ending(self, makers: Sequence[Maker]) -> tuple[int, ...]:
        """Makers whose pods end by themselves and wait for nobody."""
        grouped = {d for gang in self.gangs for d in gang.members}
        return tuple(d for d, maker in enumerate(makers) if d not in grouped and ends(maker.object))


def declared(admission: Admission, makers: Sequence[Maker]) -> Declared:
    """The gangs among ``makers``, in their order."""
    gangs: list[Gang] = []
    causes: list[tuple[Cause, ...]] = []
    notes: list[Assumed] = []
    named: dict[tuple[str, str], list[tuple[int, Cause]]] = {}
    for index, maker in enumerate(makers):
        own = _annotated(maker)
        group = _group(maker)
        if own is None and group is None:
            continue
        scheduler = maker.pod.spec.scheduler_name or "default-scheduler"
        if scheduler != "default-scheduler":
            notes.append(Assumed(maker.title, f"the scheduler {scheduler} places its gang as a whole"))
        elif own is not None:
            text, cause = own
            least = (pods_wanted(maker.object) or 1) if text == "true" else _number(text)
            if least is None:
                says = f"is {text!r}, neither true, false nor a number of pods: not taken as a gang"
                notes.append(Assumed(maker.title, f"the annotation {ANNOTATION} {says}"))
            else:
                gangs.append(Gang(maker.title, (index,), min(least, maker.most), ends(maker.object)))
                causes.append((cause,))
        elif group is not None:
            name, cause = group
            named.setdefault((namespace_of(maker.object), name), []).append((index, cause))
    groups = _pod_groups(admission)
    for (namespace, name), members in named.items():
        known = groups.get((namespace, name))
        first = makers[members[0][0]].title
        if known is None:
            notes.append(Assumed(first, f"its PodGroup {namespace}/{name} is not in the input: not taken as a gang"))
            continue
        found, least = known
        most = sum(makers[d].most for d, _ in members)
        title = first if len(members) == 1 else f"PodGroup {namespace}/{name}"
        gangs.append(
            Gang(title, tuple(d for d, _ in members), min(least, most), all(ends(makers[d].object) for d, _ in members))
        )
        minimum = Cause(
            found.source.span("spec.minMember"), f"PodGroup {namespace}/{name} spec.minMember", f"{least} pods"
        )
        causes.append((*(cause for _, cause in members), minimum))
    return Declared(tuple(gangs), tuple(causes), tuple(notes))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _annotated(maker: Maker) -> tuple[str, Cause] | None:
    """The text of the annotation, unless it is ``false``; the template's goes before the object's."""
    placed = template_at(maker.object)
    places = [("metadata", maker.object.metadata.annotations)]
    if placed is not None:
        places.insert(0, (f"{placed[0]}.metadata", placed[1].metadata.annotations))
    for path, found in places:
        if ANNOTATION in found:
            text = found[ANNOTATION]
            return None if text == "false" else (text, at(maker.object, f"{path}.annotations[{ANNOTATION}]"))
    return None


def _group(maker: Maker) -> tuple[str, Cause] | None:
    """The PodGroup that the pods name."""
    placed = template_at(maker.object)
    metadata = maker.object.metadata if placed is None else placed[1].metadata
    base = "metadata" if placed is None else f"{placed[0]}.metadata"
    for label in LABELS:
        if metadata.labels.get(label):
            return metadata.labels[label], at(maker.object, f"{base}.labels[{label}]")
    if metadata.annotations.get(VOLCANO):
        return metadata.annotations[VOLCANO], at(maker.object, f"{base}.annotations[{VOLCANO}]")
    return None


def _pod_groups(admission: Admission) -> Mapping[tuple[str, str], tuple[OtherObject, int]]:
    found = {}
    for item in admission.bundle.of_kind("PodGroup"):
        if isinstance(item, OtherObject) and item.api_version.partition("/")[0] in GROUPS:
            spec = item.content.get("spec")
            least = spec.get("minMember") if isinstance(spec, Mapping) else None
            if isinstance(least, int) and least > 0:
                # Namespaced in all three groups, whether or not the definition is in the input.
                found[item.metadata.namespace or "default", item.metadata.name] = item, least
    return found


# -- as a check ------------------------------------------------------------------------------------------------------


def check(ctx: Context, _pods: str) -> Iterator[Answer]:
    """One answer for all gangs, because they share the room."""
    if ctx.open:
        return
    makers = makers_of(ctx.admission, ctx.rooms.volumes)
    found = declared(ctx.admission, makers)
    yield from found.notes
    if not any(ctx.bundle.is_wanted(makers[d].object) for gang in found.gangs for d in gang.members):
        return
    demands = [Demand(maker.pod, maker.most, maker.title) for maker in makers]
    cluster, _ = standing(ctx.admission, ctx.rooms.volumes)
    answer = gangs_fit(demands, cluster, found.gangs, ending=found.ending(makers))
    if answer.room in (Room.FRAGILE, Room.IMPOSSIBLE):
        for index, placed in answer.stuck:
            yield _finding(ctx, makers, found, answer, index, placed)
        return
    outcome = Outcome.HOLDS if answer.room is Room.ALWAYS else Outcome.UNKNOWN
    for gang in found.gangs:
        yield Proof(
            id="KV3008",
            object=gang.title,
            property=GANGS,
            message=TITLE,
            verdict=_verdict(ctx, found, answer, outcome),
        )


def _verdict(ctx: Context, found: Declared, answer: Gangs, outcome: Outcome) -> Verdict:
    return Verdict(
        outcome=outcome,
        method=answer.method,
        scope=f"{count(len(found.gangs), 'gang')} on {count(len(ctx.nodes), 'node')}",
        certain=answer.room is Room.IMPOSSIBLE,
        reason=answer.reason,
        assumptions=("no preemption; scores never decide", ASSUMED),
    )


def _finding(ctx: Context, makers: Sequence[Maker], found: Declared, answer: Gangs, index: int, placed: int) -> Finding:
    gang = found.gangs[index]
    maker = makers[answer.waiting if answer.waiting in gang.members else gang.members[0]]
    held = listing([f"{number} of {found.gangs[g].least} of {found.gangs[g].title}" for g, number in answer.stuck])
    if answer.room is Room.IMPOSSIBLE:
        sentence = f"a gang of {gang.least} of its pods never has room at once, not even alone: {answer.message}"
        outcome = f"{count(placed, 'pod')} of it would have a node, {gang.least} are needed."
    else:
        sentence = (
            f"in an unlucky order gangs hold each other up: {held} have a node, and a pod waits: {answer.message}"
        )
        outcome = "None of them is whole, none gives its nodes back, and every node refuses the pods that are missing."
    paths: dict[str, str] = {}
    for number, _, said in answer.refusals:
        for requirement in said:
            if requirement.path:
                paths.setdefault(requirement.path, f"refused by {count(number, 'node')}: {requirement.reason}")
    return Finding(
        id="KV3008",
        severity=standard.severity("KV3008"),
        object=gang.title,
        message=sentence,
        property=GANGS,
        causes=(*found.causes[index], *(maker.cause(path, note) for path, note in paths.items())),
        certainty=Certainty.CERTAIN if answer.room is Room.IMPOSSIBLE else Certainty.POSSIBLE,
        opening="No pod has a node yet; the scheduler takes them in this order." if answer.steps else "",
        steps=tuple(steps(ctx, makers, found, answer)),
        outcome=outcome,
        details=tuple(
            f"{first}{f' and {number - 1} more like it' if number > 1 else ''}: "
            + "; ".join(r.detail or r.reason for r in said)
            for number, first, said in answer.refusals
        ),
        why=WHY,
        verdict=_verdict(ctx, found, answer, Outcome.VIOLATED),
    )


def steps(ctx: Context, makers: Sequence[Maker], found: Declared, answer: Gangs) -> Iterator[str]:
    """The order in words; binds of the same pods to the same node that follow each other are one line."""
    line, times = "", 0
    for first, node in (*answer.steps, (-1, -2)):
        if node >= 0:
            words = f"of {makers[first].title} to {ctx.nodes[node].name}"
        else:
            words = "" if node == -2 else f"{found.gangs[first].title} is whole and runs to its end"
        if words == line:
            times += 1
            continue
        if times:
            pods = "a pod" if times == 1 else f"{times} pods"
            yield f"The scheduler binds {pods} {line}" if line.startswith("of ") else line
        line, times = words, 1
