#!/usr/bin/env python3
"""Replays the calls of calls.py against an Engine API and compares the answers with recorded ones of a real Docker.

usage: sweep.py record SOCKET FILE [ADDRESS]            writes what SOCKET answers
       sweep.py compare SOCKET FILE REASONS [ADDRESS]   prints the differences that have no reason; exit 1 if there are any
ADDRESS is what `swarm init` advertises. What differs from machine to machine (ids, times, addresses, sizes) is compared by its
form. REASONS has lines `call | place | reason`, with * and ? as in names of files.
"""
import fnmatch
import http.client
import json
import os
import re
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import calls  # noqa: E402
import image  # noqa: E402

VERSION = "v1.41"
SETTLES_MAX = 100  # asks, a tenth of a second apart
FORMS = [
    (r"sha256:[0-9a-f]{64}", "<digest>"), (r"\b[0-9a-f]{64}\b", "<id>"), (r"\b[0-9a-f]{12}\b", "<short id>"),
    (r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}", "<token>"), (r"\b(?=[a-z]*\d)[0-9a-z]{25}\b", "<swarm id>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<mac>"), (r"\b\d{1,3}(\.\d{1,3}){3}(/\d+)?(:\d+)?\b", "<address>"),
    (r"-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?", "<certificate>"),
    (r"\b(host-\d+|client-\d+|dk\d+)\b", "<host>"), (r"Up (\d+ \w+|Less than a second|About a \w+)( ago)?", "Up <while>"), (r"(/[\w.@<> -]+){3,}", "<path>"),
]
# Members of which only the type is compared.
LOOSE = re.compile(r"^(Created|CreatedAt|Started.*|Finished.*|Pid|Size.*|VirtualSize|SharedSize|MemoryBytes|NanoCPUs|NCPU|MemTotal|"
                   r"Index|N[A-Z].*|Images|Kernel.*|Operating.*|OSVersion|Name|ID|Id|CertIssuer.*|TrustRoot|Engine.*|Driver.*|"
                   r"System.*|Docker.*|Version|.*Version|Git.*|Go.*|BuildTime|Experimental|Platform|Components|Containers.*|"
                   r"Security.*|Init.*|Runc.*|Containerd.*|Warnings|Labels|Plugins|Runtimes|Cgroup.*|LiveRestore.*|Registry.*|"
                   r"read|preread|.*_usage|.*_stats|storage.*|networks|Processes|Addr|DataPathPort|Log|Http.*|Default.*|LastError)$")
# … in these answers only: elsewhere names, labels and warnings are what was asked for.
LOOSE_IN = re.compile(r"^(info|version|stats|top|node.*|image inspect|images.*|swarm.*)$")
ALWAYS_LOOSE = re.compile(r"^(Created|CreatedAt|Pid|Size.*|Index|SandboxKey|Health)$")


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("d", timeout=40)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, method, target, body=None, content_type="application/json"):
    connection = Connection(path)
    try:
        headers = {"Content-Type": content_type} if body is not None else {}
        connection.request(method, f"/{VERSION}{target}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def in_form(text):
    for pattern, form in FORMS:
        text = re.sub(pattern, form, text)
    return text


def normal(value, call, name=""):
    """The value with what differs from machine to machine replaced by its form."""
    if value is not None and (ALWAYS_LOOSE.match(name) or (LOOSE.match(name) and LOOSE_IN.match(call))):
        return f"<{type(value).__name__}>"
    if isinstance(value, dict):
        out = {}
        for key, member in value.items():
            shown = normal(member, call, key)
            out[in_form(key)] = shown
        return out
    if isinstance(value, list):
        members = [normal(member, call, name) for member in value]
        return sorted(members) if name == "Env" else members  # the engine keeps no order of them
    return in_form(value) if isinstance(value, str) else value


def answer_of(status, body, call):
    if call.stream:
        return {"status": status}
    try:
        parsed = json.loads(body) if body else None
    except ValueError:
        parsed = f"<{len(body) and 'bytes'}>"
    return {"status": status, "body": normal(parsed, call.name)}


def member_of(value, path):
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def replay(path, address):
    known, out = {"address": address}, {}

    def fill(text):
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)

    for call in calls.all_calls():
        assert call.name not in out, call.name
        body = call.raw if call.raw is not None else None if call.body is None else fill(json.dumps(call.body)).encode()
        kind = "application/x-tar" if call.raw is not None else "application/json"
        try:
            status, answer = ask(path, call.method, fill(call.path), body, kind)
            for _ in range(SETTLES_MAX if call.settles else 0):
                if status != 200 or member_of(json.loads(answer), call.settles):
                    break
                time.sleep(0.1)
                status, answer = ask(path, call.method, fill(call.path), body, kind)
        except (OSError, http.client.HTTPException) as failure:
            out[call.name] = {"status": 0, "body": f"<no answer: {type(failure).__name__}>"}
            continue
        out[call.name] = answer_of(status, answer, call)
        if status < 300 and call.keep:
            told = json.loads(answer)
            for name, member in call.keep.items():
                known[name] = told[member] if member else told
    return out


def differences(wanted, got, place=""):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in sorted(wanted.keys() | got.keys()):
            below = f"{place}.{name}" if place else name
            if name not in got:
                yield below, f"is missing; Docker: {json.dumps(wanted[name])[:120]}"
            elif name not in wanted:
                yield below, f"is no member of Docker's: {json.dumps(got[name])[:120]}"
            else:
                yield from differences(wanted[name], got[name], below)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (one, other) in enumerate(zip(wanted, got)):
            yield from differences(one, other, f"{place}[{number}]")
    elif wanted != got or type(wanted) is not type(got):
        yield place, f"is {json.dumps(got)[:160]}; Docker: {json.dumps(wanted)[:160]}"


def read_reasons(path):
    out = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                call, place, reason = (part.strip() for part in line.split("|", 2))
                out.append((call, place, reason))
    return out


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def prepare(path):
    """The images that the calls speak of, and nothing left of an earlier sweep."""
    for name in ("probe-a", "probe-b", "probe-m", "probe-x"):
        ask(path, "DELETE", f"/containers/{name}?force=1")
    status, said = ask(path, "POST", "/images/load?quiet=1", image.archive(), "application/x-tar")
    if status != 200:
        sys.exit(f"the image cannot be loaded: {status} {said.decode(errors='replace')}")


def main(arguments):
    if len(arguments) < 3 or arguments[0] not in ("record", "compare"):
        sys.exit(__doc__)
    verb, path, recorded = arguments[:3]
    rest = arguments[3:]
    reasons = read_reasons(rest.pop(0)) if verb == "compare" else []
    prepare(path)
    answers = replay(path, rest[0] if rest else "127.0.0.1")
    if verb == "record":
        with open(recorded, "w", encoding="utf-8") as out:
            out.write("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(answer, sort_keys=True)}"
                                        for name, answer in answers.items()) + "\n}\n")
        print(f"{len(answers)} answers recorded")
        return 0
    with open(recorded, encoding="utf-8") as file:
        wanted = json.load(file)
    used, told, explained, whole = set(), 0, 0, 0
    for name, answer in answers.items():
        if name not in wanted:
            sys.exit(f"{name}: not recorded; record anew")
        found = list(differences(wanted[name], answer))
        whole += not found
        for place, what in found:
            reason = next((each for each in reasons if matches(each[0], name) and matches(each[1], place)), None)
            if reason:
                used.add(reason)
                explained += 1
            else:
                told += 1
                print(f"{name}: {place} {what}")
    for reason in reasons:
        if reason not in used:
            told += 1
            print(f"a reason for nothing: {' | '.join(reason)}")
    print(f"{len(answers)} calls: {whole} answered as Docker does; {explained} differences with a reason, {told} without")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
