#!/usr/bin/env bash
# deps.sh build|test: installs the Debian or Ubuntu packages that building (and testing) needs.
#
# Says what is missing before it installs it; needs root or sudo for that alone, and does nothing
# when all is there. Exit status: 0 all is there, 1 something could not be installed.
set -euo pipefail
build=(gcc make libcurl4-openssl-dev libcjson-dev libssl-dev libsqlite3-dev)
test=(libcriterion-dev curl clang clang-format shellcheck pmccabe binutils git procps)
wanted=("${build[@]}")
[ "${1:-build}" = test ] && wanted+=("${test[@]}")

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "deps: these packages are missing, and this is no Debian or Ubuntu: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps: installing ${missing[*]} needs root or sudo" >&2; exit 1; }
    as_root=(sudo)
fi
echo "deps: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get -qq update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    "${missing[@]}" >/dev/null || { echo "deps: could not install ${missing[*]}" >&2; exit 1; }
