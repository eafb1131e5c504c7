"""Write the parts of docs/reference/ that are derived from the source.

Tables of the graph file come from its models, the list of nodes from the classes of
`ranvier.library`, `ranvier.sim` and `ranvier.recording`, the error codes from the
places in the source that raise them, the page of the analysis from the models of
`study.yaml`, the schemas of tables and session files, and the classes of faults, the
keys of a session from their table, its steps from what they say of themselves. What
stands between the markers `<!-- generated: x -->` and `<!-- end of x -->` of a page is
replaced; the rest of the page is written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from _docs_analysis import (
    write_faults,
    write_layout,
    write_stages,
    write_study_entries,
    write_tables,
)
from _docs_errors import write_error_codes
from _docs_graph import write_graph_tables
from _docs_nodes import write_nodes

from ranvier.session.parameters import format_keys
from ranvier.session.steps import format_steps

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PARTS: dict[str, tuple[str, Callable[[], str]]] = {
    "graph tables": ("graph-file.md", write_graph_tables),
    "nodes": ("nodes.md", lambda: write_nodes(ROOT)),
    "error codes": (
        "error-codes.md",
        lambda: write_error_codes(ROOT / "src" / "ranvier"),
    ),
    "study": ("analysis.md", write_study_entries),
    "stages": ("analysis.md", write_stages),
    "tables": ("analysis.md", write_tables),
    "session file": ("analysis.md", write_layout),
    "faults": ("analysis.md", write_faults),
    "session keys": ("session-parameters.md", format_keys),
    "steps": ("session-steps.md", format_steps),
}


def main(arguments: list[str]) -> int:
    """Write the generated parts, or with --check say whether they are fresh.

    Returns
    -------
    int
        Exit status: 1 if --check finds a page that is not fresh.
    """
    stale = 0
    for part, (page, write) in PARTS.items():
        path = REFERENCE / page
        old = path.read_text(encoding="utf-8")
        new = replace_part(old, part, write())
        if arguments == ["--check"]:
            print(f"{page} is {'fresh' if new == old else 'not fresh'}")
            stale += new != old
        elif new != old:
            path.write_text(new, encoding="utf-8", newline="\n")
            print(f"wrote {page}")
    return min(stale, 1)


def replace_part(page: str, part: str, text: str) -> str:
    """Put a text between the markers of a page.

    Parameters
    ----------
    page
        Markdown.
    part
        Name that the markers carry.
    text
        What is to stand between them.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        If the page has not both markers.
    """
    begin, end = f"<!-- generated: {part} -->", f"<!-- end of {part} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise ValueError(f"a page lacks the markers of {part!r}")
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    whole = f"{begin}\n\n{text.strip()}\n\n{end}"
    return re.sub(pattern, lambda _: whole, page, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
