"""The calls that Docker Compose v2 makes, in its order and with its bodies, from the first `up` to `down -v`.

compose_v2.py SOCKET PROJECT VERSION [NETWORK]: VERSION is the API's, or "agreed": what the daemon offers. From 1.44 on a
container is made with all of its networks, before that it is connected to the others until it starts. With NETWORK, which is
there and attachable, the services meet on that. Ends with an error at the first answer that Compose would not go on from.
"""
import io
import json
import sys
import tarfile
import time
import urllib.parse

from docker_daemon import Daemon, fail, frames, until

DAEMON = Daemon(sys.argv[1], sys.argv[3])
PROJECT = sys.argv[2]
ask, send = DAEMON.ask, DAEMON.send
EXTERNAL = sys.argv[4] if len(sys.argv) > 4 else None
LABEL = "com.docker.compose."
SECOND = 1_000_000_000
STOPS_AT_ONCE = {"StopSignal": "SIGKILL"}


def labelled(*labels, **others):
    return "filters=" + urllib.parse.quote(json.dumps({"label": {label: True for label in labels}, **others}))


def containers(*labels, is_all=True):
    return ask("GET", f"/containers/json?{'all=1&' if is_all else ''}" + labelled(f"{LABEL}project={PROJECT}", f"{LABEL}config-hash", *labels))


# ---- what `up` finds or makes

def ensure_network(key):
    name = f"{PROJECT}_{key}"
    ask("GET", f"/networks/{name}", status=404)
    if [net for net in ask("GET", "/networks?" + "filters=" + urllib.parse.quote(json.dumps({"name": {name: True}}))) if net["Name"] == name]:
        fail(f"{name} is there")
    made = ask("POST", "/networks/create", {
        "Name": name, "Driver": "", "Scope": "", "EnableIPv6": None, "IPAM": None, "Internal": False, "Attachable": False, "Ingress": False,
        "ConfigOnly": False, "ConfigFrom": None, "Options": None,
        "Labels": {f"{LABEL}network": key, f"{LABEL}project": PROJECT, f"{LABEL}version": "2.40.3", f"{LABEL}config-hash": "0a" * 32}}, status=201)
    if ask("GET", f"/networks/{name}")["Id"] != made["Id"]:
        fail("a network with another id")
    return name


def ensure_volume(key):
    name = f"{PROJECT}_{key}"
    ask("GET", f"/volumes/{name}", status=404)
    ask("POST", "/volumes/create", {"Name": name, "Labels": {f"{LABEL}volume": key, f"{LABEL}project": PROJECT, f"{LABEL}config-hash": "0b" * 32}},
        status=201)
    return name


def endpoint(service, number, aliases):
    names = [f"{PROJECT}-{service}-{number}", service, *aliases]
    return {"IPAMConfig": {}, "Links": None, "Aliases": names, "DriverOpts": None, "GwPriority": 0, "NetworkID": "", "EndpointID": "",
            "Gateway": "", "IPAddress": "", "MacAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "", "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0, "DNSNames": None}


def host_config(network, **chosen):
    """As the Go client writes it: with every member that it does not leave out when it is empty."""
    lists = ("Binds", "VolumesFrom", "CapAdd", "CapDrop", "Dns", "DnsOptions", "DnsSearch", "GroupAdd", "Links", "SecurityOpt",
             "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Devices",
             "DeviceCgroupRules", "DeviceRequests", "Ulimits", "MemorySwappiness", "OomKillDisable", "PidsLimit", "MaskedPaths", "ReadonlyPaths")
    numbers = ("OomScoreAdj", "ShmSize", "CpuShares", "Memory", "NanoCpus", "BlkioWeight", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod",
               "CpuRealtimeRuntime", "MemoryReservation", "MemorySwap", "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth")
    texts = ("ContainerIDFile", "VolumeDriver", "CgroupnsMode", "IpcMode", "Cgroup", "PidMode", "UTSMode", "UsernsMode", "Isolation",
             "CgroupParent", "CpusetCpus", "CpusetMems")
    flags = ("AutoRemove", "Privileged", "PublishAllPorts", "ReadonlyRootfs")
    return {**dict.fromkeys(lists), **dict.fromkeys(numbers, 0), **dict.fromkeys(texts, ""), **dict.fromkeys(flags, False),
            "LogConfig": {"Type": "", "Config": None}, "NetworkMode": network, "PortBindings": {}, "ConsoleSize": [0, 0], "ExtraHosts": [],
            "RestartPolicy": {"Name": "", "MaximumRetryCount": 0}, **chosen}


def create(service, number, networks, name=None, labels=None, config=None, host=None):
    """Networks by name with further aliases, the one that counts most first."""
    primary, *rest = networks
    endpoints = {net: endpoint(service, number, aliases) for net, aliases in networks.items()}
    has_all = DAEMON.is_version(1, 44)
    body = {"Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": True, "AttachStderr": True, "Tty": False,
            "OpenStdin": False, "StdinOnce": False, "Env": None, "Cmd": None, "Image": "skein/lab", "Volumes": None, "WorkingDir": "",
            "Entrypoint": None, "OnBuild": None, **STOPS_AT_ONCE, **(config or {}),
            "Labels": {f"{LABEL}project": PROJECT, f"{LABEL}service": service, f"{LABEL}oneoff": "False", f"{LABEL}config-hash": "0c" * 32,
                       f"{LABEL}container-number": str(number), f"{LABEL}depends_on": "", f"{LABEL}version": "2.40.3", **(labels or {})},
            "HostConfig": host_config(primary, **(host or {})),
            "NetworkingConfig": {"EndpointsConfig": endpoints if has_all else {primary: endpoints[primary]}}}
    name = name or f"{PROJECT}-{service}-{number}"
    made = ask("POST", f"/containers/create?name={name}", body, status=201)
    shown = ask("GET", f"/containers/{made['Id']}/json")
    if shown["Name"] != "/" + name:
        fail(f"the name is {shown['Name']}")
    for net in [] if has_all else rest:
        ask("POST", f"/networks/{net}/connect", {"Container": made["Id"], "EndpointConfig": endpoints[net]}, status=200)
    return made["Id"]


def start(*ids):
    for one in ids:
        ask("POST", f"/containers/{one}/start", status=204)


# ---- processes and files

def attach(container):
    return DAEMON.upgrade(f"/containers/{container}/attach?stderr=1&stdout=1&stream=1", "")


def execute(container, *command):
    """The exit status, and what was said."""
    made = ask("POST", f"/containers/{container}/exec", {"User": "", "Privileged": False, "Tty": False, "AttachStdin": False, "AttachStderr": True,
                                                         "AttachStdout": True, "DetachKeys": "", "Env": [], "WorkingDir": "", "Cmd": command},
               status=201)
    said = frames(DAEMON.upgrade(f"/exec/{made['Id']}/start", json.dumps({"Detach": False, "Tty": False, "ConsoleSize": None})))
    return ask("GET", f"/exec/{made['Id']}/json")["ExitCode"], said


def expect(wanted, container, *command):
    status, said = execute(container, *command)
    if status != 0 or wanted not in said:
        fail(f"{command} ended with {status}: {said}")


def archive(name, content, mode):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.uid, entry.gid = len(content), mode, 7, 8
        tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


# ---- the commands

def health(container):
    return ask("GET", f"/containers/{container}/json")["State"].get("Health", {}).get("Status")


def up(front, back, data):
    found = {}
    ask("GET", "/images/skein/lab/json")
    if containers():
        fail("there are containers already")
    found["db"] = create("db", 1, {back: ["database", "sql"]}, host={"Binds": [f"{data}:/data:rw"]}, config={
        "Cmd": ["sh", "-c", "sleep 1; echo of the database >/data/index.html; touch /tmp/ok; exec httpd -f -p 80 -h /data"],
        "Healthcheck": {"Test": ["CMD-SHELL", "test -f /tmp/ok"], "Interval": SECOND, "Timeout": 2 * SECOND, "Retries": 20}})
    found["tool"] = create("tool", 1, {front: []}, config={"Cmd": ["sh", "-c", "echo begun; exec sleep 1000"]})
    found["web"] = create("web", 1, {back: ["inner"], front: ["site"]}, labels={f"{LABEL}depends_on": "db:service_healthy:false"},
                          config={"Cmd": ["httpd", "-f", "-p", "80", "-h", "/www"], "ExposedPorts": {"80/tcp": {}}},
                          host={"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]}})
    said = attach(found["tool"])
    start(found["db"], found["tool"])
    if said.readline()[8:] != b"begun\n":
        fail("what was said from the start on was missed")
    until("db is healthy", lambda: health(found["db"]) == "healthy")
    ask("PUT", f"/containers/{found['web']}/archive?noOverwriteDirNonDir=true&path=%2F&copyUIDGID=true",
        archive("run/secrets/password", b"sesame", 0o440), kind="application/x-tar")
    start(found["web"])
    if not ask("GET", f"/containers/{found['web']}/json")["NetworkSettings"]["Ports"]["80/tcp"]:
        fail("nothing is published")
    return found


def look(found):
    expect("Hello", found["tool"], "timeout", "5", "wget", "-qO-", "http://site/")
    for name in ("database", "sql", "db", f"{PROJECT}-db-1"):
        expect("of the database", found["web"], "timeout", "5", "wget", "-qO-", f"http://{name}/")
    expect("7:8", found["web"], "stat", "-c", "%u:%g", "/run/secrets/password")
    expect("sesame", found["web"], "cat", "/run/secrets/password")
    if not EXTERNAL and execute(found["tool"], "timeout", "5", "wget", "-qO-", "http://db/")[0] == 0:
        fail("a service is reached over a network that it is not on")
    if len(containers(f"{LABEL}service=tool", is_all=False)) != 1:
        fail("tool is not found by its label")
    ask("GET", f"/containers/{found['tool']}/top")
    if "begun" not in frames(send("GET", f"/containers/{found['tool']}/logs?follow=0&stderr=1&stdout=1&tail=all")):
        fail("tool's log lacks what it said")


def recreate(service, old, networks, config):
    """A new container beside the old one, which then goes, and leaves its name."""
    name = f"{PROJECT}-{service}-1"
    passing = f"{old[:12]}_{name}"
    new = create(service, 1, networks, name=passing, labels={f"{LABEL}replace": f"{service}-1"}, config=config)
    ask("POST", f"/containers/{old}/stop?t=1", status=204)
    ask("DELETE", f"/containers/{old}", status=204)
    ask("POST", f"/containers/{passing}/rename?name={name}", status=204)
    start(new)
    if ask("GET", f"/containers/{name}/json")["Id"] != new:
        fail("the name is not the new one's")
    return new


def run_once(front):
    """`run --rm`: attached before it starts, its end waited for before, too."""
    one = create("tool", 1, {front: []}, name=f"{PROJECT}-tool-run-1", host={"AutoRemove": True}, labels={f"{LABEL}oneoff": "True", f"{LABEL}slug": "0d"},
                 config={"Cmd": ["sh", "-c", "timeout 5 wget -qO- http://site/; exit 3"]})
    said = attach(one)
    ended = send("POST", f"/containers/{one}/wait?condition=removed")
    start(one)
    if "Hello" not in frames(said):
        fail("what a single run says is not heard")
    if json.loads(ended.read())["StatusCode"] != 3:
        fail("a single run's status is another")
    if containers(f"{LABEL}oneoff=True"):
        fail("a single run is left")


def down(front, back, data):
    for one in containers():
        ask("POST", f"/containers/{one['Id']}/stop", status=204)
        ask("DELETE", f"/containers/{one['Id']}?force=1&v=1", status=204)
    for net in {front, back} - {EXTERNAL}:
        found = ask("GET", "/networks?" + labelled(f"{LABEL}project={PROJECT}", f"{LABEL}network={net.split('_')[-1]}"))
        for one in found:
            if ask("GET", f"/networks/{one['Id']}")["Containers"]:
                fail(f"{net} has containers still")
            ask("DELETE", f"/networks/{one['Id']}", status=204)
        if [one["Name"] for one in found] != [net]:
            fail(f"networks found by their labels: {found}")
    ask("GET", f"/volumes/{data}")
    ask("DELETE", f"/volumes/{data}?force=1", status=204)
    if containers() or ask("GET", "/networks?" + labelled(f"{LABEL}project={PROJECT}")):
        fail("something is left")


def main():
    begun = int(time.time())
    ask("GET", "/version")
    ask("GET", "/info")
    front, back = (EXTERNAL,) * 2 if EXTERNAL else (ensure_network("front"), ensure_network("back"))
    data = ensure_volume("data")
    found = up(front, back, data)
    look(found)
    found["tool-2"], found["tool-3"] = (create("tool", number, {front: []}, config={"Cmd": ["sleep", "1000"]}) for number in (2, 3))
    start(found["tool-2"], found["tool-3"])
    if sorted(one["Labels"][f"{LABEL}container-number"] for one in containers(f"{LABEL}service=tool")) != ["1", "2", "3"]:
        fail("scaled wrongly")
    found["web"] = recreate("web", found["web"], {back: ["inner"], front: ["site"]}, {"Cmd": ["httpd", "-f", "-p", "80", "-h", "/www"]})
    expect("Hello", found["tool-2"], "timeout", "5", "wget", "-qO-", "http://site/")
    ask("POST", f"/networks/{back}/disconnect", {"Container": found["db"], "Force": True}, status=200)
    ask("POST", f"/networks/{back}/connect", {"Container": found["db"], "EndpointConfig": endpoint("db", 1, ["sql"])}, status=200)
    expect("of the database", found["web"], "timeout", "5", "wget", "-qO-", "http://sql/")
    run_once(front)
    ask("POST", f"/containers/{found['web']}/restart?t=1", status=204)
    for verb in ("pause", "unpause", "kill?signal=SIGKILL"):
        ask("POST", f"/containers/{found['tool-3']}/{verb}", status=204)
    until("the killed one has ended", lambda: ask("GET", f"/containers/{found['tool-3']}/json")["State"]["Status"] == "exited")
    for one in found.values():
        ask("POST", f"/containers/{one}/stop?t=1", status=304 if one == found["tool-3"] else 204)
    start(*found.values())
    expect("Hello", found["tool"], "timeout", "5", "wget", "-qO-", "http://site/")
    down(front, back, data)
    told = send("GET", f"/events?since={begun}&until={int(time.time()) + 1}&"
                + labelled(f"{LABEL}project={PROJECT}", type={"container": True})).read().decode().splitlines()
    kinds = {json.loads(line)["Action"].split(":")[0] for line in told}
    if missing := {"create", "attach", "start", "die", "stop", "kill", "pause", "unpause", "restart", "rename", "destroy"} - kinds:
        fail(f"no event tells of {missing}")


main()
