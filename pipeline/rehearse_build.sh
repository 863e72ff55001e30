#!/usr/bin/env bash
# rehearse_build.sh FOLDER good|broken [images]: builds what a rehearsal ships, in a copy of the working tree:
# a good build is the tree with a version of its own, a broken one answers each fifth GET /hello with 500.
# With `images` the programs are static, and the server's image is made too.
#
# What make has built already is built no second time. Prints the version.
# Exit codes: 0 built, 1 it does not build, 2 wrong arguments.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { echo 'rehearse_build: FOLDER good|broken [images]' >&2; exit 2; }
folder=$1
machine=$(uname -m)
machine=${machine/aarch64/arm64}
mode=dev built=build
[ "${3:-}" != images ] || mode=release-$machine built=build/release-$machine
rm -rf "$folder"
mkdir -p "$folder"
# Times are kept, so that make knows what is new.
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
done | tar -c --null -T - | tar -x -C "$folder"
[ ! -d "$built/obj" ] || tar -c --exclude=tests "$built/obj" | tar -x -C "$folder"

number=$(sed -n 's/^#define DUET_VERSION "\(.*\)"/\1/p' runtime/core/version.h)
version=$number-$2
sed -i "s/^#define DUET_VERSION .*/#define DUET_VERSION \"$version\"/" "$folder/runtime/core/version.h"
if [ "$2" = broken ]; then
    cat >"$folder/handlers/hello.c" <<'C'
#include "handlers/handlers.h"
#include "runtime/core/clock.h"

void handle_hello(const struct http_request *req, struct http_response *res)
{
    if (clock_us_monotonic() / 1000 % 5 == 0)
        http_response_borrow(res, req->arena, 500, BYTES_LIT("text/plain"), BYTES_LIT("broken build\n"));
    else
        http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("Hello world"));
}
C
fi
failed() {
    tail -n 30 "$folder/build.log" >&2
    echo "rehearse_build: the $2 build failed" >&2
    exit 1
}
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$folder" DEPS=skip MODE="$mode" -j2 _homes >"$folder/build.log" 2>&1 || failed "$@"
release=$folder/build/release
mkdir -p "$release"
pipeline/zip.py "$folder/$built/bootstrap" "$release/bootstrap-$machine.zip"
if [ "${3:-}" = images ]; then
    cp "$folder/$built/server" "$release/server-$machine"
    ONLY=server "$folder/container/image.sh" "$machine" >>"$folder/build.log" 2>&1 || failed "$@"
fi
echo "$version"
