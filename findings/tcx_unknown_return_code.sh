#!/bin/bash
# Expected: a tcx program's return code that tcx does not know has the effect of TCX_NEXT everywhere.
# The kernel maps such codes to TCX_NEXT. From a filter of clsact TC_ACT_PIPE (3) leads to the next filter.
# Happens: the tcx programs behind it are passed over. The filters of a clsact qdisc run.
# The code ends one half of the chain, and not the other.
# TCX_PASS (0) ends both halves. TCX_NEXT (-1) ends none.
# Version: Linux 6.18. Such links exist since 6.6.
# Why it matters: several agents put programs on one interface now, and not all were written for tcx.
# Behind one that returns TC_ACT_PIPE or TC_ACT_RECLASSIFY (1) other tcx programs see no packet.
# A test beside a filter of clsact finds everything in order.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages iproute2=6.1.0-3 iputils-ping python3=3.11.2-1+b1
alone

# bpf.py run DEVICE CODE… -- COMMAND…: while programs that return these codes are on the device. bpf.py pin CODE FILE.
cat >"$folder/bpf.py" <<'PYTHON'
import ctypes, os, socket, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 144)
    result = libc.syscall(ctypes.c_long(321), command, buffer, 144)  # of x86-64
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def load(code):  # r0 = code; exit
    program = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, code, 0x95, 0, 0, 0))
    license = ctypes.create_string_buffer(b"GPL")
    return bpf(5, struct.pack("=IIQQ", 3, 2, ctypes.addressof(program), ctypes.addressof(license)))

if sys.argv[1] == "pin":
    path = ctypes.create_string_buffer(sys.argv[3].encode())
    bpf(6, struct.pack("=QI", ctypes.addressof(path), load(int(sys.argv[2]))))
else:
    end = sys.argv.index("--")
    device = socket.if_nametoindex(sys.argv[2])
    links = [bpf(28, struct.pack("=IIII", load(int(code)), device, 46, 0)) for code in sys.argv[3:end]]  # tcx ingress
    sys.exit(subprocess.run(sys.argv[end + 1:]).returncode)
PYTHON
mkdir "$folder/bpf"
mount -t bpf bpf "$folder/bpf"
/usr/bin/python3 "$folder/bpf.py" pin 2 "$folder/bpf/drop"
/usr/bin/python3 "$folder/bpf.py" pin 3 "$folder/bpf/pipe"

unshare --net sleep 100 & peer=$!
trap 'kill "$peer"' EXIT
within 5 eval '[ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
in_peer() { nsenter -t "$peer" -n "$@"; }
ip link add here0 type veth peer name there0 netns "$peer"
ip addr add 10.7.0.1/24 dev here0
ip link set here0 up
in_peer ip addr add 10.7.0.2/24 dev there0
in_peer ip link set there0 up
within 10 in_peer ping -qc1 -W1 10.7.0.1 >/dev/null

# passes yes|no CODE…: a packet, by tcx programs that return these
passes() {
  local got=no
  /usr/bin/python3 "$folder/bpf.py" run here0 "${@:2}" -- nsenter -t "$peer" -n ping -qc1 -W1 10.7.0.1 >/dev/null && got=yes
  echo "tcx programs return ${*:2}; filters of clsact: ${filters:-none}; packet passes: $got"
  [ "$got" = "$1" ] || fail "the packet passes: $got"
}
echo "2 is a drop:"
passes no -1 2
passes yes 0 2
passes yes 3 2
passes yes 1 2
tc qdisc add dev here0 clsact
tc filter add dev here0 ingress pref 1 bpf da pinned "$folder/bpf/pipe"
tc filter add dev here0 ingress pref 2 bpf da pinned "$folder/bpf/drop"
filters="3, then 2"
passes no -1
passes yes 0
passes no 3
passes no 1
echo "as the header says"
