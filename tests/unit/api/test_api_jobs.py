"""Rules of jobs and cron jobs, one row per rule: snippet of the spec, then the paths that are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.validation.job_policies import read_indexes
from tests.unit.api.workload_cases import manifest, refused, warned

INDEXED = "completionMode: Indexed, completions: 5, parallelism: 5"


def rules(*parts: str) -> str:
    return f"podFailurePolicy: {{rules: [{', '.join(parts)}]}}"


CONDITION = "{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}"
SPEC_RULES = [
    ("", []),
    ("parallelism: -1", ["parallelism"]),
    ("completions: -1", ["completions"]),
    ("activeDeadlineSeconds: -1", ["activeDeadlineSeconds"]),
    ("activeDeadlineSeconds: 0", []),
    ("backoffLimit: -1", ["backoffLimit"]),
    ("ttlSecondsAfterFinished: -1", ["ttlSecondsAfterFinished"]),
    ("completionMode: indexed", ["completionMode"]),
    ("completionMode: ''", ["completionMode"]),
    ("{completionMode: Indexed, parallelism: 3}", ["completions"]),
    (f"{{{INDEXED}}}", []),
    ("{completionMode: Indexed, completions: 5, parallelism: 100001}", ["parallelism"]),
    ("{completionMode: Indexed, completions: 5, parallelism: 100000}", []),
    ("{completionMode: Indexed, completions: 100000, parallelism: 1, backoffLimitPerIndex: 1}", []),
    (
        "{completionMode: Indexed, completions: 200000, parallelism: 1, backoffLimitPerIndex: 1,"
        " maxFailedIndexes: 10000}",
        [],
    ),
    ("backoffLimitPerIndex: 1", ["backoffLimitPerIndex"]),
    ("maxFailedIndexes: 1", ["backoffLimitPerIndex", "maxFailedIndexes"]),
    (f"{{{INDEXED}, backoffLimitPerIndex: -1}}", ["backoffLimitPerIndex"]),
    (f"{{{INDEXED}, maxFailedIndexes: 1}}", ["backoffLimitPerIndex"]),
    (f"{{{INDEXED}, backoffLimitPerIndex: 1, maxFailedIndexes: -1}}", ["maxFailedIndexes"]),
    (f"{{{INDEXED}, backoffLimitPerIndex: 1, maxFailedIndexes: 6}}", ["maxFailedIndexes"]),
    (
        "{completionMode: Indexed, completions: 200000, parallelism: 1, backoffLimitPerIndex: 1}",
        ["maxFailedIndexes"],
    ),
    (
        "{completionMode: Indexed, completions: 200000, parallelism: 10001, backoffLimitPerIndex: 1,"
        " maxFailedIndexes: 10001}",
        ["maxFailedIndexes", "parallelism"],
    ),
    (
        "{completionMode: Indexed, completions: 200000, parallelism: 1, backoffLimitPerIndex: 1,"
        " maxFailedIndexes: 100001}",
        ["maxFailedIndexes"],
    ),
    (
        "{completionMode: Indexed, completions: 200000, parallelism: 1, maxFailedIndexes: 100001}",
        ["backoffLimitPerIndex", "maxFailedIndexes"],
    ),
    ("managedBy: ''", ["managedBy"]),
    ("managedBy: abc", ["managedBy"]),
    ("managedBy: /abc", ["managedBy"]),
    ("managedBy: A.b/c", ["managedBy"]),
    ("managedBy: a.b/c d", ["managedBy"]),
    (f"managedBy: a.b/{'c' * 60}", ["managedBy"]),
    (f"managedBy: a.b/{'c' * 59}", []),
    ("podReplacementPolicy: Never", ["podReplacementPolicy"]),
    ("podReplacementPolicy: TerminatingOrFailed", []),
    (f"{{podReplacementPolicy: TerminatingOrFailed, {rules(CONDITION)}}}", ["podReplacementPolicy"]),
    (f"{{podReplacementPolicy: Failed, {rules(CONDITION)}}}", []),
    ("template: {spec: {restartPolicy: null}}", ["template.spec.restartPolicy"]),
    ("template: {spec: {restartPolicy: Always}}", ["template.spec.restartPolicy"]),
    ("template: {spec: {restartPolicy: Sometimes}}", ["template.spec.restartPolicy"]),
    ("template: {spec: {restartPolicy: OnFailure}}", []),
    (f"{{template: {{spec: {{restartPolicy: OnFailure}}}}, {rules(CONDITION)}}}", ["template.spec.restartPolicy"]),
    ("template: {spec: {containers: []}}", ["template.spec.containers"]),
]


@pytest.mark.parametrize(("snippet", "expected"), SPEC_RULES)
def test_jobs_and_the_templates_of_cron_jobs(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("Job", snippet)) == [f"spec.{path}" for path in expected]
    if "completionMode: Indexed, parallelism" in snippet or "maxFailedIndexes: 1" in snippet or INDEXED in snippet:
        return
    nested = manifest("CronJob", f"jobTemplate: {{spec: {snippet if snippet[:1] == '{' else '{' + snippet + '}'}}}")
    assert refused(nested) == [f"spec.jobTemplate.spec.{path}" for path in expected]


RULE = "podFailurePolicy.rules[0]"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{action: FailJob, onExitCodes: {operator: In, values: [1, 2]}}", []),
        ("{onExitCodes: {operator: In, values: [1]}}", [f"{RULE}.action"]),
        ("{action: Retry, onExitCodes: {operator: In, values: [1]}}", [f"{RULE}.action"]),
        ("{action: FailIndex, onExitCodes: {operator: In, values: [1]}}", [f"{RULE}.action"]),
        ("{action: Count}", [RULE]),
        ("{action: Count, onExitCodes: {operator: In, values: [1]}, onPodConditions: [{type: a}]}", [RULE]),
        ("{action: Count, onExitCodes: {values: [1]}}", [f"{RULE}.onExitCodes.operator"]),
        ("{action: Count, onExitCodes: {operator: Is, values: [1]}}", [f"{RULE}.onExitCodes.operator"]),
        ("{action: Count, onExitCodes: {operator: In}}", [f"{RULE}.onExitCodes.values"]),
        ("{action: Count, onExitCodes: {operator: In, values: [0]}}", [f"{RULE}.onExitCodes.values[0]"]),
        ("{action: Count, onExitCodes: {operator: NotIn, values: [0]}}", []),
        ("{action: Count, onExitCodes: {operator: In, values: [1, 1]}}", [f"{RULE}.onExitCodes.values[1]"]),
        ("{action: Count, onExitCodes: {operator: In, values: [2, 1]}}", [f"{RULE}.onExitCodes.values"]),
        (
            f"{{action: Count, onExitCodes: {{operator: In, values: {list(range(1, 257))}}}}}",
            [f"{RULE}.onExitCodes.values"],
        ),
        (
            "{action: Count, onExitCodes: {containerName: d, operator: In, values: [1]}}",
            [f"{RULE}.onExitCodes.containerName"],
        ),
        ("{action: Count, onExitCodes: {containerName: c, operator: In, values: [1]}}", []),
        ("{action: Count, onPodConditions: [{type: ''}]}", [f"{RULE}.onPodConditions[0].type"]),
        ("{action: Count, onPodConditions: [{type: a, status: Maybe}]}", [f"{RULE}.onPodConditions[0].status"]),
        (f"{{action: Count, onPodConditions: [{', '.join(['{type: a}'] * 21)}]}}", [f"{RULE}.onPodConditions"]),
    ],
)
def test_failure_policies(rule: str, expected: list[str]) -> None:
    assert refused(manifest("Job", rules(rule))) == [f"spec.{path}" for path in expected]


def test_more_about_failure_policies() -> None:
    assert refused(manifest("Job", rules(*[CONDITION] * 21))) == ["spec.podFailurePolicy.rules"]
    assert refused(manifest("Job", rules(*[CONDITION] * 20))) == []
    per_index = f"{INDEXED}, backoffLimitPerIndex: 1"
    fail_index = "{action: FailIndex, onExitCodes: {operator: In, values: [1]}}"
    assert refused(manifest("Job", f"{{{per_index}, {rules(fail_index)}}}")) == []
    init = "template: {spec: {initContainers: [{name: d, image: i:1}]}}"
    named = "{action: Count, onExitCodes: {containerName: d, operator: In, values: [1]}}"
    assert refused(manifest("Job", f"{{{init}, {rules(named)}}}")) == []


PLACE = "spec.successPolicy.rules[0]"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("{rules: [{succeededCount: 5}]}", []),
        ("{rules: []}", ["spec.successPolicy.rules"]),
        (f"{{rules: [{', '.join(['{succeededCount: 1}'] * 21)}]}}", ["spec.successPolicy.rules"]),
        ("{rules: [{}]}", [PLACE]),
        ("{rules: [{succeededCount: -1}]}", [f"{PLACE}.succeededCount"]),
        ("{rules: [{succeededCount: 6}]}", [f"{PLACE}.succeededCount"]),
        ("{rules: [{succeededIndexes: '0,2-4', succeededCount: 4}]}", []),
        ("{rules: [{succeededIndexes: '0,2-4', succeededCount: 5}]}", [f"{PLACE}.succeededCount"]),
        ("{rules: [{succeededIndexes: '2-5'}]}", [f"{PLACE}.succeededIndexes"]),
        (
            "{rules: [{succeededIndexes: '2-5', succeededCount: 1}]}",
            [f"{PLACE}.succeededCount", f"{PLACE}.succeededIndexes"],
        ),
        ("{rules: [{succeededIndexes: ''}]}", []),
    ],
)
def test_success_policies(policy: str, expected: list[str]) -> None:
    assert refused(manifest("Job", f"{{{INDEXED}, successPolicy: {policy}}}")) == expected


def test_lists_of_indexes_are_not_longer_than_64_kibibytes() -> None:
    numbers = ",".join(map(str, range(9000)))
    indexed = {"completionMode": "Indexed", "completions": 9000, "parallelism": 1}
    for length, expected in ((65536, []), (65537, [f"{PLACE}.succeededIndexes"])):
        text = "0" * (length - len(numbers)) + numbers
        policy = {"rules": [{"succeededIndexes": text}]}
        assert refused(manifest("Job", json.dumps({**indexed, "successPolicy": policy}))) == expected


def test_success_policies_are_for_indexed_jobs() -> None:
    assert refused(manifest("Job", "successPolicy: {rules: [{succeededCount: 1}]}")) == ["spec.successPolicy"]


@pytest.mark.parametrize(
    ("text", "total"),
    [
        *[("0", 1), ("0-1", 2), ("0,2-4,9", 5), ("+1", 1), ("1-1", 0), ("3-1", 0), ("1,1", 0), ("2,1", 0)],
        *[("10", 0), ("5-10", 0), ("1-2-3", 0), ("a", 0), ("1-", 0), ("-1", 0), (",1", 0), ("1, 2", 0), ("1-3,3", 0)],
    ],
)
def test_lists_of_indexes(text: str, total: int) -> None:
    found, why = read_indexes(text, 10)
    assert (found, why == "") == (total, total > 0)


@given(st.sets(st.integers(0, 40)))
def test_every_set_of_indexes_is_read_back(indexes: set[int]) -> None:
    intervals: list[list[int]] = []
    for number in sorted(indexes):
        if intervals and intervals[-1][1] == number - 1:
            intervals[-1][1] = number
        else:
            intervals.append([number, number])
    text = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in intervals)
    assert read_indexes(text, 41) == (len(indexes), "")
    if indexes:
        assert read_indexes(text, max(indexes))[0] == 0


TEMPLATE_LABELS = "spec.template.metadata.labels"


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("selector: {matchLabels: {app: x}}", ["spec.selector", TEMPLATE_LABELS]),
        ("{selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}}}", ["spec.selector"]),
        ("selector: {matchLabels: {job-name: x}}", []),
        ("selector: {matchLabels: {job-name: y}}", ["spec.selector", TEMPLATE_LABELS]),
        ("selector: {matchLabels: {controller-uid: a}}", ["spec.selector", TEMPLATE_LABELS]),
        ("selector: {matchLabels: {'a b': c}}", ["spec.selector.matchLabels"]),
        ("selector: {}", []),
        ("template: {metadata: {labels: {job-name: y}}}", [f"{TEMPLATE_LABELS}[job-name]"]),
        ("template: {metadata: {labels: {controller-uid: a}}}", [f"{TEMPLATE_LABELS}[controller-uid]"]),
        ("manualSelector: true", ["spec.selector", TEMPLATE_LABELS]),
        ("{manualSelector: true, selector: {matchLabels: {app: x}}}", [TEMPLATE_LABELS]),
        (
            "{manualSelector: true, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}}}",
            [],
        ),
        ("{manualSelector: true, template: {metadata: {labels: {job-name: y}}}, selector: {}}", []),
    ],
)
def test_selectors_of_jobs(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("Job", snippet)) == expected


def test_a_live_job_is_accepted_as_it_is() -> None:
    labels = {"controller-uid": "u", "batch.kubernetes.io/controller-uid": "u", "job-name": "x"}
    spec = {
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}},
        "template": {"metadata": {"labels": labels}},
    }
    assert refused(manifest("Job", json.dumps(spec), top="metadata: {uid: u}")) == []
    assert refused(manifest("Job", json.dumps(spec), top="metadata: {uid: v}")) != []


@pytest.mark.parametrize(
    ("snippet", "name", "expected"),
    [
        ("", "a" * 64, ["spec.template.labels"]),
        ("template: {metadata: {labels: {app: x}}}", "a" * 64, ["metadata.labels", "spec.template.labels"]),
        ("manualSelector: true, selector: {}, template: {metadata: {labels: {app: x}}}", "a" * 64, []),
        (INDEXED, "a" * 61, []),
        (INDEXED, "a" * 62, ["metadata.name"]),
        (INDEXED, "a.b", ["metadata.name"]),
        ("completionMode: Indexed, completions: 0", "a.b", []),
        ("", "A", ["metadata.name"]),
    ],
)
def test_names_of_jobs(snippet: str, name: str, expected: list[str]) -> None:
    assert refused(manifest("Job", f"{{{snippet}}}", top=f"metadata: {{name: {name}}}")) == expected


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("schedule: null", ["spec.schedule"]),
        ("schedule: '* * * *'", ["spec.schedule"]),
        ("schedule: 'TZ=UTC * * * * *'", ["spec.schedule"]),
        ("schedule: '0 0 30 2 *'", []),
        ("startingDeadlineSeconds: -1", ["spec.startingDeadlineSeconds"]),
        ("startingDeadlineSeconds: 0", []),
        ("timeZone: ''", ["spec.timeZone"]),
        ("timeZone: Local", ["spec.timeZone"]),
        ("timeZone: Europe/Nowhere", ["spec.timeZone"]),
        ("timeZone: Europe/Berlin", []),
        ("concurrencyPolicy: forbid", ["spec.concurrencyPolicy"]),
        ("successfulJobsHistoryLimit: -1", ["spec.successfulJobsHistoryLimit"]),
        ("failedJobsHistoryLimit: -1", ["spec.failedJobsHistoryLimit"]),
        ("failedJobsHistoryLimit: 0", []),
        ("jobTemplate: {spec: {selector: {}}}", ["spec.jobTemplate.spec.selector"]),
        ("jobTemplate: {spec: {manualSelector: true}}", ["spec.jobTemplate.spec.manualSelector"]),
        ("jobTemplate: {spec: {manualSelector: false}}", []),
        # Nobody looks at the metadata of the template.
        ("jobTemplate: {metadata: {labels: {'a b': c}}}", []),
    ],
)
def test_cron_jobs(snippet: str, expected: list[str]) -> None:
    assert refused(manifest("CronJob", snippet)) == expected


def test_the_labels_of_a_live_job_are_the_templates() -> None:
    assert refused(manifest("Job", top=f"metadata: {{uid: u, name: {'a' * 64}}}")) == ["spec.template.labels"]


def test_names_of_cron_jobs() -> None:
    assert refused(manifest("CronJob", top="metadata: {name: A}")) == ["metadata.name"]
    assert refused(manifest("CronJob", top=f"metadata: {{name: {'a' * 52}}}")) == []
    assert refused(manifest("CronJob", top=f"metadata: {{name: {'a' * 53}}}")) == ["metadata.name"]


def test_what_is_accepted_and_worth_a_word() -> None:
    assert warned(manifest("CronJob", top="metadata: {name: a.b}")) == ["metadata.name"]
    assert warned(manifest("Job", top="metadata: {name: a.b}")) == ["metadata.name"]
    many = "{completionMode: Indexed, completions: 200000, parallelism: 10001}"
    assert warned(manifest("Job", many)) == ["spec.parallelism"]
    assert warned(manifest("Job", many.replace("10001", "10000"))) == []
    assert warned(manifest("CronJob", "schedule: '0 0 30 2 *'")) == ["spec.schedule"]


def test_the_scheduling_of_jobs_is_dropped() -> None:
    obj = manifest("Job", "scheduling: {schedulingPolicy: {gang: {minCount: 2}}}")
    assert refused(obj, "1.36") == ["spec.scheduling"]
    assert warned(obj, "1.37") == ["spec.scheduling"]
