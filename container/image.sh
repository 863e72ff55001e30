#!/usr/bin/env bash
# image.sh ARCH...: builds the images of both homes for the architectures named (x86_64, arm64), and for
# x86_64 that of the rig, from what `make package` made, which it makes first where it is not there.
#
# They are tagged duet-server:VERSION, duet-lambda:VERSION and duet-rig:VERSION, and :latest, for this
# machine's architecture, with -ARCH behind it for each. Labels say version, revision and source; nothing else
# differs between two builds of the same files. Settings: SOURCE, an address of the source for the label; SAVE, a
# file for all of them, as docker save writes it; ONLY=server (or lambda), that kind alone, with its longest tag.
# Exit status: 0 built, 1 something failed, 77 there is no Docker to build with.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v docker >/dev/null || { echo 'image: docker is not installed' >&2; exit 77; }
docker version -f '{{.Server.Version}}' >/dev/null 2>&1 || { echo 'image: no Docker daemon answers' >&2; exit 77; }

version=$(sed -n 's/^#define DUET_VERSION "\(.*\)"/\1/p' runtime/core/version.h)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || revision+=-modified
source=${SOURCE:-$(git config --get remote.origin.url 2>/dev/null || true)}
# An address may carry a password, and a folder of this machine is nobody's source.
case $source in
*://*@* | /* | '') source=unknown ;;
esac
case $(uname -m) in
aarch64) own=arm64 ;;
*) own=$(uname -m) ;;
esac

# The classic builder builds all that stands before its target, so it is shown what is shipped alone.
stages() { sed '/^# --- from source ---$/,/^# --- to ship ---$/d' container/Dockerfile; }

build() { # STAGE TAG OPTION...: quietly; what it says is shown when it fails
    local out
    if ! out=$(stages | docker build --target "$1" -t "$2" -f - "${@:3}" . 2>&1); then
        printf '%s\nimage: the stage %s could not be built\n' "$out" "$1" >&2
        return 1
    fi
}

for arch; do
    case $arch in
    x86_64 | arm64) ;;
    *) echo "image: '$arch' is not x86_64 or arm64" >&2; exit 1 ;;
    esac
    programs=(server bootstrap)
    [ "$arch" != x86_64 ] || programs+=(duet) # make package makes no other one
    [ "${ONLY:-}" != server ] || programs=(server)
    [ "${ONLY:-}" != lambda ] || programs=(bootstrap)
    for program in "${programs[@]}"; do
        [ -x "build/release/$program-$arch" ] || { make package; break; }
    done
done

build root duet-root
docker run --rm --network=none duet-root >build/release/root.tar.new
mv build/release/root.tar.new build/release/root.tar

saved=()
for arch; do
    machine=$arch options=() kinds=(server lambda)
    [ "$arch" != x86_64 ] || machine=amd64 kinds+=(rig)
    [ -z "${ONLY:-}" ] || kinds=("$ONLY")
    ! docker buildx version >/dev/null 2>&1 || options=(--platform "linux/$machine")
    for kind in "${kinds[@]}"; do
        tag=duet-$kind:$version-$arch
        saved+=("$tag")
        build "$kind" "$tag" "${options[@]}" --build-arg "ARCH=$arch" --build-arg "VERSION=$version" \
            --build-arg "REVISION=$revision" --build-arg "SOURCE=$source"
        [ "$(docker image inspect -f '{{.Architecture}}' "$tag")" = "$machine" ] ||
            docker save "$tag" | container/set_architecture.py "$machine" | docker load -q >/dev/null
        [ "$arch" != "$own" ] || [ -n "${ONLY:-}" ] || { docker tag "$tag" "duet-$kind:$version" && docker tag "$tag" "duet-$kind:latest"; }
        printf '%s: %d bytes, %s\n' "$tag" "$(docker image inspect -f '{{.Size}}' "$tag")" \
            "$(docker image inspect -f '{{.Os}}/{{.Architecture}}' "$tag")"
    done
done
if [ -n "${SAVE:-}" ]; then
    docker save -o "$SAVE.new" "${saved[@]}" && mv "$SAVE.new" "$SAVE"
fi
