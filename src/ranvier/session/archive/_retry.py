"""Errors that may pass, tried again a number of times and told each time."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LASTING = FULL | {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
    errno.EILSEQ,
}
_LONGEST_S = 30.0
# Windows: another program has the file open, or a part of it locked.
_SHARING = (32, 33)


def may_pass(error: OSError) -> bool:
    """Say whether an error of the system may be gone a moment later.

    Returns
    -------
    bool
        False if no waiting mends it.

    Examples
    --------
    >>> import errno
    >>> may_pass(OSError(errno.EIO, "")), may_pass(OSError(errno.ENOSPC, ""))
    (True, False)
    """
    if getattr(error, "winerror", None) in _SHARING:
        return True
    return error.errno not in _LASTING | {errno.EACCES, errno.EPERM}


def repeat(
    act: Callable[[], ResultT],
    max_retries: int,
    delay_s: float,
    wait: Callable[[float], object],
    tell: Callable[[OSError, int], object],
) -> ResultT:
    """Do something, again if an error may pass.

    Parameters
    ----------
    act
        What is done.
    max_retries
        After the first time.
    delay_s
        Before the first retry, s; twice as long before each further, 30 s at most.
    wait
        Waits so long.
    tell
        Told of each error that is followed by a retry, and of its number, from 1.

    Returns
    -------
    object
        Of `act`.

    Raises
    ------
    OSError
        The last one.
    """
    retry = 0
    while True:
        try:
            return act()
        except OSError as error:
            if retry >= max_retries or not may_pass(error):
                raise
            retry += 1
            tell(error, retry)
        wait(min(delay_s * 2 ** (retry - 1), _LONGEST_S))
