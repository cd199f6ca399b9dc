"""NodeAffinity: the weights of the preferred terms that a node matches.

Source: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go and ``NewPreferredSchedulingTerms`` in
k8s.io/component-helpers/scheduling/corev1/nodeaffinity. Terms with weight 0 and empty terms are passed over. A required
term that cannot be parsed matches nothing; a preferred one fails the pod, for all nodes alike. The API server lets two
kinds of them pass: a value for Gt or Lt that is no integer, and a value that no label can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kverify.api.labels import parse_int64
from kverify.api.types.affinity import NodeSelectorRequirement, NodeSelectorTerm, PreferredSchedulingTerm
from kverify.model.scheduling.framework import PodInfo, Snapshot
from kverify.model.scheduling.node_affinity import NAME, term_matches
from kverify.model.scheduling.scoring.framework import ScorePlugin, ScoringError, normalised

_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_BAD_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE}')"
)
_TOO_LONG = "must be no more than 63 bytes"
_LABEL_VALUE = re.compile(_VALUE, re.ASCII)


def score(pod: PodInfo, nodes: Sequence[int], snapshot: Snapshot) -> list[int] | None:
    """The sum of the weights of the terms that match. Raises :class:`ScoringError`."""
    affinity = pod.spec.affinity
    if affinity is None or affinity.node_affinity is None:
        return None
    preferred = affinity.node_affinity.preferred_during_scheduling_ignored_during_execution
    if not preferred:
        return None
    problems = list(dict.fromkeys(_problems(preferred)))
    if problems:
        text = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise ScoringError(f'running PreScore plugin "{NAME}": {text}')
    return normalised(
        [sum(t.weight for t in preferred if term_matches(t.preference, snapshot.nodes[node])) for node in nodes]
    )


PLUGIN = ScorePlugin(NAME, score, weight=2)


def _problems(preferred: Sequence[PreferredSchedulingTerm]) -> Iterator[str]:
    """What the parser says, with its paths."""
    for index, term in enumerate(preferred):
        preference = term.preference
        if term.weight and (preference.match_expressions or preference.match_fields):
            yield from _term_problems(preference, f"[{index}]")


def _term_problems(term: NodeSelectorTerm, path: str) -> Iterator[str]:
    for i, requirement in enumerate(term.match_expressions):
        yield from _requirement_problems(requirement, f"{path}.matchExpressions[{i}]")
    for i, requirement in enumerate(term.match_fields):
        if requirement.operator not in ("In", "NotIn"):
            yield f'{path}.matchFields[{i}].operator: Unsupported value: "{requirement.operator}"'
        elif len(requirement.values) != 1:
            yield f"{path}.matchFields[{i}].values: Invalid value: must have one element"


def _requirement_problems(requirement: NodeSelectorRequirement, path: str) -> Iterator[str]:
    """``labels.NewRequirement``, as far as the API server lets it come to this."""
    if requirement.operator in ("Gt", "Lt"):
        for i, value in enumerate(requirement.values):
            if parse_int64(value) is None:
                text = "for 'Gt', 'Lt' operators, the value must be an integer"
                yield f'{path}.values[{i}]: Invalid value: "{value}": {text}'
    for i, value in enumerate(requirement.values):
        wrong = [_TOO_LONG] if len(value.encode()) > 63 else []
        wrong += [] if _LABEL_VALUE.fullmatch(value) else [_BAD_VALUE]
        if wrong:
            yield f'{path}.values[{i}][{requirement.key}]: Invalid value: "{value}": {"; ".join(wrong)}'
