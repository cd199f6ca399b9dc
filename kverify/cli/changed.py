"""``--changed-since``: ask only about what has changed since a revision, and about what feels it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kverify.api.registry import AnyObject
    from kverify.checks.options import Options
    from kverify.cli.arguments import OptionGroup
    from kverify.cli.configuration import Configuration
    from kverify.cli.revision import Changes
    from kverify.cluster.bundle import Bundle


def add_option(parser: OptionGroup) -> None:
    """The option, for :func:`narrowed`."""
    parser.add_argument(
        "--changed-since",
        metavar="REV",
        help="ask only about objects in files that differ from the git revision REV, and about what feels their "
        "change; everything is still read, and takes up room",
    )


def narrowed(arguments: argparse.Namespace, configuration: Configuration, options: Options, bundle: Bundle) -> Options:
    """``options`` for asking only about what has changed, if that was asked for; what is left out is said in them.

    Exits with a usage error where git does not know.
    """
    revision = arguments.changed_since
    if not revision:
        return options
    from attrs import evolve

    from kverify.cli.revision import RevisionError, changes_since
    from kverify.cluster.objects import describe, key_of

    try:
        changes = changes_since(revision)
        reason = _everything(arguments, configuration, options, changes)
        touched = None if reason else _touched(arguments, options, bundle, changes)
    except RevisionError as error:
        arguments.parser.error(f"--changed-since {revision}: {error}")
    if touched is None:
        reason = reason or "something that everything may feel has changed"
        return evolve(options, unasked=(f"{reason} since {revision}, so everything was asked about",))
    titles = frozenset(describe(item) for item in bundle.wanted if key_of(item) in touched)
    left = len(bundle.wanted) - len({key_of(item) for item in bundle.wanted} & touched)
    told = [
        f"{left} object{'s' * (left != 1)} that {'feel' if left != 1 else 'feels'} nothing of what changed since "
        f"{revision} {'were' if left != 1 else 'was'} not asked about; others having more or less room than before is "
        "only asked of all pods together"
    ]
    told += [
        f"{name} is not in the repository: nothing was asked because of what may have changed in it"
        for name in _unknown(arguments.cluster, changes)
    ]
    return evolve(options, touched=titles, part=True, unasked=tuple(told))


def _everything(arguments: argparse.Namespace, configuration: Configuration, options: Options, changes: Changes) -> str:
    """Why everything is asked about; empty if only some is."""
    from kverify.manifest.files import SUFFIXES, names
    from kverify.spec.language.library import EXTENSION, is_standard

    cluster = [*names(arguments.cluster), *changes.gone(arguments.cluster, SUFFIXES)]
    if any(map(changes.differs, cluster)):
        return "the cluster has changed"
    if configuration.file and changes.touched(configuration.file):
        return f"{configuration.file} has changed"
    if not (arguments.config or arguments.no_config) and _was_configured(changes):
        return "the configuration has changed"
    library = () if options.specs is None else options.specs.checked.library.files
    specs = [file.name for file in library if not is_standard(file.name)]
    specs += changes.gone((*configuration.specs, *arguments.specs), frozenset((EXTENSION,)))
    if any(map(changes.touched, specs)):
        return "specifications have changed"
    return ""


def _was_configured(changes: Changes) -> bool:
    """A configuration of the current directory is another one, or gone, even if now there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if changes.differs(str(folder / "kverify.toml")):
            return True
        project = str(folder / "pyproject.toml")
        if changes.differs(project) and "tool.kverify" in (changes.before(project) or ""):
            return True
    return False


def _unknown(paths: Iterable[str], changes: Changes) -> Iterator[str]:
    """What of the paths git does not know: as it is named, or single files of a directory."""
    from kverify.manifest.files import names

    for path in paths:
        files = names([path])
        unknown = [file for file in files if not changes.knows(file)]
        yield from [path] if unknown == files else unknown


def _touched(
    arguments: argparse.Namespace, options: Options, bundle: Bundle, changes: Changes
) -> frozenset[object] | None:
    """The keys of all objects that have changed, are new or gone, or feel that; None for everything."""
    from kverify.cluster.affected import affected
    from kverify.cluster.bundle import Bundle
    from kverify.cluster.objects import key_of
    from kverify.manifest.files import SUFFIXES, names

    def differs(item: AnyObject) -> bool:
        return changes.touched(item.source.file)

    new = [item for item in (*bundle.wanted, *bundle.previous) if differs(item)]
    paths = (*arguments.manifests, *arguments.previous)
    files = [name for name in (*names(paths), *changes.gone(paths, SUFFIXES)) if changes.touched(name)]
    old = list(_before(files, changes, options.kubernetes_version))
    same = [item for item in bundle.wanted if not differs(item)]
    before = Bundle((*same, *_distinct(old, same)), bundle.existing, bundle.previous)
    keys = {key_of(item) for item in (*new, *old)}
    now, then = affected(bundle, keys), affected(before, keys)
    return None if now is None or then is None else frozenset((*now, *then))


def _before(files: Iterable[str], changes: Changes, version: str) -> Iterator[AnyObject]:
    """The objects that some files held. What was wrong with them does not matter any more."""
    from kverify.api.decode import decode_all
    from kverify.manifest.reader import read_text

    # Of a link git has only where it leads to.
    for file in dict.fromkeys(name for one in files for name in (one, os.path.realpath(one))):
        text = changes.before(file)
        if text is not None:
            yield from decode_all(read_text(text, file).documents, version).objects


def _distinct(items: Iterable[AnyObject], others: Iterable[AnyObject]) -> Iterator[AnyObject]:
    from kverify.cluster.objects import key_of

    known = {key_of(item) for item in others}
    for item in items:
        if key_of(item) not in known:
            known.add(key_of(item))
            yield item
