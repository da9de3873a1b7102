#!/bin/bash
# Secrets and configs on several hosts, with our CLI and with Docker's: what containers find, and what no disk holds; over
# updates, the death of daemons and the reboot of a host.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
# shellcheck source=tests/lab/tools/swarm.sh
source "$SKEIN_ROOT/tests/lab/tools/swarm.sh"
start_swarm 3
chmod 755 "$work"

# Words that nobody else writes. They are given to no command that runs in a container without end: its log is on a disk.
first="first-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"
second="second-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"
setting="setting-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"

task_on() { on "host-$1" skein ps -q --filter label=com.docker.swarm.service.name=web | tr -d '\r'; }
# reads N TEXT FILE: the task on host N reads so.
reads() { [ "$(on "host-$1" skein exec "$(task_on "$1")" cat "$3" | tr -d '\r')" = "$2" ]; }
in_task() { on "host-$1" skein exec "$(task_on "$1")" "${@:2}" | tr -d '\r'; }
all_read() { for n in 1 2 3; do reads "$n" "$@" || return; done; }
is_converged() { [ "$(one service ls --filter name=web --format '{{.Replicas}}' | tr -d '\r')" = 3/3 ]; }
# on_a_disk TEXT: on the disk of any host, or in what a daemon keeps until the reboot; the secrets' own tmpfs is neither.
on_a_disk() {
  local n
  for n in 1 2 3; do
    # What cannot be read, as names of namespaces, makes grep fail though it has found something.
    if on "host-$n" sh -c 'grep -rslaF --exclude-dir=secrets -- "$1" /var/lib/skein /run/skein || true' - "$1" | finds .; then return 0; fi
  done
  return 1
}
expect_on_no_disk() { for text in "$first" "$second" "$setting"; do if on_a_disk "$text"; then fail "$text is on a disk"; fi; done; }

for cli in "${long_clis[@]}"; do
  echo "-- $cli: secrets and configs are made, shown and listed"
  echo "$first" >"$work/first"
  echo "$second" >"$work/second"
  echo "$setting" >"$work/setting"
  echo 'S={{.Service.Name}} N={{.Node.Hostname}} E={{env "X"}} P={{secret "s1"}}' >"$work/template"
  one secret create --label a=b s1 "$work/first" >/dev/null
  one secret create s2 "$work/second" >/dev/null
  one config create c1 "$work/setting" >/dev/null
  one config create --template-driver golang t1 "$work/template" >/dev/null
  expect "s1" one secret ls
  expect "t1" one config ls --filter name=t
  expect '"a": "b"' one secret inspect s1
  expect "$setting" one config inspect --pretty c1
  if one secret inspect s1 | finds -i '"data"'; then fail "a secret's data is shown: $(one secret inspect s1)"; fi
  expect_error "secret S1 already exists" one secret create S1 "$work/second"
  expect_error "secret not found: nosuch" one service create --secret nosuch skein/lab true
  expect_error "not a swarm manager" two secret ls

  echo "-- $cli: every replica finds them, with owner and mode, and cannot change them"
  one service create -q --name web --mode global --env X=5 --env "MARK=mark-$$" --stop-grace-period 1s --secret s1 \
    --secret source=s2,target=/etc/deep/abs,uid=5,gid=6,mode=0400 --config source=c1,target=/etc/c1,mode=0755 \
    --config source=t1,target=t skein/lab sleep 100000 >/dev/null 2>&1 || fail "create: $(one service ps --no-trunc web)"
  all_read "$first" /run/secrets/s1 || fail "$(in_task 2 cat /run/secrets/s1)"
  all_read "$second" /etc/deep/abs
  all_read "$setting" /etc/c1
  for n in 1 2 3; do
    reads "$n" "S=web N=host-$n E=5 P=$first" /t || fail "the template on host-$n: $(in_task "$n" cat /t)"
    [ "$(in_task "$n" stat -c '%a %u:%g' /run/secrets/s1 /etc/deep/abs /etc/c1 | tr '\n' ' ')" = "444 0:0 400 5:6 755 0:0 " ] ||
      fail "modes: $(in_task "$n" stat -c '%a %u:%g' /run/secrets/s1 /etc/deep/abs /etc/c1)"
  done
  expect "tmpfs" in_task 2 sh -c 'grep " /run/secrets/s1 tmpfs ro" /proc/mounts'
  expect_error "ead-only file system" on host-2 skein exec "$(task_on 2)" sh -c 'echo x >/run/secrets/s1'
  if two inspect "$(task_on 2)" | finds /run/skein/secrets; then fail "mounts of ours are shown: $(two inspect "$(task_on 2)")"; fi
  on_a_disk "mark-$$" || fail "what is on disks is not found"
  expect " Target:	s1
  Source:	s1" one service inspect --pretty web
  expect_on_no_disk

  echo "-- $cli: what is in use stays"
  expect_error "secret 's1' is in use by the following service: web" one secret rm s1
  expect_error "config 'c1' is in use by the following service: web" one config rm c1

  echo "-- $cli: daemons are killed, and containers keep their files"
  before=$(task_on 2)
  for n in 1 2; do skein lab kill "$lab" "host-$n"; done
  for n in 1 2; do skein lab start "$lab" "host-$n"; done
  within 60 are_ready 3
  within 30 is_converged
  [ "$(task_on 2)" = "$before" ] || fail "the task was replaced"
  all_read "$first" /run/secrets/s1

  echo "-- $cli: an update takes one away and gives another for it"
  one service update -q --update-parallelism 0 --secret-rm s1 --secret-add source=s2,target=s1 web >/dev/null 2>&1 || fail "update: $(one service ps web)"
  within 30 all_read "$second" /run/secrets/s1
  one secret rm s1 >/dev/null

  echo "-- $cli: a host that reboots gets them anew"
  skein lab reboot "$lab" host-2 >/dev/null
  within 60 are_ready 3
  within 60 reads 2 "$second" /run/secrets/s1
  reads 2 "$setting" /etc/c1
  expect_on_no_disk

  echo "-- $cli: nothing is left when the service is gone"
  one service rm web >/dev/null
  one secret rm s2 >/dev/null
  one config rm c1 t1 >/dev/null
  is_left() { for n in 1 2 3; do if on "host-$n" ls /run/skein/secrets | finds .; then return 0; fi; done; return 1; }
  is_clean() { ! is_left; }
  within 30 is_clean
  expect_on_no_disk
done
