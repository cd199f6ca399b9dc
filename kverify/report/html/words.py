"""Names of variables and conditions over them in the words of Kubernetes.

The names are those that ``kverify.model.world.World`` and the components give; a name of another form stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kverify.model.world import NodeStatus

PHASES = {
    "pending": "pending",
    "starting": "not ready",
    "ready": "ready",
    "available": "available",
    "terminating": "terminating",
}
"""The phases of pods as people know them: a pod that starts, or whose node is lost, is not ready."""
_PLACES = (
    "a node that keeps it",
    "a node",
    "another such node",
    "another node",
    "one node",
    "the next node",
    "the node whose turn it is",
    "the nodes",
    "the node",
)
"""Places that are no node's names, those that begin like others first."""
_PLACE = rf"(?:{'|'.join(_PLACES)}|[A-Za-z0-9](?:[-.\w]*\w)?(?: or \d+ nodes? like it)?)"
_KEY = r"(?:\w[\w.-]*/[\w.-]+/)?\w[\w-]*"
_PHASE, _WHAT = "|".join(PHASES), "spec|seen|choosing|listed"
_POD = re.compile(rf"(?P<key>{_KEY})\.(?P<phase>{_PHASE})(?:@(?P<place>.+))?")
_COUNT = re.compile(rf"(?P<key>{_KEY})\.(?P<what>{_WHAT})")
_STATUS = re.compile(r"(?P<place>.+)\.status")
_IS = re.compile(rf"(?P<place>{_PLACE})\.status (?P<sign>[!=]=) (?P<index>\d+)")
_LEFT = re.compile(r"left\.(?P<event>.+)")
_WRITTEN = re.compile(r"(?P<workload>.+)\.(?P<what>target|template|replicas|annotated|asked)")
_NAME = re.compile(rf"{_KEY}\.(?:(?:{_PHASE})(?:@{_PLACE})?|(?:{_WHAT})\b)|{_PLACE}\.status|maintenance\.\w+")
_COUNTS = {
    "spec": "wanted pods of {}",
    "seen": "available pods of {}, as last reported",
    "choosing": "{} is choosing which pods to delete",
    "listed": "pods of {} that the drain has still to evict",
}
_SAID_OF = {
    "target": "the revision that {} asks for",
    "template": "the template of {}",
    "replicas": "spec.replicas of {}",
    "annotated": "replicas of {} that its ReplicaSets were told",
    "asked": "replicas that the load of {} asks for",
}
_FIXED = {
    "maintenance.turn": "nodes that have had their turn",
    "maintenance.cordoned": "a node is cordoned",
    "outage": "all readiness probes fail",
}
_SIZE = re.compile(r"\b(?:replicas|maxSurge|maxUnavailable)\b")
_SIGNS = (("<=", "≤"), (">=", "≥"), ("!=", "≠"), ("==", "="))
_RANK = "; rank: "
_INVARIANT = "invariant: "
_NOT_NEGATIVE = re.compile(rf"0 <= (?:{_NAME.pattern})")


def short(title: str) -> str:
    """``ReplicaSet web (new)`` as ``web (new)``."""
    return title.removeprefix("ReplicaSet ")


def variable(name: str, titles: Mapping[str, str]) -> str:
    """What the variable ``name`` is; ``titles`` are the revisions' by the keys that begin their variables' names."""
    if name in _FIXED:
        return _FIXED[name]
    if match := _POD.fullmatch(name):
        place = f" on {match['place']}" if match["place"] else ""
        return f"{PHASES[match['phase']]} pods of {_revision(match['key'], titles)}{place}"
    if match := _COUNT.fullmatch(name):
        return _COUNTS[match["what"]].format(_revision(match["key"], titles))
    if match := _STATUS.fullmatch(name):
        return match["place"]
    if match := _LEFT.fullmatch(name):
        return f"how often {match['event'].replace('_', ' ')} may still happen"
    if match := _WRITTEN.fullmatch(name):
        return _SAID_OF[match["what"]].format(match["workload"])
    return name


def _revision(key: str, titles: Mapping[str, str]) -> str:
    if key in titles:
        return short(titles[key])
    return f"the {key} revision" if key in ("old", "new") else key


def action(name: str, titles: Mapping[str, str]) -> str:
    """The name of an action with revisions and places as people call them: ``delete available web (old)``."""
    for key in sorted(titles, key=len, reverse=True):
        # A title may have characters that mean something in a replacement.
        name = short(titles[key]).join(re.split(rf"(?<![\w/.-]){re.escape(key)}(?![\w-])", name))
    return name.partition("@")[0]


def condition(text: str, titles: Mapping[str, str]) -> str:
    """A condition as ``to_text`` writes it, in words: ``wanted pods of web (new) ≤ replicas + maxSurge``."""
    said = _NAME.sub(lambda match: _counted(match[0], titles), _IS.sub(_is, text))
    for sign, shown in _SIGNS:
        said = said.replace(f" {sign} ", f" {shown} ")
    return said.replace(" - ", " − ").replace(" * ", " × ")


def _is(match: re.Match[str]) -> str:
    """``n1.status == 1``, a number in the order of ``NodeStatus``, as ``n1 is cordoned``."""
    status = NodeStatus.numbered(int(match["index"]))
    return f"{match['place']} is {'not ' * (match['sign'] == '!=')}{status.value}"


def _counted(name: str, titles: Mapping[str, str]) -> str:
    """A variable where it stands for a number."""
    match = _STATUS.fullmatch(name)
    return f"the status of {match['place']}" if match else variable(name, titles)


def invariant(evidence: str, titles: Mapping[str, str]) -> tuple[Sequence[str], str] | None:
    """The parts of an invariant in words, and the ranking function, empty if there is none; None for evidence of
    another kind. That no count is below 0 is said once."""
    if not evidence.startswith(_INVARIANT):
        return None
    whole, _, rank = evidence.removeprefix(_INVARIANT).partition(_RANK)
    parts = list(_conjuncts(whole))
    telling = [condition(part, titles) for part in parts if not _NOT_NEGATIVE.fullmatch(part)]
    if len(telling) < len(parts):
        telling.append("no number of pods is below 0")
    return telling, condition(rank, titles)


def _conjuncts(text: str) -> Iterator[str]:
    """The parts of ``a and (b or c) and d``."""
    depth, part = 0, list[str]()
    for word in re.split(r"( and |[()])", text):
        depth += (word == "(") - (word == ")")
        if word == " and " and depth == 0:
            yield "".join(part)
            part = []
        else:
            part.append(word)
    if part:
        yield "".join(part)


def names(text: str, titles: Mapping[str, str]) -> Sequence[str]:
    """What the conditions in ``text`` speak of, each once, in order."""
    sizes = dict.fromkeys(match[0] for match in _SIZE.finditer(text))
    pods = dict.fromkeys(_counted(match[0], titles) for match in _NAME.finditer(text))
    return (*sizes, *pods)
