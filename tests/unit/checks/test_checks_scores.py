"""Scheduler configurations, and what default spread constraints spread pods from, seen from ``kverify fit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.checks.fit import scheduler_configuration
from kverify.checks.fit.scheduler_configuration import SchedulerConfigurationError
from kverify.cli.main import main
from kverify.model.scheduling.scoring.configuration import Scoring

HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
D06 = Path(__file__).parents[2] / "scenarios" / "d06_greedy_fragmentation"


def scoring(tmp_path: Path, text: str) -> Scoring:
    path = tmp_path / "scheduler.yaml"
    path.write_text(HEAD + text, "utf-8")
    return scheduler_configuration.read(str(path))


def weights(tmp_path: Path, text: str) -> dict[str, int]:
    return {plugin.name: plugin.weight for plugin in scoring(tmp_path, text).plugins}


DEFAULT = {
    "TaintToleration": 3,
    "NodeAffinity": 2,
    "NodeResourcesFit": 1,
    "PodTopologySpread": 2,
    "InterPodAffinity": 2,
    "NodeResourcesBalancedAllocation": 1,
    "ImageLocality": 1,
}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ("profiles: []\n", {}),
        ("profiles: [{plugins: {score: {disabled: [{name: ImageLocality}]}}}]\n", {"ImageLocality": None}),
        ("profiles: [{plugins: {score: {enabled: [{name: NodeAffinity, weight: 9}]}}}]\n", {"NodeAffinity": 9}),
        ("profiles: [{plugins: {multiPoint: {enabled: [{name: TaintToleration}]}}}]\n", {"TaintToleration": 1}),
        (
            "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: ImageLocality, weight: 4}]}}}]\n",
            {**dict.fromkeys(DEFAULT), "ImageLocality": 4},
        ),
        ("profiles: [{schedulerName: a}, {schedulerName: default-scheduler}]\n", {}),
    ],
)
def test_weights(tmp_path: Path, text: str, changed: dict[str, int | None]) -> None:
    expected = {name: weight for name, weight in {**DEFAULT, **changed}.items() if weight is not None}
    assert weights(tmp_path, text) == expected


def test_all_nodes_are_scored_where_the_profile_says_so(tmp_path: Path) -> None:
    assert not scoring(tmp_path, "").every_node
    assert scoring(tmp_path, "percentageOfNodesToScore: 100\n").every_node
    own = "percentageOfNodesToScore: 100\nprofiles: [{percentageOfNodesToScore: 50}]\n"
    assert not scoring(tmp_path, own).every_node


def test_what_is_not_honoured_is_named(tmp_path: Path) -> None:
    notes = scoring(
        tmp_path,
        "profiles:\n- plugins:\n    filter: {disabled: [{name: NodePorts}]}\n"
        "    multiPoint: {disabled: [{name: NodeName}]}\n"
        "  pluginConfig:\n  - {name: NodeResourcesFit, args: {ignoredResources: [a.io/b]}}\n"
        "  - {name: NodeAffinity, args: {addedAffinity: {}}}\n",
    ).notes
    fields = [note.split(" at ")[0] for note in notes]
    assert fields == [
        "profiles[0].plugins.filter",
        "profiles[0].plugins.multiPoint.disabled[0]",
        "profiles[0].pluginConfig[0].args.ignoredResources",
        "profiles[0].pluginConfig[1].args",
    ]
    assert all(" is not honoured: " in note for note in notes)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("profile: []\n", "3:1: profile: there is no such field; did you mean profiles?"),
        ("profiles: {}\n", "profiles: expected is a list"),
        ("profiles: [{schedulerName: a}, {schedulerName: b}]\n", "none of the profiles has the schedulerName"),
        ("extenders: [{urlPrefix: x}]\n", "extenders: what extenders filter and prefer is not known"),
        ("percentageOfNodesToScore: 101\n", "expected is a number from 0 to 100, not 101"),
        ("profiles: [{plugins: {score: {enabled: [{name: Mine}]}}}]\n", "Mine is no plugin of kube-scheduler"),
        (
            "profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: true}}]}]\n",
            "hardPodAffinityWeight: expected is a number from 0 to 100, not True",
        ),
        (
            "profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultConstraints: [{maxSkew: 1}]}}]}]\n",
            "defaultConstraints: constraints need defaultingType: List",
        ),
        (
            "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: "
            "{type: RequestedToCapacityRatio}}}]}]\n",
            "RequestedToCapacityRatio needs requestedToCapacityRatio.shape",
        ),
        ("---\n" + HEAD, "the file has 2 documents"),
    ],
)
def test_what_is_wrong_has_a_place_and_a_mend(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SchedulerConfigurationError) as caught:
        scoring(tmp_path, text)
    assert problem in str(caught.value)
    assert str(tmp_path / "scheduler.yaml") in str(caught.value)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\n", "utf-8")
    with pytest.raises(SchedulerConfigurationError, match="this is v1, kind Pod; expected is kubescheduler"):
        scheduler_configuration.read(str(path))


# -- through kverify fit ---------------------------------------------------------------------------------------------


def verdicts(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    main(["fit", str(D06 / "fails.yaml"), "--cluster", str(D06 / "cluster_2.yaml"), "-o", "json", *arguments])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["choice"] == "best"
    return {row["object"].split("/")[1]: row["verdict"] for row in report["workloads"]}


PACK = "  pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]\n"


def test_packing_alone_does_not_pack_what_belongs_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pods of a ReplicaSet are spread by default, and that outweighs MostAllocated."""
    path = tmp_path / "scheduler.yaml"
    path.write_text(f"{HEAD}profiles:\n- schedulerName: default-scheduler\n{PACK}", "utf-8")
    assert verdicts(capsys, "--scheduler-config", str(path)) == {"small": "always", "big": "fragile"}
    unspread = "  - {name: PodTopologySpread, args: {defaultingType: List}}\n"
    blocks = PACK.replace("[{", "\n  - {").replace("}]\n", "}\n")
    path.write_text(f"{HEAD}profiles:\n- schedulerName: default-scheduler\n{blocks}{unspread}", "utf-8")
    assert verdicts(capsys, "--scheduler-config", str(path)) == {"small": "always", "big": "always"}


def test_a_configuration_and_the_free_choice_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "x.yaml", "--choice", "free", "--scheduler-config", "y.yaml"])
    assert stopped.value.code == 2
    assert "with --choice free they never decide" in capsys.readouterr().err


PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: first, labels: {app: web}}
spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: second, labels: {app: web}}
spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: big, labels: {app: big}}
spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 4}}}]}
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def test_a_service_spreads_its_pods(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Packed, two small pods share a node and leave the other to the big one; a Service draws them apart."""
    config = tmp_path / "scheduler.yaml"
    config.write_text(f"{HEAD}profiles:\n- schedulerName: default-scheduler\n{PACK}", "utf-8")

    def fits(text: str) -> dict[str, str]:
        path = tmp_path / "pods.yaml"
        path.write_text(text, "utf-8")
        cluster = ["--cluster", str(D06 / "cluster_2.yaml"), "--scheduler-config", str(config), "-o", "json"]
        main(["fit", str(path), *cluster])
        rows = json.loads(capsys.readouterr().out)["workloads"]
        return {row["object"]: row["verdict"] for row in rows}

    assert fits(PODS)["Pod default/big"] == "always"
    assert fits(PODS + SERVICE)["Pod default/big"] == "fragile"
