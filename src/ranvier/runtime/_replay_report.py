"""What a check of a replay found, as plain data with words for a person."""

from __future__ import annotations

import msgspec


class NodeReplay(msgspec.Struct, frozen=True):
    """What a replay of one node gave.

    Parameters
    ----------
    node
        Its name.
    n_steps
        Steps repeated: messages, items, parameter changes.
    n_compared, n_equal
        Outputs compared with the recording, also those that came on one side only,
        and those that agree bit by bit.
    first_difference
        Where they first differ, or which exception came that did not come in the run;
        "" if nothing differs.
    not_checked
        Why the node, or part of what it did, could not be checked; "" if all was.
    mend
        What helps against that; "" if nothing does.
    """

    node: str
    n_steps: int = 0
    n_compared: int = 0
    n_equal: int = 0
    first_difference: str = ""
    not_checked: str = ""
    mend: str = ""

    @property
    def agrees(self) -> bool:
        """True if all that was compared agrees."""
        return self.n_equal == self.n_compared and not self.first_difference


class ReplayReport(msgspec.Struct, frozen=True):
    """What `check_replay` found, node by node."""

    nodes: tuple[NodeReplay, ...]

    @property
    def agrees(self) -> bool:
        """True if nothing differs and something was compared."""
        return all(node.agrees for node in self.nodes) and any(
            node.n_compared for node in self.nodes
        )

    def describe(self) -> str:
        """Give the report as text, a line a node.

        Returns
        -------
        str
            For the terminal.
        """
        return "\n".join(map(_describe, self.nodes))


class ReplayLine(msgspec.Struct, frozen=True):
    """One line that the process says: how far it is, or the result."""

    task: str = ""
    done: float = 0.0
    total: float = 0.0
    report: ReplayReport | None = None
    error: dict[str, str] | None = None


def _describe(node: NodeReplay) -> str:
    if node.not_checked and not node.n_compared and not node.first_difference:
        return f"{node.node}: not checked: {node.not_checked}"
    if node.agrees and not node.n_compared:
        return (
            f"{node.node}: nothing to compare: it sent nothing in {node.n_steps} steps"
        )
    verdict = "agrees" if node.agrees else f"DIFFERS first at {node.first_difference}"
    note = f"; {node.not_checked}" if node.not_checked else ""
    return (
        f"{node.node}: {verdict}: {node.n_equal} of {node.n_compared} outputs equal "
        f"over {node.n_steps} steps{note}"
    )
