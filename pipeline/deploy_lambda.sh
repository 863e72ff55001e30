#!/usr/bin/env bash
# deploy_lambda.sh: puts a release into the idle slot of the Lambda home: its zip, a version of it, and the
# slot's alias on that version. Weights are not touched. Prints {"slot", "version", "sha256"}.
#
# Run again after a failure it goes on: the same zip makes no second version.
# Inputs: ENVIRONMENT (dev, qa, prod; pr with NUMBER) or NAME (such as duet-local), RELEASE (the file that push.sh wrote), SLOT (else the idle one), DRY_RUN.
# Exit codes: those of common.sh; 4: both slots of the home have traffic, or the zip is not there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need RELEASE='the file that push.sh wrote'
need_name
[ -r "$RELEASE" ] || die 2 "there is no file $RELEASE: push.sh writes it"
read -r bucket key sha256 < <(jq -er '.zip | "\(.bucket // "") \(.key // "") \(.sha256 // "")"' "$RELEASE") || true
[[ ${sha256:-} =~ ^[0-9a-f]{64}$ ]] || die 2 "$RELEASE has no zip with bucket, key and sha256"
wanted=$(printf %s "${sha256^^}" | basenc -d --base16 | base64) # as Lambda says it

environment=$("$here/environment.sh")
slot=${SLOT:-$(jq -r '.idle.lambda // empty' <<<"$environment")}
[ -n "$slot" ] || die 4 'both Lambda slots have traffic: promote or roll back what is under way first'
alias=$(jq -er --arg slot "$slot" '.slots[$slot].alias' <<<"$environment") || die 2 "'$slot' is no Lambda slot"
[ "$(jq --arg slot "$slot" '.slots[$slot].weight' <<<"$environment")" = 0 ] ||
    die 4 "$slot has traffic: a release goes to the idle slot"
function=$(jq -r .function <<<"$environment")

# Whoever may not list a bucket hears 403 of what is not there.
if ! answer=$(aws_call s3api head-object --bucket "$bucket" --key "$key" 2>&1 >/dev/null); then
    printf '%s\n' "$answer" >&2
    [[ $answer != *'(40'[34]')'* ]] || die 4 "s3://$bucket/$key is not there, or not for this role: run push.sh for this release again"
    die 3 "s3://$bucket/$key cannot be looked at: see above"
fi
say "$function: s3://$bucket/$key"
act aws_call lambda update-function-code --function-name "$function" --s3-bucket "$bucket" --s3-key "$key" >/dev/null
act aws_call lambda wait function-updated-v2 --function-name "$function"
if [ "${DRY_RUN:-}" = 1 ]; then
    act aws_call lambda publish-version --function-name "$function" --code-sha256 "$wanted"
    act aws_call lambda update-alias --function-name "$function" --name "$alias" --function-version VERSION
    exit
fi
# With the hash: code that somebody else put there meanwhile is not published.
version=$(aws_call lambda publish-version --function-name "$function" --code-sha256 "$wanted" | jq -r .Version)
aws_call lambda wait function-active-v2 --function-name "$function" --qualifier "$version"
aws_call lambda update-alias --function-name "$function" --name "$alias" --function-version "$version" >/dev/null
say "$slot is version $version"
jq -n --arg slot "$slot" --arg version "$version" --arg sha256 "$sha256" '{$slot, $version, $sha256}'
