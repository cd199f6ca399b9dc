"""The pytest plugin: a fixture, a marker, and test items from ``*.kverify.toml`` and specification files.

It is loaded by every pytest that runs where kverify is installed, so nothing else of kverify is imported before a test
asks for it.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kverify.testing.session import Kverify

CONFIGURATION = ".kverify.toml"
SPECIFICATION = ".kv"

_PATHS = {
    "kverify_manifests": "what the fixture checks where a test names no manifests (files or directories)",
    "kverify_cluster": "what exists: nodes and live objects, as --cluster",
    "kverify_from": "the revision that runs now, as --from",
    "kverify_specs": "specifications of your own (.kv); their examples are collected as tests",
}
_MARKER = (
    "kverify(property, object, manifests, cluster, scenario): what the fixture kverify_case is parametrized with, and "
    "what -m kverify selects (docs/testing.md)"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings in pytest's own configuration."""
    for name, text in _PATHS.items():
        parser.addini(name, text, type="paths", default=[])
    parser.addini(
        "kverify_config",
        "the configuration of kverify (default: kverify.toml or [tool.kverify], from pytest's root directory upwards)",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, also to ``--strict-markers``."""
    config.addinivalue_line("markers", _MARKER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """``NAME.kverify.toml`` always; ``kverify.toml`` and ``.kv`` files where they are named, because not every
    configuration is a test, and other programs have files that are called so."""
    named = parent.session.isinitpath(file_path)
    if file_path.name.endswith(CONFIGURATION) or (file_path.name == "kverify.toml" and named):
        from kverify.testing.collecting import SuiteFile

        return SuiteFile.from_parent(parent, path=file_path)
    if file_path.suffix == SPECIFICATION and (named or _is_specification(file_path, parent.config)):
        from kverify.testing.collecting import SpecificationFile

        return SpecificationFile.from_parent(parent, path=file_path)
    return None


def _is_specification(path: Path, config: pytest.Config) -> bool:
    return any(path == one or one in path.parents for one in config.getini("kverify_specs"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What is skipped is skipped where it was collected, not in the middle of kverify."""
    report = yield
    if hasattr(item, "kverify_line") and report.skipped and isinstance(report.longrepr, tuple):
        report.longrepr = (str(item.path), item.kverify_line, report.longrepr[2])
    return report


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the fixture ``kverify_case`` runs once for each property of each object."""
    if "kverify_case" in metafunc.fixturenames:
        from kverify.testing.session import parametrize

        parametrize(metafunc)


@pytest.fixture(scope="session")
def kverify(pytestconfig: pytest.Config) -> Kverify:
    """What is set in pytest's configuration and in ``kverify.toml``, to be checked: ``kverify.assert_verified()``."""
    from kverify.testing.session import Kverify

    return Kverify.of(pytestconfig)


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line, for those who have set something."""
    named: list[Any] = [path for name in _PATHS for path in config.getini(name)]
    return f"kverify: {', '.join(_shown(path, config) for path in named)}" if named else None


def _shown(path: Path, config: pytest.Config) -> str:
    return str(path.relative_to(config.rootpath)) if path.is_relative_to(config.rootpath) else str(path)
