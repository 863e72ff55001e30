#!/usr/bin/env bash
# python_venv.sh REQUIREMENTS ARGUMENT...: becomes Python with the packages of a requirements file,
# which names each by its hash; the arguments are Python's.
#
# pip installs them once, into a virtual environment of the cache (pipeline/cache.sh); nothing is
# written anywhere else. Prints "missing: WHY" and ends with 1 when python3 or its venv is not there,
# or pip cannot get the packages.
set -euo pipefail
# shellcheck source=pipeline/cache.sh
. "$(dirname "$0")/../../pipeline/cache.sh"
requirements=$1
shift

missing() {
    echo "missing: $*"
    exit 1
}

command -v python3 >/dev/null || missing 'python3 is not installed'
root=$cache/venv-$(cat "$requirements" <(python3 --version) | sha256sum | cut -c1-16)
[ -e "$root/is-whole" ] || python3 -c 'import ensurepip, venv' 2>/dev/null || missing 'python3 has no venv'
cached "$root" is-whole venv_of "$root" --require-hashes --only-binary :all: -r "$requirements" ||
    missing "pip cannot get the packages: $cached_why"
exec "$root/bin/python" "$@"
