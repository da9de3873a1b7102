#!/usr/bin/env python3
"""A hundred services of one task on one node: stack_secrets.py NODE-HOSTNAME SECRETS, inside the manager's host.

SECRETS secrets of 1 KB in all, a hundredth for each service. Ends when all tasks run.
"""
import base64
import os
import sys
import time

from engine import Engine

NODE, SECRETS = sys.argv[1], int(sys.argv[2])
SERVICES = 100
ask = Engine(60).ask

for service in range(SERVICES):
    references = []
    for number in range(SECRETS // SERVICES):
        name = f"secret-{service}-{number}"
        made = ask("POST", "/secrets/create", {"Name": name, "Data": base64.b64encode(os.urandom(1024)).decode()})
        references.append({"SecretID": made["ID"], "SecretName": name,
                           "File": {"Name": name, "UID": "0", "GID": "0", "Mode": 0o400}})
    ask("POST", "/services/create", {
        "Name": f"keeper-{service}", "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {"ContainerSpec": {"Image": "none", "Command": ["sleep", "36000"], "Secrets": references},
                         "Placement": {"Constraints": ["node.hostname==" + NODE]}}})
deadline = time.monotonic() + 120
while sum(service.get("ServiceStatus", {}).get("RunningTasks", 0) for service in ask("GET", "/services?status=true")) < SERVICES:
    if time.monotonic() > deadline:
        sys.exit("not all tasks run after two minutes")
    time.sleep(0.1)
