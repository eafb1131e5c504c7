"""What a package shows is exactly what it says; nobody goes in by the back door."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import ranvier

SRC = Path(ranvier.__file__).parent
FACES = sorted(
    path.parent.name
    for path in SRC.glob("*/__init__.py")
    if path.parent.name not in ("library", "sim", "examples", "cli")
)


def tree_of(path):
    return ast.parse(path.read_bytes())


@pytest.mark.parametrize("face", FACES)
def test_all_is_exact(face):
    path = SRC / face / "__init__.py"
    bound = {
        alias.asname or alias.name
        for item in tree_of(path).body
        if isinstance(item, ast.ImportFrom) and item.module != "__future__"
        for alias in item.names
    }
    bound |= {
        item.name
        for item in tree_of(path).body
        if isinstance(item, (ast.FunctionDef, ast.ClassDef))
    }
    shown = importlib.import_module(f"ranvier.{face}").__all__

    assert len(shown) == len(set(shown))
    assert {name for name in bound if not name.startswith("_")} <= set(shown)


@pytest.mark.parametrize("face", FACES)
def test_what_is_shown_is_there(face):
    module = importlib.import_module(f"ranvier.{face}")

    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("face", FACES)
def test_modules_behind_a_face_are_private(face):
    public = [
        path.name
        for path in (SRC / face).glob("*.py")
        if not path.name.startswith("_")
        and (face, path.name) != ("testing", "plugin.py")
    ]

    assert public == []


def test_nobody_goes_in_by_the_back_door():
    intruders = []
    for path in sorted(SRC.rglob("*.py")):
        package = path.relative_to(SRC).parts[0]
        for item in ast.walk(tree_of(path)):
            module = getattr(item, "module", None) or ""
            parts = module.split(".")
            private = [part for part in parts[2:] if part.startswith("_")]
            if parts[0] == "ranvier" and private and parts[1] != package:
                intruders.append(f"{path.relative_to(SRC)}:{item.lineno} {module}")

    assert intruders == []
