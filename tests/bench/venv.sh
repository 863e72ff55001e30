#!/usr/bin/env bash
# venv.sh: prints the folder of a Python environment with Flask and gunicorn, which is made once in
# the cache (DUET_CACHE, else ~/.cache/duet). Exit status: 0, or that of what failed.
set -euo pipefail
packages=(flask==3.1.0 gunicorn==23.0.0)
cache=${DUET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/duet}
key=$(printf '%s\n' "${packages[@]}" "$(python3 --version)" | sha256sum | cut -c1-16)
venv=$cache/bench-$key
if [ ! -e "$venv/ready" ]; then
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
    touch "$venv/ready"
fi
printf '%s\n' "$venv"
