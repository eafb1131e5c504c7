from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.cli._replay import _nothing_compared
from ranvier.runtime import NodeReplay, ReplayReport


@pytest.mark.parametrize(
    ("reason", "mend"),
    [
        ("", "why it sent nothing"),
        ("none of its outputs was recorded", "`record:`"),
        ("what it took in after start 0 is incomplete", "ranvier verify"),
        ("it is not deterministic", "deterministic node"),
    ],
)
def test_the_mend_fits_the_reason_that_nothing_was_compared(reason, mend):
    report = ReplayReport((NodeReplay("brain", not_checked=reason),))
    error = _nothing_compared(Path("session"), report)

    assert mend in error.mend
    assert error.found == (reason or "nothing was sent")
