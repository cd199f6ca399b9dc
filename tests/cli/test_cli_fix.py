"""``kverify check --fix`` and ``--diff`` on files: what is written, what is refused, and what stays as it was."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest

from kverify.checks.fixes import apply, search
from kverify.cli import fix
from kverify.cli.main import main

FAILS = """\
# The web shop.
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}   # of the front end
spec:
  minAvailable: 2
  selector: {matchLabels: {app: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "example.org/web:1"}]
"""
FIXED = FAILS.replace("minAvailable: 2", "maxUnavailable: 1")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    file = tmp_path / "shop" / "web.yaml"
    file.write_bytes(FAILS.encode())
    return file


def test_fix_writes_and_checks_again(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "shop", "--fix"]) == 0
    assert shop.read_text("utf-8") == FIXED
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "fixed KV4003 Deployment default/web: let PodDisruptionBudget default/web say maxUnavailable: 1 (what it "
        "costs: one pod less may serve while a node is drained)",
        "wrote shop/web.yaml",
    ]
    assert "no errors" in shown.out
    # There is nothing left to do.
    assert main(["check", "shop", "--fix"]) == 0
    assert capsys.readouterr().err == "no finding has a fix that could be verified\n"
    assert shop.read_text("utf-8") == FIXED


def test_diff_prints_a_patch_and_writes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "shop", "--diff", "-o", "json=report.json"]) == 1
    assert shop.read_text("utf-8") == FAILS
    shown = capsys.readouterr()
    assert shown.out == (
        "--- a/shop/web.yaml\n+++ b/shop/web.yaml\n@@ -3,7 +3,7 @@\n kind: PodDisruptionBudget\n"
        " metadata: {name: web}   # of the front end\n spec:\n-  minAvailable: 2\n+  maxUnavailable: 1\n"
        "   selector: {matchLabels: {app: web}}\n ---\n apiVersion: apps/v1\n"
    )
    assert shown.err.startswith("would fix KV4003 Deployment default/web: ")
    assert json.loads(Path("report.json").read_text("utf-8"))["exitCode"] == 1


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("option", "said"), [("--fix", "nothing is fixed: interrupted from the keyboard\n"), ("--suggest", "")]
)
def test_what_was_found_stands_when_the_search_for_fixes_is_stopped(
    option: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for module in (apply, search):
        monkeypatch.setattr(module, "candidates", stop)
    assert main(["check", "shop", option, "-o", "json"]) == 1
    shown = capsys.readouterr()
    assert shown.err == said
    report = json.loads(shown.out)
    assert [finding["id"] for finding in report["findings"]] == ["KV4003"]
    assert report["interrupted"] == "interrupted from the keyboard"


@pytest.mark.parametrize("options", [["--fix", "--diff"], ["--fix", "--no-fixes"], ["--diff", "--no-fixes"]])
def test_only_one_at_a_time(shop: Path, options: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", "shop", *options])
    assert stop.value.code == 2
    assert shop.read_text("utf-8") == FAILS


@pytest.mark.usefixtures("shop")
def test_no_fixes_are_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "shop", "--no-fixes", "-o", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["fixes"] == []


def test_line_ends_and_byte_order_marks_stay(shop: Path) -> None:
    shop.write_bytes(b"\xef\xbb\xbf" + FAILS.replace("\n", "\r\n").encode())
    assert main(["check", "shop", "--fix"]) == 0
    assert shop.read_bytes() == b"\xef\xbb\xbf" + FIXED.replace("\n", "\r\n").encode()


def test_the_mode_stays_and_nothing_is_left_behind(shop: Path) -> None:
    shop.chmod(0o640)
    assert main(["check", "shop", "--fix"]) == 0
    assert stat.S_IMODE(shop.stat().st_mode) == 0o640
    assert list(shop.parent.iterdir()) == [shop]


def test_json_is_fixed_too(shop: Path) -> None:
    shop.unlink()
    items = [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": "example.org/web:1"}]},
                },
            },
        },
    ]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=4)
    file = shop.with_suffix(".json")
    file.write_text(text, "utf-8")
    assert main(["check", "shop", "--fix"]) == 0
    assert file.read_text("utf-8") == text.replace('"minAvailable": 2', '"maxUnavailable": 1')


def test_a_link_is_not_written(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.rename("real.yaml")
    shop.symlink_to("../real.yaml")
    assert main(["check", "shop", "--fix"]) == 1
    assert Path("real.yaml").read_text("utf-8") == FAILS
    assert shop.is_symlink()
    assert "shop/web.yaml is not written: it is a link; name the file itself" in capsys.readouterr().err
    assert main(["check", "real.yaml", "--fix"]) == 0
    assert shop.read_text("utf-8") == FIXED


@pytest.mark.usefixtures("shop")
def test_standard_input_is_shown_as_a_patch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    budget, web = FAILS.split("---\n")
    rendered = f"---\n# Source: shop/templates/pdb.yaml\n{budget}---\n# Source: shop/templates/web.yaml\n{web}"

    def given() -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rendered.encode())))

    given()
    assert main(["check", "-", "--diff"]) == 1
    shown = capsys.readouterr()
    assert "-  minAvailable: 2\n+  maxUnavailable: 1\n" in shown.out
    assert "change shop/templates/pdb.yaml and shop/templates/web.yaml, from which it is rendered" in shown.err
    given()
    assert main(["check", "-", "--fix"]) == 1
    assert "- is not written: standard input cannot be written" in capsys.readouterr().err


def test_a_rendered_file_is_not_written(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"---\n# Source: shop/templates/web.yaml\n{FAILS}"
    shop.write_text(text, "utf-8")
    assert main(["check", "shop", "--fix"]) == 1
    assert shop.read_text("utf-8") == text
    assert "it is rendered from shop/templates/web.yaml: change that" in capsys.readouterr().err


def test_a_file_that_has_changed_is_not_written(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shop.with_name("other.yaml")
    shutil.copy(shop, other)
    other.write_text(FAILS.replace("web", "api"), "utf-8")
    write = fix.write

    def late(changes: Any) -> list[str]:
        shop.write_text(f"{FAILS}# somebody was here\n", "utf-8")
        return write(changes)

    monkeypatch.setattr(fix, "write", late)
    with pytest.raises(SystemExit) as stop:
        main(["check", "shop", "--fix"])
    assert stop.value.code == 2
    assert "shop/web.yaml: it has changed since it was read" in capsys.readouterr().err
    assert shop.read_text("utf-8") == f"{FAILS}# somebody was here\n"
    # All or nothing.
    assert other.read_text("utf-8") == FAILS.replace("web", "api")


def test_other_encodings_are_not_written(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write_bytes(FAILS.encode("utf-16"))
    with pytest.raises(SystemExit):
        main(["check", "shop", "--fix"])
    assert "it is not UTF-8" in capsys.readouterr().err
    assert shop.read_bytes() == FAILS.encode("utf-16")


def test_what_is_written_once_for_two_places_is_left_alone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first candidate would change the other place too, so the next one is taken."""
    text = FAILS.replace("{name: web}   #", "{name: web, generation: &two 2}   #").replace("able: 2", "able: *two")
    shop.write_text(text, "utf-8")
    assert main(["check", "shop", "--fix"]) == 0
    assert shop.read_text("utf-8") == text.replace("replicas: 2", "replicas: 3")
    assert "set spec.replicas of Deployment default/web to 3" in capsys.readouterr().err


def test_several_fixes_go_into_one_file(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FAILS + "---\n" + FAILS.replace("name: web", "name: api").replace("app: web", "app: api")
    shop.write_text(text, "utf-8")
    assert main(["check", "shop", "--fix"]) == 0
    assert shop.read_text("utf-8") == text.replace("minAvailable: 2", "maxUnavailable: 1")
    assert capsys.readouterr().err.count("fixed KV4003") == 2


@pytest.mark.usefixtures("shop")
def test_sarif_and_json_say_the_same_change() -> None:
    """Whole lines are replaced: made in the file, both give what --fix writes."""
    main(["check", "shop", "-o", "sarif=report.sarif", "-o", "json=report.json"])
    (found,) = json.loads(Path("report.sarif").read_text("utf-8"))["runs"][0]["results"]
    (change,) = found["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "shop/web.yaml"
    (finding,) = json.loads(Path("report.json").read_text("utf-8"))["findings"]
    (written,) = finding["fixes"][0]["changes"]
    rows = [
        (r["deletedRegion"]["startLine"], r["deletedRegion"]["endLine"], r["insertedContent"]["text"])
        for r in change["replacements"]
    ]
    assert rows == [(line["start"], line["end"], line["text"]) for line in written["lines"]]
    lines = FAILS.splitlines(keepends=True)
    for start, end, text in reversed(rows):
        lines[start - 1 : end - 1] = [text]
    assert "".join(lines) == FIXED


def test_the_description_of_the_cluster_is_never_written(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A budget that is only there in the cluster is not the manifests' to change: one more replica is."""
    budget, _, deployment = FAILS.partition("---\n")
    live = shop.parent.parent / "live.yaml"
    live.write_text(budget, "utf-8")
    shop.write_text(deployment, "utf-8")
    assert main(["check", "shop", "--cluster", "live.yaml", "--fix"]) == 0
    assert live.read_text("utf-8") == budget
    assert shop.read_text("utf-8") == deployment.replace("replicas: 2", "replicas: 3")
    assert "wrote shop/web.yaml" in capsys.readouterr().err


def test_what_is_in_a_baseline_is_neither_fixed_nor_in_the_way(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "shop", "--write-baseline", "known.json"]) == 0
    other = FAILS.replace("name: web", "name: api").replace("app: web", "app: api")
    shop.with_name("api.yaml").write_text(other, "utf-8")
    assert main(["check", "shop", "--baseline", "known.json", "--fix"]) == 0
    assert shop.read_text("utf-8") == FAILS
    assert shop.with_name("api.yaml").read_text("utf-8") == other.replace("minAvailable: 2", "maxUnavailable: 1")
    assert capsys.readouterr().err.count("fixed ") == 1


REFUSED = FAILS.partition("---\n")[2].replace("labels: {app: web}", "labels: {app: wob}")


def test_a_link_to_what_cannot_be_used_is_not_written_either(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("real.yaml").write_text(REFUSED, "utf-8")
    shop.unlink()
    shop.symlink_to("../real.yaml")
    assert main(["check", "shop", "--fix"]) == 2
    assert shop.is_symlink()
    assert Path("real.yaml").read_text("utf-8") == REFUSED
    assert "shop/web.yaml is not written: it is a link" in capsys.readouterr().err
    shop.unlink()
    shop.write_text(f"---\n# Source: shop/templates/web.yaml\n{REFUSED}", "utf-8")
    assert main(["check", "shop", "--fix"]) == 2
    assert "wob" in shop.read_text("utf-8")
    assert "it is rendered from shop/templates/web.yaml" in capsys.readouterr().err


def test_all_files_are_written_or_none(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    other = shop.with_name("zoo.yaml")
    other.write_text(FAILS.replace("web", "zoo"), "utf-8")
    make, made = tempfile.mkstemp, list[str]()

    def full(**given: Any) -> tuple[int, str]:
        if made:
            raise OSError(28, "No space left on device")
        handle, name = make(**given)
        made.append(name)
        return handle, name

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(SystemExit):
        main(["check", "shop", "--fix"])
    shown = capsys.readouterr()
    assert "the fixes are not all written: shop/zoo.yaml: No space left on device" in shown.err
    assert "2 errors" in shown.out  # The report is there all the same.
    assert shop.read_text("utf-8") == FAILS
    assert sorted(path.name for path in shop.parent.iterdir()) == ["web.yaml", "zoo.yaml"]


def test_what_was_written_before_a_failure_is_named(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shop.with_name("zoo.yaml")
    other.write_text(FAILS.replace("web", "zoo"), "utf-8")
    replace = Path.replace

    def guarded(new: Path, path: Path) -> Path:
        if path.name == "zoo.yaml":
            raise PermissionError(1, "Operation not permitted")
        return replace(new, path)

    monkeypatch.setattr(Path, "replace", guarded)
    with pytest.raises(SystemExit):
        main(["check", "shop", "--fix"])
    said = "shop/zoo.yaml: Operation not permitted; shop/web.yaml is written already"
    shown = capsys.readouterr()
    assert f"the fixes are not all written: {said}" in shown.err
    assert "1 error," in shown.out  # Of what is written nothing is left to say.
    assert shop.read_text("utf-8") != FAILS
    assert sorted(path.name for path in shop.parent.iterdir()) == ["web.yaml", "zoo.yaml"]
