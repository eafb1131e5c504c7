"""Turns bytes that may be damaged into a message, or says that they are none."""

from __future__ import annotations

from typing import Any

import msgspec

from ranvier.core import LinkError, RecordingError
from ranvier.links import Message, decode


def decode_recorded(data: Any, where: str) -> Message:
    """Read a message of a recording.

    Parameters
    ----------
    data
        Its bytes.
    where
        File and stream, for the message of the error.

    Returns
    -------
    Message
        Its arrays are read-only views of the bytes.

    Raises
    ------
    RecordingError
        If the bytes are no message.
    """
    try:
        return decode(data)
    except LinkError as error:
        raise _damaged(where, error.found) from error
    except (msgspec.MsgspecError, ArithmeticError, MemoryError, RuntimeError) as error:
        # Flipped sizes lead to numbers that no array can have.
        raise _damaged(where, str(error)) from error
    except (ValueError, TypeError, LookupError) as error:
        raise _damaged(where, str(error)) from error


def _damaged(where: str, found: str) -> RecordingError:
    return RecordingError(
        "a message is damaged.",
        code="RV-D14",
        where=where,
        found=found,
        mend="let `ranvier verify` say what else is; the messages around it stand",
    )
