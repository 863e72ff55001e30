#!/usr/bin/env bash
# static_nghttp2.sh: builds nghttp2, which the release build of `duet` speaks HTTP/2 with, by the compiler and
# beside the libraries of static_deps.sh (which must have built for x86_64): lib/libnghttp2.a and its headers.
# Exit status: 0 it is there, 1 something failed; its log is named.
set -euo pipefail
script=$(readlink -f "$0")
cd "$(dirname "$0")/.."
# shellcheck source=pipeline/static_source.sh
. pipeline/static_source.sh

# The library is plain C; of its configuration it needs to know what the system has. No path of this machine goes in.
build() {
    local version source objects=() numbers has=(-DHAVE_{ARPA_INET,NETINET_IN,TIME}_H -DHAVE_CLOCK_GETTIME
        -DHAVE_DECL_CLOCK_MONOTONIC=1)
    rm -rf nghttp2-build
    mkdir -p nghttp2-build include/nghttp2
    version=$(sed -n 's/^AC_INIT(\[nghttp2\], \[\([0-9.]*\)\].*/\1/p' ../src/nghttp2/configure.ac)
    [ -n "$version" ]
    IFS=. read -ra numbers <<<"$version"
    cp ../src/nghttp2/lib/includes/nghttp2/nghttp2.h include/nghttp2/
    sed "s/@PACKAGE_VERSION@/$version/; s/@PACKAGE_VERSION_NUM@/0x$(printf '%02x' "${numbers[@]}")/" \
        ../src/nghttp2/lib/includes/nghttp2/nghttp2ver.h.in >include/nghttp2/nghttp2ver.h
    for source in ../src/nghttp2/lib/*.c; do
        objects+=("nghttp2-build/$(basename "$source" .c).o")
        bin/cc -O2 -g -ffunction-sections -fdata-sections -DNGHTTP2_STATICLIB "${has[@]}" \
            -Iinclude -I../src/nghttp2/lib/includes -c "$source" -o "${objects[-1]}"
    done
    rm -f lib/libnghttp2.a
    bin/ar crs lib/libnghttp2.a "${objects[@]}"
    rm -rf nghttp2-build
}

static_source "$script" nghttp2
