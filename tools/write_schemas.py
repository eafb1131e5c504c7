"""Write the JSON Schemas that editors use into schemas/, and into the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.graph import format_schema as format_graph
from ranvier.session.parameters import format_schema as format_session

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS: dict[str, Callable[[], str]] = {
    "schemas/graph.schema.json": format_graph,
    "schemas/session.schema.json": format_session,
    "src/ranvier/session/parameters/session.schema.json": format_session,
}


def main(arguments: list[str]) -> int:
    """Write the schemas, or with --check say whether they are fresh.

    Returns
    -------
    int
        Exit status: 1 if --check finds a schema that is not fresh.
    """
    stale = 0
    for name, write in SCHEMAS.items():
        path, text = ROOT / name, write()
        is_fresh = path.exists() and path.read_text(encoding="utf-8") == text
        if arguments == ["--check"]:
            print(f"{name} is {'fresh' if is_fresh else 'not fresh'}")
            stale += not is_fresh
        elif not is_fresh:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {name}")
    return min(stale, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
