"""The hemisphere of each fibre: what is told, or what its region's name ends in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults import HemisphereMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["find_hemispheres"]


def find_hemispheres(
    regions: Sequence[str], given: Sequence[Any] = (), session: str = ""
) -> list[str]:
    """Give the hemisphere of each region.

    Parameters
    ----------
    regions
        Maybe with "-l" or "-r".
    given
        What is told of each: "l", "r", or empty; of none of them if there is nothing.
    session
        For the words of the fault.

    Returns
    -------
    list
        "l", "r" or ""; as long as `regions`.

    Raises
    ------
    HemisphereMismatch
        If what is told is not what the name ends in.

    Examples
    --------
    >>> find_hemispheres(["VTA-l", "DR"]), find_hemispheres(["VTA", "DR"], ["r", ""])
    (['l', ''], ['r', ''])
    """
    named = [name[-1] if name.endswith(("-l", "-r")) else "" for name in regions]
    if not given:
        return named
    told = [side if isinstance(side, str) else "" for side in given]
    for region, by_name, side in zip(regions, named, told, strict=True):
        if by_name and side and by_name != side:
            raise HemisphereMismatch(
                session=session,
                channel=region,
                found=side,
                wanted=by_name,
                mend="correct the name of the region, or its hemisphere",
            )
    return [side or by_name for by_name, side in zip(named, told, strict=True)]
