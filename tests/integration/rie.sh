#!/usr/bin/env bash
# rie.sh: our bootstrap under Lambda's own Runtime Interface Emulator, beside the same events under
# `duet invoke`.
#
# tests/support/emulator.sh gets it once.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=$PWD/${DUET_BUILD:-build}
data=$PWD/tests/data/alb
work=$(mktemp -d)
emulator_id=''
port=''
trap '[ -z "$emulator_id" ] || kill "$emulator_id" 2>/dev/null; rm -rf "$work"' EXIT

free_ports() { # two ports that nobody has
    python3 -c 'import socket
both = [socket.socket() for _ in range(2)]
for one in both: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in both))'
}

# started: what `start` did; a claim runs in a shell of its own and could not keep the id.
started() {
    is_up && return
    cat "$work/rie.log"
    return 1
}

# The emulator itself listens there, and nobody else who was faster. A connection would not tell: one to a
# free port may be answered by itself.
is_up() {
    local socket
    socket=$(awk -v port="$(printf ':%04X' "$port")" '$2 ~ port "$" && $4 == "0A" { print $10 }' /proc/net/tcp)
    [ -n "$socket" ] && readlink "/proc/$emulator_id"/fd/* | grep -qxF "socket:[$socket]"
}
is_decided() { is_up || ! kill -0 "$emulator_id" 2>/dev/null; }

# start PROGRAM: the emulator with PROGRAM as its bootstrap. Somebody may take a port between its
# choice and its use: then others are chosen.
start() {
    local api_port
    for _ in 1 2 3 4 5; do
        read -r port api_port < <(free_ports)
        rm -f "$work/rie.log" # of the one before
        DUET_STORE=memory AWS_LAMBDA_FUNCTION_NAME=rie AWS_LAMBDA_FUNCTION_TIMEOUT=60 \
            "$emulator" --runtime-api-address "127.0.0.1:$api_port" \
            --runtime-interface-emulator-address "127.0.0.1:$port" "$1" >"$work/rie.log" 2>&1 &
        emulator_id=$!
        wait_until 60 is_decided
        is_up && return
        stop
    done
}

stop() {
    kill "$emulator_id" 2>/dev/null
    wait "$emulator_id" 2>/dev/null
    emulator_id=
}

invoke() { # EVENT_FILE: the emulator's answer
    curl -s -m 60 --data-binary "@$1" \
        "http://127.0.0.1:$port/2015-03-31/functions/function/invocations"
}

same() { # EVENT_FILE: the emulator's answer is that of duet invoke
    local emulated local_answer
    emulated=$(invoke "$1" | without_ids)
    local_answer=$("$build/duet" invoke --bootstrap "$build/bootstrap" --store memory "$1" \
        2>"$work/invoke.log" | without_ids)
    printf 'emulator:    %s\nduet invoke: %s\n' "$emulated" "$local_answer"
    [ -n "$emulated" ] && [ "$emulated" = "$local_answer" ]
}

# Each answer has the id of its own request.
without_ids() { sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g'; }

says() { # TEXT EVENT_FILE: the emulator's answer has TEXT
    local answer
    answer=$(invoke "$2")
    printf '%s\n' "$answer"
    grep -qF -- "$1" <<<"$answer"
}

serve_many() { # COUNT: one sandbox answers that many
    local i
    for ((i = 0; i < $1; i++)); do
        says 'Hello world' "$data/get.json" || return 1
    done
    [ "$(grep -c 'INIT START' "$work/rie.log")" -le 1 ]
}

if ! emulator=$(tests/support/emulator.sh); then
    skip 'the Runtime Interface Emulator' "${emulator#missing: }"
    finish
    exit
fi

start "$build/bootstrap"
check 'the emulator starts' started
for name in get no_host health_check both_families encoded_query multi_value no_body brew \
    options_asterisk missing_method bad_base64 not_an_object mime_base64 bad_path; do
    check "$name.json has the answer of duet invoke" same "$data/$name.json"
done
check 'a function error is given on' says '"errorType":"Runtime.InvalidEvent"' "$data/missing_method.json"
check 'one sandbox serves again and again' serve_many 20
stop

if ! nm "$build/libduet.a" 2>/dev/null | grep -q '__[at]san_'; then
    "$build/duet" event --path /by_abort >"$work/abort.json"
    start "$build/tests/crashing_app"
    check 'the emulator starts with a service that crashes' started
    check 'a crash is told' says '"errorType":"Runtime.Abort"' "$work/abort.json"
    stop
fi
finish
