"""The page of all nodes that ranvier brings, from their classes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tomllib
from typing import TYPE_CHECKING, Any

from ranvier.node import Node, describe

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from ranvier.spec import NodeSpec, ParameterSpec, PortSpec

_PLACES = ("ranvier.library", "ranvier.sim", "ranvier.recording")
_HIDDEN = {"ranvier.recording:Recorder"}


def write_nodes(root: Path) -> str:
    """Write one section for each node.

    Parameters
    ----------
    root
        Of the repository; its pyproject.toml says which nodes have a short name.

    Returns
    -------
    str
        Markdown.
    """
    names = _read_names(root)
    sections: list[str] = []
    for place in _PLACES:
        for reference, cls in _find_nodes(importlib.import_module(place)).items():
            if reference in _HIDDEN:
                continue
            spec = describe(cls, name=names.get(reference), reference=reference)
            sections.append(_write_node(spec, short=reference in names))
    return "\n\n".join(sections)


def list_references(root: Path) -> list[str]:
    """Give the references of the nodes that have a short name.

    Returns
    -------
    list of str
        "module:Class" each.
    """
    return sorted(_read_names(root))


def _read_names(root: Path) -> dict[str, str]:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"]["ranvier.nodes"]
    return {reference: name for name, reference in points.items()}


def _find_nodes(package: ModuleType) -> dict[str, type[Node]]:
    modules = [package]
    modules += [
        importlib.import_module(f"{package.__name__}.{each.name}")
        for each in pkgutil.iter_modules(package.__path__)
        if not each.name.startswith("_")
    ]
    found: dict[str, type[Node]] = {}
    for module in modules:
        for name, thing in vars(module).items():
            cls: Any = getattr(thing, "__ranvier_node__", thing)
            is_node = inspect.isclass(cls) and issubclass(cls, Node) and _is_whole(cls)
            is_of_module = is_node and cls.__module__.startswith(module.__name__)
            if is_of_module and not name.startswith("_"):
                # By the module that shows it, not by the private one that holds it.
                found[f"{module.__name__}:{cls.__qualname__}"] = cls
    return found


def _is_whole(cls: type[Node]) -> bool:
    # Source, Transform and Sink themselves, and bases that nodes share, are no nodes.
    if cls.__module__ == Node.__module__ or not hasattr(cls, "kind"):
        return False
    return cls.kind == "source" or cls.takes_raw or hasattr(cls, "process")


def _write_node(spec: NodeSpec, *, short: bool) -> str:
    name = f"`{spec.name}`" if short else f"`{spec.reference}`"
    lines = [f"## {name}", "", f"{spec.kind.capitalize()}. {spec.summary}", ""]
    if short:
        lines += [f"Class `{spec.reference}`.{_traits(spec)}", ""]
    elif _traits(spec):
        lines += [_traits(spec).strip(), ""]
    if spec.inputs or spec.outputs:
        lines += ["| port | | carries | |", "|---|---|---|---|"]
        lines += [_write_port(port) for port in (*spec.inputs, *spec.outputs)]
        lines.append("")
    if spec.parameters:
        lines += ["| parameter | default | type | |", "|---|---|---|---|"]
        lines += [_write_parameter(each) for each in spec.parameters]
    return "\n".join(lines).rstrip()


def _traits(spec: NodeSpec) -> str:
    words = [
        "" if spec.deterministic else " Not deterministic.",
        " Hands its state over at a restart." if spec.keeps_state else "",
        " Has a safe state." if spec.has_safe_state else "",
    ]
    return "".join(words)


def _write_port(port: PortSpec) -> str:
    words = [port.direction]
    words += ["held"] if port.hold else []
    words += ["optional"] if port.optional else []
    cells = [f"`{port.name}`", ", ".join(words), port.describe(), _cell(port.help)]
    return "| " + " | ".join(cells) + " |"


def _write_parameter(spec: ParameterSpec) -> str:
    default = "required" if spec.required else f"`{spec.default!r}`"
    kind = spec.describe_type().partition(" ")[2]
    if spec.choices:
        kind = " or ".join(f"`{each}`" for each in spec.choices)
    kind += ", live" if spec.live else ""
    return f"| `{spec.name}` | {_cell(default)} | {_cell(kind)} | {_cell(spec.help)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
