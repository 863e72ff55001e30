#!/usr/bin/env bash
# bench.sh [lambda|server]: prints Duet's figures beside those of its references, both halves or the
# one named. Run by `make bench`, which builds both first.
set -euo pipefail
cd "$(dirname "$0")/../.."
half=${1:-all}
case $half in all | lambda | server) ;; *)
    echo "bench: '$half' is neither lambda nor server" >&2
    exit 2
    ;;
esac
pipeline/deps.sh bench
arch=$(uname -m)
arch=${arch/aarch64/arm64}
if [ "$half" != server ] && [ -e "build/release-$arch/bootstrap" ]; then
    make -s --no-print-directory DEPS=skip MODE="release-$arch" "build/release-$arch/bench/ref_bootstrap"
fi
[ "$half" = server ] || tests/bench/bench.py lambda
[ "$half" = lambda ] || tests/bench/bench.py server
