#!/usr/bin/env bash
# python_venv.sh REQUIREMENTS ARGUMENT...: becomes Python with the packages of a requirements file,
# which names each by its hash; the arguments are Python's.
#
# pip installs them once, into a virtual environment in ${DUET_CACHE:-~/.cache/duet}; nothing is
# written anywhere else. Prints "missing: WHY" and ends with 1 when python3 or its venv is not there,
# or pip cannot get the packages.
set -euo pipefail
requirements=$1
shift
cache=${DUET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/duet}

missing() {
    echo "missing: $*"
    exit 1
}

# Programs of an environment name the folder that they are in, so it is made in its own place and
# marked when it is whole.
install() {
    local log
    log=$(mktemp)
    if ! { python3 -m venv --clear "$root" && timeout 300 "$root/bin/python" -m pip install --quiet \
        --disable-pip-version-check --require-hashes --only-binary :all: -r "$requirements"; } \
        >"$log" 2>&1; then
        why=$(tail -n 1 "$log")
        rm -rf "$log" "$root"
        missing "pip cannot get the packages: $why"
    fi
    rm -f "$log"
    touch "$root/is-whole"
}

command -v python3 >/dev/null || missing 'python3 is not installed'
root=$cache/venv-$(cat "$requirements" <(python3 --version) | sha256sum | cut -c1-16)
if [ ! -e "$root/is-whole" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing 'python3 has no venv'
    mkdir -p "$cache"
    exec 9>"$root.lock"
    flock 9 # somebody else may be at it
    [ -e "$root/is-whole" ] || install
    exec 9>&-
fi
exec "$root/bin/python" "$@"
