"""The examples of a declaration, each with what is said of its cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kverify.spec.language.syntax import Example


def with_clusters(examples: Sequence[Example]) -> Iterator[tuple[Example, str, str]]:
    """Each example, what introduces its cluster (empty: it has none) and the text of that; one that is like the one
    before is not shown again."""
    before = ""
    for example in examples:
        if example.cluster and example.cluster == before:
            yield example, "where the cluster is the same", ""
        else:
            yield example, "where the cluster (--cluster) has:" if example.cluster else "", example.cluster
        before = example.cluster
