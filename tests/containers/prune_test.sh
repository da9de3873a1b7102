#!/bin/bash
# What users keep must survive every prune that does not name it: volumes, containers, images. Docker's client against a
# real Podman. Needs root; everything lives in private mounts and a folder that is removed.
# Usage: prune_test.sh [path of container_api_daemon]
# shellcheck source=tests/containers/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v docker >/dev/null || { echo "SKIPPED: there is no docker client"; exit 0; }
enter container_api_daemon "$@"
socket=/run/skein/skein.sock
export DOCKER_HOST=unix://$socket

# What there is, on one line.
volumes() { docker volume ls -q "$@" | tr '\n' ' '; }
containers() { docker ps -a --format '{{.Names}}' "$@" | sort | tr '\n' ' '; }
images() { docker images --format '{{.Repository}}:{{.Tag}}' "$@" | sort | tr '\n' ' '; }
filters() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }

# An image with a volume, in which there is a file.
make_seeded_image() {
  docker create --name seed -v /d busybox true >/dev/null
  mkdir -p "$folder/seeded/d" && cp -r "$folder/root/." "$folder/seeded/" && echo content >"$folder/seeded/d/file"
  tar -C "$folder/seeded" -c . | docker import -c 'VOLUME /d' -c 'ENV PATH=/bin' -c 'LABEL kind=seeded' - seeded:1 >/dev/null
  docker rm -v seed >/dev/null
}

check_volumes() {
  expect "create" $'data\nrc=0' "$(run docker volume create --label stage=x data)"
  expect "create again" $'data\nrc=0' "$(run docker volume create data)"
  expect "inspect" '*"Driver": "local"*"stage": "x"*"Mountpoint": "/*/data/_data"*"Name": "data"*"Options": null*"Scope": "local"*' "$(docker volume inspect data)"
  expect "a name of another kind" '*create a/b: "a/b" includes invalid characters for a local volume name*rc=1' "$(run docker volume create a/b)"
  expect "an unknown driver" '*plugin "foo" not found*rc=1' "$(run docker volume create -d foo x1)"
  expect "an unknown option" '*invalid option: "foo"*rc=1' "$(run docker volume create -o foo=1 x1)"
  expect "no such volume" '*get nosuch: no such volume*rc=1' "$(run docker volume inspect nosuch)"
  expect "the beginning of a name is no name" '*get dat: no such volume*rc=1' "$(run docker volume rm dat)"
  expect "forced, a missing one is no error" $'dat\nrc=0' "$(run docker volume rm -f dat)"
  expect "nothing went with that" 'data ' "$(volumes)"
  docker volume create -o type=tmpfs -o o=size=1m small >/dev/null
  expect "a small tmpfs is what it says" '*tmpfs*1024*' "$(docker run --rm -v small:/t busybox busybox df -k /t)"
  expect "as it was asked for" '{"o":"size=1m","type":"tmpfs"}' "$(docker volume inspect -f '{{json .Options}}' small)"
  docker create --name user -v data:/d busybox true >/dev/null
  expect "in use" '*remove data: volume is in use - \[*\]*rc=1' "$(run docker volume rm data)"
  expect "in use, forced" '*volume is in use*rc=1' "$(run docker volume rm -f data)"
  local anonymous
  anonymous=$(docker volume create)
  expect "by label" 'data ' "$(volumes -f label=stage=x)"
  expect "by name" 'data ' "$(volumes -f 'name=^da')"
  expect "dangling" "$anonymous small " "$(volumes -f dangling=true | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/^ //')"
  expect "an unknown filter" '*invalid filter*colour*rc=1' "$(run docker volume ls -f colour=red)"
  expect "prune takes those without a name" "*$anonymous*rc=0" "$(run docker volume prune -f)"
  expect "named ones stay" 'data small ' "$(volumes)"
  expect "prune --all with a label" $'Total reclaimed space: 0B\nrc=0' "$(run docker volume prune -af --filter label=stage=x)"
  docker rm user >/dev/null
  expect "prune --all but a label" '*small*rc=0' "$(run docker volume prune -af --filter label!=stage)"
  expect "the label spares" 'data ' "$(volumes)"
  expect "until is no filter of volumes" $'{"message":"invalid filter \'until\'"}\n\n400' "$(api_version=1.47 api POST "/volumes/prune?filters=$(filters '{"until":["1h"]}')")"
  expect "before 1.42 all are meant" $'{"SpaceReclaimed":*,"VolumesDeleted":\\["data"]}\n\n200' "$(api_version=1.41 api POST /volumes/prune)"
}

check_contents() {
  expect "a new volume gets what the image has there" 'content' "$(docker run --rm -v fresh:/d seeded:1 cat /d/file)"
  expect "unless nocopy" '' "$(docker run --rm -v empty:/d:nocopy seeded:1 ls /d)"
  expect "--rm removes the image's volume, not the named ones" 'empty fresh ' "$(volumes)"
  docker run --name kept -v /e -v fresh:/d seeded:1 true
  expect "an anonymous volume" 2 "$(docker inspect -f '{{len .Mounts}}' kept)"
  docker rm kept >/dev/null
  expect "rm leaves it" 3 "$(docker volume ls -q | wc -l)"
  docker run --name kept -v /e -v fresh:/d seeded:1 true
  docker rm -v kept >/dev/null
  expect "rm -v removes its own, and no named one" 3 "$(docker volume ls -q | wc -l)"
  docker volume prune -f >/dev/null
  expect "named ones stay" 'empty fresh ' "$(volumes)"
  docker volume rm empty fresh >/dev/null
}

check_containers() {
  docker create --name c1 --label stage=x busybox true >/dev/null
  docker create --name c2 --label stage=x --label keep busybox true >/dev/null
  docker run --name c3 busybox sh -c 'exit 3'
  docker run -d --name c4 --label stage=x busybox sleep 1000 >/dev/null
  expect "ps by label" 'c1 c2 c4 ' "$(containers -f label=stage=x)"
  expect "ps by status" 'c3 ' "$(containers -f status=exited)"
  expect "ps by exit" 'c3 ' "$(containers -f exited=3)"
  expect "ps since" 'c3 c4 ' "$(containers -f since=c2)"
  expect "ps before" 'c1 ' "$(containers -f before=c2)"
  expect "ps by image" 'c1 c2 c3 c4 ' "$(containers -f ancestor=busybox)"
  expect "ps by name" 'c3 ' "$(containers -f 'name=3$')"
  expect "ps of an unknown status" "*invalid filter*status=odd*rc=1" "$(run docker ps -f status=odd)"
  expect "ps with an unknown filter" "*invalid filter*colour*rc=1" "$(run docker ps -f colour=red)"
  expect "prune what is old" $'Total reclaimed space: 0B\nrc=0' "$(run docker container prune -f --filter until=1h)"
  docker container prune -f --filter label=stage=x --filter label!=keep >/dev/null
  expect "prune by labels" 'c2 c3 c4 ' "$(containers)"
  expect "prune with an unknown filter" "*invalid filter*status*rc=1" "$(run docker container prune -f --filter status=exited)"
  docker container prune -f >/dev/null
  expect "prune spares what runs" 'c4 ' "$(containers)"
}

check_images() {
  docker tag busybox:latest mine/app:v1
  docker tag seeded:1 other:1
  expect "by reference" 'mine/app:v1 ' "$(images -f 'reference=mine/*')"
  expect "by label" 'other:1 seeded:1 ' "$(images -f label=kind=seeded)"
  expect "an unknown filter" "*invalid filter*colour*rc=1" "$(run docker images -f colour=red)"
  docker image prune -f >/dev/null
  expect "prune spares what has a name" 'busybox:latest mine/app:v1 other:1 seeded:1 ' "$(images)"
  docker image prune -af --filter label!=kind >/dev/null
  expect "prune -a spares what the label names, and what a container is made from" 'busybox:latest mine/app:v1 other:1 seeded:1 ' "$(images)"
  expect "prune -a" '*untagged: seeded:1*deleted: sha256:*rc=0' "$(run docker image prune -af)"
  expect "what a container is made from stays" 'busybox:latest mine/app:v1 ' "$(images)"
  expect "no cache is kept of builds" '*Total*0B*rc=0' "$(run docker builder prune -f)"
}

make_image
start_daemon
docker load -q -i "$folder/image.tar" >/dev/null
check_volumes
make_seeded_image
check_contents
check_containers
check_images
docker rm -f c4 >/dev/null
[ $failures = 0 ] || { echo "--- daemon"; tail -40 "$folder/daemon.log"; }
exit $((failures > 0))
