"""Write the JSON Schemas that editors use into schemas/."""

from __future__ import annotations

import sys
from pathlib import Path

from ranvier.graph import format_schema

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


def main(arguments: list[str]) -> int:
    """Write the schemas, or with --check say whether they are fresh.

    Returns
    -------
    int
        Exit status: 1 if --check finds a schema that is not fresh.
    """
    path = SCHEMAS / "graph.schema.json"
    text = format_schema()
    if arguments == ["--check"]:
        is_fresh = path.exists() and path.read_text(encoding="utf-8") == text
        print(f"{path.name} is {'fresh' if is_fresh else 'not fresh'}")
        return 0 if is_fresh else 1
    SCHEMAS.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
