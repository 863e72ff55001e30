#!/usr/bin/env bash
# venv.sh: prints the folder of a Python environment with Flask and gunicorn, which is made once in
# the cache (pipeline/cache.sh). Exit status: 0, or 1 and stderr says why.
set -euo pipefail
# shellcheck source=pipeline/cache.sh
. "$(dirname "$0")/../../pipeline/cache.sh"
packages=(flask==3.1.0 gunicorn==23.0.0)
venv=$cache/bench-$(printf '%s\n' "${packages[@]}" "$(python3 --version)" | sha256sum | cut -c1-16)
cached "$venv" ready venv_of "$venv" "${packages[@]}"
printf '%s\n' "$venv"
