"""From a node class to the plain data that checks, editor and docs read."""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any, Optional, Type

from ranvier.node._node import Node
from ranvier.spec import NodeSpec


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
        inputs=tuple(port.describe() for port in cls._inputs.values()),
        outputs=tuple(port.describe() for port in cls._outputs.values()),
        parameters=cls.parameter_specs(),
        reference=reference or f"{cls.__module__}:{cls.__qualname__}",
        version=_find_version(cls.__module__),
        deterministic=cls.deterministic,
        keeps_state=_overrides(cls, "checkpoint"),
        has_safe_state=_overrides(cls, "safe_state"),
        tags=tuple(cls.tags),
    )


def _overrides(cls: Any, method: str) -> bool:
    return getattr(cls, method) is not getattr(Node, method)


def _find_version(module: str) -> str:
    try:
        return importlib.metadata.version(module.partition(".")[0])
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return ""
