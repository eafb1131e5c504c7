"""Addresses of repositories: their names, which are the same, none with a password."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
# host:path, as ssh has it; one letter before the colon is a drive.
_SSH_SHORT = re.compile(
    r"(?:[^@/\\:\s]+@|(?=[^/\\:@\s]{2}))([^/\\:@\s]+):(?!//)(.+)", re.DOTALL
)
_DEFAULT_PORTS = {"ssh": "22", "http": "80", "https": "443", "git": "9418"}
# The user of an ssh address is no secret, and without it the address leads nowhere.
_SSH_PASSWORD = re.compile(r"(\bssh://[^/\s:@]*):[^/\s]*@", re.IGNORECASE)
_PASSWORD = re.compile(r"(\b(?!ssh:)[A-Za-z][A-Za-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE)
_TOKEN = re.compile(r"([?&](?:\w+_)?token=)[^&\s]+", re.IGNORECASE)


def conceal(text: str) -> str:
    """Take credentials out of every address in a text.

    Parameters
    ----------
    text
        An address, or words of git with addresses in them.

    Returns
    -------
    str
        Without user and password; of an ssh address, without the password.

    Examples
    --------
    >>> conceal("fatal: no access to https://me:secret@host/task.git")
    'fatal: no access to https://host/task.git'
    >>> conceal("ssh://git:secret@host/task")
    'ssh://git@host/task'
    """
    text = _SSH_PASSWORD.sub(r"\1@", text)
    return _TOKEN.sub(r"\1…", _PASSWORD.sub(r"\1", text))


def name_repository(url: str) -> str:
    r"""Give the name of a repository, the last word of its address.

    Parameters
    ----------
    url
        http, ssh (long or short), or a path of any system.

    Returns
    -------
    str
        Without ".git"; empty if there is none.

    Examples
    --------
    >>> name_repository("git@host:lab/task.git"), name_repository(r"C:\code\task")
    ('task', 'task')
    """
    last = re.split(r"[/\\:]", url.strip().rstrip("/\\"))[-1]
    name = last.removesuffix(".git")
    return "" if name in (".", "..") else name


def is_path(url: str) -> bool:
    """Say whether an address is a path rather than one of a network.

    Returns
    -------
    bool
        True also for a path with a drive, and for `file://`.
    """
    scheme = _SCHEME.match(url)
    if scheme:
        return scheme.group(1).lower() == "file"
    return bool(_DRIVE.match(url)) or _SSH_SHORT.match(url) is None


def complete(url: str) -> str:
    """Make a path absolute, since git runs in other folders than its caller.

    Returns
    -------
    str
        Any other address as it is.
    """
    if not is_path(url) or _SCHEME.match(url) or _DRIVE.match(url):
        return url
    return str(Path(url).expanduser().absolute())


def normalise(url: str) -> str:
    """Write an address such that all spellings of it are the same.

    Returns
    -------
    str
        "host/path" for a network, whichever way goes there; "file:…" for a path.

    Examples
    --------
    >>> normalise("https://me@Host.org/lab/task.git/") == normalise(
    ...     "git@host.org:lab/task"
    ... )
    True
    """
    url = url.strip()
    scheme = _SCHEME.match(url)
    if is_path(url):
        return _normalise_path(scheme.group(2) if scheme else url)
    if scheme:
        kind, rest = scheme.group(1).lower(), scheme.group(2)
        host, _, path = rest.partition("/")
        host = host.rpartition("@")[2].removesuffix(f":{_DEFAULT_PORTS.get(kind, '')}")
    else:
        short = _SSH_SHORT.match(url)
        host, path = short.groups() if short else ("", url)
    return f"{host.lower()}/{_strip(path)}"


def join(parent: str, url: str) -> str:
    """Give the address of a submodule that is told relative to its parent's.

    Parameters
    ----------
    parent
        Address of the repository that has the submodule.
    url
        As its `.gitmodules` says; relative if it begins with "./" or "../".

    Returns
    -------
    str
        As git itself puts it together.

    Examples
    --------
    >>> join("git@host:lab/task.git", "../library.git")
    'git@host:lab/library.git'
    """
    if not url.startswith(("./", "../")):
        return url
    parent = parent.rstrip("/")
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            cut = max(parent.rfind("/"), parent.rfind(":"))
            sign = ":" if parent[cut] == ":" else ""
            parent, url = parent[:cut] + sign, url[3:]
        else:
            url = url[2:]
    return f"{parent}{url}" if parent.endswith(":") else f"{parent}/{url}"


def name_mirror(url: str) -> str:
    """Give the folder that a repository has in a cache.

    Returns
    -------
    str
        `<name>-<8 hex digits>.git`, the digits those of the address.
    """
    digits = hashlib.sha256(normalise(url).encode("utf-8", "surrogateescape"))
    return f"{name_repository(url)}-{digits.hexdigest()[:8]}.git"


def _normalise_path(path: str) -> str:
    path = re.sub(r"\A/(?=[A-Za-z]:[\\/])", "", path)  # file:///C:/…
    if _DRIVE.match(path):
        return "file:" + _strip(path.replace("\\", "/")).lower()
    return "file:/" + _strip(os.path.realpath(Path(path).expanduser()))


def _strip(path: str) -> str:
    return path.strip("/").removesuffix(".git").rstrip("/")
