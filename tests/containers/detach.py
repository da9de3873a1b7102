"""Attaches to a container that has a terminal, types "hi" and the keys that detach, and says what came back.

detach.py SOCKET CONTAINER
"""
import socket
import sys


def read_until(stream, wanted):
    got = b""
    while wanted not in got:
        piece = stream.recv(4096)
        if not piece:
            break
        got += piece
    return got


with socket.socket(socket.AF_UNIX) as stream:
    stream.settimeout(20)
    stream.connect(sys.argv[1])
    stream.sendall(f"POST /v1.41/containers/{sys.argv[2]}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: d\r\n"
                   "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode())
    read_until(stream, b"\r\n\r\n")
    stream.sendall(b"hi\r")
    echo = read_until(stream, b"hi\r\nhi\r\n")
    for key in (b"\x10", b"\x11"):
        stream.sendall(key)
    rest = read_until(stream, b"nothing ends with this")
    print(f"read back: {echo.split()[-1].decode()}; then {rest.decode() or 'the end'}")
