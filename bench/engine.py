"""Skein's API from inside a host, over a connection that stays."""
import http.client
import json
import socket
import sys


class Engine(http.client.HTTPConnection):
    """The daemon of this host; an answer may take PATIENCE seconds."""

    def __init__(self, patience):
        super().__init__("engine")
        self.patience = patience

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.patience)
        self.sock.connect("/run/skein/skein.sock")

    def ask(self, method, path, body=None):
        """What the answer holds; a refusal ends the program."""
        self.request(method, "/v1.44" + path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {text.decode()}")
        return json.loads(text)
