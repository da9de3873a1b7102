#!/bin/bash
# What users do to a container's networks holds: before its start, while it runs, over restarts of container and daemon;
# and what is derived from its networks and its name follows at once, also on other hosts.
# shellcheck source=tests/lab/tools/lib.sh
source "$SKEIN_ROOT/tests/lab/tools/lib.sh"
make_lab 2
one swarm init --advertise-addr 192.168.1.11 >/dev/null
two swarm join --token "$(one swarm join-token -q worker)" 192.168.1.11:2377 >/dev/null
within 20 are_ready 2
one network create -d overlay --attachable --subnet 10.61.0.0/24 front >/dev/null
one network create -d overlay --attachable back >/dev/null
one network create local >/dev/null
serve() { "$1" run -d --name "$2" "${@:3}" skein/lab httpd -f -p 80 -h /www >/dev/null; }
fetches() { "$1" exec "$2" timeout 5 wget -qO- "http://$3/"; }
shown() { "$1" inspect -f "{{json .NetworkSettings.Networks}}" "$2"; }
restart_daemon() { skein lab kill "$lab" "$1" >/dev/null && skein lab start "$lab" "$1" >/dev/null; }
serve two web --network front
serve one peer --network front
on host-2 sh -c 'busybox httpd -p 8099 -h /etc </dev/null >/dev/null 2>&1'

for cli in "${clis[@]}"; do
  echo "-- $cli: before the start"
  two create --name box --network back skein/lab httpd -f -p 80 -h /www >/dev/null
  two network disconnect back box
  two network connect --ip 10.61.0.77 --alias one --alias two front box
  two network connect --alias three back box
  expect_error "is not connected to the network local" one network disconnect local "$(one create --name never skein/lab true)"
  one rm never >/dev/null
  restart_daemon host-2
  expect '10.61.0.77' shown two box
  expect '"one","two"' shown two box
  two start box >/dev/null
  for name in box one two; do within 10 fetches one peer "$name"; done
  expect '"IPAddress":"10.61.0.77"' shown two box
  expect '"IPAMConfig":{"IPv4Address":"10.61.0.77"}' shown two box
  expect '"one","two"' shown two box
  expect "10.61.0.77/24" two network inspect front

  echo "-- $cli: while it runs, and after"
  two network disconnect back box
  serve two other --network back
  expect_error "" fetches two box other
  two network connect back box
  within 10 fetches two box other
  two restart -t 0 box >/dev/null
  within 10 fetches two box other
  within 10 fetches one peer two
  two rm -f other >/dev/null

  echo "-- $cli: a container of the default bridge finds names once it is on a network that has them"
  serve two late
  expect_error "" two exec late grep 127.0.0.11 /etc/resolv.conf
  two network connect front late
  expect "nameserver 127.0.0.11" two exec late cat /etc/resolv.conf
  expect "$(two inspect -f '{{.NetworkSettings.Networks.front.IPAddress}}' late)" two exec late cat /etc/hosts
  within 10 fetches two late peer
  two restart -t 0 late >/dev/null
  within 10 fetches two late peer
  two network disconnect front late
  expect_error "" two exec late grep 127.0.0.11 /etc/resolv.conf
  two rm -f late >/dev/null

  echo "-- $cli: names follow a rename at once, on both hosts"
  two rename box older
  within 5 fetches one peer older
  within 5 on host-1 sh -c "! $cli exec peer nslookup box"
  expect '"Name": "older"' two network inspect front
  serve two box --network front
  address=$(two inspect -f '{{.NetworkSettings.Networks.front.IPAddress}}' box)
  within 5 on host-1 sh -c "$cli exec peer nslookup box | grep -F '$address'"
  expect_error "" on host-1 sh -c "$cli exec peer nslookup box | grep -F 10.61.0.77"
  expect "10.61.0.77" one exec peer nslookup older
  expect "10.61.0.77" two exec web nslookup older
  restart_daemon host-2
  within 20 on host-2 sh -c "$cli exec web nslookup older | grep -F 10.61.0.77"
  two rm -f box older >/dev/null
  for name in box older; do within 5 on host-1 sh -c "! $cli exec peer nslookup $name"; done

  echo "-- $cli: what ended while the daemon was dead is not waited for by the other host"
  serve two brief --network front
  within 10 fetches one peer brief
  pid=$(two inspect -f '{{.State.Pid}}' brief)
  skein lab kill "$lab" host-2 >/dev/null
  on host-2 kill -9 "$pid"
  skein lab start "$lab" host-2 >/dev/null
  within 5 on host-1 sh -c "! $cli exec peer nslookup brief"
  fetches one peer web >/dev/null
  two rm brief >/dev/null

  echo "-- $cli: the host itself answers at the word for it"
  for network in bridge local front; do
    host=two
    [ "$network" != local ] || { two network create local >/dev/null 2>&1 || true; }
    expect "host-2" "$host" run --rm --network "$network" --add-host host.docker.internal:host-gateway skein/lab \
      timeout 5 wget -qO- http://host.docker.internal:8099/hosts
  done
done
