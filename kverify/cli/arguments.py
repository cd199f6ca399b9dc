"""What several commands ask for on the command line, declared and checked once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kverify.cli.configuration import Configuration
    from kverify.cluster.references.existence import Boundary


def add_manifests(parser: argparse.ArgumentParser, metavar: str, meaning: str) -> None:
    """The positional files; ``meaning`` says what their objects are to the command."""
    where = "a file, a directory (recursive: .yaml, .yml, .json) or -"
    parser.add_argument("manifests", metavar=metavar, nargs="+", help=f"{where}: {meaning}")


def add_files(
    parser: argparse.ArgumentParser, option: str, metavar: str, meaning: str, dest: str | None = None
) -> None:
    """An option that takes files, several at once and several times."""
    name = dest or option.lstrip("-")
    parser.add_argument(option, metavar=metavar, nargs="+", action="extend", default=[], dest=name, help=meaning)


def add_config(parser: argparse.ArgumentParser) -> None:
    """``--config``; see :func:`boundary`."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="what is true and not in the manifests, such as external objects (default: kverify.toml, if it is there)",
    )


def add_version(parser: argparse.ArgumentParser) -> None:
    """``--kubernetes-version``."""
    parser.add_argument(
        "--kubernetes-version", metavar="VERSION", default="1.36", help="the version of the cluster (default: 1.36)"
    )


def require_sound(arguments: argparse.Namespace, *files: str) -> None:
    """Exit with a usage error for a version that is not known, or if standard input is to be read twice."""
    from kverify.api.versions import VERSIONS

    if arguments.kubernetes_version not in VERSIONS:
        known = ", ".join(VERSIONS)
        arguments.parser.error(f"unknown --kubernetes-version {arguments.kubernetes_version}; one of {known}")
    if files.count("-") > 1:
        arguments.parser.error("- can be given only once, because there is only one standard input")


def boundary(arguments: argparse.Namespace) -> Boundary:
    """What lies outside the input, as the configuration declares it; exits as :func:`configured` does."""
    return configured(arguments).boundary


def configured(arguments: argparse.Namespace) -> Configuration:
    """What the configuration says; exits with a usage error that names its mistakes."""
    from kverify.cli import configuration

    try:
        return configuration.read(Path(arguments.config) if arguments.config else None)
    except configuration.ConfigurationError as error:
        arguments.parser.error(str(error))
        raise AssertionError("argparse exits") from error
