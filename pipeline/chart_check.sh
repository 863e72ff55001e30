#!/usr/bin/env bash
# chart_check.sh: the chart in container/chart and the environments in pipeline/flux are well formed: helm
# lint and helm template with every file of values, each object against Kubernetes' own schema, and each
# environment as kustomize builds it, its chart with the values that it names.
# Exit status: 0 nothing found, 1 something, 2 a tool is missing (CI=true or GET=1 gets it).
set -euo pipefail
cd "$(dirname "$0")/.."
helm=$(pipeline/tools.sh helm) || { echo "$helm"; exit 2; }
kustomize=$(pipeline/tools.sh kustomize) || { echo "$kustomize"; exit 2; }
validate=$(pipeline/tools.sh kubernetes-validate) || { echo "$validate"; exit 2; }
python=${validate%/*}/python
chart=container/chart
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# object_check NAME OPTION...: what helm makes with these options is what Kubernetes takes.
object_check() {
    "$helm" lint --strict --quiet --kube-version 1.30 "${@:2}" "$chart"
    "$helm" template "$1" --kube-version 1.30 "${@:2}" "$chart" >"$work/objects.yaml"
    "$python" pipeline/objects_check.py "$work/objects.yaml"
}

object_check defaults
for values in "$chart"/values/*.yaml; do
    object_check "$(basename "$values" .yaml)" -f "$values"
done

for environment in pipeline/flux/*/; do
    name=$(basename "$environment")
    [ "$name" != base ] || continue
    "$kustomize" build "$environment" >"$work/$name.yaml"
    "$python" pipeline/objects_check.py "$work/$name.yaml"
    # The files and values that the release names, in its order.
    "$python" - "$work/$name.yaml" "$work/own.yaml" >"$work/options" <<'PYTHON'
import sys
import yaml

release = next(o for o in yaml.safe_load_all(open(sys.argv[1])) if o["kind"] == "HelmRelease")
for file in release["spec"]["chart"]["spec"]["valuesFiles"]:
    print("-f\n" + file)
with open(sys.argv[2], "w") as own:
    yaml.safe_dump(release["spec"].get("values", {}), own)
print("-f\n" + sys.argv[2])
PYTHON
    mapfile -t options <"$work/options"
    object_check "$name" "${options[@]}"
done
