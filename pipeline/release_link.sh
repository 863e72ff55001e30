#!/usr/bin/env bash
# release_link.sh OUTPUT LINK_COMMAND...: links OUTPUT, stripped, and OUTPUT.debug, the same program
# with its symbols and lines.
#
# The build id in both is a hash of what OUTPUT does: it tells which .debug belongs to which program,
# and the addresses of one are those of the other.
set -euo pipefail
output=$1
shift
"$@" -Wl,-s -Wl,--build-id=sha1 -o "$output"
id=$(readelf -n "$output" | sed -n 's/.*Build ID: \([0-9a-f]*\)$/\1/p')
[ -n "$id" ] || { echo "release_link: no build id in $output" >&2; exit 1; }
"$@" "-Wl,--build-id=0x$id" -o "$output.debug"
