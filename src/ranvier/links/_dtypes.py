"""Element types of arrays as plain data and back, for metadata; never objects."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple, cast

import numpy as np

# What NumPy itself writes as `dtype.str`, and no more: other spellings are parsed by
# NumPy as small programs.
_PLAIN = re.compile(r"[<>|][biufcSUVmM]\d{0,9}(\[\d{0,9}[A-Za-z]{1,2}\])?\Z")


def describe_dtype(dtype: np.dtype[Any]) -> Any:
    """Give an element type as text, numbers, lists and mappings.

    Parameters
    ----------
    dtype
        Any that holds no Python objects.

    Returns
    -------
    object
        The text that NumPy gives it; of a structured type a mapping of names,
        formats, offsets and itemsize, so that gaps and overlaps stay as they are.

    Examples
    --------
    >>> describe_dtype(np.dtype(">f4"))
    '>f4'
    """
    if dtype.subdtype is not None:
        element, sizes = dtype.subdtype
        return [describe_dtype(element), list(sizes)]
    if dtype.names is None or dtype.fields is None:
        return dtype.str
    by_name = cast("Dict[str, Any]", dtype.fields)
    fields = [by_name[name] for name in dtype.names]
    described = {
        "names": list(dtype.names),
        "formats": [describe_dtype(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
    }
    titles = [field[2] if len(field) > 2 else None for field in fields]
    return {**described, "titles": titles} if any(titles) else described


def restore_dtype(described: Any) -> np.dtype[Any]:
    """Give the element type that `describe_dtype` wrote.

    Parameters
    ----------
    described
        From the metadata of a message, not to be trusted.

    Returns
    -------
    numpy.dtype
        Without Python objects.

    Raises
    ------
    ValueError
        If it is none of the forms that are written.
    """
    if isinstance(described, str):
        if not _PLAIN.match(described):
            raise ValueError(f"{described[:40]!r} is no element type")
        return np.dtype(described)
    if isinstance(described, dict):
        return _restore_fields(cast("Dict[str, Any]", described))
    if not isinstance(described, (list, tuple)):
        raise ValueError(f"a {type(described).__name__} is no element type")  # noqa: TRY004 - as all that is torn
    element, sizes = cast("List[Any]", described)
    return np.dtype((restore_dtype(element), check_sizes(sizes)))


def check_sizes(sizes: Any) -> Tuple[int, ...]:
    """Make sure that what came as sizes of an array can be such.

    Returns
    -------
    tuple of int
        The sizes.

    Raises
    ------
    ValueError
        If one is negative or no integer.
    """
    checked = tuple(sizes)
    for size in checked:
        if type(size) is not int or size < 0:
            raise ValueError(f"{size!r} is no size of an array")
    return checked


def _restore_fields(described: Dict[str, Any]) -> np.dtype[Any]:
    fields: Any = {
        "names": described["names"],
        "formats": [restore_dtype(each) for each in described["formats"]],
        "offsets": list(check_sizes(described["offsets"])),
        "itemsize": check_sizes([described["itemsize"]])[0],
    }
    if "titles" in described:
        fields["titles"] = described["titles"]
    return np.dtype(fields)
