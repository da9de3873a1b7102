#!/usr/bin/env python3
"""Random operations on a swarm's services, and what must be true when it is quiet again: chaos.py LAB HOSTS SEED SECONDS SERVICES.

Everything is drawn from SEED. The truth is the manager's store; what every host answers to DNS questions, and what its
data path's tables and firewall hold, must equal it. Needs the network appnet, and on each host-N a container probe-N on it.
"""
import os
import random
import sys
import time

from swarm_state import api, hosts, judge, lab, on, use, vni_of_appnet

LAB, HOSTS, SEED, SECONDS, SERVICES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
CAN_REBOOT = os.environ.get("ENGINE", "podman") == "podman"
QUIET_S = 60 + SERVICES / 2  # for everything to be right again
rng = random.Random(SEED)
use(LAB, HOSTS)
services = {}  # name: replicas
dead, cut, drained = set(), set(), set()
names_used = []


def ports():
    """Published ones: at most one, of few numbers, so that services exchange them and ask for what another has."""
    if rng.random() < 0.3:
        return []
    return [{"PublishedPort": 20000 + rng.randrange(2 * SERVICES), "TargetPort": rng.choice([80, 81]), "Protocol": rng.choice(["tcp", "udp"])}]


def spec(name, replicas, mark):
    return {"Name": name, "Mode": {"Replicated": {"Replicas": replicas}},
            "TaskTemplate": {"ContainerSpec": {"Image": "skein/lab", "Args": ["sleep", "3600"],
                                               "Env": [f"MARK={mark}"], "StopGracePeriod": 500_000_000},
                             "RestartPolicy": {"Condition": "any", "Delay": 100_000_000},
                             "Networks": [{"Target": "appnet"}]},
            "UpdateConfig": {"Parallelism": 2, "Monitor": 100_000_000, "FailureAction": "continue",
                             "Order": rng.choice(["start-first", "stop-first"])},
            "EndpointSpec": {"Mode": "vip", "Ports": ports()}}


# ---- operations; those that need a manager are left out while it is dead or alone

def create():
    name = f"s{len(names_used)}"
    names_used.append(name)
    services[name] = rng.randrange(0, 5)
    api("POST", "/services/create", spec(name, services[name], 0))
    return name


def update():
    name = rng.choice(sorted(services))
    services[name] = rng.choice([services[name], rng.randrange(0, 5)])
    version = api("GET", f"/services/{name}")["Version"]["Index"]
    api("POST", f"/services/{name}/update?version={version}", spec(name, services[name], rng.randrange(3)))
    return f"{name}={services[name]}"


def remove():
    name = rng.choice(sorted(services))
    del services[name]
    api("DELETE", f"/services/{name}")
    return name


def kill_task():
    host = rng.choice(hosts)
    if host in dead:
        return "nothing"
    containers = on(host, "skein", "ps", "-q", "--filter", "label=com.docker.swarm.task.id").split()
    if not containers:
        return "nothing"
    return on(host, "skein", "kill", rng.choice(containers)).strip()


def kill_daemon():
    host = rng.choice(hosts)
    if host not in dead:
        lab("kill", LAB, host)
        dead.add(host)
    return host


def start_daemon():
    for host in sorted(dead):
        lab("start", LAB, host)
        dead.discard(host)
        return host


def reboot_host():
    host = rng.choice(hosts)
    dead.discard(host)
    done = lab("reboot", LAB, host)
    if done.returncode:
        raise OSError(done.stderr.strip()[:300])
    return host


def cut_host():
    host = rng.choice(hosts)
    lab("cut", LAB, host)
    cut.add(host)
    return host


def heal():
    lab("heal", LAB)
    cut.clear()


def set_availability(host, availability):
    node = api("GET", "/nodes/" + node_of(host))
    api("POST", f"/nodes/{node['ID']}/update?version={node['Version']['Index']}", {**node["Spec"], "Availability": availability})


def node_of(host):
    return next(n["ID"] for n in api("GET", "/nodes") if n["Description"]["Hostname"] == host)


def drain():
    host = rng.choice(hosts[1:])
    set_availability(host, "drain")
    drained.add(host)
    return host


def undrain():
    for host in sorted(drained):
        set_availability(host, "active")
        drained.discard(host)
        return host


def possible():
    is_managed = "host-1" not in dead
    out = [kill_task, kill_daemon, cut_host] + [reboot_host] * CAN_REBOOT + [start_daemon] * 3 * bool(dead) + [heal] * 3 * bool(cut)
    if is_managed:
        out += [create] * 3 * (len(services) < SERVICES) + ([update] * 6 + [remove]) * bool(services)
        out += [drain] * (len(drained) < HOSTS - 2) + [undrain] * 2 * bool(drained)
    return out


def become_quiet(vni):
    heal()
    while start_daemon():
        pass
    end = time.monotonic() + QUIET_S
    while True:
        try:
            while undrain():
                pass
            judge(vni, services, names_used[-3:])
            return
        except (OSError, KeyError, ValueError, StopIteration) as error:
            if time.monotonic() > end:
                sys.exit(f"seed {SEED}: still not right: {error}")
            time.sleep(0.3)


def main():
    vni = vni_of_appnet()
    for _ in range(SERVICES * 3 // 4):
        try:
            create()
        except OSError as error:  # another has the port
            print(error)
            resync()
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        for _ in range(rng.randrange(5, 20)):
            operation = rng.choice(possible())
            count += 1
            try:
                print(f"{time.strftime('%H:%M:%S')} {operation.__name__} {operation() or ''}", flush=True)
            except OSError as error:  # a manager that is cut off or just coming back cannot do it
                print(f"{time.strftime('%H:%M:%S')} {operation.__name__}: {error}", flush=True)
                resync()
            time.sleep(rng.random())
        begun = time.monotonic()
        become_quiet(vni)
        print(f"{time.strftime('%H:%M:%S')} all is right after {time.monotonic() - begun:.1f} s", flush=True)
    print(f"{count} operations")


def resync():
    """After a refusal or a broken connection it is the store that knows what was done."""
    if "host-1" in dead:
        return
    try:
        found = {s["Spec"]["Name"]: s["Spec"]["Mode"]["Replicated"].get("Replicas", 0) for s in api("GET", "/services")}
        services.clear()
        services.update(found)
    except (OSError, ValueError):
        pass


main()
