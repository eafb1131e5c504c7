from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.cli._replay import _nothing_compared
from ranvier.runtime import NodeReplay, ReplayReport


@pytest.mark.parametrize(
    ("nodes", "found", "mend"),
    [
        (
            [NodeReplay("brain")],
            "nothing was sent",
            "see in the audit trail why it sent nothing",
        ),
        (
            [NodeReplay("brain", not_checked="any reason", mend="do this")],
            "any reason",
            "do this",
        ),
        (
            [NodeReplay("eye", not_checked="it can't be read by us")],
            "it can't be read by us",
            "check the session of a graph with a deterministic node",
        ),
        (
            [
                NodeReplay("brain", not_checked="two", mend="b"),
                NodeReplay("hand", not_checked="one", mend="a"),
                NodeReplay("eye", not_checked="one"),
            ],
            "one; two",
            "a; b",
        ),
    ],
)
def test_the_mends_are_those_of_the_nodes_that_were_not_checked(nodes, found, mend):
    error = _nothing_compared(Path("session"), ReplayReport(tuple(nodes)))

    assert (error.found, error.mend) == (found, mend)
