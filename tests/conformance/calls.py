"""The calls of the sweep, in their order: what tools ask of containers, networks, volumes, images, execs and a swarm.

Each is Call(name, method, path, body): names are unique, since recordings and reasons name calls by them. `{x}` in a path or
body is what an earlier call kept: keep={"x": "Id"} takes a member of its answer. `raw` bodies are bytes (an archive). Of a
`stream` only the status is looked at. `settles` is a member that is there a little later: the call is repeated until then.
"""
import json
import urllib.parse


class Call:
    def __init__(self, name, method, path, body=None, keep=None, raw=None, stream=False, settles=None):
        self.name, self.method, self.path, self.body = name, method, path, body
        self.keep, self.raw, self.stream, self.settles = keep or {}, raw, stream, settles


def filters(**by_name):
    return "filters=" + urllib.parse.quote(json.dumps({k.replace("_", "-"): v for k, v in by_name.items()}))


def container_calls():
    sleeper = {"Image": "probe:1", "Cmd": ["sleep", "1000"], "Labels": {"kind": "probe"}, "StopSignal": "SIGKILL"}
    yield Call("create: bad name", "POST", "/containers/create?name=-x", sleeper)
    yield Call("create: no image", "POST", "/containers/create", {"Cmd": ["x"], "Labels": {"kind": "probe"}})
    yield Call("create: missing image", "POST", "/containers/create", {"Image": "probe:none"})
    yield Call("create: no command", "POST", "/containers/create", {"Image": "probe:bare"})
    yield Call("create: wrong type", "POST", "/containers/create", {"Image": 7})
    yield Call("create: no body", "POST", "/containers/create")
    for what, host in {"bad bind": {"Binds": ["a:b"]}, "bad memory": {"Memory": 1000}, "bad cpus": {"NanoCpus": -1},
                       "bad restart": {"RestartPolicy": {"Name": "sometimes"}}, "bad network": {"NetworkMode": "container:none"},
                       "bad port": {"PortBindings": {"99999/tcp": [{"HostPort": "1"}]}},
                       "bad log driver": {"LogConfig": {"Type": "none-such"}},
                       "bad mount": {"Mounts": [{"Type": "odd", "Target": "/x"}]},
                       "relative mount": {"Mounts": [{"Type": "volume", "Source": "v1", "Target": "x"}]},
                       "removed and restarted": {"AutoRemove": True, "RestartPolicy": {"Name": "always"}},
                       "bad ipc": {"IpcMode": "odd"}}.items():
        yield Call(f"create: {what}", "POST", "/containers/create", dict(sleeper, HostConfig=host))
    yield Call("create: relative folder", "POST", "/containers/create", dict(sleeper, WorkingDir="x"))
    yield Call("create: bad signal", "POST", "/containers/create", dict(sleeper, StopSignal="ODD"))
    yield Call("create: bad variable", "POST", "/containers/create", dict(sleeper, Env=["=x"]))
    yield Call("create: hasty health", "POST", "/containers/create",
               dict(sleeper, Healthcheck={"Test": ["CMD", "true"], "Interval": 1}))
    # What was taken after all is put away.
    yield Call("prune: wrong ones", "POST", "/containers/prune?" + filters(label=["kind=probe"]), stream=True)
    yield Call("create", "POST", "/containers/create?name=probe-a",
               dict(sleeper, Env=["A=b"], ExposedPorts={"80/tcp": {}}, HostConfig={"Binds": ["probe-v:/data"]}), {"a": "Id"})
    yield Call("create: taken name", "POST", "/containers/create?name=probe-a", sleeper)
    yield Call("inspect: created", "GET", "/containers/{a}/json")
    yield Call("inspect: with sizes", "GET", "/containers/probe-a/json?size=1")
    for verb in ("kill", "pause", "unpause", "stop", "resize?h=1&w=1"):
        yield Call(f"{verb}: created", "POST", f"/containers/probe-a/{verb}")
    yield Call("top: created", "GET", "/containers/probe-a/top")
    yield Call("exec: created", "POST", "/containers/probe-a/exec", {"Cmd": ["true"]})
    yield Call("stats: created", "GET", "/containers/probe-a/stats?stream=0")
    yield Call("attach: no WebSocket", "GET", "/containers/probe-a/attach/ws?stream=1")
    yield Call("start: checkpoint", "POST", "/containers/probe-a/start?checkpoint=x")
    yield Call("start", "POST", "/containers/probe-a/start")
    yield Call("start: again", "POST", "/containers/probe-a/start")
    yield Call("inspect: running", "GET", "/containers/probe-a/json")
    yield from list_calls()
    yield Call("top", "GET", "/containers/probe-a/top")
    yield Call("changes", "GET", "/containers/probe-a/changes")
    yield Call("stats", "GET", "/containers/probe-a/stats?stream=0")
    yield Call("logs: no stream", "GET", "/containers/probe-a/logs")
    yield Call("logs", "GET", "/containers/probe-a/logs?stdout=1", stream=True)
    yield Call("remove: running", "DELETE", "/containers/probe-a")
    yield Call("rename: taken", "POST", "/containers/probe-a/rename?name=probe-a")
    yield Call("rename: none", "POST", "/containers/probe-a/rename")
    yield Call("rename: bad", "POST", "/containers/probe-a/rename?name=-")
    yield Call("rename", "POST", "/containers/probe-a/rename?name=probe-b")
    yield Call("rename: back", "POST", "/containers/probe-b/rename?name=probe-a")
    yield Call("update", "POST", "/containers/probe-a/update", {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}})
    yield Call("update: bad", "POST", "/containers/probe-a/update", {"RestartPolicy": {"Name": "odd"}})
    yield Call("archive: stat of nothing", "HEAD", "/containers/probe-a/archive?path=/none")
    yield Call("archive: of nothing", "GET", "/containers/probe-a/archive?path=/none")
    yield Call("archive: no path", "GET", "/containers/probe-a/archive")
    yield Call("archive: to nowhere", "PUT", "/containers/probe-a/archive?path=/none", raw=b"\0" * 1024)
    yield Call("archive: to a file", "PUT", "/containers/probe-a/archive?path=/etc/passwd", raw=b"\0" * 1024)
    yield from exec_calls()
    yield Call("kill: bad signal", "POST", "/containers/probe-a/kill?signal=ODD")
    yield Call("pause", "POST", "/containers/probe-a/pause")
    yield Call("pause: again", "POST", "/containers/probe-a/pause")
    yield Call("inspect: paused", "GET", "/containers/probe-a/json")
    yield Call("exec: paused", "POST", "/containers/probe-a/exec", {"Cmd": ["true"]})
    yield Call("unpause", "POST", "/containers/probe-a/unpause")
    yield Call("unpause: again", "POST", "/containers/probe-a/unpause")
    yield Call("kill", "POST", "/containers/probe-a/kill")
    yield Call("wait", "POST", "/containers/probe-a/wait")
    yield Call("wait: bad condition", "POST", "/containers/probe-a/wait?condition=odd")
    yield Call("inspect: exited", "GET", "/containers/probe-a/json")
    yield Call("stop: exited", "POST", "/containers/probe-a/stop")
    yield Call("kill: exited", "POST", "/containers/probe-a/kill")
    for method, rest in (("GET", "/json"), ("POST", "/start"), ("POST", "/stop"), ("POST", "/kill"), ("POST", "/restart"),
                         ("POST", "/pause"), ("POST", "/wait"), ("GET", "/top"), ("GET", "/changes"), ("GET", "/export"),
                         ("GET", "/logs?stdout=1"), ("GET", "/stats?stream=0"), ("DELETE", ""), ("POST", "/rename?name=x1")):
        yield Call(f"nobody: {method} {rest}", method, f"/containers/nobody{rest}")
    yield Call("remove: no link", "DELETE", "/containers/probe-a/none?link=1")
    yield Call("remove: links", "DELETE", "/containers/probe-a?link=1")
    yield Call("remove", "DELETE", "/containers/probe-a?v=1")
    yield Call("remove: again", "DELETE", "/containers/probe-a")
    yield Call("containers: prune bad filter", "POST", "/containers/prune?" + filters(odd=["x"]))
    yield Call("containers: prune", "POST", "/containers/prune?" + filters(label=["kind=probe"]))


def list_calls():
    yield Call("list: all", "GET", "/containers/json?all=1&" + filters(label=["kind=probe"]))
    yield Call("list: sizes", "GET", "/containers/json?size=1&" + filters(name=["probe-a"]))
    for name, value in (("status", "running"), ("status", "exited"), ("ancestor", "probe:1"), ("network", "bridge"),
                        ("volume", "probe-v"), ("expose", "80"), ("publish", "80"), ("is_task", "false"), ("health", "none"), ("isolation", "process"),
                        ("exited", "0"), ("before", "probe-a"), ("since", "probe-a"), ("id", "{a}"), ("label", "kind=other")):
        yield Call(f"list: {name}={value}", "GET",
                   "/containers/json?all=1&" + filters(**{name: [value]}, **({} if name == "label" else {"label": ["kind=probe"]}))
                   .replace("%7Ba%7D", "{a}"))
    for name in ("odd", "status", "health", "before", "exited", "is_task", "expose"):
        yield Call(f"list: bad {name}", "GET", "/containers/json?" + filters(**{name: ["nonesuch"]}))
    yield Call("list: broken filters", "GET", "/containers/json?filters=%7B")
    yield Call("list: limit", "GET", "/containers/json?limit=1&" + filters(label=["kind=probe"]))
    yield Call("list: bad limit", "GET", "/containers/json?limit=x")


def exec_calls():
    yield Call("exec: create", "POST", "/containers/probe-a/exec", {"Cmd": ["sh", "-c", "exit 3"], "AttachStdout": True}, {"e": "Id"})
    yield Call("exec: inspect", "GET", "/exec/{e}/json")
    yield Call("exec: start", "POST", "/exec/{e}/start", {"Detach": False}, stream=True)
    yield Call("exec: start again", "POST", "/exec/{e}/start", {"Detach": True})
    yield Call("exec: inspect ended", "GET", "/exec/{e}/json")
    yield Call("exec: no command", "POST", "/containers/probe-a/exec", {"Cmd": []})
    yield Call("exec: of nobody", "POST", "/containers/nobody/exec", {"Cmd": ["true"]})
    yield Call("exec: none", "GET", "/exec/none/json")
    yield Call("exec: start none", "POST", "/exec/none/start", {"Detach": True})
    yield Call("exec: missing command", "POST", "/containers/probe-a/exec", {"Cmd": ["nonesuch"]}, {"m": "Id"})
    yield Call("exec: start missing command", "POST", "/exec/{m}/start", {"Detach": True})


def network_calls():
    yield Call("network create", "POST", "/networks/create",
               {"Name": "probe-n", "Driver": "bridge", "Labels": {"kind": "probe"}, "CheckDuplicate": True,
                "IPAM": {"Config": [{"Subnet": "10.213.0.0/24", "Gateway": "10.213.0.1"}]}}, {"n": "Id"})
    yield Call("network create: again", "POST", "/networks/create", {"Name": "probe-n", "CheckDuplicate": True})
    yield Call("network create: no name", "POST", "/networks/create", {"Name": ""})
    yield Call("network create: bad driver", "POST", "/networks/create", {"Name": "probe-x", "Driver": "odd"})
    yield Call("network create: reserved", "POST", "/networks/create", {"Name": "bridge", "CheckDuplicate": True})
    yield Call("network create: bad subnet", "POST", "/networks/create",
               {"Name": "probe-x", "IPAM": {"Config": [{"Subnet": "10.0.0.0/99"}]}})
    yield Call("network create: overlap", "POST", "/networks/create",
               {"Name": "probe-x", "IPAM": {"Config": [{"Subnet": "10.213.0.0/25"}]}})
    yield Call("network create: overlay", "POST", "/networks/create", {"Name": "probe-x", "Driver": "overlay"})
    yield Call("network create: no body", "POST", "/networks/create")
    yield Call("network inspect", "GET", "/networks/probe-n")
    yield Call("network inspect: verbose", "GET", "/networks/probe-n?verbose=true")
    yield Call("network inspect: bad scope", "GET", "/networks/probe-n?scope=odd")
    yield Call("network inspect: host", "GET", "/networks/host")
    yield Call("network inspect: none", "GET", "/networks/nonesuch")
    yield Call("networks: label", "GET", "/networks?" + filters(label=["kind=probe"]))
    for name, value in (("driver", "null"), ("name", "probe-n"), ("scope", "local"), ("type", "custom"), ("dangling", "true"), ("id", "{n}")):
        extra = {} if name in ("driver", "name", "id") else {"label": ["kind=probe"]}
        yield Call(f"networks: {name}", "GET", "/networks?" + filters(**{name: [value]}, **extra).replace("%7Bn%7D", "{n}"))
    for name in ("odd", "scope", "type", "dangling"):
        yield Call(f"networks: bad {name}", "GET", "/networks?" + filters(**{name: ["nonesuch"]}))
    yield Call("network connect: nobody", "POST", "/networks/probe-n/connect", {"Container": "nobody"})
    yield Call("network connect: nowhere", "POST", "/networks/nonesuch/connect", {"Container": "nobody"})
    yield Call("network disconnect: nobody", "POST", "/networks/probe-n/disconnect", {"Container": "nobody"})
    yield Call("network member", "POST", "/containers/create?name=probe-m",
               {"Image": "probe:1", "Cmd": ["sleep", "1000"], "StopSignal": "SIGKILL", "HostConfig": {"NetworkMode": "probe-n"}})
    yield Call("network member: start", "POST", "/containers/probe-m/start")
    yield Call("network member: inspect", "GET", "/containers/probe-m/json")
    yield Call("network with a member", "GET", "/networks/probe-n")
    yield Call("network connect: again", "POST", "/networks/probe-n/connect", {"Container": "probe-m"})
    yield Call("network remove: in use", "DELETE", "/networks/probe-n")
    yield Call("network disconnect", "POST", "/networks/probe-n/disconnect", {"Container": "probe-m"})
    yield Call("network disconnect: again", "POST", "/networks/probe-n/disconnect", {"Container": "probe-m"})
    yield Call("network member: remove", "DELETE", "/containers/probe-m?force=1")
    yield Call("network remove: reserved", "DELETE", "/networks/bridge")
    yield Call("network remove", "DELETE", "/networks/probe-n")
    yield Call("network remove: none", "DELETE", "/networks/probe-n")
    yield Call("networks: prune bad filter", "POST", "/networks/prune?" + filters(odd=["x"]))


def volume_calls():
    yield Call("volume create", "POST", "/volumes/create", {"Name": "probe-w", "Labels": {"kind": "probe"}})
    yield Call("volume create: again", "POST", "/volumes/create", {"Name": "probe-w", "Labels": {"kind": "probe"}})
    yield Call("volume create: bad name", "POST", "/volumes/create", {"Name": "a b"})
    yield Call("volume create: short name", "POST", "/volumes/create", {"Name": "a"})
    yield Call("volume create: bad driver", "POST", "/volumes/create", {"Name": "probe-x", "Driver": "odd"})
    yield Call("volume create: bad option", "POST", "/volumes/create", {"Name": "probe-x", "DriverOpts": {"odd": "x"}})
    yield Call("volume inspect", "GET", "/volumes/probe-w")
    yield Call("volume inspect: none", "GET", "/volumes/nonesuch")
    for name, value in (("label", "kind=probe"), ("name", "probe-w"), ("driver", "odd")):
        yield Call(f"volumes: {name}", "GET", "/volumes?" + filters(**{name: [value]}))
    yield Call("volumes: dangling", "GET", "/volumes?" + filters(dangling=["true"], name=["probe-w"]))
    for name in ("odd", "dangling"):
        yield Call(f"volumes: bad {name}", "GET", "/volumes?" + filters(**{name: ["nonesuch"]}))
    yield Call("volume remove", "DELETE", "/volumes/probe-w")
    yield Call("volume remove: none", "DELETE", "/volumes/probe-w")
    yield Call("volume remove: none, forced", "DELETE", "/volumes/probe-w?force=1")
    yield Call("volume remove: of a container", "DELETE", "/volumes/probe-v")
    yield Call("volumes: prune bad filter", "POST", "/volumes/prune?" + filters(odd=["x"]))


def image_calls():
    yield Call("image inspect", "GET", "/images/probe:1/json")
    yield Call("image inspect: none", "GET", "/images/nonesuch/json")
    yield Call("image history: none", "GET", "/images/nonesuch/history")
    yield Call("images: reference", "GET", "/images/json?" + filters(reference=["probe:1"]))
    for name in ("odd", "dangling", "before", "since"):
        yield Call(f"images: bad {name}", "GET", "/images/json?" + filters(**{name: ["nonesuch"]}))
    yield Call("image tag", "POST", "/images/probe:1/tag?repo=probe&tag=2")
    yield Call("image tag: bad", "POST", "/images/probe:1/tag?repo=Probe&tag=2")
    yield Call("image tag: none", "POST", "/images/nonesuch/tag?repo=probe&tag=2")
    yield Call("image remove: tag", "DELETE", "/images/probe:2")
    yield Call("image remove: none", "DELETE", "/images/nonesuch")
    yield Call("image push: none", "POST", "/images/nonesuch/push")
    yield Call("images: prune bad filter", "POST", "/images/prune?" + filters(odd=["x"]))


def system_calls():
    yield Call("ping", "GET", "/_ping", stream=True)
    yield Call("info", "GET", "/info")
    yield Call("version", "GET", "/version")
    yield Call("nothing", "GET", "/nonesuch")
    yield Call("wrong method", "PUT", "/info")
    yield Call("events: bad filter", "GET", "/events?until=1&" + filters(odd=["x"]))
    yield Call("events: bad time", "GET", "/events?until=nonesuch")
    for path in ("swarm", "nodes", "services", "tasks", "secrets", "configs", "services/nonesuch", "nodes/nonesuch",
                 "tasks/nonesuch", "secrets/nonesuch", "configs/nonesuch", "services/nonesuch/logs?stdout=1"):
        yield Call(f"no swarm: {path}", "GET", f"/{path}")
    yield Call("no swarm: service create", "POST", "/services/create", {"Name": "x"})
    yield Call("no swarm: leave", "POST", "/swarm/leave")
    yield Call("no swarm: secret", "POST", "/secrets/create", {"Name": "x", "Data": "eA=="})


def swarm_calls():
    yield Call("swarm init: bad address", "POST", "/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "odd"})
    yield Call("swarm init", "POST", "/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "{address}"}, {"node": ""})
    yield Call("swarm init: again", "POST", "/swarm/init", {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "{address}"})
    yield Call("swarm inspect", "GET", "/swarm")
    yield Call("nodes", "GET", "/nodes")
    yield Call("node inspect", "GET", "/nodes/{node}")
    yield Call("node inspect: none", "GET", "/nodes/nonesuch")
    yield Call("node remove: self", "DELETE", "/nodes/{node}")
    for path, names in (("nodes", ("odd", "role", "membership")), ("services", ("odd", "mode")), ("tasks", ("odd", "desired-state")),
                        ("secrets", ("odd",)), ("configs", ("odd",))):
        for name in names:
            yield Call(f"{path}: bad {name}", "GET", f"/{path}?" + filters(**{name: ["nonesuch"]}))
    yield Call("secret create", "POST", "/secrets/create", {"Name": "probe-s", "Data": "eA==", "Labels": {"k": "v"}}, {"s": "ID"})
    yield Call("secret create: again", "POST", "/secrets/create", {"Name": "probe-s", "Data": "eA=="})
    yield Call("secret create: bad name", "POST", "/secrets/create", {"Name": "a b", "Data": "eA=="})
    yield Call("secret create: no data", "POST", "/secrets/create", {"Name": "probe-x"})
    yield Call("secret inspect", "GET", "/secrets/probe-s")
    yield Call("secret update: data", "POST", "/secrets/{s}/update?version=1", {"Name": "probe-s", "Data": "eQ=="})
    yield Call("config create", "POST", "/configs/create", {"Name": "probe-c", "Data": "eA=="}, {"c": "ID"})
    yield Call("config inspect", "GET", "/configs/probe-c")
    yield Call("config inspect: none", "GET", "/configs/nonesuch")
    yield Call("overlay create", "POST", "/networks/create", {"Name": "probe-o", "Driver": "overlay", "Attachable": True,
                                                             "CheckDuplicate": True}, {"o": "Id"})
    yield Call("overlay inspect", "GET", "/networks/probe-o", settles="IPAM.Config")
    spec = {"Name": "probe", "Labels": {"k": "v"}, "Mode": {"Replicated": {"Replicas": 0}},
            "TaskTemplate": {"ContainerSpec": {"Image": "probe:1", "Command": ["sleep", "1000"]}, "Networks": [{"Target": "probe-o"}]}}
    yield Call("service create", "POST", "/services/create", spec, {"v": "ID"})
    yield Call("service create: again", "POST", "/services/create", spec)
    yield Call("service create: no name", "POST", "/services/create", dict(spec, Name=""))
    yield Call("service create: bad name", "POST", "/services/create", dict(spec, Name="a b"))
    yield Call("service create: no image", "POST", "/services/create", dict(spec, Name="y", TaskTemplate={"ContainerSpec": {}}))
    yield Call("service create: bad mode", "POST", "/services/create",
               dict(spec, Name="y", Mode={"Replicated": {"Replicas": 1}, "Global": {}}))
    yield Call("service inspect", "GET", "/services/probe", settles="Endpoint.VirtualIPs")
    yield Call("service inspect: defaults", "GET", "/services/probe?insertDefaults=true")
    yield Call("service inspect: none", "GET", "/services/nonesuch")
    yield Call("services: name", "GET", "/services?" + filters(name=["probe"]))
    yield Call("services: status", "GET", "/services?status=1&" + filters(name=["probe"]))
    yield Call("service update: no version", "POST", "/services/probe/update", spec)
    yield Call("service update: old version", "POST", "/services/probe/update?version=1", spec)
    yield Call("secret remove: none", "DELETE", "/secrets/nonesuch")
    yield Call("secret remove", "DELETE", "/secrets/probe-s")
    yield Call("config remove", "DELETE", "/configs/probe-c")
    yield Call("overlay remove: in use", "DELETE", "/networks/probe-o")
    yield Call("service remove", "DELETE", "/services/probe")
    yield Call("service remove: none", "DELETE", "/services/probe")
    yield Call("swarm leave: last", "POST", "/swarm/leave")
    yield Call("swarm leave", "POST", "/swarm/leave?force=1")


def all_calls():
    for part in (system_calls, image_calls, container_calls, network_calls, volume_calls, swarm_calls):
        yield from part()
