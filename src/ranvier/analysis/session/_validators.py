"""Checks of what is known of a session: each raises its own fault, or logs it.

Each takes a row (a Series or mapping, or a PhotometrySession by its `to_dict`) and the
names that the lab knows; an empty list of names knows all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import (
    DataNotListed,
    HemisphereMismatch,
    InvalidBrainRegion,
    InvalidLine,
    InvalidNeuromodulator,
    InvalidStrain,
    InvalidSubject,
    MetadataFault,
    MissingBrainRegion,
    MissingHemisphere,
    MissingHemiSuffix,
    MissingInsertion,
    VideoDroppedFramesQCError,
    VideoLengthError,
    VideoPinStateQCError,
    VideoTimestampsQCError,
    exception_logger,
)
from ranvier.analysis.files import (
    DATASET_CATEGORIES,
    bare_region,
    has_dataset_category,
)
from ranvier.analysis.readers import find_hemispheres
from ranvier.analysis.session._state import to_list
from ranvier.core import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ranvier.analysis.faults import VideoFault
    from ranvier.analysis.parameters import Vocabulary


@exception_logger
def validate_subject(row: Any, vocabulary: Vocabulary) -> None:
    """Make sure that the subject is one to be analysed.

    Raises
    ------
    InvalidSubject
        If it is one of those left out.
    """
    if row["subject"] in vocabulary.excluded_subjects:
        raise InvalidSubject(
            f"the subject {row['subject']} is left out.", session=str(row["eid"])
        )


@exception_logger
def validate_strain(row: Any, vocabulary: Vocabulary) -> None:
    """Make sure that the strain is known.

    Raises
    ------
    InvalidStrain
        If not.
    """
    _check_name(row, "strain", vocabulary.strains, InvalidStrain)


@exception_logger
def validate_line(row: Any, vocabulary: Vocabulary) -> None:
    """Make sure that the line is known.

    Raises
    ------
    InvalidLine
        If not.
    """
    _check_name(row, "line", vocabulary.lines, InvalidLine)


@exception_logger
def validate_neuromodulator(row: Any, vocabulary: Vocabulary) -> None:
    """Make sure that the neuromodulator is known.

    Raises
    ------
    InvalidNeuromodulator
        If not.
    """
    _check_name(row, "NM", vocabulary.neuromodulators, InvalidNeuromodulator)


@exception_logger
def validate_brain_region(row: Any, vocabulary: Vocabulary) -> None:
    """Make sure that there are brain regions, and that each is a target that is known.

    Raises
    ------
    MissingBrainRegion
        If there are none.
    InvalidBrainRegion
        If one is not known.
    """
    regions = to_list(row.get("brain_region"))
    if not regions or not all(regions):
        raise MissingBrainRegion(session=str(row["eid"]), found=str(regions))
    known = tuple(vocabulary.targets)
    unknown = [name for name in regions if known and bare_region(name) not in known]
    if unknown:
        raise InvalidBrainRegion(
            f"{', '.join(unknown)} is no target that is known.",
            session=str(row["eid"]),
            found=", ".join(unknown),
            wanted=", ".join(known),
            mend=suggest(bare_region(unknown[0]), known, "add it to the targets"),
        )


@exception_logger
def validate_hemisphere(
    row: Any, fibers: Mapping[str, str | None] | None = None
) -> None:
    """Make sure that the hemisphere of each fibre is known, and no other than planned.

    Parameters
    ----------
    row
        Of the session.
    fibers
        Region → hemisphere of its fibre by its coordinates, "l" or "r", None if it
        can't be told; None: no coordinates are kept, and none are missed.

    Raises
    ------
    MissingHemisphere
        If no fibre has one.
    HemisphereMismatch
        If the name, what is told and the coordinates are not of one side.
    MissingInsertion
        If the coordinates of a fibre are not known.
    MissingHemiSuffix
        If a name does not say its side.
    """
    eid = str(row["eid"])
    regions = to_list(row.get("brain_region"))
    sides = find_hemispheres(regions, to_list(row.get("hemisphere")), eid)
    if not sides or not any(sides):
        raise MissingHemisphere(session=eid, found=", ".join(regions) or "no region")
    for region, side in zip(regions, sides, strict=True):
        bare = bare_region(region)
        by_fiber = None if fibers is None else fibers.get(bare)
        if side and by_fiber and side != by_fiber:
            raise HemisphereMismatch(
                session=eid, channel=region, found=side, wanted=by_fiber
            )
        if fibers is not None and not by_fiber:
            raise MissingInsertion(session=eid, channel=region)
        if region == bare and not side:
            raise MissingHemiSuffix(session=eid, channel=region)


@exception_logger
def validate_datasets(
    row: Any, categories: Mapping[str, Collection[str]] = DATASET_CATEGORIES
) -> None:
    """Make sure that every kind of data is listed.

    Parameters
    ----------
    row
        Of the session, with `datasets`.
    categories
        Kind → names of its datasets, any one of them.

    Raises
    ------
    DataNotListed
        If one is not.
    """
    listed = to_list(row.get("datasets"))
    lacking = [
        kind for kind, names in categories.items()
        if not has_dataset_category(listed, names)
    ]  # fmt: skip
    if lacking:
        raise DataNotListed(
            f"no dataset of {', '.join(lacking)} is listed.", session=str(row["eid"])
        )


@exception_logger
def validate_video_length(row: Any, longest_s: float = 120.0) -> None:
    """Make sure that the video is as long as the session.

    Raises
    ------
    VideoLengthError
        If it is off by `longest_s` or more.
    """
    if abs(float(row["length_discrepancy"])) >= longest_s:
        raise VideoLengthError(
            session=str(row["eid"]),
            found=f"{row['length_discrepancy']:.1f} s longer",
            wanted=f"less than {longest_s:g} s",
        )


@exception_logger
def validate_video_timestamps_qc(row: Any) -> None:
    """Make sure that the time stamps of the video passed.

    Raises
    ------
    VideoTimestampsQCError
        If not.
    """
    _check_passed(row, "timestamps", VideoTimestampsQCError)


@exception_logger
def validate_video_dropped_frames_qc(row: Any) -> None:
    """Make sure that the video lost no frames.

    Raises
    ------
    VideoDroppedFramesQCError
        If it did.
    """
    _check_passed(row, "dropped_frames", VideoDroppedFramesQCError)


@exception_logger
def validate_video_pin_state_qc(row: Any) -> None:
    """Make sure that the pin state of the video passed.

    Raises
    ------
    VideoPinStateQCError
        If not.
    """
    _check_passed(row, "pin_state", VideoPinStateQCError)


def _check_name(
    row: Any, column: str, known: Collection[str], fault: type[MetadataFault]
) -> None:
    name = row.get(column)
    if known and name not in known:
        raise fault(
            f'the {column} "{name or ""}" is not known.',
            session=str(row["eid"]),
            found=str(name),
            wanted=", ".join(known),
        )


def _check_passed(row: Any, name: str, fault: type[VideoFault]) -> None:
    found = row.get(f"qc_video_{name}", row.get(name))
    if found != "PASS":
        raise fault(session=str(row["eid"]), found=str(found), wanted="PASS")
