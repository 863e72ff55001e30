#!/usr/bin/env bash
# run.sh: becomes dynalite, an implementation of DynamoDB, on a free port: prints "listening on PORT".
#
# npm installs it once, as package-lock.json beside this script says (each file by its hash), into
# ${DUET_CACHE:-~/.cache/duet}; nothing is written anywhere else. Prints "missing: WHY" and ends with 1
# when node or npm is not there, or npm cannot get it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${DUET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/duet}
root=$cache/dynalite-$(sha256sum <"$here/package-lock.json" | cut -c1-16)

missing() {
    echo "missing: $*"
    exit 1
}

install() (
    mkdir -p "$cache"
    new=$(mktemp -d "$cache/dynalite.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    cp "$here/package.json" "$here/package-lock.json" "$new/"
    # Its one package with native code is for a database on disk, which no test asks for.
    (cd "$new" && timeout 160 npm ci --omit=optional --ignore-scripts --no-audit --no-fund) \
        >"$new/log" 2>&1 || missing "npm cannot get dynalite: $(grep -i 'npm err' "$new/log" | head -n 2 | tr '\n' ' ')"
    mv -T "$new" "$root" 2>/dev/null || [ -d "$root" ] # somebody else was faster
)

command -v node >/dev/null || missing 'node is not installed'
if [ ! -d "$root" ]; then
    command -v npm >/dev/null || missing 'npm is not installed'
    install
fi
MODULES=$root/node_modules exec node "$here/serve.js"
