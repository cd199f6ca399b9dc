"""``kverify init``: a configuration and a job for a CI, for what there is in a repository."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kverify.textfile import real, reason

if TYPE_CHECKING:
    from kverify.cli.starter.survey import Survey
    from kverify.cli.starter.texts import Job

CI = ("github", "gitlab", "pre-commit", "none")

_DESCRIPTION = """\
Look at a repository, and write kverify.toml with the manifests, node files and specifications
that are there, and a job for a CI. Nothing that is there already is changed."""

_EPILOG = """\
What Helm or Kustomize render is not checked as it lies there: the commands that pipe it in are
written into both files.

examples:
  kverify init
  kverify init --ci github
  kverify init infrastructure/ --ci none
"""


def add_parser(commands: Any) -> None:
    """Add ``init`` to the commands of the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "init",
        help="write a configuration and a job for a CI",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", default=".", help="the repository (default: here)")
    parser.add_argument(
        "--ci",
        choices=CI,
        help="which job to write (default: for what is there already: .github, .gitlab-ci.yml, "
        ".pre-commit-config.yaml; none where none of them is)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tracebacks")
    parser.set_defaults(run=run, parser=parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, write, say what was done, and return the exit code."""
    from kverify.cli.configuration.reading import concerns
    from kverify.cli.starter import texts
    from kverify.cli.starter.survey import survey

    root = Path(arguments.folder)
    if not root.is_dir():
        arguments.parser.error(f"{arguments.folder} is not a directory")
    said: list[str] = []
    try:
        found = survey(root)
        if concerns(root / "pyproject.toml"):
            said.append("left pyproject.toml as it is: it configures kverify already")
        else:
            said.append(_written(root, "kverify.toml", texts.configuration(found)) or _left("kverify.toml"))
        said += _found(found)
        job = texts.JOBS.get(arguments.ci or _present(root))
        if job is not None:
            said += _add_job(root, job, found)
    except OSError as error:
        arguments.parser.error(f"{error.filename}: {reason(error)}")
    _print(said)
    return 0


def _print(said: list[str]) -> None:
    from kverify.report.source import escape

    for line in said:
        print(escape(line))


def _found(found: Survey) -> list[str]:
    lines = [
        f"{what}: {', '.join(paths)}"
        for what, paths in (
            ("manifests", found.manifests),
            ("cluster" if len(found.cluster) == 1 else "clusters, of which kverify.toml is to name one", found.cluster),
            ("specifications", found.specs),
            ("to be rendered by Helm", found.charts),
            ("to be rendered by Kustomize", found.kustomizations),
        )
        if paths
    ]
    if found.empty:
        return [*lines, "no manifests were found: name them in paths of kverify.toml, or on the command line"]
    return lines


def _present(root: Path) -> str:
    """The CI that the repository has."""
    for name, file in (("github", ".github"), ("gitlab", ".gitlab-ci.yml"), ("pre-commit", ".pre-commit-config.yaml")):
        if (root / file).exists():
            return name
    return "none"


def _add_job(root: Path, job: Job, found: Survey) -> list[str]:
    """Write the job, or say what to write where its file is taken."""
    here = real(root)
    if not (here / ".git").exists() and any((above / ".git").exists() for above in here.parents):
        return [f"no job was written to {job.file}: {root} is not the top of its repository"]
    if not found.manifests and not (job.renders and not found.empty):
        return [f"no job was written to {job.file}: there is nothing that it could check as it lies there"]
    text = job.text(found)
    written = _written(root, job.file, text)
    if written:
        return [written]
    if "kverify" in (root / job.file).read_text("utf-8", "replace"):
        return [_left(job.file)]
    if not job.instead:
        return [f"{_left(job.file)}; to have kverify in it, add", *text.rstrip().split("\n")]
    written = _written(root, job.instead, text) or _left(job.instead)
    return [written, f"{_left(job.file)}; to have kverify in it, add", *job.hint.split("\n")]


def _written(root: Path, name: str, text: str) -> str:
    """Write a file that is not there, and say so; nothing is said of one that is."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return ""
    return f"wrote {name}"


def _left(name: str) -> str:
    return f"left {name} as it is"
