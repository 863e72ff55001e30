#!/usr/bin/env bash
# server_pid1.sh: the server as process 1 of a container, made by unshare(1): it ends by SIGTERM, which
# the kernel drops there for programs without a handler, and buries orphans that become its children.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=${DUET_BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
spaces=(unshare --pid --fork --kill-child)
"${spaces[@]}" true 2>/dev/null || spaces+=(--user --map-root-user)

if ! "${spaces[@]}" true 2>/dev/null; then
    echo 'skip the server as process 1: this system makes no process namespaces for users'
    exit 0
fi

children() { # ID: the ids of its children
    local stat words
    for stat in /proc/[0-9]*/stat; do
        read -r -a words < <(sed 's/^\([0-9]*\) (.*) /\1 - /' "$stat" 2>/dev/null) || continue
        [ "${words[3]}" != "$1" ] || echo "${words[0]}"
    done
}

has_no_children() { [ -z "$(children "$1")" ]; }
is_listening() { grep -q '"message":"listening"' "$work/log"; }

# The shell is process 1, leaves a process behind whose parent ends, and becomes the server.
orphans_are_buried() {
    local unshared server
    mkfifo "$work/gate" || return 1
    # shellcheck disable=SC2016 # the inner shell's words
    PORT=0 DUET_BIND=127.0.0.1 DUET_STORE=memory DUET_LAME_DUCK_S=0 "${spaces[@]}" \
        sh -c '(read -r line <"$1" &) ; exec "$2"' sh "$work/gate" "$build/server" >"$work/log" 2>&1 &
    unshared=$!
    wait_until 30 is_listening || return 1
    server=$(children "$unshared")
    if [ -z "$(children "$server")" ]; then
        echo 'there is no orphan to bury'
        return 1
    fi
    echo now >"$work/gate"
    wait_until 30 has_no_children "$server" || { echo 'the orphan stays a zombie'; return 1; }
    kill -TERM "$server"
    wait "$unshared"
}

check 'as process 1 it buries orphans, and ends by SIGTERM' orphans_are_buried
finish
