#!/bin/bash
# Integration tests stand on the lab: its hosts must reach each other, be cut apart at will, and vanish without a trace,
# whatever was killed before. Runs with a daemon that only answers, so that nothing but the lab can fail it.
# alone
set -euo pipefail
export SKEIN_LAB_DAEMON="$SKEIN_ROOT/tests/lab/tools/echo_daemon"
lab="t$$"
other="u$$"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# What a lab could leave behind, as lines.
traces() {
  grep -E ' /(run/lab|run/skein|etc|var/lib|var/tmp|sys|dev/shm)[ /]' /proc/self/mounts | grep -v ' /var/lib/containers' || true
  ip -o link show | cut -d' ' -f2 | grep -E '^(host|client|ports|switch)' || true
  pgrep -af "lab-init ($lab|$other)|echo_daemon" || true
  find /sys/fs/cgroup -maxdepth 3 -name "skein-lab-$lab*" -o -maxdepth 3 -name "skein-lab-$other*" 2>/dev/null
  find /run/skein-lab /var/lib/skein-lab 2>/dev/null | grep -e "/$lab" -e "/$other" || true
}

finds() { [ "$(grep -c "$@")" != 0 ]; } # reads all, so that no writer dies of SIGPIPE
inits() { pgrep -f "lab-init $1 "; }
on() { skein lab exec "$lab" "$@"; }
reaches() { on "$1" -- ping -c 1 -W 1 "$2" >/dev/null; }
expect_error() {
  local wanted=$1 output
  shift
  if output=$("$@" 2>&1); then fail "accepted: $*"; fi
  [[ $output = *"$wanted"* ]] || fail "$* said: $output"
}

cleanup() {
  skein lab down "$lab" >/dev/null 2>&1 || true
  skein lab down "$other" >/dev/null 2>&1 || true
}
trap cleanup EXIT
before=$(traces)

echo "-- a lab comes up and its machines reach each other in both families"
skein lab up --name "$lab" --hosts 2 --clients 1 --mtu 1400
reaches host-1 host-2
reaches host-2 client-1
reaches client-1 fd00:1::11
[ "$(on host-2 -- hostname)" = host-2 ]
[ "$(on host-1 -- cat /sys/class/net/eth0/mtu)" = 1400 ]
on host-1 -- ping -c 1 -W 1 -M "do" -s 1372 host-2 >/dev/null
skein lab ls | finds "^$lab *host-2 *192.168.1.12 *running$"
skein lab ls | finds "^$lab *client-1 *192.168.1.101 *none$"
if ip link show host-1 >/dev/null 2>&1; then fail "links leaked out of the lab"; fi

echo "-- exec: status, streams, signals, daemon socket"
status=0
on host-1 -- sh -c 'exit 7' || status=$?
[ "$status" = 7 ]
status=0
on host-1 -- sh -c 'kill -9 $$' || status=$?
[ "$status" = 137 ]
status=0
on host-1 -- /no/such/command 2>/dev/null || status=$?
[ "$status" = 127 ]
[ "$(echo text | on host-1 -- cat)" = text ]
on host-1 -- sh -c '[ "$DOCKER_HOST" = unix:///run/skein/skein.sock ] && command -v skein >/dev/null'
[ "$(on host-1 -- curl -s --unix-socket /run/skein/skein.sock http://skein/_ping)" = OK ]

echo "-- every host got the image"
for host in host-1 host-2; do
  on "$host" -- tar -xOf /var/lib/skein/image.tar manifest.json | finds '"docker.io/skein/lab:latest"'
done

echo "-- hosts share nothing that would betray them"
on host-1 -- sh -c 'echo 1 | tee /run/mark /dev/shm/mark /var/lib/skein/mark /var/lib/containers/mark /var/tmp/mark /etc/mark >/dev/null'
on host-2 -- sh -c '! ls /run/mark /dev/shm/mark /var/lib/skein/mark /var/lib/containers/mark /var/tmp/mark /etc/mark 2>/dev/null'
[ ! -e /etc/mark ] && [ ! -e /run/mark ]
[ "$(on host-1 -- sh -c 'cat /proc/1/comm')" = skein ]
on host-1 -- sh -c 'grep -q ":/$" /proc/self/cgroup && [ -d /sys/fs/cgroup ] && grep -q " /sys/fs/bpf bpf " /proc/mounts'

echo "-- cut and heal, pairs and whole machines"
skein lab cut "$lab" host-1 host-2
if reaches host-1 host-2; then fail "a cut pair still talks"; fi
reaches host-1 client-1
reaches host-2 client-1
skein lab heal "$lab"
reaches host-1 host-2
skein lab cut "$lab" client-1
if reaches client-1 host-1 || reaches client-1 host-2; then fail "a cut machine still talks"; fi
reaches host-1 host-2
skein lab heal "$lab"
reaches client-1 host-1

echo "-- the daemon is killed and started; what it pinned stays"
expect_error "runs already" skein lab start "$lab" host-1
on host-1 -- mkdir /sys/fs/bpf/kept
skein lab kill "$lab" host-1
skein lab ls | finds "^$lab *host-1 .*stopped$"
expect_error "does not run" skein lab kill "$lab" host-1
expect_error "has no daemon" skein lab kill "$lab" client-1
skein lab start "$lab" host-1
on host-1 -- test -d /sys/fs/bpf/kept

# freeze MACHINE: a process that is frozen, as those of a paused container are.
freeze() {
  on "$1" -- sh -c '
    group=/sys/fs/cgroup/paused state=cgroup.freeze word=1
    [ ! -d /sys/fs/cgroup/freezer ] || { group=/sys/fs/cgroup/freezer/paused state=freezer.state word=FROZEN; }
    mkdir -p "$group"
    setsid tail -f /dev/null >/dev/null 2>&1 &
    echo $! >"$group/cgroup.procs"
    echo "$word" >"$group/$state"'
}

# What a reboot must bring back as it was, and what it must remove, as lines.
looks() {
  on "$1" -- sh -c '
    ip -o link | sed "s/link-netns[^ ]* [^ ]*//; s/^[0-9]*: //; s/@[^:]*//"
    ip -o -4 address | sed "s/^[0-9]*: //"
    ip -o -6 address | sed "s/^[0-9]*: //; s/ tentative//"
    ip route
    nft list ruleset
    ls -A /sys/fs/bpf
    grep " nsfs " /proc/mounts
    find /sys/fs/cgroup -mindepth 2 -type d | sed "s/^/cgroup /" | grep -v "/cgroup/[^/]*/sys" | sort
    for setting in ip_forward conf/all/rp_filter conf/eth0/arp_ignore; do
      echo "$setting $(cat /proc/sys/net/ipv4/$setting)"
    done
    ls -A /dev/shm
    ls -A /run
    hostname
    ps -e -o comm= | grep -v -e "^ps$" -e "^grep$" -e "^sh$" -e "^sort$" | sort'
}

echo "-- a host reboots: what its kernel and its memory held is gone, its disks and addresses are as before"
on host-2 -- rm -f /run/mark /dev/shm/mark
looked=$(looks host-2)
boot=$(on host-2 -- cat /proc/sys/kernel/random/boot_id)
skein lab cut "$lab" host-2 client-1
on host-2 -- sh -c '
  for disk in /etc /var/lib /var/lib/skein /var/lib/containers /var/tmp; do echo kept >"$disk/kept"; done
  rm /etc/hostname
  echo lost >/run/lost && echo lost >/dev/shm/lost
  mount -t tmpfs tmpfs /mnt
  ip netns add lost
  ip link add lost type veth peer name lost2 netns lost
  ip link add name vx type vxlan id 7 dstport 4799 dev eth0
  ip address add 192.168.9.9/24 dev eth0
  ip route add 10.99.0.0/16 via 192.168.1.11
  nft add table inet lost
  mkdir /sys/fs/bpf/lost
  sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.arp_ignore=1
  ipcmk -M 4096 >/dev/null
  setsid tail -f /dev/null >/dev/null 2>&1 &'
freeze host-2
mkfifo "/run/skein-lab/$lab/entered"
on host-2 -- sh -c 'echo in; exec tail -f /dev/null >/dev/null' >"/run/skein-lab/$lab/entered" &
entered=$!
read -r _ <"/run/skein-lab/$lab/entered"
skein lab reboot "$lab" host-2
status=0
wait "$entered" || status=$?
[ "$status" = 137 ] || fail "what ran by exec ended with $status"
now=$(looks host-2)
[ "$looked" = "$now" ] || fail "after the reboot: $(diff <(echo "$looked") <(echo "$now"))"
[ "$boot" != "$(on host-2 -- cat /proc/sys/kernel/random/boot_id)" ] || fail "the boot's id is the old one"
[ "$(on host-2 -- cat /etc/kept /var/lib/kept /var/lib/skein/kept /var/lib/containers/kept /var/tmp/kept | grep -c kept)" = 5 ]
on host-2 -- sh -c '[ ! -e /etc/hostname ] && ! grep -q " /mnt " /proc/mounts && [ "$(ipcs -m | grep -c "^0x")" = 0 ]'
on host-2 -- test -f /var/lib/skein/image.tar
skein lab ls | finds "^$lab *host-2 .*running$"
[ "$(on host-2 -- curl -s --unix-socket /run/skein/skein.sock http://skein/_ping)" = OK ]
reaches host-1 host-2
if reaches host-2 client-1; then fail "the reboot has healed a cut"; fi
skein lab heal "$lab"
skein lab reboot "$lab" client-1
reaches client-1 host-2
for _ in 1 2 3; do skein lab reboot "$lab" host-2; done
on host-2 -- test -f /etc/kept
expect_error "it has host-1 host-2 client-1" skein lab reboot "$lab" host-3
expect_error "there is no lab 'nosuch'" skein lab reboot nosuch host-1

echo "-- wrong names are answered with the right ones"
expect_error "lab $lab exists already" skein lab up --name "$lab"
expect_error "there is no lab 'nosuch'" skein lab exec nosuch host-1 -- true
expect_error "there is no lab 'nosuch'" skein lab down nosuch
expect_error "it has host-1 host-2 client-1" skein lab exec "$lab" host-3 -- true

echo "-- two labs at once do not see each other"
skein lab up --name "$other" --hosts 1
[ "$(skein lab exec "$other" host-1 -- hostname)" = host-1 ]
if skein lab exec "$other" host-1 -- ping -c 1 -W 1 192.168.1.12 >/dev/null; then fail "labs are connected"; fi

echo "-- down leaves nothing, also after its inits were killed"
freeze host-1
skein lab exec "$other" host-1 -- true
inits "$other" | xargs kill -9
skein lab down "$other"
on host-1 -- sh -c 'setsid tail -f /dev/null >/dev/null 2>&1 & mkdir -p /run/deep && mount -t tmpfs tmpfs /run/deep'
skein lab down "$lab"
after=$(traces)
[ "$before" = "$after" ] || fail "left behind: $(diff <(echo "$before") <(echo "$after"))"

echo "-- a lab whose making was killed can be removed and made again"
skein lab up --name "$lab" --hosts 8 >/dev/null &
making=$!
until inits "$lab" >/dev/null; do # until some of it is there
  kill -0 "$making" || fail "up ended too early"
done
kill -9 "$making"
wait "$making" 2>/dev/null || true
skein lab down "$lab"
after=$(traces)
[ "$before" = "$after" ] || fail "left behind: $(diff <(echo "$before") <(echo "$after"))"

echo "-- a daemon that fails is shown with its last words"
failing=$(mktemp)
printf '#!/bin/sh\necho no such luck >&2\nexit 3\n' >"$failing"
chmod +x "$failing"
SKEIN_LAB_DAEMON=$failing expect_error "no such luck" skein lab up --name "$lab" --hosts 1
rm "$failing"
SKEIN_LAB_DAEMON=$failing expect_error "there is no daemon $failing" skein lab up --name "$lab" --hosts 1
after=$(traces)
[ "$before" = "$after" ] || fail "left behind: $(diff <(echo "$before") <(echo "$after"))"
