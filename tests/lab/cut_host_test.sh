#!/bin/bash
# A host whose cable was pulled must be whole again within five seconds of its return: every name that came or went
# meanwhile, on either side, is right on every host, and traffic flows.
# CUT_SECONDS is the length of the cut (default 20: longer than it takes to be held for dead), WHOLE_MS the time allowed.
# alone
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
cut_seconds=${CUT_SECONDS:-20}
whole_ms=${WHOLE_MS:-5000}

start_swarm 3
for n in 1 2 3; do
  start_container "host-$n" "stays-$n"
  start_container "host-$n" "goes-$n"
done
for n in 1 2 3; do
  for m in 1 2 3; do
    within 10 resolves "stays-$n" "stays-$m"
    within 10 resolves "stays-$n" "goes-$m"
    within 10 inside "stays-$n" ping -c 1 -W 1 "$(address "stays-$m")"
  done
done

echo "-- host-3 is cut off for $cut_seconds s; containers come and go on both sides"
skein lab cut "$lab" host-3
cut_at=$SECONDS
for n in 1 2 3; do on "host-$n" skein rm -f "goes-$n" >/dev/null; done
start_container host-1 comes-1
start_container host-2 comes-2
within 5 resolves stays-1 comes-2
# Beyond the cut there is no manager to give addresses to new containers; those that are there can go.
within 5 is_unknown stays-3 goes-3
within 5 is_unknown stays-2 goes-1
is_cut() { ! inside stays-1 ping -c 1 -W 0.3 "$(address stays-3)" && [ "$(on host-1 skein node ls | grep -c ' Down ')" = 1 ]; }
within 40 is_cut
while [ $((SECONDS - cut_at)) -lt "$cut_seconds" ]; do pause 0.2; done

# Each host watches for itself and writes when its view became right, so that hosts do not wait for each other.
cat >"$work/watch" <<'TXT2'
#!/bin/bash
# watch "NAME=ADDRESS…" "GONE NAME…": in a container's network namespace; prints the time when all of it holds.
lookup() { timeout 2 busybox nslookup "$1" 127.0.0.11 2>&1; }
holds() {
  for at in $1; do
    [[ $(lookup "${at%=*}") = *"${at#*=}"* ]] && ping -c 1 -W 0.3 "${at#*=}" >/dev/null || { echo "${at%=*}"; return 1; }
  done
  for name in $2; do [[ $(lookup "$name") = *NXDOMAIN* ]] || { echo "$name"; return 1; }; done
}
end=$((SECONDS + 30))
until wrong=$(holds "$@"); do
  [ $SECONDS -lt $end ] || { echo "still wrong: $wrong" >&2; exit 1; }
  read -rt 0.05 <> <(:)
done
date +%s%3N
TXT2
there="" gone="goes-1 goes-2 goes-3"
for name in stays-1 stays-2 stays-3 comes-1 comes-2; do there+="$name=$(address "$name") "; done

echo "-- healed: whole within $whole_ms ms"
skein lab heal "$lab"
healed_ms=$(date +%s%3N)
for n in 1 2 3; do inside "stays-$n" bash "$work/watch" "$there" "$gone" >"$work/whole-$n" 2>&1 & done
wait
for n in 1 2 3; do
  [[ $(cat "$work/whole-$n") =~ ^[0-9]+$ ]] || fail "host-$n: $(cat "$work/whole-$n")"
  took_ms=$(($(cat "$work/whole-$n") - healed_ms))
  echo "   host-$n was whole after $took_ms ms"
  [ "$took_ms" -le "$whole_ms" ] || fail "host-$n took $took_ms ms"
done

echo "-- and the swarm manages it again"
ready() { [ "$(on host-1 skein node ls | grep -c ' Ready ')" = 3 ]; }
within 20 ready
start_container host-3 comes-3
within 5 resolves stays-1 comes-3
