#!/usr/bin/env bash
# push.sh: brings what `make package` and `make image` built to where environments take it from: the zip to
# S3 by its SHA-256, the image to the registry by its digest, with the commit as its tag. Writes RELEASE:
#   {"commit", "version", "image": "REPOSITORY@sha256:...", "zip": {"bucket", "key", "sha256"}}
#
# What is there already is not sent again, so a second run of the same commit ends as the first.
# Inputs: BUCKET (of the zips), REPOSITORY (of the images) or IMAGE (one that is where it is taken from, as
# file:///PROGRAM for the rig), COMMIT, RELEASE (the file to write), ARCH (arm64), DRY_RUN.
# Exit codes: those of common.sh; 4: what is to be pushed was not built, or the tag has another image.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=pipeline/common.sh
. "$here/common.sh"
need BUCKET='bucket of the zips' COMMIT='the commit that was built' RELEASE='the file to write'
[[ $COMMIT =~ ^[0-9a-f]{7,40}$ ]] || die 2 "COMMIT '$COMMIT' is no commit"
arch=${ARCH:-arm64}
case $arch in arm64 | x86_64) ;; *) die 2 "ARCH '$arch' is not arm64 or x86_64" ;; esac
aws_ready
cd "$here/.."
version=$(sed -n 's/^#define DUET_VERSION "\(.*\)"/\1/p' runtime/core/version.h)

zip=build/release/bootstrap-$arch.zip
[ -r "$zip" ] || die 4 "there is no $zip: make package builds it"
sha256=$(sha256sum "$zip" | cut -d ' ' -f 1)
key=lambda/$sha256.zip
if "${AWS:-aws}" s3api head-object --bucket "$BUCKET" --key "$key" >/dev/null 2>&1; then
    say "s3://$BUCKET/$key is there"
else
    act aws_call s3api put-object --bucket "$BUCKET" --key "$key" --body "$zip" >/dev/null
    say "s3://$BUCKET/$key"
fi

image=${IMAGE:-}
[ -n "$image${REPOSITORY:-}" ] || die 2 'not set: REPOSITORY (of the images)'
if [ -n "${REPOSITORY:-}" ]; then
    local_image=duet-server:$version-$arch
    docker image inspect "$local_image" >/dev/null 2>&1 || die 4 "there is no image $local_image: make image builds it"
    act docker tag "$local_image" "$REPOSITORY:$COMMIT"
    if ! out=$(act docker push "$REPOSITORY:$COMMIT" 2>&1); then
        printf '%s\n' "$out" >&2
        case $out in
        *'no basic auth'* | *denied* | *expired*) die 3 "the registry wants a login: aws ecr get-login-password | docker login" ;;
        *immutable*) die 4 "$REPOSITORY:$COMMIT is there with other content: a commit has one image" ;;
        *) die 3 "$REPOSITORY did not take the image" ;;
        esac
    fi
    if [ "${DRY_RUN:-}" = 1 ]; then
        say "$out"
    else
        digest=$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' <<<"$out")
        [ -n "$digest" ] || die 3 "the registry told no digest: $out"
        image=$REPOSITORY@$digest
        say "$image"
    fi
fi

jq -n --arg commit "$COMMIT" --arg version "$version" --arg image "$image" --arg bucket "$BUCKET" --arg key "$key" \
    --arg sha256 "$sha256" '{$commit, $version, $image, zip: {$bucket, $key, $sha256}}' >"$RELEASE.new"
mv "$RELEASE.new" "$RELEASE"
cat "$RELEASE"
