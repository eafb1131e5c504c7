"""The files that a stage of a session is made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis.pipeline._digests import digest_text
from ranvier.analysis.provenance import code_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.pipeline._digests import FileDigests
    from ranvier.analysis.pipeline._stages import Stage

# Parts of names of ALF datasets, by the stage that reads them.
_TASK = ("trials", "taskSettings", "taskData", "experiment.description")
_USED = {
    "photometry": ("photometry", "fpData", *_TASK),
    "task": _TASK,
    "wheel": ("wheel", "encoder", *_TASK),
    "video": ("Camera", *_TASK),
}
_FILES = ("trials", "wheel", "mapping")
# What stages read of a session's row; the rest of it stands in its file only.
_ROW = ("eid", "brain_region", "session_type")
_ROW_OF_VIDEO = ("session_length",)
_PLACE = ("format", "clock_offset_s", "block_info")


def make_key(
    stage: Stage,
    row: Mapping[Any, Any],
    place: Mapping[str, Any],
    parameters: AnalysisParameters,
    digests: FileDigests,
) -> str:
    """Make the digest of all that a stage of a session is made from.

    Parameters
    ----------
    stage
        The stage.
    row, place
        Of the catalogue: what is known of the session, and where it lies.
    parameters
        What is set; the stage's own settings count.
    digests
        Of files.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    names = [*_ROW]
    if stage.name == "video":
        names += [*_ROW_OF_VIDEO, *(n for n in row if str(n).startswith("qc_video_"))]
    return digest_text(
        stage.name,
        code_version(),
        parameters.digest(*stage.settings),
        digest_row({name: row.get(name) for name in names}),
        digest_row({name: place.get(name) for name in _PLACE}),
        _digest_inputs(stage, place, digests),
    )


def digest_row(row: Mapping[Any, Any]) -> str:
    """Give the digest of a row, whatever stands in its cells.

    Parameters
    ----------
    row
        Name → value; a cell without a value is as one that is not there.

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    known = sorted((str(name), _to_text(value)) for name, value in row.items())
    return digest_text(*(part for pair in known if pair[1] for part in pair))


def _digest_inputs(stage: Stage, place: Mapping[str, Any], digests: FileDigests) -> str:
    if place.get("format") == "one":
        return digest_text(*(_to_text(each) for each in place.get("datasets", ())))
    # By what each is, not by where it lies: a moved study stays valid.
    named = [
        part
        for name in _FILES
        if place.get(name)
        for part in (name, digests.digest(Path(str(place[name]))))
    ]
    root = Path(str(place["path"]))
    if not root.is_dir():
        return digest_text(root.name, digests.digest(root), *named)
    parts = _USED[stage.name] if place.get("format") == "alf" else ("",)
    inside = [
        path
        for path in root.rglob("*")
        if path.is_file() and any(part in path.name for part in parts)
    ]
    return digest_text(digests.digest_all(inside, root), *named)


def _to_text(value: Any) -> str:
    is_missing = value is None or value != value
    return "" if is_missing else repr(value)
