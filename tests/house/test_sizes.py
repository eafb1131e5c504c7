"""Files stay small, and tests do not sleep."""

from __future__ import annotations

import ast
from pathlib import Path

import ranvier

SRC = Path(ranvier.__file__).parent
TESTS = Path(__file__).parents[1]

# Think again: longer than 500 lines, with the reason.
LONG: dict[str, str] = {}


def test_no_module_is_longer_than_five_hundred_lines_unseen():
    long = {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > 500
    }

    assert long == set(LONG)


def test_tests_do_not_sleep():
    """They wait for an event with a deadline; only tests of whole runs may sleep."""
    sleeping = [
        f"{path.relative_to(TESTS)}:{item.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        if "system" not in path.relative_to(TESTS).parts
        for item in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("time.sleep")
    ]

    assert sleeping == []
