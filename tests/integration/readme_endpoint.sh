#!/usr/bin/env bash
# readme_endpoint.sh: the endpoint in ten lines of README.md works when it is pasted: into a copy of
# this tree, which is then built, and whose two homes must answer as README.md says.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
# The copy is built as the everyday build is, so once is enough.
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip readme_endpoint: it is a test of the everyday build'; exit 0; }
work=$(mktemp -d)
stop_all() {
    [ ! -e "$work/server" ] || kill -TERM "$(cat "$work/server")" 2>/dev/null
    rm -rf "$work"
}
trap stop_all EXIT
unset MAKEFLAGS MAKELEVEL

# The first shell block under the heading.
block=$(awk '/^## An endpoint/ { found = 1 } found && /^```sh/ { inside = 1; next }
    inside && /^```/ { exit } inside' README.md)

copy_tree() { # with the objects of this build, so that only what changed is compiled
    cp -a Makefile README.md handlers runtime pipeline "$work/" &&
        mkdir -p "$work/build" && cp -a build/obj "$work/build/"
}

start_server() {
    PORT=0 DUET_STORE=memory DUET_LAME_DUCK_S=0 "$work/build/server" >"$work/log" 2>&1 &
    echo $! >"$work/server" # a claim is checked in a subshell, which no variable leaves
    wait_until 60 grep -q '"message":"listening"' "$work/log"
}

server_answers() {
    local port
    port=$(sed -n 's/.*"message":"listening".*"port":\([0-9]*\).*/\1/p' "$work/log")
    [ "$(curl -sS --max-time 60 "http://127.0.0.1:$port/greeting/ada")" = 'Hello, ada' ]
}

bootstrap_answers() {
    "$work/build/duet" invoke --http --path /greeting/ada >"$work/answer" &&
        grep -q '^HTTP/1.1 200' "$work/answer" && grep -q '^Hello, ada' "$work/answer"
}

check 'README.md has the block' [ -n "$block" ]
check 'the tree is copied' copy_tree
cd "$work" || exit 1
check 'the block runs' bash -eu -c "$block"
check 'the tree builds with it, without a warning' \
    make DEPS=skip WERROR=1 build/server build/bootstrap build/duet
check 'the server starts' start_server
check 'the server answers' server_answers
check 'the bootstrap answers' bootstrap_answers
finish
