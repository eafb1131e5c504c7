"""One machine of a session as a process: told by lines on stdin, tells on stdout."""

from __future__ import annotations

import json
import sys

from ranvier.core import RanvierError
from ranvier.session.peers import OnPeerLost, PeerRole, PeerSettings, agree
from ranvier.session.programs import StopSignal


class Words:
    def say(self, text):
        tell("said", text)

    def warn(self, text):
        tell("warned", text)

    def advance(self, task, done, total):
        raise AssertionError


def tell(what, value=None):
    sys.stdout.write(json.dumps([what, value]) + "\n")
    sys.stdout.flush()


def main():
    fields = json.loads(sys.argv[1])
    fields["role"] = PeerRole(fields["role"])
    fields["on_peer_lost"] = OnPeerLost(fields.get("on_peer_lost", "warn"))
    stop = StopSignal()
    try:
        with agree(PeerSettings(**fields), stop, Words()) as agreement:
            agreement.on_stop(
                lambda call: tell("stop", [call.by, call.reason, call.is_abort])
            )
            tell("agreed", agreement.session_name)
            for line in sys.stdin:
                order, _, rest = line.strip().partition(" ")
                if order == "start":
                    tell("started", agreement.wait_for_start())
                elif order == "peers":
                    peers = agreement.peers
                    tell("peers", [[p.name, p.offset_ns, p.error_ns] for p in peers])
                elif order == "stop":
                    agreement.stop(rest)
                elif order == "abort":
                    agreement.abort(rest)
                elif order == "leave":
                    break
    except RanvierError as error:
        tell("failed", error.to_dict())


main()
