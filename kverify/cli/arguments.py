"""What several commands ask for on the command line, declared and checked once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from kverify.cli.configuration import Configuration


OptionGroup: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"
"""Where options can be declared: a command, or one of the groups in its help."""


def add_manifests(parser: OptionGroup, metavar: str, meaning: str) -> None:
    """The positional files, for :func:`settle`; ``meaning`` says what their objects are to the command."""
    where = "a file, a directory (recursive: .yaml, .yml, .json) or -"
    parser.add_argument("manifests", metavar=metavar, nargs="*", help=f"{where}: {meaning}")


def add_files(parser: OptionGroup, option: str, metavar: str, meaning: str, dest: str | None = None) -> None:
    """An option that takes files, several at once and several times."""
    name = dest or option.lstrip("-")
    parser.add_argument(option, metavar=metavar, nargs="+", action="extend", default=[], dest=name, help=meaning)


def add_config(parser: OptionGroup) -> None:
    """``--config`` and ``--no-config``; see :func:`configured`."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration (default: kverify.toml, or pyproject.toml with [tool.kverify], of the current "
        "directory or the nearest above)",
    )
    group.add_argument("--no-config", action="store_true", help="use no configuration")


def add_version(parser: OptionGroup) -> None:
    """``--kubernetes-version``, for :func:`settle`."""
    parser.add_argument("--kubernetes-version", metavar="VERSION", help="the version of the cluster (default: 1.36)")


def require_sound(arguments: argparse.Namespace, *files: str) -> None:
    """Exit with a usage error for a version that is not known, or if standard input is to be read twice."""
    from kverify.api.versions import VERSIONS

    if arguments.kubernetes_version not in VERSIONS:
        known = ", ".join(VERSIONS)
        arguments.parser.error(f"unknown --kubernetes-version {arguments.kubernetes_version}; one of {known}")
    if files.count("-") > 1:
        arguments.parser.error("- can be given only once, because there is only one standard input")


def configured(arguments: argparse.Namespace) -> Configuration:
    """What the configuration says; exits with a usage error that names its mistakes."""
    from kverify.cli import configuration

    if arguments.no_config:
        return configuration.Configuration()
    try:
        return configuration.read(Path(arguments.config) if arguments.config else configuration.find(Path()))
    except configuration.ConfigurationError as error:
        refuse_configuration(arguments, str(error))


def refuse_configuration(arguments: argparse.Namespace, problems: str) -> NoReturn:
    """Exit with a usage error that has a line for each problem."""
    arguments.parser.refuse(f"the configuration cannot be used\n{problems}")
    raise AssertionError("argparse exits")


def settle(arguments: argparse.Namespace, configuration: Configuration) -> None:
    """Take from the configuration what the command line leaves out. Exits with a usage error without manifests.

    ``arguments.narrowed`` is what on the command line asks for less than the configuration does; empty for nothing.
    ``arguments.part``: the configuration, or a baseline, may speak of more than is asked about.
    """
    from kverify.api.versions import DEFAULT_VERSION

    less = {
        "MANIFEST": arguments.manifests and configuration.paths,
        "--property": getattr(arguments, "properties", None),
        "--scenario": getattr(arguments, "scenarios", None),
        "--changed-since": getattr(arguments, "changed_since", None),
    }
    arguments.narrowed = next((name for name, given in less.items() if given), "")
    for name, configured in (
        ("manifests", configuration.paths),
        ("cluster", configuration.cluster),
        ("previous", configuration.previous),
        ("properties", configuration.properties),
        ("scenarios", configuration.scenarios),
    ):
        setattr(arguments, name, getattr(arguments, name, None) or list(configured))
    # What is piped in is one of several charts or overlays, for all that is known.
    arguments.part = bool(arguments.narrowed) or "-" in arguments.manifests
    arguments.kubernetes_version = arguments.kubernetes_version or configuration.kubernetes_version or DEFAULT_VERSION
    if not arguments.manifests:
        arguments.parser.error(
            "no manifests are named; name them before any option that takes several files, or set paths in kverify.toml"
        )
