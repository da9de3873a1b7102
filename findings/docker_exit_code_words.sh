#!/bin/bash
# Expected: the docker CLI takes the exit code of a failed start from the status or a field of the daemon's answer.
# A missing command is 127, one that cannot be executed is 126, every other failure of the daemon is 125.
# Happens: `docker run` looks for words in the text of the error.
# Neither the status nor the subject of the error counts.
# "no such file or directory" makes 127, even for a missing folder of the host.
# "permission denied" makes 126, even for a network that the user may not use.
# "Permission denied" makes 125.
# crun's text for a missing command, "executable file `x` not found in $PATH", makes 125.
# Version: docker CLI 20.10.24. Its daemon is made up here.
# Why it matters: the wording of errors is a part of the API that no description mentions.
# A daemon on another runtime than runc must translate the runtime's errors into runc's words.
# It must also keep these words out of all its other errors.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages docker.io=20.10.24+dfsg1-1+deb12u1+b6 python3=3.11.2-1+b1
alone
/usr/bin/docker --version

# A daemon that creates every container and starts none.
cat >"$folder/daemon.py" <<'PYTHON'
import http.server, json, socketserver, sys

class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def tell(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in ("Api-Version", "1.41"), ("Content-Type", "application/json"), ("Content-Length", len(data)):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
    def do_GET(self): self.tell(200, {})
    do_HEAD = do_GET
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.split("?")[0].endswith("/create"):
            self.tell(201, {"Id": "c" * 64, "Warnings": []})
        else:
            self.tell(500, {"message": open(sys.argv[2]).read()})

socketserver.ThreadingUnixStreamServer(sys.argv[1], Answers).serve_forever()
PYTHON
/usr/bin/python3 "$folder/daemon.py" "$folder/socket" "$folder/message" & daemon=$!
trap 'kill "$daemon"' EXIT
within 10 test -S "$folder/socket"
export DOCKER_HOST=unix://$folder/socket

# gives CODE MESSAGE
gives() {
  local code=0
  printf '%s' "$2" >"$folder/message"
  timeout 20 /usr/bin/docker run -d image command >/dev/null 2>"$folder/shown" || code=$?
  finds -F "$2" "$folder/shown" || fail "the message is not shown: $(cat "$folder/shown")"
  echo "exit code $code: $2"
  [ "$code" = "$1" ] || fail "exit code $code instead of $1"
}
# shellcheck disable=SC2016
{
  gives 127 'exec: "x": executable file not found in $PATH: unknown'
  gives 125 'executable file `x` not found in $PATH: No such file or directory'
  gives 127 'the folder /srv/data for a volume: no such file or directory'
  gives 126 'you may not use this network: permission denied'
  gives 125 'you may not use this network: Permission denied'
  gives 125 'no space left on device'
}
echo "as the header says"
