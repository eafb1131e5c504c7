"""What a package shows is exactly what it says; nobody goes in by the back door."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import ranvier

SRC = Path(ranvier.__file__).parent
# Too many and too heavy for one face: each package within has its own.
HOUSES = ("analysis", "iblnm")
FACES = sorted(
    path.parent.relative_to(SRC).as_posix()
    for pattern in ("*/__init__.py", *(f"{house}/*/__init__.py" for house in HOUSES))
    for path in SRC.glob(pattern)
    if path.parent.name not in ("library", "sim", "examples", "cli", *HOUSES)
)


def import_face(face):
    return importlib.import_module(f"ranvier.{face.replace('/', '.')}")


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
    shown = import_face(face).__all__

    assert len(shown) == len(set(shown))
    assert {name for name in bound if not name.startswith("_")} <= set(shown)


@pytest.mark.parametrize("face", FACES)
def test_what_is_shown_is_there(face):
    module = import_face(face)

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
        places = path.relative_to(SRC).parts
        for item in ast.walk(tree_of(path)):
            module = getattr(item, "module", None) or ""
            parts = module.split(".")
            depth = 2 if parts[1:2] and parts[1] in HOUSES else 1
            private = [part for part in parts[2:] if part.startswith("_")]
            is_own = tuple(parts[1 : 1 + depth]) == places[:depth]
            if parts[0] == "ranvier" and private and not is_own:
                intruders.append(f"{path.relative_to(SRC)}:{item.lineno} {module}")

    assert intruders == []
