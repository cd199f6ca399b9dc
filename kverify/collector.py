"""Python's cycle collector, out of the way while millions of objects are made that all stay.

It looks at every object again and again as they grow more; where none of them is garbage, that is a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside the ``with`` block; afterwards it is as it was before."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def relax() -> None:
    """Look for cycles hundreds of times less often: for a process that makes much, drops little, and ends soon.

    At start-up, where nothing is ever dropped, it does not look at all.
    """
    gc.set_threshold(250_000, 20, 20)


def leave() -> None:
    """Look no more: for a process that ends now. Python looks at every object once more before it ends, which is a
    sixth of a short run; the memory goes back all the same.
    """
    gc.disable()
    gc.freeze()
