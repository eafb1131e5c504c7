"""The counter."""

import numpy as np

from ranvier.library.probes import Counter


def test_a_counter_counts_ends_the_run_and_goes_on_after_a_restart():
    node = Counter(limit=3)
    node.process("a")
    other = Counter(limit=3)
    other.restore(node.checkpoint())
    other.process(None)

    assert other.context.stop_reason is None
    other.process(np.zeros(3))
    assert other.count == 3
    assert "3" in (other.context.stop_reason or "")
