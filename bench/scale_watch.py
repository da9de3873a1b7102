#!/usr/bin/env python3
"""Creates a service and watches it start: scale_watch.py PREFIX-LENGTH REPLICAS WANTED LIMIT-SECONDS, inside the manager's host.

Prints the milliseconds until WANTED tasks run (or the limit has passed), how many run, how many nodes were Down at most, and
the most milliseconds that the list of services took, which is asked for five times a second by one client that runs all the time.
"""
import sys
import time

from engine import Engine

BITS, REPLICAS, WANTED, LIMIT_S = (int(word) for word in sys.argv[1:5])
ask = Engine(LIMIT_S).ask

network = ask("POST", "/networks/create", {"Name": "wide", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": f"10.60.0.0/{BITS}"}]}})
begun = time.monotonic()
ask("POST", "/services/create", {
    "Name": "many", "Mode": {"Replicated": {"Replicas": REPLICAS}},
    "TaskTemplate": {"ContainerSpec": {"Image": "none", "Command": ["sleep", "36000"]}, "Networks": [{"Target": network["Id"]}]}})
running = down = slowest = 0
while running < WANTED and time.monotonic() - begun < LIMIT_S:
    asked = time.monotonic()
    services = ask("GET", "/services?status=true")
    slowest = max(slowest, time.monotonic() - asked)
    running = services[0].get("ServiceStatus", {}).get("RunningTasks", 0)
    down = max(down, sum(node["Status"]["State"] == "down" for node in ask("GET", "/nodes")))
    time.sleep(0.2)
print(round((time.monotonic() - begun) * 1000), running, down, round(slowest * 1000))
