"""What a swarm's store says, and what every host of a lab answers and holds; they must be the same when it is quiet.

Set up by `use(LAB, HOSTS)`. Needs the network appnet, on each host-N a container probe-N on it, and host-1 as the manager.
"""
import json
import subprocess
import sys

PROTOCOLS = {"tcp": 6, "udp": 17}
TABLES = "/sys/fs/bpf/skein/v4"
LAB, hosts = "", []


def use(lab_name, count):
    global LAB
    LAB = lab_name
    hosts[:] = [f"host-{n}" for n in range(1, count + 1)]


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


def truth(services):
    """Service name: virtual address, addresses of its running tasks; all addresses on the network; published ports."""
    out, everybody, published = {}, set(), set()
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
        if mine:
            published |= {(PROTOCOLS[p["Protocol"]], p["PublishedPort"]) for p in service["Endpoint"].get("Ports", [])}
    if set(out) != set(services):
        raise OSError(f"services are {sorted(out)}, not {sorted(services)}")
    return out, everybody, published


def resolve(host, names):
    """Name: its addresses, asked for in the probe's namespace; none if there is no such name."""
    number = host.removeprefix("host-")
    pid = on(host, "skein", "inspect", "-f", "{{.State.Pid}}", f"probe-{number}").strip()
    asking = f'for name in {" ".join(names)}; do echo "= $name"; busybox nslookup "$name" 127.0.0.11 2>&1; done; true'
    out = {}
    for part in on(host, "nsenter", f"--net=/proc/{pid}/ns/net", "sh", "-c", asking).split("= ")[1:]:
        name, *lines = part.splitlines()
        out[name] = {line.split()[-1] for line in lines[2:] if line.startswith("Address")}
        if not out[name] and "NXDOMAIN" not in part and lines[2:]:
            raise OSError(f"{host}: {name} is neither known nor unknown: {part}")
    return out


def ipv4(number):
    return ".".join(str(b) for b in int(number).to_bytes(4, sys.byteorder))


def table(host, name):
    return [(row["formatted"]["key"], row["formatted"]["value"]) for row in json.loads(on(host, "bpftool", "-j", "map", "dump", "pinned", f"{TABLES}/{name}"))]


def vni_of_appnet():
    return int(api("GET", "/networks/appnet")["Options"]["com.docker.network.driver.overlay.vxlanid_list"])


def ports_of_table(host):
    return {(key["protocol"], int.from_bytes(int(key["port"]).to_bytes(2, sys.byteorder), "big")) for key, _ in table(host, "ports")}


def ports_of_firewall(host):
    """Of the set by which packets come to the routing mesh."""
    listed = json.loads(on(host, "nft", "-j", "list", "set", "ip", "skein", "mesh"))["nftables"]
    elements = next(one["set"].get("elem", []) for one in listed if "set" in one)
    return {(PROTOCOLS.get(e["concat"][0], e["concat"][0]), e["concat"][1]) for e in elements}


def judge(vni, services, removed=()):
    """Raises OSError with what is not as it must be. `services` are the names of all, `removed` those that were."""
    expected, everybody, published = truth(services)
    probes = {on(h, "skein", "inspect", "-f", "{{.NetworkSettings.Networks.appnet.IPAddress}}", f"probe-{h[5:]}").strip() for h in hosts}
    for host in hosts:
        answers = {name: set() for name in removed}
        for name, (vip, addresses) in expected.items():
            answers |= {name: {vip} if addresses else set(), f"tasks.{name}": addresses}
        for name, found in resolve(host, sorted(answers)).items():
            if found != answers[name]:
                raise OSError(f"{host}: {name} is {sorted(found)}, not {sorted(answers[name])}")
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
        for where, found in (("table", ports_of_table(host)), ("firewall", ports_of_firewall(host))):
            if found != published:
                raise OSError(f"{host}: published ports of the {where} too many {sorted(found - published)}, missing {sorted(published - found)}")
        entries = {ipv4(key["address"]) for key, _ in table(host, "endpoints") if key["vni"] == vni}
        if entries != everybody | probes:
            raise OSError(f"{host}: endpoints too many {sorted(entries - everybody - probes)}, missing {sorted((everybody | probes) - entries)}")
