"""Whether a program that failed is started again; pure."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ranvier.session.faults import Verdict

if TYPE_CHECKING:
    from ranvier.session.programs._spec import ProgramEnd, RetryPolicy


class Retry(enum.Enum):
    """What follows an attempt."""

    NO = "no"
    YES = "yes"
    ASK = "ask"


def choose_retry(policy: RetryPolicy, end: ProgramEnd, *, is_retryable: bool) -> Retry:
    """Say whether there is to be another attempt.

    Parameters
    ----------
    policy
        Of the program.
    end
        Of the last attempt; `attempts` is its number.
    is_retryable
        True if what it wrote to stderr has one of the policy's patterns, or there are
        none.

    Returns
    -------
    Retry
        NO for what did not fail, was stopped, fails in another way than the patterns
        say, or was retried often enough.
    """
    if end.verdict is not Verdict.FAILED or end.is_stopped or not is_retryable:
        return Retry.NO
    if policy.max_retries is not None and end.attempts > policy.max_retries:
        return Retry.NO
    if policy.ask:
        return Retry.ASK
    return Retry.NO if policy.max_retries is None else Retry.YES
