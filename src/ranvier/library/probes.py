"""Ends of a graph that look without keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.node import Input, Parameter, Sink

if TYPE_CHECKING:
    from collections.abc import Mapping


class Counter(Sink):
    """Count messages, and end the run after so many if asked to.

    Examples
    --------
    >>> node = Counter()
    >>> for word in ("one", "two"):
    ...     node.process(word)
    >>> node.count
    2
    """

    message = Input("any", help="Whatever is to be counted.")

    limit = Parameter(
        0, minimum=0, live=True, help="Messages after which the run ends; 0 is never."
    )

    count = 0
    """Messages so far."""

    def process(self, message: Any) -> None:
        """Count one message; its payload is not looked at."""
        del message
        self.count += 1
        if self.count == self.limit:
            self.context.stop_run(f"{self.context.name} has counted {self.count}")

    def finish(self) -> None:
        """Write the count into the audit trail."""
        self.context.note(f"{self.count} messages")

    def checkpoint(self) -> dict[str, int]:
        """Hand over the count.

        Returns
        -------
        dict
            `count`.
        """
        return {"count": self.count}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on counting.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self.count = int(state["count"])
