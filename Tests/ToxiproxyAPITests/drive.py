"""Drives the server at 127.0.0.1:PORT with toxiproxy-python, unchanged, and says what it saw, as JSON."""

import json
import socket
import sys
import threading
import time

from toxiproxy import Toxiproxy
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists


def echo_server():
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection):
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()


def round_trip(address):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.monotonic()
        connection.sendall(b"ping")
        if connection.recv(4) != b"ping":
            raise OSError("closed")
        return time.monotonic() - start


def fails(kind, action):
    try:
        action()
    except kind:
        return True
    return False


def main():
    server = Toxiproxy()
    server.update_api_consumer("127.0.0.1", int(sys.argv[1]))
    host, port = echo_server()
    upstream = f"{host}:{port}"
    saw = {"running": server.running(), "version": json.loads(server.version())["version"]}

    proxy = server.create(upstream=upstream, name="echo")
    saw["listen"] = proxy.listen.startswith("127.0.0.1:") and not proxy.listen.endswith(":0")
    saw["enabled"] = proxy.enabled
    saw["plain"] = round_trip(proxy.listen) < 0.1
    saw["exists"] = fails(ProxyExists, lambda: server.create(upstream=upstream, name="echo"))

    proxy.add_toxic(type="latency", attributes={"latency": 200, "jitter": 10})
    saw["toxics"] = {
        name: [toxic.type, toxic.stream, toxic.toxicity, toxic.attributes] for name, toxic in proxy.toxics().items()
    }
    saw["delayed"] = 0.18 <= round_trip(proxy.listen) < 0.5
    saw["invalid"] = fails(InvalidToxic, lambda: proxy.add_toxic(type="nonsense"))
    saw["no such toxic"] = fails(NotFound, lambda: proxy.destroy_toxic("nonsense"))
    proxy.destroy_toxic("latency_downstream")
    saw["undelayed"] = round_trip(proxy.listen) < 0.1

    proxy.add_toxic(name="r", type="reset_peer", stream="upstream")
    saw["reset"] = fails(OSError, lambda: round_trip(proxy.listen))
    proxy.destroy_toxic("r")

    with proxy.down():
        saw["down"] = fails(ConnectionRefusedError, lambda: round_trip(proxy.listen))
    saw["up"] = round_trip(proxy.listen) < 0.1

    proxy.disable()
    server.reset()
    saw["after reset"] = round_trip(proxy.listen) < 0.1

    populated = server.populate(
        [
            {"name": "echo", "upstream": upstream, "listen": proxy.listen},
            {"name": "other", "upstream": upstream, "listen": "127.0.0.1:0"},
        ]
    )
    saw["populated"] = [each.name for each in populated]
    saw["proxies"] = sorted(server.proxies())
    server.destroy_all()
    saw["destroyed"] = server.proxies() == {}
    print(json.dumps(saw))


main()
