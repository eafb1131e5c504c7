"""Arrow tables and data frames as bytes and back; pyarrow is an extra."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ranvier.core import LinkError


def is_table(payload: Any) -> bool:
    """Say whether a payload is a table, without importing what makes tables.

    Returns
    -------
    bool
        True of an Arrow table or record batch, and of a pandas or polars data frame.
    """
    root = type(payload).__module__.partition(".")[0]
    return root in ("pyarrow", "pandas", "polars") and hasattr(payload, "columns")


def encode_table(payload: Any) -> bytes:
    """Give a table as a stream of Arrow's own format.

    Parameters
    ----------
    payload
        Of which `is_table` is true.

    Returns
    -------
    bytes
        Schema and batches.

    Raises
    ------
    LinkError
        If pyarrow is not there.
    ValueError, TypeError, NotImplementedError
        Arrow's own, of a column that it has no type for.
    """
    arrow = _import_arrow()
    if hasattr(payload, "to_arrow"):
        table = payload.to_arrow()
    elif "pandas" in type(payload).__module__:
        table = arrow.Table.from_pandas(payload)
    else:
        table = payload
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return sink.getvalue().to_pybytes()


def decode_table(data: bytes) -> Any:
    """Give the table of a stream of Arrow's own format.

    Parameters
    ----------
    data
        From a message, not to be trusted.

    Returns
    -------
    pyarrow.Table
        Checked through and through.

    Raises
    ------
    LinkError
        If pyarrow is not there.
    ValueError, OSError
        Arrow's own, if the bytes are torn or contradict themselves.
    """
    table = _import_arrow().ipc.open_stream(data).read_all()
    # Offsets that point outside their column would end the process when it is used.
    table.validate(full=True)
    return table


def _import_arrow() -> Any:
    try:
        importlib.import_module("pyarrow.ipc")
        return importlib.import_module("pyarrow")
    except ImportError:
        raise LinkError(
            "a table can't be carried without pyarrow.",
            code="RV-L02",
            found=f"no pyarrow in the environment of {sys.executable}",
            mend='install the extra: pip install "ranvier[tables]"',
        ) from None
