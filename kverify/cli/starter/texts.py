"""The starter files: a configuration, and a job for a CI."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from attrs import frozen

from kverify.cli.starter.survey import Survey

_HEAD = """\
# Configuration of kverify. docs/configuration.md of kverify has all keys; kverify explain ID says what a finding means.
"""

_REST = """
# kubernetes-version = "1.36"
# fail-on = "warning"               # the least severity that makes the exit code 1 (default: error)
# baseline = "kverify-baseline.json"    # known findings: kverify check --write-baseline kverify-baseline.json

# Objects that exist although they are neither in paths nor in cluster.
# [[external]]
# kind = "Secret"
# name = "tls-*"
# reason = "written by cert-manager"

# Findings that are not to be reported.
# [[suppress]]
# id = "KV4005"
# kind = "Service"
# name = "batch-*"
# reason = "nobody calls it during the day"
# expires = 2027-06-30
"""


def configuration(found: Survey) -> str:
    """``kverify.toml`` for what was found; what was not is there as a comment."""
    parts = [
        _HEAD,
        _list("What kverify check checks when no MANIFEST is named.", "paths", found.manifests, "deploy"),
        _cluster(found.cluster),
        _list("Properties and policies of your own.", "specs", found.specs, "policies"),
    ]
    if found.charts or found.kustomizations:
        lines = "".join(f"#   {line}\n" for line in _rendered(found))
        parts.append(f"# What Helm and Kustomize render is piped in:\n{lines}")
    return "\n".join(parts) + _REST


def _cluster(files: Sequence[str]) -> str:
    """One description is the cluster; of several nobody here knows which."""
    comment = "What exists: nodes, and live objects (kubectl get nodes,deploy,rs,po,svc,pdb -A -o yaml)."
    if len(files) < 2:
        return _list(comment, "cluster", files, "cluster.yaml")
    rows = "".join(f"# cluster = [{_quoted(file)}]\n" for file in files)
    return f"# {comment} Choose one:\n{rows}"


def _list(comment: str, key: str, paths: Sequence[str], example: str) -> str:
    if not paths:
        return f"# {comment}\n# {key} = [{_quoted(example)}]\n"
    if len(paths) == 1:
        return f"# {comment}\n{key} = [{_quoted(paths[0])}]\n"
    rows = "".join(f"    {_quoted(path)},\n" for path in paths)
    return f"# {comment}\n{key} = [\n{rows}]\n"


def _quoted(text: str) -> str:
    """A basic string of TOML. The survey has left out names with control characters."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rendered(found: Survey) -> Iterator[str]:
    """Commands that check what is rendered, and name the files that it comes from. Helm names them from the directory
    that holds the chart."""
    rows = [("helm template", path, str(PurePosixPath(path).parent)) for path in found.charts]
    rows += [("kustomize build", path, path) for path in found.kustomizations]
    for command, path, origin in rows:
        yield f"{command} {shlex.quote(path)} | kverify check - --rendered-from {shlex.quote(origin)}"


# -- CI ----------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Job:
    """A file for a CI. ``instead`` is the file when the first is taken, with ``hint`` for what to write into that.
    ``renders``: it can check what is to be rendered, too."""

    file: str
    text: Callable[[Survey], str]
    instead: str = ""
    hint: str = ""
    renders: bool = False


def github(found: Survey) -> str:
    """A workflow of GitHub Actions. Its runners have Helm and Kustomize."""
    steps = [
        "- uses: actions/checkout@v4",
        "- uses: actions/setup-python@v5",
        '  with: {python-version: "3.12"}',
        "- run: pip install kverify",
    ]
    if found.manifests:
        steps += [
            "- run: kverify check -o sarif=kverify.sarif -o github -o text",
            "- if: always() && hashFiles('kverify.sarif') != ''",
            "  uses: github/codeql-action/upload-sarif@v3",
            "  with: {sarif_file: kverify.sarif}",
        ]
    for command in _rendered(found):
        # With bash named, a failure of what renders is one of the step.
        steps += ["- if: always()", "  shell: bash", "  run: |", f"    {command} -o github -o text"]
    lines = "".join(f"      {line}\n" for line in steps)
    return f"""\
name: kverify
on:
  pull_request:
  push:
    branches: [main, master]
permissions:
  contents: read
  security-events: write
jobs:
  kverify:
    runs-on: ubuntu-latest
    steps:
{lines}"""


def gitlab(found: Survey) -> str:
    """A job of GitLab CI. Its image has neither Helm nor Kustomize."""
    check = "kverify check -o gitlab=gl-code-quality-report.json -o junit=kverify.xml -o text"
    rendered = "".join(f"    # - {line}\n" for line in _rendered(found))
    return f"""\
kverify:
  image: python:3.12
  script:
    - pip install kverify
    - {check}
{rendered}  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      junit: kverify.xml
"""


def pre_commit(_: Survey) -> str:
    """Hooks of pre-commit: everything is checked when a manifest or the configuration has changed."""
    return """\
repos:
  - repo: local
    hooks:
      - id: kverify
        name: kverify
        entry: kverify check
        language: python
        additional_dependencies: [kverify]
        files: \\.(ya?ml|json|toml|kv)$
        pass_filenames: false
"""


JOBS: Mapping[str, Job] = {
    "github": Job(file=".github/workflows/kverify.yml", text=github, renders=True),
    "gitlab": Job(
        file=".gitlab-ci.yml",
        text=gitlab,
        instead=".gitlab/kverify.yml",
        hint="include:\n  - local: .gitlab/kverify.yml",
    ),
    "pre-commit": Job(file=".pre-commit-config.yaml", text=pre_commit),
}
