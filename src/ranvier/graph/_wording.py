"""The words for what has not the form of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError, suggest
from ranvier.graph._faults import Fault, Path, list_words
from ranvier.graph._model import GraphLink, GraphNode, RecordEntry, RestartPolicy

if TYPE_CHECKING:
    from pydantic import BaseModel

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "string_pattern_mismatch": 'a node and a port, as "node.port"',
    "string_too_short": "a text that is not empty",
    "too_short": "at least one entry",
}
_EXAMPLES: dict[type[BaseModel], str] = {
    GraphNode: "{type: …}",
    GraphLink: "{from: node.output, to: node.input}",
    RecordEntry: "{stream: node.output}",
}
_LIMITS = {
    "greater_than_equal": ("ge", "or more"),
    "less_than_equal": ("le", "or less"),
    "less_than": ("lt", "or less, but not that itself"),
}


def translate(model: type[BaseModel], detail: Any, path: Path) -> Fault:
    """Turn one detail of a pydantic error into a fault in our words."""
    kind, inner = detail["type"], tuple(detail["loc"])
    whole = (*path, *inner)
    node = str(path[1]) if path[:1] == ("nodes",) else ""
    if kind == "extra_forbidden":
        return _unknown_key(_keys_of(model, inner), whole, node)
    if kind == "missing":
        return _missing_key(whole, node)
    wanted = _say_wanted(detail)
    if kind == "model_type" and not inner:
        wanted = f"a mapping, as {_EXAMPLES[model]}"
    return explain_wrong(whole, detail["input"], wanted, node)


def _say_wanted(detail: Any) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "tuple_type" and isinstance(value, int | float | str):
        return f"a list, as [{value}]"
    if kind == "unfit":
        return str(context["wanted"])
    if kind == "literal_error":
        return f"one of {context['expected']}".replace("'", "").replace(" or ", ", ")
    if kind in _LIMITS:
        name, words = _LIMITS[kind]
        return f"{context[name]} {words}"
    return str(_WANTED.get(kind, detail["msg"]))


def _keys_of(model: type[BaseModel], inner: Path) -> list[str]:
    if model is GraphNode and len(inner) > 1 and inner[0] == "restart":
        model = RestartPolicy
    return [str(field.alias or name) for name, field in model.model_fields.items()]


def name_entry(path: Path) -> str:
    """Name an entry of the file as a person would.

    Returns
    -------
    str
        For example 'node "eye"', 'link 3', '"depth" of link 3'.

    Examples
    --------
    >>> name_entry(("links", 2, "depth"))
    '"depth" of link 3'
    """
    if not path:
        return "the file"
    if len(path) == 1:
        return f'"{path[0]}"'
    lists = {"links": "link", "record": "record entry"}
    if path[0] == "nodes":
        owner, rest = f'node "{path[1]}"', path[2:]
    elif path[0] in lists and isinstance(path[1], int):
        owner, rest = f"{lists[str(path[0])]} {path[1] + 1}", path[2:]
    else:
        owner, rest = f'"{path[0]}"', path[1:]
    if not rest:
        return owner
    # Which item of a list it is, is seen from the value.
    keys = ".".join(each for each in rest if isinstance(each, str))
    return f'"{keys}" of {owner}'


def describe_value(value: Any) -> str:
    """Say what a value of the file is, in full where it is short.

    Returns
    -------
    str
        For example 'nothing', '"5" (text)', 'a list of 3'.
    """
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"a mapping of {len(value)}"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if len(str(value)) <= 80 else str(value)[:77] + "…"
    return f'"{text}" (text)' if isinstance(value, str) else text


def explain_wrong(path: Path, value: Any, wanted: str, node: str) -> Fault:
    """Give the fault of a value that has another form than is wanted."""
    error = GraphError(
        f"{name_entry(path)} is not what is wanted there.",
        code="RV-G08",
        found=describe_value(value),
        wanted=wanted,
        mend=f"write {wanted}",
    )
    return Fault(error, path=path, node=node)


def _unknown_key(known: list[str], path: Path, node: str) -> Fault:
    owner = name_entry(path[:-1])
    error = GraphError(
        f'{owner} has an unknown key "{path[-1]}".',
        code="RV-G07",
        wanted=f"one of {list_words(known, 20)}",
        mend=suggest(str(path[-1]), known, "delete it"),
    )
    return Fault(error, path=path, node=node)


def _missing_key(path: Path, node: str) -> Fault:
    error = GraphError(
        f'{name_entry(path[:-1])} has no "{path[-1]}".',
        code="RV-G09",
        mend=f'add "{path[-1]}: …"',
    )
    return Fault(error, path=path, node=node)


def explain_bad_name(path: Path, name: str, wanted: str) -> Fault:
    """Give the fault of a node's name that is not safe or is reserved."""
    error = GraphError(
        f'a node can\'t be named "{name}".',
        code="RV-G11",
        wanted=wanted.removesuffix(" is wanted").rstrip(","),
        mend="rename the node",
    )
    return Fault(error, path=path, node=name)
