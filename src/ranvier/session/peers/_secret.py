"""How two machines show each other that they have the same secret, without saying it.

Each answers a number that the other drew for this connection. What follows on the
connection is neither signed nor ciphered: this keeps strangers out of a lab's network;
it does not withstand someone who can change packets on the way.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Handshake:
    """What a proof is made of: all that the two have said so far.

    Parameters
    ----------
    nonce_master, nonce_slave
        Drawn by each for this connection.
    key, node
        The session's key, and the name of the slave.
    """

    nonce_master: str
    nonce_slave: str
    key: str
    node: str


def prove(secret: bytes, role: str, handshake: Handshake) -> str:
    """Make the proof of one side.

    Parameters
    ----------
    secret
        Shared.
    role
        Whose proof it is: "master" or "slave". In it, so that one can't be sent back as
        the other.
    handshake
        What it holds for.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    said = (
        role,
        handshake.nonce_master,
        handshake.nonce_slave,
        handshake.key,
        handshake.node,
    )
    # With their lengths: no two sets of words give the same bytes.
    parts = [f"{len(each.encode())}:".encode() + each.encode() for each in said]
    return hmac.new(secret, b"".join(parts), hashlib.sha256).hexdigest()


def is_proof(proof: str, secret: bytes, role: str, handshake: Handshake) -> bool:
    """Say whether a proof is right, in a time that does not tell how far it was.

    Returns
    -------
    bool
        True if it was made with the same secret.
    """
    return hmac.compare_digest(proof.encode(), prove(secret, role, handshake).encode())
