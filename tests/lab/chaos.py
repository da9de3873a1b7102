#!/usr/bin/env python3
"""Random operations on a swarm's services, and what must be true when it is quiet again: chaos.py LAB HOSTS SEED SECONDS.

Everything is drawn from SEED. The truth is the manager's store; what every host answers to DNS questions, and what its
data path's tables hold, must equal it. Needs the network appnet, and on each host-N a container probe-N on it.
"""
import json
import random
import subprocess
import sys
import time

LAB, HOSTS, SEED, SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
TABLES = "/sys/fs/bpf/skein/v2"
QUIET_S = 60  # for everything to be right again
rng = random.Random(SEED)
hosts = [f"host-{n}" for n in range(1, HOSTS + 1)]
services = {}  # name: replicas
dead, cut, drained = set(), set(), set()
names_used = []


def lab(*command):
    return subprocess.run(["skein", "lab", *command], capture_output=True, text=True, timeout=90)


def on(host, *command):
    done = lab("exec", LAB, host, "--", *command)
    if done.returncode:
        raise OSError(f"{host}: {' '.join(command)}: {done.stderr.strip()[:300]}")
    return done.stdout


def api(method, path, body=None):
    command = ["curl", "-s", "--max-time", "30", "--unix-socket", "/run/skein/skein.sock", "-X", method]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    text = on("host-1", *command, "http://d/v1.44" + path)
    answer = json.loads(text) if text.strip() else {}
    if isinstance(answer, dict) and "message" in answer:
        raise OSError(f"{method} {path}: {answer['message']}")
    return answer


def spec(name, replicas, mark):
    return {"Name": name, "Mode": {"Replicated": {"Replicas": replicas}},
            "TaskTemplate": {"ContainerSpec": {"Image": "skein/lab", "Args": ["httpd", "-f", "-p", "80", "-h", "/www"],
                                               "Env": [f"MARK={mark}"], "StopGracePeriod": 500_000_000},
                             "RestartPolicy": {"Condition": "any", "Delay": 100_000_000},
                             "Networks": [{"Target": "appnet"}]},
            "UpdateConfig": {"Parallelism": 2, "Monitor": 100_000_000, "FailureAction": "continue",
                             "Order": rng.choice(["start-first", "stop-first"])},
            "EndpointSpec": {"Mode": "vip"}}


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
    out = [kill_task, kill_daemon, cut_host] + [start_daemon] * 3 * bool(dead) + [heal] * 3 * bool(cut)
    if is_managed:
        out += [create] * 3 * (len(services) < 5) + ([update] * 6 + [remove]) * bool(services)
        out += [drain] * (len(drained) < HOSTS - 2) + [undrain] * 2 * bool(drained)
    return out


# ---- what must be true

def truth():
    """Service name: virtual address, addresses of its running tasks; and all addresses on the network."""
    out, everybody = {}, set()
    network = api("GET", "/networks/appnet")["Id"]
    tasks = [t for t in api("GET", "/tasks") if t["Status"]["State"] == "running"]
    for service in api("GET", "/services"):
        mine = [t for t in tasks if t["ServiceID"] == service["ID"] and t["DesiredState"] == "running"]
        wanted = service["Spec"]["Mode"]["Replicated"].get("Replicas", 0)
        if len(mine) != wanted:
            raise OSError(f"{service['Spec']['Name']}: {len(mine)} of {wanted} run")
        addresses = {a.split("/")[0] for t in mine for n in t["NetworksAttachments"] if n["Network"]["ID"] == network for a in n["Addresses"]}
        vip = next(v["Addr"].split("/")[0] for v in service["Endpoint"]["VirtualIPs"] if v["NetworkID"] == network)
        out[service["Spec"]["Name"]] = (vip, addresses)
        everybody |= addresses
    if set(out) != set(services):
        raise OSError(f"services are {sorted(out)}, not {sorted(services)}")
    return out, everybody


def resolve(host, name):
    """Addresses of the name, asked for in the probe's namespace; empty if there is no such name."""
    number = host.removeprefix("host-")
    pid = on(host, "skein", "inspect", "-f", "{{.State.Pid}}", f"probe-{number}").strip()
    done = lab("exec", LAB, host, "--", "nsenter", f"--net=/proc/{pid}/ns/net", "busybox", "nslookup", name, "127.0.0.11")
    lines = done.stdout.splitlines()[2:]
    if not any(line.startswith("Address") for line in lines) and "NXDOMAIN" not in done.stdout + done.stderr and lines:
        raise OSError(f"{host}: {name} is neither known nor unknown: {done.stdout}{done.stderr}")
    return {line.split()[-1] for line in lines if line.startswith("Address")}


def ipv4(number):
    return ".".join(str(b) for b in int(number).to_bytes(4, sys.byteorder))


def table(host, name):
    return [(row["formatted"]["key"], row["formatted"]["value"]) for row in json.loads(on(host, "bpftool", "-j", "map", "dump", "pinned", f"{TABLES}/{name}"))]


def judge(vni):
    expected, everybody = truth()
    probes = {on(h, "skein", "inspect", "-f", "{{.NetworkSettings.Networks.appnet.IPAddress}}", f"probe-{h[5:]}").strip() for h in hosts}
    for host in hosts:
        for name, (vip, addresses) in expected.items():
            for asked, answer in ((name, {vip} if addresses else set()), (f"tasks.{name}", addresses)):
                if (found := resolve(host, asked)) != answer:
                    raise OSError(f"{host}: {asked} is {sorted(found)}, not {sorted(answer)}")
        for name in names_used[-3:]:
            if name not in expected and (found := resolve(host, name)):
                raise OSError(f"{host}: {name} was removed and is {sorted(found)}")
        backends = {}
        for key, value in table(host, "backends"):
            if key["vni"] == vni:
                backends.setdefault(ipv4(key["service"]), set()).add(ipv4(value["address"]))
        wanted = {vip: addresses for vip, addresses in expected.values() if addresses}
        if backends != wanted:
            raise OSError(f"{host}: backends are {backends}, not {wanted}")
        virtual = {ipv4(key["address"]) for key, _ in table(host, "services") if key["vni"] == vni}
        if virtual != set(wanted):
            raise OSError(f"{host}: virtual addresses are {sorted(virtual)}, not {sorted(wanted)}")
        entries = {ipv4(key["address"]) for key, _ in table(host, "endpoints") if key["vni"] == vni}
        if entries != everybody | probes:
            raise OSError(f"{host}: endpoints too many {sorted(entries - everybody - probes)}, missing {sorted((everybody | probes) - entries)}")


def become_quiet(vni):
    heal()
    while start_daemon():
        pass
    end = time.monotonic() + QUIET_S
    while True:
        try:
            while undrain():
                pass
            judge(vni)
            return
        except (OSError, KeyError, ValueError, StopIteration) as error:
            if time.monotonic() > end:
                sys.exit(f"seed {SEED}: still not right: {error}")
            time.sleep(0.3)


def main():
    network = api("GET", "/networks/appnet")
    vni = int(network["Options"]["com.docker.network.driver.overlay.vxlanid_list"])
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
