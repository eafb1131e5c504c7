"""The page of error codes, from the places in the source that give them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_CODE = re.compile(r"RV-[A-Z]\d\d\Z")
_FAMILIES = {
    "A": "Analysis",
    "C": "Words, names and the command line",
    "D": "Recordings on disk",
    "G": "Graphs",
    "L": "Links and messages",
    "N": "Nodes",
    "R": "Runs",
    "S": "Sessions",
}
_FIELDS = ("problem", "mend")


_CODE_OF_FAULT, _MEND_OF_FAULT = "fault_code", "usual_mend"


class Place(NamedTuple):
    """One place that gives an error code.

    Parameters
    ----------
    code
        "RV-G01".
    module
        "ranvier.graph._tree".
    problem, mend
        Its words, with what is filled in written as "…"; "" where another place
        gives them.
    fault
        Name of the class of faults that has this code, or "".
    """

    code: str
    module: str
    problem: str
    mend: str
    fault: str = ""


def write_error_codes(package: Path) -> str:
    """Write one table for each family of codes.

    Parameters
    ----------
    package
        Folder of the package's source.

    Returns
    -------
    str
        Markdown.
    """
    places = find_places(package)
    tables: list[str] = []
    for letter, title in _FAMILIES.items():
        codes = sorted({place.code for place in places if place.code[3] == letter})
        if not codes:
            continue
        rows = [
            _write_row(code, [p for p in places if p.code == code]) for code in codes
        ]
        head = "| code | problem | mend | raised in |\n|---|---|---|---|\n"
        tables.append(f"## {title}: RV-{letter}…\n\n{head}" + "\n".join(rows))
    return "\n\n".join(tables)


def find_places(package: Path) -> list[Place]:
    """Find every place of a package that gives an error code.

    Parameters
    ----------
    package
        Folder of the package's source.

    Returns
    -------
    list of Place
        In order of files and lines.
    """
    found: list[Place] = []
    trees = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
    }
    classes = {
        each.name: each
        for tree in trees.values()
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef)
    }
    for path, tree in trees.items():
        parents = {
            child: node
            for node in ast.walk(tree)
            for child in ast.iter_child_nodes(node)
        }
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
        found.extend(
            _read_fault(node, parents, module, classes)
            or _read_place(node, parents, module)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and _is_code(node.value)
        )
    return found


def _is_code(value: object) -> bool:
    return isinstance(value, str) and bool(_CODE.match(value))


def _read_fault(
    node: ast.Constant,
    parents: dict[ast.AST, ast.AST],
    module: str,
    classes: dict[str, ast.ClassDef],
) -> Place | None:
    """Read a class whose faults have this code: its first line, its usual mend."""
    holder = parents.get(parents[node])
    if not isinstance(holder, ast.ClassDef):
        return None
    if _read_attribute(holder, _CODE_OF_FAULT) is not node:
        return None
    problem = (ast.get_docstring(holder) or "").splitlines()[0]
    kin, mend = holder, _read_attribute(holder, _MEND_OF_FAULT)
    while mend is None and isinstance(kin.bases[0], ast.Name):
        kin = classes[kin.bases[0].id]
        mend = _read_attribute(kin, _MEND_OF_FAULT)
    return Place(str(node.value), module, problem, _phrase(mend, {}), holder.name)


def _read_attribute(holder: ast.ClassDef, name: str) -> ast.AST | None:
    for each in holder.body:
        target = each.targets[0] if isinstance(each, ast.Assign) else None
        target = each.target if isinstance(each, ast.AnnAssign) else target
        if isinstance(target, ast.Name) and target.id == name:
            return getattr(each, "value", None)
    return None


def _read_place(
    node: ast.Constant, parents: dict[ast.AST, ast.AST], module: str
) -> Place:
    code = str(node.value)
    holder: ast.AST = node
    while not isinstance(holder, ast.Call | ast.Dict):
        if holder not in parents:
            return Place(code, module, "", "")
        holder = parents[holder]
    words = _read_words(holder, code, _find_texts(holder, parents))
    return Place(code, module, words.get("problem", ""), words.get("mend", ""))


def _find_texts(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> dict[str, ast.AST]:
    """Give what the variables of the function around a node are set to."""
    while node in parents and not isinstance(node, ast.FunctionDef):
        node = parents[node]
    return {
        each.targets[0].id: each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    }


def _read_words(
    holder: ast.AST, code: str, texts: dict[str, ast.AST]
) -> dict[str, str]:
    if isinstance(holder, ast.Dict):
        pairs = zip(holder.keys, holder.values, strict=True)
        named = {k.value: v for k, v in pairs if isinstance(k, ast.Constant)}
        return {name: _phrase(named.get(name), texts) for name in _FIELDS}
    if not isinstance(holder, ast.Call):
        return {}
    named = {each.arg: each.value for each in holder.keywords}
    words = {name: _phrase(named.get(name), texts) for name in _FIELDS}
    given = [each for each in holder.args if getattr(each, "value", None) != code]
    if not words["problem"] and given:
        words["problem"] = _phrase(given[0], texts)
    if not words["mend"] and len(given) > 1:
        words["mend"] = _phrase(given[-1], texts)
    return words


def _phrase(  # noqa: PLR0911 - one answer for each kind of expression
    node: ast.AST | None, texts: dict[str, ast.AST]
) -> str:
    """Give the text of an expression, with "…" for what is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name) and node.id in texts:
        return _phrase(texts[node.id], {})
    if isinstance(node, ast.JoinedStr):
        return "".join(_phrase(part, {}) or "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        parts = (_phrase(each, texts) or "…" for each in (node.left, node.right))
        return "".join(parts)
    if isinstance(node, ast.BoolOp):
        return _phrase(node.values[-1], texts)
    if isinstance(node, ast.IfExp):
        parts = (_phrase(each, texts) for each in (node.body, node.orelse))
        return " / ".join(filter(None, parts))
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "suggest":
        # suggest(word, known, otherwise): the last is what it falls back on.
        return _phrase(node.args[-1], texts)
    return ""


def _write_row(code: str, places: list[Place]) -> str:
    problems = list(dict.fromkeys(p.problem for p in places if p.problem))
    mends = list(dict.fromkeys(p.mend for p in places if p.mend))
    modules = list(dict.fromkeys(place.fault or place.module for place in places))
    shown = ", ".join(f"`{module.removeprefix('ranvier.')}`" for module in modules)
    anchor = f'<a id="{code.lower()}"></a>{code}'
    problem = _cell(problems) or "*said by the case at hand*"
    cells = (anchor, problem, _cell(mends), shown)
    return "| " + " | ".join(cells) + " |"


def _cell(texts: list[str]) -> str:
    return "<br>".join(" ".join(text.split()).replace("|", "\\|") for text in texts)
