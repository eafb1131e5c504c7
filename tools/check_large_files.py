"""Refuse files that would make every clone of the repository large."""

from __future__ import annotations

import sys
from pathlib import Path

LIMIT = 500_000
# The demo's movie and its cells: shipped in the package, loss-free, at most 6 MB.
ALLOWED = {"src/ranvier/examples/": 6_000_000}


def main(files: list[str]) -> int:
    """Check the files named and print those that are too large.

    Parameters
    ----------
    files
        Paths relative to the repository.

    Returns
    -------
    int
        Exit status.
    """
    large = [file for file in files if is_too_large(file)]
    for file in large:
        size = Path(file).stat().st_size
        print(f"{file}: {size / 1e6:.1f} MB; keep data of this size outside")
    return 1 if large else 0


def is_too_large(file: str) -> bool:
    """Say whether a file is over its limit.

    Returns
    -------
    bool
        False for a file that is not there.
    """
    limits = [size for place, size in ALLOWED.items() if file.startswith(place)]
    path = Path(file)
    return path.is_file() and path.stat().st_size > max([LIMIT, *limits])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
