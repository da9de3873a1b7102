"""Attaches to a container over a WebSocket, sends what is on the command line, and says what comes back: the answer's status,
the kind of its messages, the lines that they have together, and how the other side says goodbye: after the
container's end, or to our own goodbye after so many lines.

web_socket.py SOCKET VERSION CONTAINER QUERY TEXT LINES
"""
import base64
import hashlib
import os
import socket
import struct
import sys

path, version, container, query, text, lines_wanted = sys.argv[1:]


def read_exactly(stream, size):
    got = b""
    while len(got) < size:
        piece = stream.recv(size - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


def frame(kind, payload):
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([0x80 | kind, 0x80 | len(payload)]) + mask + masked


def read_frame(stream):
    first, size = read_exactly(stream, 2)
    if size == 126:
        size, = struct.unpack(">H", read_exactly(stream, 2))
    elif size == 127:
        size, = struct.unpack(">Q", read_exactly(stream, 8))
    return first & 0xf, read_exactly(stream, size)


with socket.socket(socket.AF_UNIX) as stream:
    stream.settimeout(20)
    stream.connect(path)
    key = base64.b64encode(os.urandom(16)).decode()
    stream.sendall((f"GET /v{version}/containers/{container}/attach/ws?{query} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\n"
                    f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read_exactly(stream, 1)
    lines = head.decode().split("\r\n")
    status = lines[0].split()[1]
    if status != "101":
        print(status)
        sys.exit()
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    print(status, "accepted" if f"Sec-WebSocket-Accept: {accept}" in lines else lines)
    if text:
        stream.sendall(frame(1, text.encode().decode("unicode_escape").encode()))
    kinds, content, has_closed = set(), b"", False
    while True:
        kind, payload = read_frame(stream)
        if kind == 8:
            break
        kinds.add(kind)
        content += payload
        if not has_closed and content.count(b"\n") == int(lines_wanted):
            stream.sendall(frame(8, struct.pack(">H", 1001)))
            has_closed = True
    print(sorted(kinds), ", ".join(sorted(content.decode().splitlines())), "goodbye", struct.unpack(">H", payload)[0])
