#!/bin/bash
# Expected: to attach a program by a tcx link costs about what a filter on a clsact qdisc costs; tcx is the newer, leaner way.
# Happens: the first program on a device takes an RCU grace period, many times as long as qdisc and filter together.
# The kernel waits for it with the lock of all devices held (rtnl), of which there is one for all network namespaces.
# So meanwhile a change of `lo` in another namespace waits, too, and so does each new namespace, veth, address and route.
# Version: Linux 6.18. Such links exist since 6.6.
# Why it matters: who attaches a program to each container's veth starts at most some dozens of containers a second and host,
# however many processors there are, and slows down everybody else's. What is measured on an idle host shows little of it.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages iproute2=6.1.0-3 python3=3.11.2-1+b1
alone

cat >"$folder/attach.py" <<'PYTHON'
import ctypes, os, socket, struct, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 144)
    result = libc.syscall(ctypes.c_long(321), command, buffer, 144)  # of x86-64
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
program_text = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, -1, 0x95, 0, 0, 0))  # r0 = -1; exit
license = ctypes.create_string_buffer(b"GPL")
program = bpf(5, struct.pack("=IIQQ", 3, 2, ctypes.addressof(program_text), ctypes.addressof(license)))

def attach(device):
    return bpf(28, struct.pack("=IIII", program, socket.if_nametoindex(device), 46, 0))  # tcx ingress
if sys.argv[1] == "pin":
    path = ctypes.create_string_buffer(sys.argv[2].encode())
    bpf(6, struct.pack("=QI", ctypes.addressof(path), program))
elif sys.argv[1] == "once":
    begun = time.monotonic()
    links = [attach(device) for device in sys.argv[2:]]
    print(round((time.monotonic() - begun) * 1e6 / len(links)))
else:  # again and again, until the parent closes our input
    os.set_blocking(0, False)
    while True:
        os.close(attach(sys.argv[2]))
        try:
            if os.read(0, 1) == b"":
                break
        except BlockingIOError:
            pass
PYTHON
mkdir "$folder/bpf"
mount -t bpf bpf "$folder/bpf"
/usr/bin/python3 "$folder/attach.py" pin "$folder/bpf/next"
devices=()
for n in $(seq 20); do
  ip link add "tcx$n" type veth peer name "clsact$n"
  devices+=("tcx$n")
  echo "qdisc add dev clsact$n clsact" >>"$folder/filters"
  echo "filter add dev clsact$n ingress bpf direct-action object-pinned $folder/bpf/next" >>"$folder/filters"
done
microseconds() { local begun=${EPOCHREALTIME/./}; "$@"; echo $((${EPOCHREALTIME/./} - begun)); }
tcx=$(/usr/bin/python3 "$folder/attach.py" once "${devices[@]}")
clsact=$(($(microseconds tc -batch "$folder/filters") / 20))
echo "one device: $tcx us by tcx, $clsact us by clsact"

# In another network namespace, where nothing is attached.
for n in $(seq 100); do echo "link set lo mtu $((60000 + n))"; done >"$folder/changes"
elsewhere() { unshare --net ip -batch "$folder/changes"; }
quiet=$(microseconds elsewhere)
mkfifo "$folder/hold"
/usr/bin/python3 "$folder/attach.py" on tcx1 <"$folder/hold" & attacher=$!
exec 9>"$folder/hold"
trap 'exec 9>&-; wait "$attacher" || true' EXIT
sleep 1
beside=$(microseconds elsewhere)
echo "100 changes of lo in another namespace: $quiet us alone, $beside us while somebody attaches"

[ "$tcx" -gt $((5 * clsact)) ] || fail "tcx attaches as fast as clsact"
[ "$beside" -gt $((2 * quiet)) ] || fail "others do not wait"
echo "as the header says"
