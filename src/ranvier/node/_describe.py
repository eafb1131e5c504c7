"""From a node class to the plain data that checks, editor and docs read."""

from __future__ import annotations

import inspect
from typing import Any, Optional, Type

import ranvier
from ranvier.node._node import Node
from ranvier.spec import NodeSpec

FILE_MODULE = "ranvier_file_"
"""Begins the names of modules that `load` makes of plain files."""


def describe(
    cls: Type[Node], *, name: Optional[str] = None, reference: Optional[str] = None
) -> NodeSpec:
    """Derive the declaration of a node type from its class.

    Parameters
    ----------
    cls
        The class.
    name
        Name in the catalogue; the class's own name if None.
    reference
        Where the class is found; "module:Class" if None.

    Returns
    -------
    NodeSpec
        Plain data, without the class.
    """
    doc = inspect.getdoc(cls) if cls.__doc__ else ""
    return NodeSpec(
        name=name or cls.__name__,
        kind=cls.kind,
        summary=(doc or "").partition("\n")[0].strip(),
        doc=doc or "",
        inputs=cls.declared_inputs(),
        outputs=cls.declared_outputs(),
        parameters=cls.parameter_specs(),
        reference=reference or f"{cls.__module__}:{cls.__qualname__}",
        version=find_version(package_of(cls.__module__)),
        deterministic=bool(cls.deterministic),
        keeps_state=_overrides(cls, "checkpoint"),
        has_safe_state=_overrides(cls, "safe_state"),
        tags=tuple(map(str, cls.tags)),
    )


def _overrides(cls: Any, method: str) -> bool:
    return getattr(cls, method) is not getattr(Node, method)


def find_version(package: str) -> str:
    """Give the version of an installed package.

    Parameters
    ----------
    package
        Name of the import package, or of the distribution.

    Returns
    -------
    str
        "" if it is not an installed distribution.
    """
    if package == "ranvier":
        return ranvier.__version__
    # Slow to import, and most nodes of a lab are plain files without a version.
    import importlib.metadata

    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return ""


def package_of(module: str) -> str:
    """Give the package that a module of a node belongs to, "" for a plain file.

    Returns
    -------
    str
        Its first name.
    """
    package = module.partition(".")[0]
    return "" if package.startswith(FILE_MODULE) else package
