#!/usr/bin/env bash
# chart.sh: values that the Helm chart refuses, by name, and what its objects must have.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip chart: nothing of it is compiled'; exit 0; }
if ! helm=$(pipeline/tools.sh helm); then
    skip chart "$helm"
    finish
    exit
fi

render() { "$helm" template a container/chart --kube-version 1.30 "$@" 2>&1; }

refuses() { # TEXT OPTION...
    local out
    ! out=$(render "${@:2}") || { echo 'it was taken'; return 1; }
    printf '%s\n' "$out"
    grep -qF -- "$1" <<<"$out"
}

has() { # TEXT OPTION...
    local out
    out=$(render "${@:2}") || { printf '%s\n' "$out"; return 1; }
    grep -qF -- "$1" <<<"$out" || { printf '%s is not in\n%s\n' "$1" "$out"; return 1; }
}

check 'a port below 1 is refused' refuses container.port --set container.port=0
check 'a value that is misspelt is refused' refuses setings --set setings.X=1
check 'a setting that is none of the server is refused' refuses settings --set settings.STORE=memory
check 'a digest that is none is refused' refuses image.digest --set image.digest=latest
check 'fewer replicas at most than at least are refused' refuses autoscaling.minReplicas --set autoscaling.minReplicas=50
check 'a host without a path is refused' refuses paths --set ingress.enabled=true --set 'ingress.hosts[0].host=a.example'
check 'a digest wins over a tag' has "duet@sha256:$(printf '%064d' 1)" \
    --set image.repository=duet,image.tag=x,image.digest="sha256:$(printf '%064d' 1)"
check 'a pod outlives both phases of the server' has 'terminationGracePeriodSeconds: 75' --set lameDuckSeconds=10,drainSeconds=60
check 'variables of services are not its settings' has 'enableServiceLinks: false'
check 'its root is read-only' has 'readOnlyRootFilesystem: true'
finish
