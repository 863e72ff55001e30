#!/usr/bin/env bash
# run.sh [--get]: becomes dynalite, an implementation of DynamoDB, on a free port: prints "listening on PORT".
# With --get it is there afterwards, and not begun.
#
# npm installs it once, as package-lock.json beside this script says (each file by its hash), into the cache
# (pipeline/cache.sh); nothing is written anywhere else. Prints "missing: WHY" and ends with 1 when node or npm is
# not there, or npm cannot get it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/cache.sh
. "$here/../../../pipeline/cache.sh"
root=$cache/dynalite-$(sha256sum <"$here/package-lock.json" | cut -c1-16)
mark=node_modules/.package-lock.json # npm's, when all is there

missing() {
    echo "missing: $*"
    exit 1
}

install() {
    cp "$here/package.json" "$here/package-lock.json" "$new/" && cd "$new" || return 1
    # Its one package with native code is for a database on disk, which no test asks for.
    timeout -k 5 200 npm ci --omit=optional --ignore-scripts --no-audit --no-fund && return
    echo 'npm ci failed'
    return 1
}

command -v node >/dev/null || missing 'node is not installed'
[ -e "$root/$mark" ] || command -v npm >/dev/null || missing 'npm is not installed'
cached "$root" "$mark" install || missing "npm cannot get dynalite: $cached_why"
[ "${1:-}" != --get ] || exit 0
MODULES=$root/node_modules exec node "$here/serve.js"
