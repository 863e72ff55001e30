#!/usr/bin/env bash
# static_pcre2.sh: builds PCRE2, by which the release build of `duet` matches the regular expressions of rules,
# by the compiler and beside the libraries of static_deps.sh (which must have built for x86_64):
# lib/libpcre2-8.a and its header.
# Exit status: 0 it is there, 1 something failed; its log is named.
set -euo pipefail
script=$(readlink -f "$0")
cd "$(dirname "$0")/.."
# shellcheck source=pipeline/static_source.sh
. pipeline/static_source.sh

# PCRE2's own way without its configure (NON-AUTOTOOLS-BUILD): three files that it carries under other names,
# and all that is compiled. Properties of characters are in, as in Debian's own; no compiler of expressions.
build() {
    local name objects=()
    rm -rf pcre2-build
    mkdir pcre2-build
    cp ../src/pcre2/src/config.h.generic pcre2-build/config.h
    cp ../src/pcre2/src/pcre2_chartables.c.dist pcre2-build/pcre2_chartables.c
    cp ../src/pcre2/src/pcre2.h.generic include/pcre2.h
    for name in chartables auto_possess chkdint compile config context convert dfa_match error extuni find_bracket \
        jit_compile maketables match match_data newline ord2utf pattern_info script_run serialize string_utils \
        study substitute substring tables ucd valid_utf xclass; do
        local source=../src/pcre2/src/pcre2_$name.c
        [ $name != chartables ] || source=pcre2-build/pcre2_chartables.c
        [ -e "$source" ] || continue # not in every version
        objects+=("pcre2-build/$name.o")
        bin/cc -O2 -g -ffunction-sections -fdata-sections -DHAVE_CONFIG_H -DPCRE2_CODE_UNIT_WIDTH=8 \
            -DPCRE2_STATIC -DSUPPORT_UNICODE -DHAVE_BCOPY=1 -DHAVE_MEMMOVE=1 -DHAVE_STRERROR=1 -DHAVE_INTTYPES_H=1 \
            -Ipcre2-build -Iinclude -I../src/pcre2/src -c "$source" -o "${objects[-1]}"
    done
    rm -f lib/libpcre2-8.a
    bin/ar crs lib/libpcre2-8.a "${objects[@]}"
    rm -rf pcre2-build
}

static_source "$script" pcre2
