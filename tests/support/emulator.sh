#!/usr/bin/env bash
# emulator.sh: prints where Lambda's own Runtime Interface Emulator is.
#
# Its binary is a file of a wheel on PyPI, which pip gets once, checked by its hash, for the cache
# (pipeline/cache.sh). Prints "missing: WHY" and ends with 1 when it is not to be had.
set -euo pipefail
# shellcheck source=pipeline/cache.sh
. "$(dirname "$0")/../../pipeline/cache.sh"
version=1.170.0
sha256=24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf
root=$cache/rie-${sha256:0:16}

missing() {
    echo "missing: $*"
    exit 1
}

fetch() {
    local arch wheel=$new/aws_sam_cli-$version-py3-none-any.whl
    arch=$(uname -m)
    printf 'aws-sam-cli==%s --hash=sha256:%s\n' "$version" "$sha256" >"$new/wanted"
    timeout -k 5 200 python3 -m pip download --quiet --disable-pip-version-check --no-deps \
        --only-binary :all: --require-hashes -r "$new/wanted" -d "$new" || return 1
    unpack "$wheel" "samcli/local/rapid/aws-lambda-rie-${arch/aarch64/arm64}" >"$new/aws-lambda-rie" || return 1
    chmod +x "$new/aws-lambda-rie" && rm "$wheel" "$new/wanted"
}

unpack() { # WHEEL FILE
    python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel: sys.stdout.buffer.write(wheel.read(sys.argv[2]))' "$@"
}

[ -e "$root/aws-lambda-rie" ] || python3 -m pip --version >/dev/null 2>&1 || missing 'python3 has no pip'
cached "$root" aws-lambda-rie fetch || missing "pip cannot get it: $cached_why"
echo "$root/aws-lambda-rie"
