#!/usr/bin/env bash
# package.sh: puts what `make package` has built into build/release, and prints the sizes.
#
# A Lambda zip has one file, `bootstrap`, mode 0755, and no time in it: the same program gives the
# same zip.
set -euo pipefail
cd "$(dirname "$0")/.."
release=build/release
static=$(pipeline/static_deps.sh --where)

make_zip() { # PROGRAM ZIP
    python3 - "$@" <<'PYTHON'
import sys
import zipfile

program, output = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix: the mode counts
entry.external_attr = 0o100755 << 16
with zipfile.ZipFile(output, "w") as archive, open(program, "rb") as file:
    archive.writestr(entry, file.read(), zipfile.ZIP_DEFLATED, 9)
PYTHON
}

show() { # FILE WHAT
    printf '  %-26s %9d bytes%s\n' "${1##*/}" "$(stat -c %s "$1")" "${2:+  $2}"
}

rm -rf "$release"
mkdir -p "$release"
for arch in x86_64 arm64; do
    built=build/release-$arch
    make_zip "$built/bootstrap" "$release/bootstrap-$arch.zip"
    cp "$built/bootstrap" "$release/bootstrap-$arch"
    cp "$built/bootstrap.debug" "$release/bootstrap-$arch.debug"
    cp "$built/server" "$release/server-$arch"
    for program in bootstrap server; do
        pipeline/sbom.py "$static" "$arch" "$built/$program" >"$release/$program-$arch.cdx.json"
    done
done
cp build/release-x86_64/duet "$release/duet-x86_64"

echo "$release:"
for arch in x86_64 arm64; do
    show "$release/bootstrap-$arch.zip" "unzipped $(stat -c %s "build/release-$arch/bootstrap")"
done
for file in "$release"/{server-{x86_64,arm64},duet-x86_64}; do
    show "$file"
done
for file in "$release"/*.debug; do
    show "$file" 'symbols and lines of the bootstrap'
done
echo 'with DynamoDB alone (STORES=dynamodb):'
show build/release-x86_64-dynamodb/bootstrap
