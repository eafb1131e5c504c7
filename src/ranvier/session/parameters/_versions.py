"""Versions and what a file asks of them, as PEP 440 has it.

An own small reading: `packaging` is no dependency of ours, and the tests compare the
two. Local versions (`1.0+lab`) count as the version before the plus sign.
"""

from __future__ import annotations

import re
from typing import TypeAlias

_VERSION = re.compile(
    r"""\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?P<pre_n>\d*))?
    (?P<post>-(?P<post_dash>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d*))?
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(~=|===|==|!=|<=|>=|<|>)\s*(.+?)\s*")
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_FIRST, _LAST = ("", -1), ("~", 0)

_Key: TypeAlias = tuple[int, tuple[int, ...], tuple[str, int], int, float]


def is_specifier(text: str) -> bool:
    """Say whether a text can be a specifier of versions.

    Returns
    -------
    bool
        True for "" and for clauses with commas between them.

    Examples
    --------
    >>> is_specifier(">=0.2, <1"), is_specifier("0.2")
    (True, False)
    """
    return all(_is_clause(clause) for clause in _split(text))


def allows(specifier: str, version: str) -> bool:
    """Say whether a version is one of those that are asked for.

    Parameters
    ----------
    specifier
        Clauses with commas between them, which must all hold; "" allows any.
    version
        A version as PEP 440 writes it.

    Returns
    -------
    bool
        True if it is one of them.

    Notes
    -----
    Method: PEP 440, section "Version specifiers". A version before a release is
    compared by its place alone, as with `prereleases=True` in `packaging`.

    Examples
    --------
    >>> allows("~=0.2.7", "0.2.57"), allows(">=1", "0.2.57")
    (True, False)
    """
    return all(_allows_clause(clause, version) for clause in _split(specifier))


def _split(specifier: str) -> list[str]:
    return [clause for clause in specifier.split(",") if clause.strip()]


def _is_clause(clause: str) -> bool:
    found = _CLAUSE.fullmatch(clause)
    if not found:
        return False
    sign, text = found.groups()
    if sign == "===":
        return True
    if text.endswith(".*"):
        match = _VERSION.fullmatch(text[:-2])
        return sign in ("==", "!=") and match is not None and _is_plain(match)
    match = _VERSION.fullmatch(text)
    if match is None or ("+" in text and sign not in ("==", "!=")):
        return False
    return sign != "~=" or "." in match["release"]


def _allows_clause(clause: str, version: str) -> bool:  # noqa: PLR0911 - one each
    found = _CLAUSE.fullmatch(clause)
    if found is None:
        return False
    sign, text = found.groups()
    if sign == "===":
        return text.lower() == version.strip().lower()
    if sign in ("==", "!="):
        is_same = (
            _begins(version, text[:-2]) if text.endswith(".*") else _same(version, text)
        )
        return is_same is (sign == "==")
    mine, wanted = _key(version), _key(text)
    if sign == "~=":
        return mine >= wanted and _begins(version, _without_last(text))
    if sign == ">=":
        return mine >= wanted
    if sign == "<=":
        return mine <= wanted
    # "<1.0" is not 1.0rc1, ">1.0" is not 1.0.post1, unless the clause says such a one.
    if sign == "<":
        return mine < (wanted if _is_pre(text) else _key(f"{text}.dev0"))
    is_kin = mine[:3] == wanted[:3] and not _match(text)["dev"]
    return mine > wanted and not (is_kin and _is_post(version) and not _is_post(text))


def _is_plain(match: re.Match[str]) -> bool:
    return not (match["pre"] or match["post"] or match["dev"] or "+" in match[0])


def _same(version: str, text: str) -> bool:
    return _key(version) == _key(text)


def _begins(version: str, prefix: str) -> bool:
    """Say whether a version begins with another, of which zeros may be left out."""
    mine, wanted = _match(version), _match(prefix)
    epoch, release = int(mine["epoch"] or 0), _numbers(mine)
    parts = _numbers(wanted)
    padded = (*release, *(0,) * len(parts))[: len(parts)]
    return epoch == int(wanted["epoch"] or 0) and padded == parts


def _without_last(text: str) -> str:
    match = _match(text)
    parts = match["release"].split(".")[:-1]
    epoch = f"{match['epoch']}!" if match["epoch"] else ""
    return epoch + ".".join(parts)


def _match(text: str) -> re.Match[str]:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return found


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in match["release"].split("."))


def _is_pre(text: str) -> bool:
    match = _match(text)
    return bool(match["pre"] or match["dev"])


def _is_post(text: str) -> bool:
    return bool(_match(text)["post"])


def _key(text: str) -> _Key:
    """Give what versions are ordered by: dev < a < b < rc < release < post."""
    match = _match(text)
    numbers = list(_numbers(match))
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    pre = _LAST
    if match["pre"]:
        word = match["pre"].lower()
        pre = (_PRE.get(word, word), int(match["pre_n"] or 0))
    elif match["dev"] and not match["post"]:
        pre = _FIRST
    post = int(match["post_dash"] or match["post_n"] or 0) if match["post"] else -1
    dev = float(match["dev_n"] or 0) if match["dev"] else float("inf")
    return int(match["epoch"] or 0), tuple(numbers), pre, post, dev
