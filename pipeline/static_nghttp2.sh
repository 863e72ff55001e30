#!/usr/bin/env bash
# static_nghttp2.sh: builds nghttp2, which the release build of `duet` speaks HTTP/2 with, by the compiler and
# beside the libraries of static_deps.sh (which must have built for x86_64): lib/libnghttp2.a and its headers.
#
# The source is Debian's, with its security patches, by apt's signed index and the configuration that
# static_deps.sh has made. What was built once is used until this script changes.
# Exit status: 0 it is there, 1 something failed; its log is named.
set -euo pipefail
script=$(readlink -f "$0")
cd "$(dirname "$0")/.."
root=$(pipeline/static_deps.sh --where)
mark=$root/x86_64/nghttp2-$(sha256sum <"$script" | cut -c1-16)
log=$root/nghttp2.log
[ -e "$mark" ] && exit 0
[ -e "$root/x86_64/done" ] || { echo 'static: pipeline/static_deps.sh x86_64 comes first' >&2; exit 1; }

get_source() {
    export APT_CONFIG=$root/apt/apt.conf
    rm -rf "$root/src/nghttp2"
    cd "$root/src"
    apt-get -qq update
    apt-get -qq source --download-only nghttp2
    dpkg-source --no-check -x nghttp2_*.dsc nghttp2
}

# The library is plain C; of its configuration it needs to know what the system has. No path of this machine goes in.
build() {
    local version source objects=() numbers has=(-DHAVE_{ARPA_INET,NETINET_IN,TIME}_H -DHAVE_CLOCK_GETTIME
        -DHAVE_DECL_CLOCK_MONOTONIC=1)
    cd "$root/x86_64"
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

exec 9>"$root/lock"
flock 9 # another make may be at it
[ -e "$mark" ] && exit 0
printf 'static: %-28s' 'x86_64: nghttp2'
start=$SECONDS
set +e # in a condition it would not hold inside either
(
    set -e
    get_source
    build
) >"$log" 2>&1
status=$?
set -e
if [ $status -ne 0 ]; then
    printf 'failed; the end of %s:\n' "$log"
    tail -n 20 "$log"
    exit 1
fi
: >"$mark"
printf '%4d s\n' $((SECONDS - start))
