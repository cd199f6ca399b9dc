"""A ``KubeSchedulerConfiguration`` as far as scores go: weights, disabled plugins, and how some of them score.

Source: pkg/scheduler/apis/config/v1/{defaults,default_plugins}.go, pkg/scheduler/apis/config/validation and
``expandMultiPointPlugins`` in pkg/scheduler/framework/runtime/framework.go (kubernetes/kubernetes). What a
configuration says of anything else is listed as not honoured; what would make scores unknowable (extenders, plugins of
other makers) is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from kverify.api.types.affinity import TopologySpreadConstraint
from kverify.manifest import Document, Severity, read_paths
from kverify.manifest.nodes import FieldPath, format_path
from kverify.manifest.span import Span
from kverify.model.scheduling import inter_pod_affinity, node_resources_fit, pod_topology_spread
from kverify.model.scheduling.scoring import DEFAULT_SCORES, ScorePlugin
from kverify.model.scheduling.scoring import inter_pod_affinity as affinity
from kverify.model.scheduling.scoring import node_resources_balanced_allocation as balance
from kverify.model.scheduling.scoring import node_resources_fit as resources
from kverify.model.scheduling.scoring import pod_topology_spread as spread
from kverify.model.scheduling.scoring.configuration import Scoring

GROUP = "kubescheduler.config.k8s.io/v1"
KIND = "KubeSchedulerConfiguration"
DEFAULT_NAME = "default-scheduler"
WEIGHTS = {plugin.name: plugin.weight for plugin in DEFAULT_SCORES}
WITHOUT_SCORES = frozenset(
    {
        "PrioritySort",
        "NodeUnschedulable",
        "NodeName",
        "NodePorts",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "DefaultPreemption",
        "DefaultBinder",
        "SchedulingGates",
        "DynamicResources",
    }
)
"""Plugins of kube-scheduler that give no scores (VolumeBinding only behind a feature gate)."""
_TOP = ("profiles", "percentageOfNodesToScore", "extenders")
_NO_MATTER = (
    "apiVersion",
    "kind",
    "metadata",
    "parallelism",
    "leaderElection",
    "clientConnection",
    "healthzBindAddress",
    "metricsBindAddress",
    "enableProfiling",
    "enableContentionProfiling",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    "delayCacheUntilActive",
)
"""Fields that change how fast and where a scheduler runs, not what it decides."""
STRATEGIES = ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")


class SchedulerConfigurationError(ValueError):
    """The configuration cannot be followed. Every line is one problem, with its place, its field and the mend."""


def read(path: str) -> Scoring:
    """What the configuration in a file says. Raises :class:`SchedulerConfigurationError`."""
    result = read_paths([path])
    broken = [f"{d.span}: {d.message}" for d in result.diagnostics if d.severity is Severity.ERROR]
    if broken:
        raise SchedulerConfigurationError("\n".join(broken))
    if len(result.documents) != 1:
        number = len(result.documents) or "no"
        raise SchedulerConfigurationError(f"{path}: the file has {number} documents; one {KIND} is expected")
    reader = _Reader(result.documents[0], [], [])
    scoring = reader.scoring()
    if reader.problems:
        raise SchedulerConfigurationError("\n".join(f"{span}: {text}" for span, text in sorted(reader.problems)))
    return evolve(scoring, notes=tuple(reader.notes))


@frozen(eq=False)
class _Reader:
    """The document, what is wrong with it, and what of it counts for nothing."""

    document: Document
    problems: list[tuple[Span, str]]
    notes: list[str]

    def scoring(self) -> Scoring:
        """The whole configuration."""
        top = self.mapping(self.document.plain, ())
        if (top.get("apiVersion"), top.get("kind")) != (GROUP, KIND):
            found = f"{top.get('apiVersion')}, kind {top.get('kind')}"
            self.wrong((), f"this is {found}; expected is {GROUP}, kind {KIND}")
            return Scoring()
        self.known(top, (), (*_TOP, *_NO_MATTER))
        if self.items(top.get("extenders"), ("extenders",)):
            self.wrong(("extenders",), "what extenders filter and prefer is not known; leave them out to ask without")
        number, profile = self.profile(self.items(top.get("profiles"), ("profiles",)))
        place: FieldPath = () if number is None else ("profiles", number)
        self.known(profile, place, ("schedulerName", "plugins", "pluginConfig", "percentageOfNodesToScore"))
        weights = self.weights(profile.get("plugins"), (*place, "plugins"))
        percentage = self.number(top.get("percentageOfNodesToScore"), ("percentageOfNodesToScore",), 0, 100)
        own = self.number(profile.get("percentageOfNodesToScore"), (*place, "percentageOfNodesToScore"), 0, 100)
        configured = self.configured(profile.get("pluginConfig"), (*place, "pluginConfig"))
        plugins = tuple(
            evolve(configured.get(plugin.name, plugin), weight=weights[plugin.name])
            for plugin in DEFAULT_SCORES
            if plugin.name in weights
        )
        return Scoring(plugins, every_node=(percentage if own is None else own) == 100)

    def profile(self, profiles: list[object]) -> tuple[int | None, dict[str, object]]:
        """The profile of the default scheduler, and its number; an empty one where there are no profiles."""
        if not profiles:
            return None, {}
        maps = [self.mapping(item, ("profiles", i)) for i, item in enumerate(profiles)]
        names = [item.get("schedulerName", DEFAULT_NAME if len(maps) == 1 else None) for item in maps]
        if DEFAULT_NAME not in names:
            if len(maps) == 1:
                self.notes.append(f"all pods are taken to name the scheduler {names[0]}")
                return 0, maps[0]
            self.wrong(("profiles",), f"none of the profiles has the schedulerName {DEFAULT_NAME}")
            return None, {}
        number = names.index(DEFAULT_NAME)
        for i, name in enumerate(names):
            if i != number:
                self.ignored(("profiles", i), f"pods are taken to be scheduled by {DEFAULT_NAME}, not {name}")
        return number, maps[number]

    # -- plugins -------------------------------------------------------------------------------------------------------

    def weights(self, value: object, place: FieldPath) -> dict[str, int]:
        """The score plugins that are enabled, with their weights."""
        points = self.mapping(value, place)
        for point in points:
            if point not in ("multiPoint", "score"):
                self.ignored((*place, point), "only scores are configured; everything else stays the default profile's")
        weights = dict(WEIGHTS)
        for point in ("multiPoint", "score"):
            here = (*place, point)
            chosen = self.mapping(points.get(point), here)
            self.known(chosen, here, ("enabled", "disabled"))
            for i, item in enumerate(self.items(chosen.get("disabled"), (*here, "disabled"))):
                name = self.name(item, (*here, "disabled", i))
                weights = {} if name == "*" else {other: weight for other, weight in weights.items() if other != name}
                if point == "multiPoint":
                    self.ignored((*here, "disabled", i), "scores apart: the filters stay those of the default profile")
            for i, item in enumerate(self.items(chosen.get("enabled"), (*here, "enabled"))):
                at = (*here, "enabled", i)
                name = self.name(item, at)
                weight = self.number(self.mapping(item, at).get("weight"), (*at, "weight"), 0, None)
                if name in WEIGHTS:
                    weights[name] = weight or 1
                elif name not in WITHOUT_SCORES:
                    near = difflib.get_close_matches(name, [*WEIGHTS, *WITHOUT_SCORES], 1)
                    hint = f"did you mean {near[0]}?" if near else "leave it out to ask without it"
                    self.wrong(at, f"{name or 'a plugin without a name'} is no plugin of kube-scheduler; {hint}")
        return weights

    def name(self, item: object, place: FieldPath) -> str:
        return str(self.mapping(item, place).get("name") or "")

    def configured(self, value: object, place: FieldPath) -> dict[str, ScorePlugin]:
        """The plugins that ``pluginConfig`` has arguments for."""
        readers = {
            node_resources_fit.NAME: self.fit,
            balance.NAME: self.balanced,
            inter_pod_affinity.NAME: self.pod_affinity,
            pod_topology_spread.NAME: self.spread,
        }
        found: dict[str, ScorePlugin] = {}
        for i, item in enumerate(self.items(value, place)):
            entry = self.mapping(item, (*place, i))
            name, at = str(entry.get("name") or ""), (*place, i, "args")
            arguments = self.mapping(entry.get("args"), at)
            if name in readers:
                found[name] = readers[name](arguments, at)
            elif arguments:
                self.ignored(at, f"the arguments of {name} are those of the default profile")
        return found

    def fit(self, arguments: dict[str, object], place: FieldPath) -> ScorePlugin:
        self.honoured(arguments, place, ("scoringStrategy",), ("ignoredResources", "ignoredResourceGroups"))
        at = (*place, "scoringStrategy")
        strategy = self.mapping(arguments.get("scoringStrategy"), at)
        self.known(strategy, at, ("type", "resources", "requestedToCapacityRatio"))
        kind = str(strategy.get("type", STRATEGIES[0]))
        if kind not in STRATEGIES:
            self.wrong((*at, "type"), f"{kind} is not one of {', '.join(STRATEGIES)}")
        shape: tuple[tuple[int, int], ...] = ()
        if kind == STRATEGIES[2]:
            where = (*at, "requestedToCapacityRatio", "shape")
            ratio = self.mapping(strategy.get("requestedToCapacityRatio"), where[:-1])
            shape = tuple(self.points(ratio.get("shape"), where))
            if not shape:
                self.wrong(at, f"{kind} needs requestedToCapacityRatio.shape with at least one point")
        amounts = self.amounts(strategy.get("resources"), (*at, "resources"))
        return resources.plugin(resources.Strategy(kind, amounts, shape))

    def points(self, value: object, place: FieldPath) -> Iterator[tuple[int, int]]:
        before = -1
        for i, item in enumerate(self.items(value, place)):
            point = self.mapping(item, (*place, i))
            used = self.number(point.get("utilization", 0), (*place, i, "utilization"), 0, 100) or 0
            if used <= before:
                self.wrong((*place, i, "utilization"), f"utilizations rise from point to point; {before} came before")
            before = used
            yield used, self.number(point.get("score", 0), (*place, i, "score"), 0, 10) or 0

    def amounts(self, value: object, place: FieldPath) -> resources.Resources:
        found = []
        for i, item in enumerate(self.items(value, place)):
            entry = self.mapping(item, (*place, i))
            weight = self.number(entry.get("weight"), (*place, i, "weight"), 0, 100) or 1
            found.append((self.name(item, (*place, i)), weight))
        return tuple(found) or resources.CPU_AND_MEMORY

    def balanced(self, arguments: dict[str, object], place: FieldPath) -> ScorePlugin:
        self.honoured(arguments, place, ("resources",))
        return balance.plugin(self.amounts(arguments.get("resources"), (*place, "resources")))

    def pod_affinity(self, arguments: dict[str, object], place: FieldPath) -> ScorePlugin:
        self.honoured(arguments, place, ("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"))
        hard = self.number(arguments.get("hardPodAffinityWeight"), (*place, "hardPodAffinityWeight"), 0, 100)
        only_own = arguments.get("ignorePreferredTermsOfExistingPods") is True
        return affinity.plugin(1 if hard is None else hard, only_own=only_own)

    def spread(self, arguments: dict[str, object], place: FieldPath) -> ScorePlugin:
        self.honoured(arguments, place, ("defaultConstraints", "defaultingType"))
        kind = arguments.get("defaultingType", "System")
        at = (*place, "defaultConstraints")
        rows = self.items(arguments.get("defaultConstraints"), at)
        if kind not in ("System", "List"):
            self.wrong((*place, "defaultingType"), f"{kind} is not one of System and List")
        if kind == "System":
            if rows:
                self.wrong(at, "constraints need defaultingType: List")
            return spread.plugin()
        return spread.plugin(tuple(self.constraint(item, (*at, i)) for i, item in enumerate(rows)))

    def constraint(self, item: object, place: FieldPath) -> TopologySpreadConstraint:
        entry = self.mapping(item, place)
        self.honoured(entry, place, ("maxSkew", "topologyKey", "whenUnsatisfiable"))
        effect = str(entry.get("whenUnsatisfiable", ""))
        if effect == "DoNotSchedule":
            self.ignored((*place, "whenUnsatisfiable"), "the filters stay those of the default profile")
        elif effect != spread.ANYWAY:
            self.wrong((*place, "whenUnsatisfiable"), f"it is DoNotSchedule or {spread.ANYWAY}")
        if not entry.get("topologyKey"):
            self.wrong(place, "a constraint needs a topologyKey")
        return TopologySpreadConstraint(
            max_skew=self.number(entry.get("maxSkew", 0), (*place, "maxSkew"), 1, None) or 1,
            topology_key=str(entry.get("topologyKey") or ""),
            when_unsatisfiable=effect,
        )

    # -- values --------------------------------------------------------------------------------------------------------

    def mapping(self, value: object, place: FieldPath) -> dict[str, object]:
        """A map; an empty one for nothing."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.wrong(place, "expected is a mapping")
        return {}

    def items(self, value: object, place: FieldPath) -> list[object]:
        """A list; an empty one for nothing."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.wrong(place, "expected is a list")
        return []

    def number(self, value: object, place: FieldPath, least: int, most: int | None) -> int | None:
        """An integer within bounds, or ``None`` for nothing and for what is wrong."""
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or value < least
            or (most is not None and value > most)
        ):
            bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"
            self.wrong(place, f"expected is a number {bounds}, not {value!r}")
            return None
        return value

    def known(self, found: dict[str, object], place: FieldPath, names: Iterable[str]) -> None:
        """Refuse fields that there are not."""
        possible = list(names)
        for name in found:
            if name not in possible:
                near = difflib.get_close_matches(name, possible, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                text = f"{format_path((*place, name))}: there is no such field{hint}"
                self.problems.append((self.document.locate_key((*place, name)), text))

    def honoured(
        self, found: dict[str, object], place: FieldPath, names: Iterable[str], filtering: Iterable[str] = ()
    ) -> None:
        """Arguments that are read, and those that change a filter and are not."""
        here, ignored = tuple(names), tuple(filtering)
        self.known(found, place, (*here, *ignored, "apiVersion", "kind"))
        for name in ignored:
            if found.get(name):
                self.ignored((*place, name), "the filters stay those of the default profile")

    def wrong(self, place: FieldPath, sentence: str) -> None:
        path = f"{format_path(place)}: " if place else ""
        self.problems.append((self.document.locate(place), f"{path}{sentence}"))

    def ignored(self, place: FieldPath, why: str) -> None:
        self.notes.append(f"{format_path(place)} at {self.document.locate(place)} is not honoured: {why}")
