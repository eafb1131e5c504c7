"""Put the real recordings of the analysis demo into the package, loss-free.

Run as `python tools/make_demo_study.py DATA OUT`, DATA the folder that holds
`CQ002_2024-11-05_001` and `neurophotometrics_version_2`. The session is kept whole and
only packed anew; of the other recording the first 20 minutes are kept. Every value is
read back and compared.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SESSION = "one/cortexlab/Subjects/CQ002/2024-11-05/001"
RAW = "_neurophotometrics_fpData.raw.pqt"
FRAMES = 60 * 60 * 20


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    source = given.data / "CQ002_2024-11-05_001"
    for path in sorted(source.rglob("*")):
        if not path.is_file():
            continue
        copy = given.out / SESSION / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".pqt":
            pack(pq.read_table(path), copy)
        else:
            shutil.copyfile(path, copy)
    raw = pq.read_table(given.data / "neurophotometrics_version_2" / RAW)
    copy = given.out / "files" / "version_2" / RAW
    copy.parent.mkdir(parents=True, exist_ok=True)
    pack(raw.slice(0, FRAMES), copy)


def pack(table: pa.Table, path: Path) -> None:
    """Write a table as small as it gets, and prove that nothing was lost.

    Parameters
    ----------
    table
        The table.
    path
        Where.

    Raises
    ------
    ValueError
        If what is read back is not the same.
    """
    pq.write_table(table, path, compression="zstd", compression_level=19)
    if not pq.read_table(path).equals(table):
        raise ValueError(f"{path} does not hold what was put in")


if __name__ == "__main__":
    main()
