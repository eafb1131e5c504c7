"""What a link does when its reader is slow, and the plan of one stream's links."""

from __future__ import annotations

from typing import Literal, Optional, Tuple

import msgspec

LinkMode = Literal["latest", "queue", "lossless"]
WhenFull = Literal["drop_oldest", "drop_newest"]

INTAKE = "intake"
"""Name of the implicit output that carries what a node took in, for replay."""


class LinkPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a link does when messages come faster than they are taken.

    Parameters
    ----------
    mode
        "latest": the reader gets the newest, what it skipped is counted. "queue": up
        to `depth` messages wait, what is dropped is counted. "lossless": the writer
        waits for the reader, and the wait is measured.
    depth
        Messages that may wait; 1 for "latest".
    when_full
        Which message a full queue drops.
    patience_s
        How long the writer of a lossless link waits before it counts the message as
        lost; None is as long as it takes.

    Examples
    --------
    >>> LinkPolicy("queue", depth=8).describe()
    'queue of 8, drops oldest'
    """

    mode: LinkMode = "queue"
    depth: int = 64
    when_full: WhenFull = "drop_oldest"
    patience_s: Optional[float] = None

    def describe(self) -> str:
        """Say in a few words what the link does when full.

        Returns
        -------
        str
            For the status view and the audit trail.
        """
        if self.mode == "latest":
            return "latest"
        if self.mode == "lossless":
            return f"lossless, {self.depth} deep"
        return f"queue of {self.depth}, drops {self.when_full[5:]}"


class LinkPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One link as it will run.

    Parameters
    ----------
    index
        Number of the link within the run: its row on the board.
    stream
        "node.output" that it reads.
    target
        "node.input" that it feeds.
    policy
        What it does when full.
    feedback
        True if it closes a loop: its end is then not waited for.
    reader
        Number of the process that reads it: whom the writer wakes.
    """

    index: int
    stream: str
    target: str
    policy: LinkPolicy
    feedback: bool = False
    reader: int = 0

    @property
    def target_node(self) -> str:
        """Name of the node that it feeds."""
        return self.target.partition(".")[0]

    @property
    def target_port(self) -> str:
        """Name of the input that it feeds."""
        return self.target.partition(".")[2]


class StreamPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One output and all links that read it.

    Parameters
    ----------
    index
        Number of the stream within the run: what headers carry, its row on the board.
    stream
        "node.output".
    links
        All its links; none if nobody reads it.
    writer
        Number of the process that writes it: whom a reader of a lossless link wakes.
    """

    index: int
    stream: str
    links: Tuple[LinkPlan, ...] = ()
    writer: int = 0

    @property
    def node(self) -> str:
        """Name of the node that writes it."""
        return self.stream.partition(".")[0]

    @property
    def port(self) -> str:
        """Name of the output."""
        return self.stream.partition(".")[2]
