#!/bin/bash
# Expected: Podmans with a --root, --runroot and --tmpdir of their own have nothing in common.
# Happens: they share one table of locks, /dev/shm/libpod_lock. None of these options changes its place.
# Each container, pod and volume takes one of its 2048 entries. The table here has 32, for a short run.
# What one instance makes is missing for the other, which is refused with next to nothing of its own.
# Removing the whole storage folder of an instance gives no lock back.
# `podman system renumber` by one instance frees the locks of the others, too, even those in use.
# Version: Podman 4.3.1.
# Why it matters: simulated hosts, CI jobs and nested tools keep instances apart by these three options.
# Only a mount namespace with a /dev/shm of its own does so.
# shellcheck source=findings/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
packages "${podman_packages[@]}"
alone
prepare_podman
sed -i 's/^\[engine\]/&\nnum_locks=32/' "$CONTAINERS_CONF"
rm -f /dev/shm/libpod_lock
# of NAME COMMAND…: Podman's instance NAME
of() { podman --root "$folder/$1" --runroot "/run/$1" --tmpdir "/run/$1.tmp" "${@:2}"; }

# fill NAME: 30 volumes
fill() { for number in $(seq 30); do of "$1" volume create "v$number" >/dev/null; done; }
count() { of "$1" volume ls -q | wc -l; }

fill one
of two volume create first >/dev/null
of two volume create second >/dev/null
refused=$(of two volume create third 2>&1) && fail "the second instance has locks of its own"
echo "instance one has $(count one) volumes, instance two $(count two); it says: $refused"
rm -rf "$folder/one" /run/one /run/one.tmp
after=$(of two volume create third 2>&1) && fail "the locks of a removed storage are free"
echo "after the removal of all files of instance one it says: $after"
of two system renumber
fill three
full=$(of two volume create third 2>&1) && fail "instance three takes no locks"
of two system renumber
of two volume create third >/dev/null
echo "after its podman system renumber it has $(count two), while instance three still has $(count three)"

[[ $refused = *"exceeded num_locks (32)"* && $after = *"exceeded num_locks (32)"* &&
  $full = *"exceeded num_locks (32)"* ]] || fail "another refusal"
echo "as the header says"
