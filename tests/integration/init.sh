#!/usr/bin/env bash
# init.sh: `duet init` writes a service that builds, passes its tests and answers from both homes far
# from this tree, with Duet from a checkout and from a prefix; and it leaves nothing half made.
# Under a sanitizer the tool alone is looked at: a service links the everyday library.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=${DUET_BUILD:-build}
duet=$PWD/$build/duet
tree=$PWD
work=$(mktemp -d)
touch "$work/groups"
stop_all() {
    local group
    while read -r group; do
        kill -TERM -- "-$group" 2>/dev/null
        wait_until 60 is_gone "$group" || echo "not ok group $group has ended"
    done <"$work/groups"
    rm -rf "$work"
}
is_gone() { # GROUP: no process of it is left, but for dead ones that nobody has reaped
    ! ps -eo pgid=,stat= | awk -v group="$1" '$1 == group && $2 !~ /^Z/ { found = 1 } END { exit !found }'
}
trap stop_all EXIT
unset MAKEFLAGS MAKELEVEL

exits() { # STATUS TEXT COMMAND...: ends with STATUS, and says TEXT
    local out status
    out=$("${@:3}" 2>&1)
    status=$?
    printf 'exit status %d, saying: %s\n' "$status" "$out"
    [ $status -eq "$1" ] && grep -qF -- "$2" <<<"$out"
}

# Runs COMMAND in a process group of its own, with its output in $work/LOG, until this test ends. The
# group is noted in a file, since a claim is checked in a subshell.
in_background() { # LOG COMMAND...
    : >"$work/$1" # the last one's lines are not this one's
    setsid "${@:2}" >"$work/$1" 2>&1 &
    echo $! >>"$work/groups"
}

check 'init without a folder is bad usage' exits 2 usage: "$duet" init
check 'init with two folders is bad usage' exits 2 usage: "$duet" init a b
check 'an unknown option is bad usage' exits 2 "'--force'" "$duet" init --force
check 'help is no error' exits 0 usage: "$duet" init --help

mkdir "$work/full"
echo mine >"$work/full/service.c"
check 'a folder with something in it is refused by name' exits 1 "$work/full" "$duet" init "$work/full"
check 'and left as it was' diff <(echo mine) "$work/full/service.c"
check 'a parent that is not there is named' exits 1 "$work/no/x" "$duet" init "$work/no/x"

# No file may grow over 1 KiB, so that some are written and one is not.
init_on_a_full_disk() (
    trap '' XFSZ
    ulimit -f 1
    "$duet" init "$work/half"
)
check 'a disk that is full is an error' exits 1 "$work/half/" init_on_a_full_disk
check 'after which nothing is left' [ ! -e "$work/half" ]

answers() { # TEXT URL
    [ "$(curl -sS --max-time 60 "$2")" = "$1" ]
}

server_answers() {
    local log=$work/server.log port
    PORT=0 DUET_STORE=memory DUET_LAME_DUCK_S=0 in_background server.log build/server
    wait_until 60 grep -q '"message":"listening"' "$log" || { cat "$log"; return 1; }
    port=$(sed -n 's/.*"message":"listening".*"port":\([0-9]*\).*/\1/p' "$log")
    answers 'Hello, ada' "http://127.0.0.1:$port/hello/ada"
}

bootstrap_answers() {
    make -s invoke ARGS='--path /hello/ada' >"$work/invoke.out" 2>"$work/invoke.err" &&
        grep -q 'Hello, ada' "$work/invoke.out"
}

rig_answers() {
    local log=$work/rig.log url
    in_background rig.log make -s run ARGS='--port 0 --control-port 0 --store memory'
    wait_until 60 grep -q 'http://127\.0\.0\.1:[1-9]' "$log" || { cat "$log"; return 1; }
    url=$(grep -o 'http://127\.0\.0\.1:[1-9][0-9]*' "$log" | head -1)
    wait_until 60 answers 'Hello, ada' "$url/hello/ada" || { cat "$log"; return 1; }
}

# A task is in service when its health check is answered with 200; one that is not must not be waited
# for in silence.
rig_says_what_it_waits_for() {
    local log=$work/sick.log
    sed -i 's|"/healthcheck"|"/health"|' service.c && make -s || return 1
    in_background sick.log make -s run ARGS='--port 0 --control-port 0 --store memory'
    wait_until 60 grep -q 'GET /healthcheck is answered with 404' "$log" || { cat "$log"; return 1; }
}

service_works() { # LABEL DUET_PROGRAM
    local folder="$work/$1 services/ada"
    mkdir -p "${folder%/*}"
    check "$1: init makes a service" "$2" init "$folder"
    cd "$folder" || { check "$1: the folder is there" false; return; }
    check "$1: it is named after its folder" grep -q '"ada"' service.c
    check "$1: no word of a template is left" bash -c '! grep -rE "@(NAME|DUET)@" .'
    check "$1: it builds without a warning" make CFLAGS='-O2 -Wall -Wextra -Werror -MMD'
    check "$1: its tests pass" make test
    check "$1: its server answers" server_answers
    check "$1: its bootstrap answers" bootstrap_answers
    check "$1: both answer behind the local load balancer" rig_answers
    check "$1: a health check that fails is told" rig_says_what_it_waits_for
    cd "$tree" || exit 1
}

if [ "$build" = build ]; then
    service_works checkout "$duet"
    check 'make install' make -s DEPS=skip install "PREFIX=$work/prefix"
    service_works prefix "$work/prefix/bin/duet"
    check 'its Makefile names the prefix' grep -qx "DUET ?= $work/prefix" "$work/prefix services/ada/Makefile"
fi
finish
