"""Shared memory that arrays of its writer still look at, kept out of the pool."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Dict, List, NamedTuple


class _Lent(NamedTuple):
    watch: Any  # weak reference to the memory, that forgets it here when it dies
    kept: List[Any]  # loans that no one may have while it lives


class LentMemory:
    """Loans out the memory of a lane, but none that an array still looks at.

    The pool offers memory again as soon as all readers are done with it, and lets go of
    a whole segment when a larger one has taken its place. An array of the writer's own
    process keeps neither from happening, so its memory is held here until it dies.

    Parameters
    ----------
    take
        Takes a loan of so many blocks from the pool.
    largest
        Blocks of a loan up to which the first segment serves.
    """

    def __init__(self, take: Callable[[int], Any], largest: int) -> None:
        self._take, self._largest = take, largest
        self._lent: Dict[int, _Lent] = {}

    def loan(self, n_blocks: int) -> Any:
        """Take a loan that no array looks at.

        Returns
        -------
        object
            The loan; the errors are those of `take`.
        """
        if not self._lent and n_blocks <= self._largest:
            return self._take(n_blocks)
        if n_blocks > self._largest:
            # A larger segment may follow: one loan keeps the one before.
            for lent in list(self._lent.values()):
                if not lent.kept:
                    lent.kept.append(self._take(1))
            self._largest = n_blocks
        while True:
            loan = self._take(n_blocks)
            lent = self._lent.get(loan.payload_ptr)
            if lent is None:
                return loan
            lent.kept.append(loan)

    def watch(self, address: int, memory: Any) -> None:
        """Hold the memory at an address for as long as an object over it lives."""
        lent = self._lent
        watch = weakref.ref(memory, lambda _: lent.pop(address, None))
        lent[address] = _Lent(watch, [])
