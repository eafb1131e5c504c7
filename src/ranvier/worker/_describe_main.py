"""`python -m ranvier.worker._describe_main FOLDER REFERENCE...`: describe node types.

It runs in the interpreter of the nodes, so that neither their imports nor their
faults reach whoever asks. For each reference one line of JSON goes to standard output
as soon as it is known: {"<reference>": {"spec": {...}}} or {"<reference>": {"error":
{...}}}. If the process dies, the reference after the last line is the one it died of.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import msgspec

from ranvier.core import describe_error, to_text
from ranvier.node import describe, load


def describe_reference(reference: str, folder: Optional[Path]) -> Dict[str, Any]:
    """Describe the node type of one reference.

    Parameters
    ----------
    reference
        As in a graph file.
    folder
        Folder of the graph file.

    Returns
    -------
    dict
        "spec": the NodeSpec as plain fields; or "error": the fields of the error.
    """
    try:
        cls = load(reference, folder)
        spec = describe(cls, name=reference.rpartition(":")[2])
        return {"spec": msgspec.to_builtins(spec, enc_hook=to_text)}
    except Exception as error:  # noqa: BLE001 - foreign code: told with its reference
        return {"error": describe_error(error)}


def main(arguments: List[str]) -> int:
    """Describe all references and print a line for each.

    Parameters
    ----------
    arguments
        Folder of the graph file, then references.

    Returns
    -------
    int
        0; faults of single references are in their lines.
    """
    folder = Path(arguments[0])
    # What node code prints must not get between the lines.
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)
        for reference in arguments[1:]:
            line = {reference: describe_reference(reference, folder)}
            out.write(msgspec.json.encode(line) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
