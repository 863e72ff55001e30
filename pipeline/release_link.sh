#!/usr/bin/env bash
# release_link.sh OUTPUT COMPILER ARGUMENT...: links OUTPUT.debug, a program with its symbols and
# lines, and makes OUTPUT of it, the same program without them.
#
# Both have one build id, a hash of OUTPUT: it tells which .debug belongs to which program, and a path
# in what is left out of OUTPUT does not change it. `objcopy` is the one beside the compiler.
set -euo pipefail
output=$1
shift
"$@" "-Wl,--build-id=0x$(printf '%040d' 0)" -o "$output.debug"
"$(dirname "$1")/objcopy" --strip-all "$output.debug" "$output"
chmod 755 "$output"
id=$(sha1sum <"$output" | cut -c1-40)
for file in "$output" "$output.debug"; do
    # The note is four words, "GNU" being the last of them, and then the id.
    note=$(readelf -lW "$file" | awk '$1 == "NOTE" { print $2; exit }')
    # shellcheck disable=SC2001 # no pattern of bash says "each two digits"
    printf '%b' "$(sed 's/../\\x&/g' <<<"$id")" |
        dd of="$file" bs=1 seek=$((note + 16)) conv=notrunc status=none
    readelf -n "$file" | grep -q "Build ID: $id" || { echo "release_link: no build id in $file" >&2; exit 1; }
done
