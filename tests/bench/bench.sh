#!/usr/bin/env bash
# bench.sh [lambda|server|life|store|alb|canary|rig|guard]: prints Duet's figures beside those of its references, all parts or
# the one named. Run by `make bench`, which builds both first.
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:-all}
case $part in all | lambda | server | life | store | alb | canary | rig | guard) ;; *)
    echo "bench: '$part' is none of lambda, server, life, store, alb, canary, rig and guard" >&2
    exit 2
    ;;
esac
pipeline/deps.sh bench
arch=$(uname -m)
arch=${arch/aarch64/arm64}
wanted() { [ "$part" = all ] || [ "$part" = "$1" ]; }

if wanted lambda && [ -e "build/release-$arch/bootstrap" ]; then
    make -s --no-print-directory DEPS=skip MODE="release-$arch" "build/release-$arch/bench/ref_bootstrap"
fi
if wanted lambda; then tests/bench/bench.py lambda; fi
# built NAME: the program to measure: the release build's, brought up to date, where `make package` or a
# make of its own has built one, else the everyday one.
built() {
    local program=build/release-$arch/$1
    [ -e "$program" ] || program=build/$1
    case $program in build/release-*) make -s --no-print-directory DEPS=skip MODE="release-$arch" "$program" >&2 ;; esac
    echo "$program"
}
if wanted server; then
    program=$(built server)
    if echo '#include <microhttpd.h>' | gcc -E - >/dev/null 2>&1; then
        gcc -O2 -std=c11 -D_GNU_SOURCE -o build/bench/mhd tests/bench/peers/mhd.c -lmicrohttpd
    fi
    tests/bench/server.py "$program"
fi
if wanted alb; then tests/bench/proxy.py "$(built duet)"; fi
if wanted rig; then tests/bench/rig.py; fi
if wanted rig; then tests/bench/rolling.py; fi
if wanted life; then tests/bench/life.py; fi
if wanted store; then tests/bench/dynamodb.py; fi
if wanted store; then tests/bench/store.py "$(tests/bench/venv.sh)"; fi
if wanted canary; then build/bench/canary; fi
if wanted guard; then tests/bench/guard.py; fi
