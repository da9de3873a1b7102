#!/usr/bin/env python3
"""Throws garbage at a host's sockets and at its API: garbage.py SEED sockets ADDRESS | api SOCKET | dns.

Everything is drawn from SEED. `sockets` and `dns` only have to leave the target alive, which the caller checks. `api`
checks each answer itself: a malformed request is the client's mistake (4xx) and is told so in JSON.
"""
import http.client
import json
import random
import re
import socket
import ssl
import sys
import time

SECONDS = 8  # for each part, whatever the machine does
BYTES_MAX = 256 << 10


def blob(rng, size_max=4096):
    size = rng.choice([0, 1, 2, 7, 8, 64, rng.randrange(size_max + 1), size_max])
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(size)
    if kind == 1:
        return b"\xff" * size
    return rng.randbytes(size)


# ---- sockets

GREETINGS = [b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x08", b"\x09\x00",
             b"\x00\x00\x04\x08\x00\x00\x00\x00\x00", b"\x0a\x00\x00\xff\xff"]


def tls(rng, address, port, greeting):
    """Garbage inside TLS: after the handshake the HTTP/2 layer gets it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((address, port), timeout=2) as raw, context.wrap_socket(raw) as stream:
        stream.sendall(greeting + blob(rng))
        stream.settimeout(0.2)
        stream.recv(4096)


def tcp(rng, address, port, kept):
    stream = socket.create_connection((address, port), timeout=2)
    stream.settimeout(2)
    how = rng.randrange(5)
    if how == 0:  # half open: says nothing, and stays
        kept.append((stream, b""))
        del kept[:-100]
        return
    if how == 1:  # slow: a byte now and then, see `drip`
        kept.append((stream, rng.choice(GREETINGS) + blob(rng)))
        return
    if how == 2:  # more than anybody wants
        stream.sendall(rng.choice(GREETINGS) + rng.randbytes(BYTES_MAX))
    elif how == 3:  # half closed
        stream.sendall(rng.choice(GREETINGS) + blob(rng))
        stream.shutdown(socket.SHUT_WR)
    else:
        stream.sendall(rng.choice(GREETINGS) + blob(rng))
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # ends with a reset
    stream.close()


def drip(kept):
    for index, (stream, rest) in enumerate(kept):
        if not rest:
            continue
        try:
            stream.send(rest[:1])
        except OSError:
            rest = b""
        kept[index] = (stream, rest[1:])


def udp(rng, address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            payload = blob(rng, 60000)
            if port == 4789 and rng.randrange(2):  # a VXLAN head, so that what is inside is looked at
                payload = b"\x08\0\0\0" + rng.choice([4096, 4097, rng.randrange(1 << 24)]).to_bytes(3, "big") + b"\0" + payload
            sender.sendto(payload[:65000], (address, port))


def sockets(rng, address):
    kept = []
    count = 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        count += 1
        try:
            which = rng.randrange(5)
            if which == 0:
                tls(rng, address, 2377, rng.choice(GREETINGS))
            elif which < 3:
                tcp(rng, address, rng.choice([2377, 7946]), kept)
            else:
                udp(rng, address, rng.choice([7946, 4789]))
            drip(kept)
        except OSError:
            pass  # being thrown out is what is expected
    print(f"{count} attacks on sockets, {len(kept)} connections held at the end")


def question(name):
    name = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    message = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + name + b"\0\x01\0\x01"
    return len(message).to_bytes(2, "big") + message


def slow_askers(rng, count):
    """Connections to the resolver that say a byte now and then, or nothing at all."""
    kept = []
    for _ in range(count):
        stream = socket.create_connection(("127.0.0.11", 53), timeout=2)
        kept.append((stream, rng.choice([b"", question("web"), b"\xff\xff" + blob(rng)])))
        drip(kept)
    return kept


def dns(rng):
    """Inside a container's network namespace."""
    kept = slow_askers(rng, 50)
    with socket.create_connection(("127.0.0.11", 53), timeout=15) as stream:
        stream.sendall(question("web"))
        answer = stream.recv(4096)
        if answer[2:4] != b"\x12\x34" or answer[5] & 15:
            sys.exit(f"beside slow askers, a good question is answered: {answer!r}")
    until = time.monotonic() + SECONDS / 2
    count = 0
    while time.monotonic() < until:
        count += 1
        head = rng.randbytes(2) + rng.choice([b"\x01\x00", b"\x81\x80", rng.randbytes(2)]) + rng.choice([b"\0\x01\0\0\0\0\0\0", rng.randbytes(8)])
        message = head + rng.choice([b"\xc0\x0c", b"\x3f" * 300, blob(rng, 512)]) + b"\0\x01\0\x01"
        try:
            if rng.randrange(2):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(message[:60000], ("127.0.0.11", 53))
            else:
                with socket.create_connection(("127.0.0.11", 53), timeout=1) as stream:
                    stream.sendall(rng.choice([len(message), 0, 65535]).to_bytes(2, "big") + message)
        except OSError:
            pass
        drip(kept)
    print(f"{count} attacks on the resolver")


# ---- the API

class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("d", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


# Requests with a body, as a client sends them; wrong values are put into them at random.
BODIES = {
    "/swarm/init": {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "192.168.1.11", "DataPathAddr": "", "DataPathPort": 0,
                    "DefaultAddrPool": [], "SubnetSize": 24, "ForceNewCluster": False, "AutoLockManagers": False,
                    "Availability": "", "Spec": {"Labels": {}, "Orchestration": {}, "Raft": {}, "Dispatcher": {}, "CAConfig": {}}},
    "/swarm/join": {"ListenAddr": "", "AdvertiseAddr": "", "DataPathAddr": "", "RemoteAddrs": ["192.168.1.11:2377"],
                    "JoinToken": "x", "Availability": ""},
    "/swarm/update?version={version}": {"Labels": {"a": "b"}, "Orchestration": {"TaskHistoryRetentionLimit": 5},
                                        "Raft": {"SnapshotInterval": 10000}, "Dispatcher": {"HeartbeatPeriod": 5000000000},
                                        "CAConfig": {"NodeCertExpiry": 7776000000000000}, "EncryptionConfig": {"AutoLockManagers": False}},
    "/nodes/host-1/update?version={version}": {"Labels": {}, "Role": "manager", "Availability": "active"},
    "/networks/create": {"Name": "garbage", "Driver": "overlay", "Attachable": True, "Internal": False, "Ingress": False,
                         "EnableIPv6": False, "Options": {"a": "b"}, "Labels": {"a": "b"},
                         "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.77.0.0/24", "Gateway": "10.77.0.1", "IPRange": "",
                                                                   "AuxiliaryAddresses": {"a": "10.77.0.9"}}]}},
    "/networks/appnet/connect": {"Container": "box", "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.0.1.77"}, "Aliases": ["a"]}},
    "/networks/appnet/disconnect": {"Container": "nosuch", "Force": False},
    "/containers/create?name=garbage": {"Image": "skein/lab", "Cmd": ["true"], "Env": ["A=b"], "Labels": {"a": "b"}, "Tty": False,
                                        "ExposedPorts": {"80/tcp": {}},
                                        "HostConfig": {"NetworkMode": "appnet", "PortBindings": {"80/tcp": [{"HostPort": "8080"}]},
                                                       "Binds": [], "Dns": [], "Memory": 0, "RestartPolicy": {"Name": "no"}},
                                        "NetworkingConfig": {"EndpointsConfig": {"appnet": {"Aliases": ["a"]}}}},
    "/containers/box/exec": {"Cmd": ["true"], "AttachStdout": True, "Tty": False},
    "/exec/nosuch/start": {"Detach": False, "Tty": False},
    "/services/create": {"Name": "s"},
}
# Docker's daemon answers 500 to these, so ours does.
DOCKERS_500 = re.compile(r"invalid CIDR address|invalid join token|does not match fingerprint|Could not attach to network|is not a swarm manager|update out of sequence")
WRONG = [None, True, 0, -1, 1.5, 1e300, 1 << 62, 1 << 70, "", "x", "\u0000", "\ud7ff" * 50, "a" * 5000, [], [[]], [1], {}, {"": {}}, {"a": 1}]


def break_one(rng, value):
    """Replaces or removes one member somewhere in `value`."""
    if isinstance(value, dict) and value and rng.randrange(4):
        key = rng.choice(sorted(value))
        if rng.randrange(6) == 0:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: break_one(rng, value[key])}
    if isinstance(value, list) and value and rng.randrange(2):
        return [break_one(rng, value[0])] + value[1:]
    return rng.choice(WRONG)


def body_of(rng, sound):
    """A body, and whether it is certain to be refused."""
    text = json.dumps(sound).encode()
    kind = rng.randrange(8)
    if kind == 0:
        cut = rng.randrange(1, len(text))
        return text[:cut], True  # an object that never ends
    if kind == 1:
        return b"[" * rng.choice([100, 5000, 100000]), True
    if kind == 2:
        return (b'{"a":' * rng.choice([100, 5000])) + b"1" + b"}" * 5000, True
    if kind == 3:
        return text.replace(b'"', b'"\xff\xfe', 1), False  # no UTF-8: a key of another name, as Docker reads it
    if kind == 4:
        other = rng.choice([[], 1, "x", None, True, [sound]])
        return json.dumps(other).encode(), other is not None  # null: an object without members, as Docker reads it
    if kind == 5:
        return rng.randbytes(rng.randrange(1, 2000)), True
    return json.dumps(break_one(rng, sound)).encode(), False


def ask(path, method, target, body=None):
    connection = Unix(path)
    try:
        connection.request(method, "/v1.41" + target, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def check(what, status, text, is_refused):
    message = None
    if status >= 400:
        try:
            message = json.loads(text)["message"]
        except (ValueError, KeyError, TypeError):
            sys.exit(f"{what}: {status} without a message: {text[:300]!r}")
        if not message:
            sys.exit(f"{what}: {status} with an empty message")
    # What only the engine judges, it may refuse with a code of its own: the containers' routes pass it on.
    is_engines = what.startswith("POST /containers/") and message != "internal error"
    if status >= 500 and status not in (501, 503) and not is_engines and not DOCKERS_500.search(message):
        sys.exit(f"{what}: answered {status}: {message}")
    if is_refused and status < 400:
        sys.exit(f"{what}: accepted ({status})")


def raw(rng, path):
    """Bytes that are no HTTP request, or not quite one."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(5)
        stream.connect(path)
        head = rng.choice([b"", b"GET /info HTTP/1.1\r\n", b"POST /containers/create HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                           b"POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                           b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20000])
        try:
            stream.sendall(head + blob(rng))
            stream.shutdown(socket.SHUT_WR)
            answer = stream.recv(4096)
        except OSError:
            return
        if answer and not re.match(rb"HTTP/1\.1 (1|2|4)", answer):
            sys.exit(f"garbage that begins {head[:60]!r} was answered: {answer[:200]!r}")


REQUESTS = [b"", b"GET /info HTTP/1.1\r\nHost: d\r\n\r\n", b"POST /networks/create HTTP/1.1\r\nHost: d\r\nContent-Length: 4000\r\n\r\n{",
            b"POST /containers/create HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]


def slow_clients(rng, path, count):
    """Clients of the API that never come to the end of their request."""
    kept = []
    for _ in range(count):
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(path)
        kept.append((stream, rng.choice(REQUESTS)[:-1]))
    return kept


def api(rng, path):
    count = 0
    kept = slow_clients(rng, path, 200)
    until = time.monotonic() + 3 * SECONDS
    targets = sorted(BODIES)
    while time.monotonic() < until:
        # In turn, so that every route gets its share.
        target = targets[count % len(targets)]
        count += 1
        drip(kept)
        if count % 10 == 0:
            raw(rng, path)
        body, is_refused = body_of(rng, BODIES[target])
        version = "1"
        if rng.randrange(3) == 0:
            version = rng.choice(["", "x", "-1", "99999999999999999999", "1e3"])
        status, text = ask(path, "POST", target.format(version=version), body)
        # Whether a version is asked for first, the answer is a refusal; bodies of a disconnection are read late.
        check(f"POST {target} {body[:200]!r}", status, text, is_refused)
        if status in (200, 201) and target.startswith("/containers/create"):
            ask(path, "DELETE", "/containers/garbage?force=1")
        if status in (200, 201) and target.startswith("/networks/create"):
            ask(path, "DELETE", "/networks/" + json.loads(text)["Id"])
    for method, target in [("GET", "/containers/%00/json"), ("GET", "/containers/%ff%fe/json"), ("GET", "/networks/%2e%2e%2f"),
                           ("GET", "/containers/json?filters=%7b"), ("GET", "/networks?filters=[1]"), ("GET", "/nodes?filters=x"),
                           ("GET", "/tasks?filters=%7b%22id%22:1%7d"), ("DELETE", "/networks/" + "a" * 3000), ("POST", "/nosuch"),
                           ("BREW", "/info"), ("POST", "/containers/box/kill?signal=NOSUCH"), ("POST", "/containers/box/stop?t=x"),
                           ("POST", "/containers/box/wait?condition=x"), ("GET", "/containers/box/logs?tail=x&stdout=1")]:
        status, text = ask(path, method, target)
        check(f"{method} {target}", status, text, False)
    print(f"{count} bodies")


def main():
    seed, part = int(sys.argv[1]), sys.argv[2]
    rng = random.Random(f"{seed} {part}")
    {"sockets": sockets, "api": api, "dns": dns}[part](rng, *sys.argv[3:])


main()
