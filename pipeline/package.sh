#!/usr/bin/env bash
# package.sh: puts what `make package` has built into build/release, and prints the sizes.
set -euo pipefail
cd "$(dirname "$0")/.."
release=build/release
static=$(pipeline/static_deps.sh --where)

show() { # FILE WHAT
    printf '  %-26s %9d bytes%s\n' "${1##*/}" "$(stat -c %s "$1")" "${2:+  $2}"
}

rm -rf "$release"
mkdir -p "$release"
for arch in x86_64 arm64; do
    built=build/release-$arch
    pipeline/zip.py "$built/bootstrap" "$release/bootstrap-$arch.zip"
    cp "$built/bootstrap" "$release/bootstrap-$arch"
    cp "$built/bootstrap.debug" "$release/bootstrap-$arch.debug"
    cp "$built/server" "$release/server-$arch"
    pipeline/zip.py "$built/guard" "$release/guard-$arch.zip"
    pipeline/sbom.py "$static" "$arch" "$built/guard" >"$release/guard-$arch.cdx.json"
    for program in bootstrap server; do
        pipeline/sbom.py "$static" "$arch" "$built/$program" >"$release/$program-$arch.cdx.json"
    done
done
cp build/release-x86_64/duet "$release/duet-x86_64"
pipeline/sbom.py "$static" x86_64 build/release-x86_64/duet >"$release/duet-x86_64.cdx.json"

echo "$release:"
for arch in x86_64 arm64; do
    show "$release/bootstrap-$arch.zip" "unzipped $(stat -c %s "build/release-$arch/bootstrap")"
done
for arch in x86_64 arm64; do
    show "$release/guard-$arch.zip" 'the guard, as a function of its own'
done
for file in "$release"/{server-{x86_64,arm64},duet-x86_64}; do
    show "$file"
done
for file in "$release"/*.debug; do
    show "$file" 'symbols and lines of the bootstrap'
done
echo 'with DynamoDB alone (STORES=dynamodb):'
show build/release-x86_64-dynamodb/bootstrap
