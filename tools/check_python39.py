"""Say whether the worker's side is valid Python 3.9.

A node may run in an old environment, so what its process imports must be readable
there: `core`, `spec`, `causal`, `audit`, `links`, `node`, `worker`, `recording`.
Syntax is checked by the parser itself, at its version 3.9; beside that, each module
must postpone its annotations (`X | Y` and `list[int]` are then never evaluated),
`X | Y` must not stand in an alias or a call, and calls that came later must not be
used.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parent.parent / "src" / "ranvier"
FLOORS = ("core", "spec", "causal", "audit", "links", "node", "worker", "recording")
VERSION = (3, 9)
# Names of the standard library that came after 3.9.
_LATER = frozenset({
    "pairwise", "batched", "StrEnum", "ExceptionGroup", "TaskGroup", "tomllib", "Self",
    "TypeAlias", "ParamSpec", "TypeGuard", "Never", "LiteralString", "Required",
    "NotRequired", "Unpack", "TypeVarTuple", "override", "assert_never", "assert_type",
    "reveal_type", "dataclass_transform",
})  # fmt: skip
_LATER_KEYWORDS = {"zip": "strict", "dataclass": "slots"}


def main() -> int:
    """Check all files and print what is wrong.

    Returns
    -------
    int
        Exit status.
    """
    faults = [fault for floor in FLOORS for fault in check_folder(SOURCE / floor)]
    for fault in faults:
        print(fault)
    if not faults:
        print(f"{', '.join(FLOORS)}: valid Python 3.9")
    return 1 if faults else 0


def check_folder(folder: Path) -> Iterator[str]:
    """Check each Python file of a folder.

    Yields
    ------
    str
        File, line and what Python 3.9 can't read there.
    """
    for path in sorted(folder.rglob("*.py")):
        where = path.relative_to(SOURCE.parent).as_posix()
        for line, problem in check_source(path.read_text(encoding="utf-8")):
            yield f"{where}:{line}: {problem}"


def check_source(source: str) -> Iterator[tuple[int, str]]:
    """Check one file.

    Yields
    ------
    tuple
        Line, and what Python 3.9 can't read there.
    """
    try:
        tree = ast.parse(source, feature_version=VERSION)
    except SyntaxError as error:
        yield error.lineno or 0, f"not the syntax of Python 3.9: {error.msg}"
        return
    if tree.body and not _postpones_annotations(tree):
        yield 1, "from __future__ import annotations is missing"
    for node in _iter_evaluated(tree):
        yield from ((node.lineno, each) for each in _find_later(node))  # pyright: ignore[reportAttributeAccessIssue]


def _postpones_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(name.name == "annotations" for name in each.names)
        for each in tree.body
    ) or all(isinstance(each, ast.Expr) for each in tree.body)


def _iter_evaluated(tree: ast.AST) -> Iterator[ast.AST]:
    """Go through what is evaluated when the file runs: all but annotations."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _iter_evaluated(child)


def _find_later(node: ast.AST) -> Iterator[str]:
    is_or = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    if is_or and _is_type(node.left) and _is_type(node.right):
        yield "X | Y of types is evaluated: write Union or Optional"
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        keyword = _LATER_KEYWORDS.get(name)
        if keyword and any(each.arg == keyword for each in node.keywords):
            yield f"{name}(…, {keyword}=…) came after Python 3.9"
    name = getattr(node, "id", getattr(node, "attr", ""))
    if isinstance(node, ast.alias):
        name = node.name
    if name in _LATER:
        yield f"{name} came after Python 3.9"


def _is_type(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_type(node.value)
    if isinstance(node, ast.Constant):
        return node.value is None
    name = getattr(node, "id", getattr(node, "attr", ""))
    return name in {
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "list",
        "dict",
        "tuple",
    } or (name[:1].isupper() and not name.isupper())


if __name__ == "__main__":
    sys.exit(main())
