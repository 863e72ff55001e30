#!/usr/bin/env bash
# terraform_tools.sh tflint|checkov: prints where the tool is, at the version that is pinned here.
#
# It is kept in ${DUET_CACHE:-~/.cache/duet}. Where it is not there yet, it is built or installed when
# GET=1 or CI=true says so: tflint by Go (3 minutes, once), checkov by pip into an environment of its own.
# Exit status: 0 it is there, 1 it is not, and stdout says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${DUET_CACHE:-$HOME/.cache/duet}
tflint_version=0.58.1

get_tflint() { # DIRECTORY: its source is checked by Go's checksum database, what it needs by its go.sum
    command -v go >/dev/null || { echo 'tflint is built by Go, which is missing'; return 1; }
    local source
    source=$(go mod download -json "github.com/terraform-linters/tflint@v$tflint_version" |
        sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    [ -n "$source" ] || { echo "go cannot get tflint $tflint_version"; return 1; }
    cp -r "$source" "$1/source" && chmod -R u+w "$1/source"
    (cd "$1/source" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1/tflint" .) >&2 ||
        { echo 'tflint cannot be built'; return 1; }
    rm -rf "$1/source"
}

get_checkov() { # DIRECTORY: a virtual environment, made where it stays, since it cannot be moved
    python3 -m venv "$1" >&2 || { echo 'python3 has no venv (python3-venv)'; return 1; }
    "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/checkov.txt" >&2 ||
        { echo 'pip cannot install checkov'; return 1; }
}

case ${1:-} in
tflint) home=$cache/tflint-$tflint_version path=$home/tflint ;;
checkov)
    home=$cache/checkov-$(sha256sum "$here/checkov.txt" | cut -c1-16)
    path=$home/bin/checkov
    ;;
*)
    echo "terraform_tools: '${1:-}' is not tflint or checkov" >&2
    exit 1
    ;;
esac
if [ ! -e "$home/complete" ]; then
    if [ "${GET:-}" != 1 ] && [ "${CI:-}" != true ]; then
        echo "$1 is missing: GET=1 pipeline/terraform_tools.sh $1"
        exit 1
    fi
    mkdir -p "$cache"
    exec 9>"$cache/$1.lock"
    flock 9 # two that want it at once: one makes it
    if [ ! -e "$home/complete" ]; then
        rm -rf "$home"
        mkdir -p "$home"
        "get_$1" "$home" || exit 1
        touch "$home/complete"
    fi
fi
echo "$path"
