"""From a reference in a graph file to a node class, and to a catalogue of them."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, List, Optional, Tuple, Type

import ranvier
from ranvier.core import NodeError, format_error, suggest
from ranvier.node._describe import FILE_MODULE, describe
from ranvier.node._functions import node_class
from ranvier.node._node import Node
from ranvier.spec import Catalogue

GROUP = "ranvier.nodes"
"""Entry points of this group are node types: name = "module:Class"."""


def load(reference: str, folder: Optional[Path] = None) -> Type[Node]:
    """Import the node class that a graph file refers to.

    Parameters
    ----------
    reference
        A name of the catalogue, "module:Class", or "file.py:Class" with the file's
        path relative to the graph file.
    folder
        Folder of the graph file; the current one if None.

    Returns
    -------
    type
        The class.

    Raises
    ------
    NodeError
        If there is no such file, module or class, if importing it fails, or if what
        is found is no node.
    """
    place, colon, name = reference.rpartition(":")
    if not colon:
        place, name = _find_entry_point(reference)
    module = (
        _import_file((folder or Path()) / place)
        if place.endswith(".py")
        else _import_module(place, reference)
    )
    thing: Any = module
    for part in name.split("."):
        thing = getattr(thing, part, None)
    if thing is None:
        raise _not_there(reference, module, name)
    return node_class(thing, reference)


def discover(
    references: Iterable[str] = (), folder: Optional[Path] = None
) -> Catalogue:
    """Describe all node types that this environment has.

    Parameters
    ----------
    references
        References of a graph file, described beside the entry points.
    folder
        Folder of the graph file.

    Returns
    -------
    Catalogue
        With a fault for each that can't be imported.
    """
    names = {point.name for point in _entry_points()}
    catalogue = Catalogue()
    for reference in sorted(names) + sorted(set(references) - names):
        _add(catalogue, reference, folder)
    return catalogue


def discover_for(references: Iterable[str], folder: Optional[Path]) -> Catalogue:
    """Describe the node types of a graph file only; quick when a library is large.

    Returns
    -------
    Catalogue
        One entry or one fault for each reference; entry points that the graph does
        not use are known by name only.
    """
    catalogue = Catalogue()
    for reference in sorted(set(references)):
        _add(catalogue, reference, folder)
    return catalogue


def list_names() -> List[str]:
    """Give the names of all entry points, without importing them.

    Returns
    -------
    list of str
        In order of the alphabet.
    """
    return sorted(point.name for point in _entry_points())


def find_nodes(path: Path) -> List[str]:
    """Give the references of the node types that a Python file defines.

    The file is read, not run: a class counts if a base of it is named Source,
    Transform or Sink, a function if it is decorated so.

    Returns
    -------
    list of str
        "file.py:Name" each, in order of the file; empty if the file is no Python.

    Raises
    ------
    NodeError
        If there is no such file, or it can't be read.
    """
    try:
        tree = ast.parse(_read_source(path))  # bytes: Python looks for the encoding
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        f"{path.name}:{item.name}"
        for item in tree.body
        if isinstance(item, (ast.ClassDef, ast.FunctionDef)) and _looks_like_node(item)
    ]


def _looks_like_node(item: Any) -> bool:
    bases = item.bases if isinstance(item, ast.ClassDef) else []
    words = (
        {"Source", "Transform", "Sink"} if bases else {"source", "transform", "sink"}
    )
    for part in bases or item.decorator_list:
        word = part.func if isinstance(part, ast.Call) else part
        if getattr(word, "attr", getattr(word, "id", "")) in words:
            return True
    return False


def _add(catalogue: Catalogue, reference: str, folder: Optional[Path]) -> None:
    try:
        cls = load(reference, folder)
    except NodeError as error:
        catalogue.add_fault(reference, error)
    else:
        catalogue.add(describe(cls, name=reference.rpartition(":")[2]), reference)


def _entry_points() -> List[Any]:
    # Slow to import; a graph whose types are files and modules never needs it.
    import importlib.metadata

    if sys.version_info >= (3, 10):
        return list(importlib.metadata.entry_points(group=GROUP))
    return list(importlib.metadata.entry_points().get(GROUP, ()))  # pyright: ignore[reportUnreachable]


def resolve(reference: str) -> str:
    """Give the place that a name of the catalogue stands for.

    Parameters
    ----------
    reference
        As in a graph file.

    Returns
    -------
    str
        "module:Class" for a name that an installed package brings; anything else
        unchanged.
    """
    if ":" in reference:
        return reference
    values = {point.name: point.value for point in _entry_points()}
    return values.get(reference, reference)


def _find_entry_point(name: str) -> Tuple[str, str]:
    points = _entry_points()
    for point in points:
        if point.name == name:
            place, _, attribute = point.value.partition(":")
            return place, attribute.strip()
    otherwise = "correct the type, or install the package that brings it"
    if name.endswith(".py"):
        otherwise = f'add the class that is meant: "{name}:Class"'
    raise NodeError(
        f'no node type is called "{name}".',
        code="RV-N11",
        wanted="a name that `ranvier nodes` lists, module:Class or file.py:Class",
        mend=suggest(name, [point.name for point in points], otherwise),
    )


def _read_source(path: Path) -> bytes:
    # A pipe or a device would be read for ever.
    if not path.is_file():
        raise _no_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _no_file(path, error.strerror) from error


def _no_file(path: Path, why: Optional[str] = None) -> NodeError:
    beside = [each.name for each in path.parent.glob("*.py") if each.is_file()]
    otherwise = "correct the path; in a graph file it is relative to that file"
    return NodeError(
        f"there is no Python file {path} to be read.",
        code="RV-N12",
        found=why or ("a folder or a device" if path.exists() else ""),
        mend=suggest(path.name, beside, otherwise),
    )


def _import_module(place: str, reference: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise _import_failed(reference, error) from error


def _import_file(path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise _no_file(path)
    # A name of its own for each path, so that two folders may both have nodes.py.
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    name = f"{FILE_MODULE}{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise _import_failed(str(path), ImportError("not a Python file"))
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        # A node file may import its neighbours, as a script may.
        sys.path.append(str(path.parent))
    try:
        found.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script may end itself: refuse it
        del sys.modules[name]
        raise _import_failed(str(path), error) from error
    return module


def _import_failed(reference: str, error: BaseException) -> NodeError:
    where = _place_of(error)
    if isinstance(error, NodeError):
        return error.located(where)  # a declaration in it that is not right
    mend = "mend the code, or install what it needs into the node's environment"
    if isinstance(error, SystemExit):
        mend = 'put what should only run as a script under if __name__ == "__main__":'
    return NodeError(
        f'"{reference}" can\'t be imported: {format_error(error)}',
        code="RV-N13",
        where=where,
        mend=mend,
    )


def _place_of(error: BaseException) -> str:
    """Say which line of foreign code an error comes from."""
    # Where code reads a text as Python ("<string>"), that code's line says more.
    file = error.filename if isinstance(error, SyntaxError) else None
    if file and not file.startswith("<"):
        return f"{file}, line {error.lineno}"  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    # What a class of ours refuses was written by whoever derives from it.
    ours = (str(Path(ranvier.__file__).parent), "<frozen importlib")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(ours) and "importlib" not in frame.filename
    ]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def _not_there(reference: str, module: ModuleType, name: str) -> NodeError:
    there = [each for each, thing in vars(module).items() if _is_node(thing, module)]
    file = getattr(module, "__file__", None) or module.__name__
    return NodeError(
        f'"{reference}" leads to nothing: no {name or "name"} in {file}.',
        code="RV-N14",
        wanted=", ".join(there) or "a node class",
        mend=suggest(name, there, "correct the name after the colon"),
    )


def _is_node(thing: Any, module: ModuleType) -> bool:
    cls = getattr(thing, "__ranvier_node__", thing)
    is_class = inspect.isclass(cls) and issubclass(cls, Node)
    return is_class and cls.__module__ == module.__name__
