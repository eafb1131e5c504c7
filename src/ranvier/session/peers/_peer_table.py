"""The other machines as a slave knows them: from what its master said of all."""

from __future__ import annotations

from typing import Any, cast

from ranvier.session.peers._acts import Peer
from ranvier.session.peers._words import PROTOCOL, text_of

_MOST_PEERS = 1000


def read_peers(word: dict[str, Any], master: str, address: str) -> tuple[Peer, ...]:
    """Read who takes part off the master's last word of the agreement.

    Parameters
    ----------
    word
        `complete`, with `peers` (their clocks against the master's) and `you`, the name
        of this machine among them. What is not as it should be is left out.
    master, address
        Of the master.

    Returns
    -------
    tuple of Peer
        The master first; all clocks against that of this machine.

    Examples
    --------
    >>> here = {"name": "b", "protocol": 2, "offset_ns": 7, "error_ns": 1}
    >>> read_peers({"you": "b", "peers": [here]}, "a", "10.0.0.1")
    (Peer(name='a', address='10.0.0.1', protocol=2, offset_ns=-7, error_ns=1),)
    """
    told: object = word.get("peers")
    rows = cast("list[object]", told) if isinstance(told, list) else []
    known = [
        _read_peer(cast("dict[str, Any]", row))
        for row in rows[:_MOST_PEERS]
        if isinstance(row, dict)
    ]
    name = text_of(word, "you")
    own = next((peer for peer in known if peer.name == name), None)
    first = Peer(master, address, PROTOCOL)
    if own is None or own.offset_ns is None or own.error_ns is None:
        others = [peer for peer in known if peer.name != name]
        unknown = [Peer(peer.name, peer.address, peer.protocol) for peer in others]
        return (first, *unknown)
    first = Peer(master, address, PROTOCOL, -own.offset_ns, own.error_ns)
    return (first, *(_relate(peer, own) for peer in known if peer is not own))


def _relate(peer: Peer, own: Peer) -> Peer:
    known = (peer.offset_ns, peer.error_ns, own.offset_ns, own.error_ns)
    if None in known:
        return Peer(peer.name, peer.address, peer.protocol)
    offset_ns = (peer.offset_ns or 0) - (own.offset_ns or 0)
    error_ns = (peer.error_ns or 0) + (own.error_ns or 0)
    return Peer(peer.name, peer.address, peer.protocol, offset_ns, error_ns)


def _read_peer(row: dict[str, Any]) -> Peer:
    times = (row.get("offset_ns"), row.get("error_ns"))
    name, address = text_of(row, "name"), text_of(row, "address")
    protocol = PROTOCOL if row.get("protocol") == PROTOCOL else 1
    if type(times[0]) is not int or type(times[1]) is not int:
        return Peer(name, address, protocol)
    return Peer(name, address, protocol, *times)
