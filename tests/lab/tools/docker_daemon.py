"""What a client of Docker's API needs of a connection: calls, streams with frames, and connections that leave HTTP."""
import http.client
import json
import socket
import sys
import time


def fail(text):
    sys.exit(f"{' '.join(sys.argv)}: {text}")


def until(what, condition):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            fail(f"not in time: {what}")
        time.sleep(0.1)


def frames(stream):
    """The text of a stream with frames, to its end."""
    out = b""
    while len(head := stream.read(8)) == 8:
        out += stream.read(int.from_bytes(head[4:], "big"))
    return out.decode()


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("api.moby.localhost", timeout=40)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """The daemon at a socket, asked in a version of the API, or in the one that it offers ("agreed")."""

    def __init__(self, path, version):
        self.path, self.version = path, version
        if version == "agreed":
            connection = Connection(path)
            connection.request("HEAD", "/_ping")
            self.version = connection.getresponse().getheader("Api-Version")

    def is_version(self, major, minor):
        return tuple(int(part) for part in self.version.split(".")) >= (major, minor)

    def send(self, method, path, body=None, kind="application/json"):
        connection = Connection(self.path)
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, f"/v{self.version}{path}", raw, {"Content-Type": kind} if raw is not None else {})
        return connection.getresponse()

    def ask(self, method, path, body=None, status=None, **options):
        """What the answer holds; another status than this one, or an error, ends the program."""
        answer = self.send(method, path, body, **options)
        text = answer.read()
        if answer.status >= 300 if status is None else answer.status != status:
            fail(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text) if "json" in (answer.getheader("Content-Type") or "") and text else text

    def upgrade(self, path, body):
        """The connection, as a file, once the daemon has left HTTP on it."""
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(40)
        stream.connect(self.path)
        stream.sendall(f"POST /v{self.version}{path} HTTP/1.1\r\nHost: api.moby.localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
                       f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        out = stream.makefile("rb")
        status = out.readline()
        if b" 101 " not in status:
            fail(f"{path}: {status}")
        while out.readline().strip():
            pass
        return out
