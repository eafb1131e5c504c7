"""A speaker of the older launcher's words, as its wire protocol is: blocking, plain.

Written from the facts of the protocol. One connection at a time on the master's side,
no field that it does not know, sockets closed when all is said.
"""

from __future__ import annotations

import json
import socket
import sys


class Channel:
    def __init__(self, end):
        self.end, self.file = end, end.makefile("rwb")

    def say(self, **word):
        self.file.write(json.dumps(word).encode() + b"\n")
        self.file.flush()

    def hear(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("closed")
        return json.loads(line)

    def close(self):
        self.file.close()
        self.end.close()


def be_slave(port, key, node):
    channel = Channel(socket.create_connection(("127.0.0.1", port), timeout=10))
    try:
        channel.say(session_key=key, state="ready", role="slave", node_name=node)
        word = channel.hear()
        if word.get("status") != "announce" or word.get("session_key") != key:
            raise RuntimeError(f"unexpected: {word}")
        name = word["session_name"]
        channel.say(status="ack", session_name=name, node_name=node)
        if channel.hear().get("status") != "complete":
            raise RuntimeError("no completion")
        return name
    finally:
        channel.close()


def be_master(port, key, name, n_slaves):
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(10)
        channels = []
        while len(channels) < n_slaves:
            end, _ = server.accept()
            end.settimeout(10)
            channel = Channel(end)
            word = channel.hear()
            if word.get("session_key") != key:
                channel.say(status="error", reason="session_key_mismatch")
                channel.close()
            elif word.get("state") != "ready":
                channel.say(status="error", reason="invalid_state")
                channel.close()
            else:
                channels.append(channel)
    for channel in channels:
        channel.say(
            status="announce",
            session_key=key,
            session_name=name,
            expected_slaves=n_slaves,
            master="old-master",
        )
    for channel in channels:
        word = channel.hear()
        if word.get("status") != "ack" or word.get("session_name") != name:
            raise RuntimeError(f"unexpected: {word}")
    for channel in channels:
        channel.say(status="complete", session_name=name)
        channel.close()
    return name


if __name__ == "__main__":
    role, port, key, name = sys.argv[1:]
    found = (
        be_slave(int(port), key, name)
        if role == "slave"
        else be_master(int(port), key, name, 1)
    )
    sys.stdout.write(found)
