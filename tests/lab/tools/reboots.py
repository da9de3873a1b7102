#!/usr/bin/env python3
"""Reboots hosts at random and waits until everything is right again: reboots.py LAB HOSTS SEED REBOOTS FOLDER.

On each host-N runs a container probe-N, restarted always, and two replicas of the service web-N; whoever asks pages does so
in probe-N, as long as FOLDER/asking is there. Requests may fail only if their service's host is one that reboots just then.
"""
import os
import random
import re
import subprocess
import sys
import time

from swarm_state import hosts, judge, lab, on, use, vni_of_appnet

LAB, HOSTS, SEED, REBOOTS, FOLDER = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
RIGHT_S = float(os.environ.get("WITHIN", "60"))  # from the moment at which the host is up again; the trial asks for 20
PATIENCE_S = 10  # of one request: look-up and connection
BEYOND_S = max(60, RIGHT_S)  # how long what is late is waited for, to say how late
RATE = float(os.environ.get("RATE", "300"))
rng = random.Random(SEED)
use(LAB, HOSTS)
services = [f"web-{n}" for n in range(1, HOSTS + 1)]
askers = []
windows = []  # host, from, until: when its replicas cannot answer


def ask_pages(host, count):
    """Starts to ask all services from the host's probe."""
    pid = on(host, "skein", "inspect", "-f", "{{.State.Pid}}", f"probe-{host[5:]}").strip()
    requests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "requests")
    answers = open(f"{FOLDER}/asked-{host}-{count}", "w")
    askers.append(subprocess.Popen(
        ["skein", "lab", "exec", LAB, host, "--", "nsenter", f"--net=/proc/{pid}/ns/net", requests, ",".join(services), str(RATE / HOSTS), f"{FOLDER}/asking"],
        stdout=answers, stderr=subprocess.STDOUT))


def wait_until_right(vni, begun):
    """Seconds since `begun` at which the swarm is what its store says, on every host, and what was wrong last."""
    last = ""
    while True:
        try:
            judge(vni, services)
            return time.monotonic() - begun, last
        except (OSError, KeyError, ValueError, StopIteration) as error:
            last = str(error)
            if time.monotonic() - begun > BEYOND_S:
                sys.exit(f"seed {SEED}: still not right after {BEYOND_S} s: {error}")
            time.sleep(0.3)


def unexpected_failures(seconds):
    """Prints how many were asked in that time; returns the failures that no reboot explains."""
    out, asked, failed = [], 0, 0
    for name in sorted(os.listdir(FOLDER)):
        if not name.startswith("asked-"):
            continue
        last = (0, 0)
        for line in open(f"{FOLDER}/{name}"):
            if numbers := re.match(r"(\d+) (?:asked|so far), (\d+) failed", line):
                last = (int(numbers[1]), int(numbers[2]))
                continue
            if line.startswith("-- "):
                continue
            found = re.match(r"([0-9.]+) \S+ web-(\d+): ", line)
            if not found or not any(host == f"host-{found[2]}" and begin <= float(found[1]) <= end + PATIENCE_S for host, begin, end in windows):
                out.append(f"{name}: {line.strip()}")
        asked, failed = asked + last[0], failed + last[1]
    print(f"   {asked} asked, {asked / seconds:.0f} a second, {failed} failed, {len(out)} of them without a reboot of their host")
    return out


def main():
    vni = vni_of_appnet()
    wait_until_right(vni, time.monotonic())
    begun = time.monotonic()
    for host in hosts:
        ask_pages(host, 0)
    late = []
    for count in range(1, REBOOTS + 1):
        time.sleep(1 + rng.random())  # of undisturbed requests
        host = rng.choice(hosts)
        off = time.time()
        done = lab("reboot", LAB, host)
        if done.returncode:
            sys.exit(f"seed {SEED}: reboot {count}, of {host}: {done.stderr.strip()}")
        up = time.time()
        took, last = wait_until_right(vni, time.monotonic())
        windows.append((host, off, time.time()))
        print(f"   reboot {count}, {host}: answers after {up - off:.1f} s, all right {took:.1f} s later; last was: {last[:150]}", flush=True)
        if took > RIGHT_S:
            late.append(f"reboot {count} of {host}: {took:.1f} s")
        ask_pages(host, count)
    time.sleep(1)
    os.remove(f"{FOLDER}/asking")
    seconds = time.monotonic() - begun
    for asker in askers:
        asker.wait(60)
    if wrong := unexpected_failures(seconds):
        sys.exit(f"seed {SEED}: requests to hosts that did not reboot failed:\n" + "\n".join(wrong[:20]))
    if late:
        sys.exit(f"seed {SEED}: not right within {RIGHT_S} s: {'; '.join(late)}")


main()
