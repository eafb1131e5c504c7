"""The machines of one session: one name, one start, one stop."""

from __future__ import annotations

from ranvier.session.peers._acts import Peer, StopCall
from ranvier.session.peers._agreement import Agreement, StopSource, agree
from ranvier.session.peers._settings import (
    OnPeerLost,
    PeerRole,
    PeerSettings,
    check_peer_settings,
    is_session_name,
)

__all__ = [
    "Agreement",
    "OnPeerLost",
    "Peer",
    "PeerRole",
    "PeerSettings",
    "StopCall",
    "StopSource",
    "agree",
    "check_peer_settings",
    "is_session_name",
]
