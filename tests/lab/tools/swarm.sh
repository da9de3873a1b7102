# shellcheck shell=bash disable=SC2154
# A swarm with containers on an attachable network, and what happens inside them; beside lib.sh.

# start_swarm HOSTS [OPTION…]: a lab whose hosts are in one swarm with the attachable network appnet; host-1 is the manager.
# APPNET: options of that network, as '--opt encrypted'.
start_swarm() {
  local hosts=$1 token n
  make_lab "$@"
  on host-1 skein swarm init --advertise-addr 192.168.1.11 >/dev/null
  token=$(on host-1 skein swarm join-token -q worker)
  for n in $(seq 2 "$hosts"); do on "host-$n" skein swarm join --token "$token" 192.168.1.11:2377 >/dev/null; done
  # shellcheck disable=SC2086  # words
  on host-1 skein network create --driver overlay --attachable ${APPNET:-} appnet >/dev/null
}

# start_container HOST NAME [OPTION…]: on appnet, with a page at port 80; `page_server` is another command for it.
page_server=(httpd -f -p 80 -h /www)
start_container() {
  on "$1" skein run -d --name "$2" --network appnet "${@:3}" skein/lab "${page_server[@]}" >/dev/null
  echo "$1" >"$work/$2.host"
  on "$1" skein inspect -f '{{.NetworkSettings.Networks.appnet.IPAddress}}' "$2" | tr -d '\r\n' >"$work/$2.address"
  on "$1" skein inspect -f '{{.State.Pid}}' "$2" | tr -d '\r\n' >"$work/$2.pid"
}
address() { cat "$work/$1.address"; }
# inside NAME COMMAND…: in the container's network namespace, with the host's tools; its daemon has no part in it.
inside() {
  local name=$1
  shift
  on "$(cat "$work/$name.host")" nsenter "--net=/proc/$(cat "$work/$name.pid")/ns/net" "$@"
}
# Asks the container's resolver; prints the answer's addresses.
resolve() { inside "$1" timeout 2 busybox nslookup "$2" 127.0.0.11 | sed -n '3,$s/^Address.*: *//p'; }
resolves() { [ "$(resolve "$1" "$2")" = "$(address "$2")" ]; }
# The resolver says that there is no such name; silence is no answer.
is_unknown() { [[ $(inside "$1" timeout 2 busybox nslookup "$2" 127.0.0.11 2>&1) = *NXDOMAIN* ]]; }
