"""Whether all pods of the input find a node in every order, and whether they still do after a node or zone is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from attrs import evolve, frozen

from kverify.api.types.node import Node
from kverify.api.versions import DEFAULT_VERSION
from kverify.checks.builtin import gangs
from kverify.checks.builtin.gates import as_diagnostic, gated
from kverify.checks.finding import Cause
from kverify.checks.fit.counts import CountRow, count_row
from kverify.checks.fit.preemption import preempting
from kverify.checks.fit.question import Question
from kverify.checks.fit.question import losses as lost_of
from kverify.checks.fit.quotas import Short, admissible, capped
from kverify.checks.fit.scores import scored, with_kin
from kverify.checks.fit.volumes import reached, settled, undecided
from kverify.checks.given.claims import claims_of
from kverify.checks.given.pods import Daemon, Maker, at, makers_of, most_of, placed_pods, standing
from kverify.checks.given.storage import Volumes, volumes_of
from kverify.checks.options import Options
from kverify.cluster.admission import Admission, Refused
from kverify.cluster.bundle import Bundle
from kverify.cluster.findings import cross_object
from kverify.cluster.objects import describe
from kverify.engines.fit.decide import Answer, DemandAnswer, decide
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.model.scheduling.framework import NodeInfo
from kverify.model.scheduling.scoring.configuration import Scoring
from kverify.words import count

ASSUMED = (
    "nothing is preempted, deleted or evicted, and nodes stay as they are; scores never decide",
    "pods of the manifests' workloads that run already are counted as pods that come",
)
VOLUMES = "volumes are provisioned, and attached to the node of their pod (kverify check asks about ReadWriteOnce)"
SCORED = (
    "nothing is preempted, deleted or evicted, and nodes stay as they are; a node with the highest score is taken, "
    "whichever where several have it"
)
_SHOWN = 6


@frozen(eq=False)
class Refusal:
    """What ``nodes`` nodes (the first is ``first``) say: the requirement's reason, its field and what would mend it."""

    nodes: int
    first: str
    reason: str
    cause: Cause | None
    detail: str


@frozen(eq=False)
class Row:
    """The answer for one workload."""

    maker: Maker
    answer: DemandAnswer
    refusals: tuple[Refusal, ...]
    preempts: str = ""
    """What preemption would do for a pod that waits."""


@frozen(eq=False)
class Loss:
    """What is left after ``lost`` (as ``like`` other nodes would be): the workloads that do not always fit then."""

    lost: str
    like: int
    rows: tuple[Row, ...]


@frozen(eq=False, kw_only=True)
class FitReport:
    """All answers of one run. ``core`` are the lines that together leave no placement at all."""

    diagnostics: tuple[Diagnostic, ...]
    nodes: int
    classes: int
    rows: tuple[Row, ...] = ()
    core: tuple[tuple[str, Cause | None], ...] = ()
    core_method: str = ""
    open_question: str = ""
    """Why it is not known whether any placement has room for all, where pods of some workload may wait."""
    choice: str = "free"
    """``best`` where only nodes with the highest score are taken."""
    lost: str = ""
    losses: tuple[Loss, ...] = ()
    evaluated: int = 0
    counts: tuple[CountRow, ...] = ()
    daemons: tuple[Daemon, ...] = ()
    refused: tuple[Refused, ...] = ()
    short: tuple[Short, ...] = ()
    assumptions: tuple[str, ...] = ()
    interrupted: str = ""
    kubernetes_version: str = DEFAULT_VERSION

    @property
    def exit_code(self) -> int:
        """0 all fits always, 1 something may wait for ever or is not admitted, 2 bad input, 3 undecided."""
        if any(d.severity is Severity.ERROR for d in self.diagnostics):
            return 2
        rooms = [row.answer.room for row in (*self.rows, *(row for loss in self.losses for row in loss.rows))]
        lacking = any(daemon.lacking for daemon in self.daemons)
        if (
            any(short.wanted for short in self.short)
            or self.refused
            or lacking
            or self.core
            or Room.FRAGILE in rooms
            or Room.IMPOSSIBLE in rooms
        ):
            return 1
        return 3 if self.interrupted or Room.UNKNOWN in rooms else 0


def run(
    bundle: Bundle,
    diagnostics: Sequence[Diagnostic],
    options: Options,
    lose: str = "",
    *,
    counting: bool = False,
    scoring: Scoring | None = None,
) -> FitReport:
    """Decide for every workload of the manifests. ``lose``: ``1`` (any one node), ``zone`` (any one) or nothing.

    ``scoring``: only nodes with the highest score are taken; without, any that fits. ``counting``: find for every
    workload how many of its pods fit; without, only where an autoscaler asks for more than always fit. Ctrl-C ends the
    run early; the report has what is known by then and says so.
    """
    admission = Admission(bundle, options.kubernetes_version, options.boundary)
    crossed = cross_object(bundle, diagnostics, options.boundary)
    told = admission.missing_names()
    problems = (
        *diagnostics,
        *admission.diagnostics(),
        *(d for d in crossed.diagnostics if (d.object, d.path) not in told),
    )
    volumes = volumes_of(admission, tuple(NodeInfo.of(node) for node in bundle.nodes), most_of(admission))
    cluster, daemons = standing(admission, volumes)
    makers, short = capped(admission, makers_of(admission, volumes))
    placed = placed_pods(admission)
    asked = [index for index, maker in enumerate(makers) if bundle.is_wanted(maker.object)]
    kin = with_kin(bundle, makers)
    demands = [Demand(pod, maker.most, maker.title) for pod, maker in zip(kin, makers, strict=True)]
    tell = options.progress or nobody
    found = gangs.declared(admission, makers)
    question = Question(demands, tuple(makers), tuple(asked), found)
    ending = {d for gang in found.gangs if gang.ends for d in gang.members}
    answer: Answer | None = None
    losses: list[Loss] = []
    counted: list[CountRow] = []
    interrupted = ""
    try:
        tell("fitting")

        def ask(rest: Cluster, place: int) -> DemandAnswer:
            return decide(demands, rest, waiting=asked[place : place + 1]).demands[0]

        def whole(rest: Cluster) -> Answer:
            first = scored(question.answer(rest), demands, rest, asked, scoring, ending)
            first = admissible(first, admission, makers, asked, placed)
            return settled(first, makers, asked, volumes, cluster.nodes, rest, ask)

        answer = whole(cluster)
        lost = list(lost_of(cluster, demands, lose, partial(reached, volumes)))
        for name, like, rest in lost:
            tell(f"fitting after the loss of {name}")
            losses.append(_loss(name, like, whole(rest), makers, asked))
        left = [(name, rest) for name, _, rest in lost]
        for index in (i for i in _to_count(makers, asked, answer, counting) if i not in ending):
            if makers[index].part or undecided(makers, index, volumes):
                # Which pods come next depends on volumes that are bound, or will be.
                continue
            core = partial(_core, bundle)
            counted.append(count_row(demands, cluster, makers, index, asked, core, losses=left, progress=tell))
            if counted[-1].interrupted:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        interrupted = "interrupted from the keyboard; what was not decided by then is missing"
    notes = [
        f"{describe(d.object)} runs already on {count(d.nodes, 'node')}, wherever it may" for d in daemons if d.nodes
    ]
    notes += [] if scoring is None else scoring.notes
    if scoring is not None and counted:
        notes.append("the numbers of replicas are those for any choice of a node")
    assumed = ASSUMED if scoring is None else (SCORED, *ASSUMED[1:])
    return FitReport(
        diagnostics=(*problems, *map(as_diagnostic, (finding for _, finding in gated(admission)))),
        nodes=len(cluster.nodes),
        classes=0 if answer is None else len(answer.book.classes),
        rows=() if answer is None else _preempting(_rows(makers, asked, answer), makers, cluster),
        core=() if answer is None else tuple(_core(bundle, makers, answer)),
        core_method="" if answer is None else answer.core_method,
        open_question="" if answer is None else _open_question(answer),
        lost=lose,
        losses=tuple(loss for loss in losses if loss.rows),
        evaluated=len(losses),
        counts=tuple(counted),
        daemons=daemons,
        refused=admission.refused,
        short=short,
        choice="free" if scoring is None else "best",
        assumptions=(
            *notes,
            *assumed,
            *_of_volumes(makers, asked, volumes),
            *jobs_assumed(makers, asked, found),
            *gangs_assumed(found),
            *crossed.assumed,
            *admission.assumed(),
        ),
        interrupted=interrupted,
        kubernetes_version=options.kubernetes_version,
    )


def gangs_assumed(found: gangs.Declared) -> Iterator[str]:
    yield from map(str, found.notes)
    if found.gangs:
        yield gangs.ASSUMED


def _of_volumes(makers: Sequence[Maker], asked: Sequence[int], volumes: Volumes) -> tuple[str, ...]:
    names = [name for index in asked for name in claims_of(makers[index].pod)]
    found = dict.fromkeys(volumes.assumed[name] for name in names if name in volumes.assumed)
    return (*found, VOLUMES) if names else ()


def nobody(_: str) -> None:
    """Hears of the progress where nobody asked for it."""


def _open_question(answer: Answer) -> str:
    """Why it is open whether some order places everything, where it is."""
    rooms = [found.room for found in answer.demands]
    unsettled = answer.placement is None and not answer.core and Room.IMPOSSIBLE not in rooms
    return answer.core_method if unsettled and Room.FRAGILE in rooms else ""


def _to_count(makers: Sequence[Maker], asked: Sequence[int], answer: Answer, everything: bool) -> Iterator[int]:
    for index, found in zip(asked, answer.demands, strict=True):
        beyond = makers[index].scaled is not None and found.room is not Room.ALWAYS
        if makers[index].object.kind != "Pod" and (everything or beyond):
            yield index


def jobs_assumed(makers: Sequence[Maker], asked: Sequence[int], found: gangs.Declared) -> Iterator[str]:
    grouped = {d for gang in found.gangs for d in gang.members}
    if any(makers[index].object.kind in ("Job", "CronJob") for index in asked if index not in grouped):
        yield "Jobs have all their pods at once, and no pod ends"


def _rows(makers: Sequence[Maker], asked: Sequence[int], answer: Answer) -> tuple[Row, ...]:
    return tuple(
        Row(makers[index], found, tuple(_refusals(makers[index], found)))
        for index, found in zip(asked, answer.demands, strict=True)
    )


def _preempting(rows: Sequence[Row], makers: Sequence[Maker], cluster: Cluster) -> tuple[Row, ...]:
    return tuple(evolve(row, preempts=preempting(row.maker, row.answer, makers, cluster)) for row in rows)


def _refusals(maker: Maker, answer: DemandAnswer) -> Iterator[Refusal]:
    """What nodes say, the same words once: most nodes first."""
    nodes: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for number, name, requirements in answer.refusals:
        # Several plugins may say the same of a claim.
        said = {(requirement.reason, requirement.path): requirement for requirement in reversed(requirements)}
        for key, requirement in reversed(said.items()):
            nodes[key] += number
            if key not in first:
                first[key] = name, requirement.detail
    for (reason, path), number in nodes.most_common(_SHOWN):
        name, detail = first[reason, path]
        yield Refusal(number, name, reason, maker.cause(path) if path else None, detail)


def _core(bundle: Bundle, makers: Sequence[Maker], answer: Answer) -> Iterator[tuple[str, Cause | None]]:
    """The names of the unsatisfiable core as lines of manifests and nodes."""
    if all(name.startswith("pods ") for name in answer.core):
        # Every node refuses these pods for good: that is said of them already.
        return
    nodes = {node.metadata.name: node for node in bundle.nodes}
    for name in answer.core:
        kind, _, rest = name.partition(" ")
        if kind == "pods":
            maker = makers[int(rest)]
            yield f"{maker.title} wants {maker.counted}", maker.count_cause()
        elif kind == "capacity":
            number, _, reason = rest.split(" ", 2)
            chosen = answer.book.classes[int(number)]
            here = count(chosen.size, "node") + f" like {chosen.info.name}" if chosen.size > 1 else chosen.info.name
            yield f"{here}: {reason}", _offered(nodes[chosen.info.name], reason)
        else:
            index, number, _, path = rest.split(" ", 3)
            chosen = answer.book.classes[int(number)]
            yield f"{makers[int(index)].title} on nodes like {chosen.info.name}", makers[int(index)].cause(path)


def _offered(node: Node, reason: str) -> Cause | None:
    """The field of a node that a refusal for lack of room is about."""
    if reason != "Too many pods" and not reason.startswith("Insufficient "):
        return None
    resource = "pods" if reason == "Too many pods" else reason.removeprefix("Insufficient ")
    return at(node, f"status.{'allocatable' if node.status.allocatable else 'capacity'}[{resource}]")


# -- losses ----------------------------------------------------------------------------------------------------------


def _loss(name: str, like: int, answer: Answer, makers: Sequence[Maker], asked: Sequence[int]) -> Loss:
    rows = _rows(makers, asked, answer)
    return Loss(name, like, tuple(row for row in rows if row.answer.room is not Room.ALWAYS))
