#!/bin/bash
# Expected: two Podmans with storage, run root and temporary folder of their own (--root, --runroot, --tmpdir) are apart.
# Happens: they share one table of locks, /dev/shm/libpod_lock, whose place none of them changes.
# Each container, pod and volume takes one of its 2048 entries; the table here has 32, so that the run is short.
# What one instance makes is missing for the other, which fails although it has next to nothing itself.
# Removing a whole storage folder gives its locks back to nobody.
# `podman system renumber` by one instance frees them, and those that the others still use as well.
# Version: Podman 4.3.1.
# Why it matters: simulated hosts, CI jobs and nested tools keep instances apart by these three options.
# A mount namespace with a /dev/shm of its own separates an instance.
. "$(dirname "$(readlink -f "$0")")/lib.sh"
alone "$@"
packages "${podman_packages[@]}"
prepare_podman
sed -i 's/^\[engine\]/&\nnum_locks=32/' "$CONTAINERS_CONF"
rm -f /dev/shm/libpod_lock
# of NAME COMMAND…: Podman's instance NAME
of() { podman --root "$folder/$1" --runroot "/run/$1" --tmpdir "/run/$1.tmp" "${@:2}"; }

for number in $(seq 30); do of one volume create "v$number" >/dev/null; done
of two volume create first >/dev/null
of two volume create second >/dev/null
refused=$(of two volume create third 2>&1) && fail "the second instance has locks of its own"
echo "instance one has $(of one volume ls -q | wc -l) volumes, instance two $(of two volume ls -q | wc -l); it says: $refused"
rm -rf "$folder/one" /run/one /run/one.tmp
after=$(of two volume create third 2>&1) && fail "the locks of a removed storage are free"
echo "after the removal of all files of instance one it says: $after"
of two system renumber
of two volume create third >/dev/null
echo "after podman system renumber it has $(of two volume ls -q | wc -l)"

[[ $refused = *"exceeded num_locks (32)"* && $after = *"exceeded num_locks (32)"* ]] || fail "another refusal"
echo "as the header says"
