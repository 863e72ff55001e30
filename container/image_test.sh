#!/usr/bin/env bash
# image_test.sh: what the images promise: their size, who they run as, how they answer, how they stop.
#
# Part of `make test` where Docker is there and `make package` has been run; it builds the images first.
# Each claim is a line "ok NAME", "not ok NAME" or "skip NAME: WHY". Exit status: 0 none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip image: it is a test of the release build'; exit 0; }
if ! docker version -f '{{.Server.Version}}' >/dev/null 2>&1; then
    skip image 'no Docker daemon answers'
    finish
    exit
fi
if ! [ -x build/release/server-x86_64 ] || ! [ -x build/release/bootstrap-x86_64 ]; then
    skip image 'make package has not been run'
    finish
    exit
fi

version=$(sed -n 's/^#define DUET_VERSION "\(.*\)"/\1/p' runtime/core/version.h)
image=duet-server:$version-x86_64
hard=(--read-only --cap-drop=ALL --security-opt no-new-privileges --memory 64m)
work=$(mktemp -d)
touch "$work/containers"
remove_all() {
    local id
    while read -r id; do docker rm -f "$id" >/dev/null 2>&1; done <"$work/containers"
    rm -rf "$work"
}
trap remove_all EXIT

# start OPTION... [-- WORD...]: a hardened container in the background; its id is in $id, its address
# in $url once it answers.
start() {
    local options=() port=8080
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        case $1 in PORT=*) port=${1#PORT=} ;; esac
        options+=("$1")
        shift
    done
    id=$(docker run -d "${hard[@]}" -p "127.0.0.1::$port" "${options[@]}" "$image" "${@:2}") || return 1
    echo "$id" >>"$work/containers"
    url=http://$(docker port "$id" "$port/tcp" | head -n 1)
    wait_until 60 has_begun
    curl -fsS "$url/healthcheck" >/dev/null || { docker logs "$id"; return 1; }
}
has_begun() { curl -fsS "$url/healthcheck" || [ "$(docker inspect -f '{{.State.Running}}' "$id")" = false ]; }

exits() { # STATUS TEXT OPTION...: a container with these options ends so, and says TEXT
    local out status
    out=$(timeout -k 5 60 docker run --rm "${hard[@]}" "${@:3}" "$image" 2>&1)
    status=$?
    printf 'exit status %d, saying: %s\n' "$status" "$out"
    [ $status -eq "$1" ] && grep -qF -- "$2" <<<"$out"
}

# --- what it is ---

check 'the images are built' container/image.sh x86_64 arm64

exported() { # IMAGE: its files as `tar -tv` tells of them
    local made
    made=$(docker create "$1" nothing) || return 1
    docker export "$made" | tar -tv --numeric-owner
    docker rm "$made" >/dev/null
}
small() { [ "$(docker image inspect -f '{{.Size}}' "$1")" -lt 6000000 ]; }
without_shell() { ! exported "$1" | grep -E '(^|/| )(sh|bash|dash|busybox|ash)$'; }
without_setuid() { ! exported "$1" | awk '$1 ~ /^.{3}[sS]|^.{6}[sS]/' | grep .; }
label() { docker image inspect -f "{{index .Config.Labels \"org.opencontainers.image.$2\"}}" "$1"; }
has_labels() {
    [ "$(label "$1" version)" = "$version" ] && [ -n "$(label "$1" revision)" ] && [ -n "$(label "$1" source)" ]
}
has_bytes_of() { # IMAGE PATH FILE
    local made
    made=$(docker create "$1" nothing)
    docker cp "$made:$2" - | tar -xO | cmp - "$3"
    local status=$?
    docker rm "$made" >/dev/null
    return $status
}
for arch in x86_64 arm64; do
    for home in server lambda; do
        tag=duet-$home:$version-$arch
        machine=$([ $arch = x86_64 ] && echo amd64 || echo arm64)
        check "$home $arch is for its machine" [ "$(docker image inspect -f '{{.Architecture}}' "$tag")" = "$machine" ]
        check "$home $arch is under 6 MB" small "$tag"
        check "$home $arch has no shell" without_shell "$tag"
        check "$home $arch has no setuid or setgid file" without_setuid "$tag"
        check "$home $arch runs as nobody's user" [ "$(docker image inspect -f '{{.Config.User}}' "$tag")" = 65532:65532 ]
        check "$home $arch says its version, revision and source" has_labels "$tag"
    done
    check "server $arch has the bytes of make package" has_bytes_of "duet-server:$version-$arch" /server "build/release/server-$arch"
    check "lambda $arch has the bytes of make package" \
        has_bytes_of "duet-lambda:$version-$arch" /var/runtime/bootstrap "build/release/bootstrap-$arch"
done

# --- the Lambda image, under Lambda's own emulator ---

emulated() {
    local url event
    id=$(docker run -d --read-only --tmpfs /tmp --cap-drop=ALL --security-opt no-new-privileges -p 127.0.0.1::8080 \
        -v "$1:/aws-lambda-rie:ro" --entrypoint /aws-lambda-rie -e DUET_STORE=memory -e AWS_LAMBDA_FUNCTION_NAME=image \
        "duet-lambda:$version-x86_64" /var/runtime/bootstrap) || return 1
    echo "$id" >>"$work/containers"
    url=http://$(docker port "$id" 8080/tcp | head -n 1)/2015-03-31/functions/function/invocations
    event='{"requestContext":{"elb":{"targetGroupArn":"arn:x"}},"httpMethod":"GET","path":"/hello","multiValueHeaders":{},"body":""}'
    wait_until 60 curl -fsS --max-time 20 -d "$event" -o "$work/answer" "$url" || { docker logs "$id"; return 1; }
    cat "$work/answer"
    grep -qF '"body":"Hello world"' "$work/answer"
}
if [ "$(uname -m)" != x86_64 ]; then
    echo 'skip the Lambda image under the emulator: it is one for x86_64'
elif ! emulator=$(tests/support/emulator.sh); then
    skip 'the Lambda image under the emulator' "${emulator#missing: }"
else
    check 'the Lambda image answers under the emulator' emulated "$emulator"
fi

# --- how it answers ---

answers() { # METHOD PATH STATUS [DATA]
    local status
    status=$(curl -sS -o "$work/body" -w '%{http_code}' -X "$1" ${4:+-d "$4"} "$url$2")
    printf '%s %s: %s\n' "$1" "$2" "$status"
    [ "$status" = "$3" ]
}
start -e DUET_STORE=memory
cat >"$work/requests" <<'ROWS'
GET|/|200|
GET|/hello|200|
GET|/healthcheck|200|
GET|/gtg|200|
GET|/gtg?details|200|
GET|/stats|200|
GET|/metrics|200|
GET|/sys-stats|200|
GET|/sys-stats/chart.js|200|
POST|/candidate/ada|201|{"party":"x"}
GET|/candidate/ada|200|
PUT|/candidate/ada|200|{"party":"y"}
GET|/candidates|200|
DELETE|/candidate/ada|204|
GET|/nothing|404|
ROWS
while IFS='|' read -r method path status data; do
    check "$method $path is answered with $status" answers "$method" "$path" "$status" "$data"
done <"$work/requests"
every_route() { # of the table has a row above
    local method pattern missing=0
    while read -r method pattern; do
        grep -qE "^$method\|$(sed 's/{[a-z]*}/[^\/|?]+/g' <<<"$pattern")\|" "$work/requests" ||
            { echo "not asked: $method $pattern"; missing=1; }
    done < <(sed -n 's/^ *{HTTP_\([A-Z]*\), "\([^"]*\)".*/\1 \2/p' handlers/routes.c)
    return $missing
}
check 'every route has been asked' every_route
json_lines() { docker logs "$id" 2>/dev/null | python3 -c 'import json, sys; lines = [json.loads(l) for l in sys.stdin]; assert lines'; }
check 'its log is JSON, a line each' json_lines
is_user() { [ "$(awk '/^Uid:/ { print $2 }' "/proc/$(docker inspect -f '{{.State.Pid}}' "$id")/status")" = 65532 ]; }
check 'its process is not root' is_user

for port in 5000 8000 8888; do
    check "port $port by setting" start -e "PORT=$port" -e DUET_STORE=memory
done

# --- how it says that it is ill, and how it stops ---

health() { [ "$(docker inspect -f "{{.State.Running}} {{.State.Health.Status}}" "$id")" = "true $1" ]; }
becomes() { wait_until 60 health "$1" || { docker inspect -f '{{json .State.Health}}' "$id"; return 1; }; }
start -e DUET_STORE=memory -e DUET_LAME_DUCK_S=900 --health-interval=1s --health-retries=1
check 'the health check says healthy' becomes healthy
docker kill -s TERM "$id" >/dev/null
check 'and unhealthy once it is told to stop' becomes unhealthy

# Each client asks until it is told that the connection will be closed: that is when a load balancer
# takes it away. Until then every request has its answer.
client() { # URL FILE
    local head
    while :; do
        head=$(curl -sSi --max-time 30 "$1/hello" 2>&1)
        if ! grep -q '^HTTP/1.1 200' <<<"$head"; then
            echo "no answer: $head" >>"$2"
            return 1
        fi
        echo 200 >>"$2"
        ! grep -qi '^connection: close' <<<"$head" || return 0
    done
}
under_load() {
    local i clients=() status
    start -e DUET_STORE=memory -e DUET_LAME_DUCK_S=900 || return 1
    for i in {1..8}; do
        client "$url" "$work/client.$i" &
        clients+=($!)
    done
    wait_until 30 test -s "$work/client.8" || return 1
    docker kill -s TERM "$id" >/dev/null
    wait "${clients[@]}" # until each has been told, however slow this machine is
    docker stop -t 28 "$id" >/dev/null # a further SIGTERM, which ends the lame duck's time
    sort "$work"/client.* | uniq -c
    [ "$(sort -u "$work"/client.*)" = 200 ] || return 1
    status=$(docker inspect -f '{{.State.ExitCode}}' "$id")
    echo "exit status $status"
    [ "$status" = 0 ]
}
check 'SIGTERM under load drops nothing, and ends with 0' under_load

# --- what stops it at once ---

aws=(-e ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/x)
check 'on AWS a store must be named' exits 1 'DUET_STORE is not set' "${aws[@]}"
check 'an unknown setting is named' exits 1 DUET_STOER -e DUET_STOER=memory
check 'a port below 1 is refused on AWS' exits 1 PORT "${aws[@]}" -e DUET_STORE=memory -e PORT=0
check 'a negative port is refused' exits 1 PORT -e PORT=-1
check 'a folder that cannot be written is named' exits 1 /data/duet.db -e DUET_STORE=sqlite:/data/duet.db
mkdir -p "$work/data"
chmod 777 "$work/data"
check 'a volume that is read-only is named' exits 1 /data/x.db -v "$work/data:/data:ro" -e DUET_STORE=sqlite:/data/x.db
keeps() {
    start -v "$work/data:/data" && answers POST /candidate/kept 201 '{"party":"x"}' || return 1
    docker rm -f "$id" >/dev/null
    start -v "$work/data:/data" && answers GET /candidate/kept 200
}
check 'a volume keeps the store for the next container' keeps

# --- a build without a network says which step needs it ---

needs_network() { # STAGE: the last of what is on stdin
    local out
    ! out=$(docker build --network=none --no-cache --force-rm --target "$1" -f - . 2>&1) || { echo 'it was built'; return 1; }
    printf '%s\n' "$out"
    grep -qF "the stage \"$1\" needs the network" <<<"$out"
}
for stage in build-deps root; do
    # The classic builder builds all that stands before its target.
    check "without a network the stage $stage says that it needs one" needs_network "$stage" \
        < <(sed "$([ $stage = build-deps ] || echo '/^# --- from source ---$/,/^# --- to ship ---$/d')" container/Dockerfile)
done

# --- the stage with the tests; minutes, so in CI alone, or where it is asked for ---

if [ "${CI:-}" = true ] || [ -n "${DUET_IMAGE_TESTS:-}" ]; then
    check 'the stage with the tests is built' docker build -q --target test -t duet-test -f container/Dockerfile .
    check 'the unit tests pass in it without a network' docker run --rm --network=none duet-test
fi
finish
