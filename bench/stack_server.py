#!/usr/bin/env python3
"""The client's share of `stack deploy`: stack_server.py RAN COMPOSE-FILE ROUNDS CLIENT…, each CLIENT an executable.

Answers on a socket of its own as an empty swarm does, and lets each client deploy the file ROUNDS times, by turns. Prints
for each the medians of its time, CPU and peak memory, as RAN (ran.cc) measures them. The answers cost every client the same.
"""
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

RAN, FILE, ROUNDS, CLIENTS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
INFO = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}, "OSType": "linux", "Architecture": "x86_64"}


def answer(method, path):
    path = re.sub(r"^/v[0-9.]+", "", path.partition("?")[0])
    if path == "/_ping":
        return 200, b"OK"
    if path == "/info":
        return 200, json.dumps(INFO).encode()
    if path == "/version":
        return 200, json.dumps({"ApiVersion": "1.47", "MinAPIVersion": "1.24", "Os": "linux", "Version": "1"}).encode()
    if method == "POST" and path.endswith("/create"):
        return 201, json.dumps({"ID": "a" * 25, "Id": "a" * 25}).encode()
    return (200, b"[]") if method == "GET" and path in ("/networks", "/services", "/secrets", "/configs", "/tasks") else (404, b"{}")


def serve(connection):
    stream = connection.makefile("rb")
    while line := stream.readline():
        method, path, _ = line.decode().split(" ")
        headers = {}
        while (header := stream.readline().strip()):
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        if "content-length" in headers:
            stream.read(int(headers["content-length"]))
        elif "chunked" in headers.get("transfer-encoding", ""):
            while (size := int(stream.readline(), 16)):
                stream.read(size + 2)
            stream.readline()
        status, body = answer(method, path)
        connection.sendall(f"HTTP/1.1 {status} x\r\nApi-Version: 1.47\r\nOstype: linux\r\nDocker-Experimental: false\r\n"
                           f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                           + (b"" if method == "HEAD" else body))


def deploy(client, address):
    command = [RAN, client, "stack", "deploy", "--detach=true", "--resolve-image", "never", "-c", FILE, "shop"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "DOCKER_HOST": address}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        sys.exit(f"{client} failed")
    return [float(word) for word in ran.stdout.split()]


with tempfile.TemporaryDirectory() as folder:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(folder + "/socket")
    listener.listen(64)

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    readings = {client: [] for client in CLIENTS}
    for _ in range(ROUNDS):
        for client in CLIENTS:
            readings[client].append(deploy(client, "unix://" + folder + "/socket"))
for client, taken in readings.items():
    wall, cpu, memory = (statistics.median(column) for column in zip(*taken))
    print(f"{os.path.basename(client)}: {wall:.0f} ms, {cpu:.0f} ms of CPU, {memory:.1f} MB")
