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
if wanted server; then
    # A static build where pipeline/static_deps.sh has been run, else the everyday one.
    program=build/server
    if [ -e "build/release-$arch/server" ]; then
        program=build/release-$arch/server
        make -s --no-print-directory DEPS=skip MODE="release-$arch" "$program"
    fi
    if echo '#include <microhttpd.h>' | gcc -E - >/dev/null 2>&1; then
        gcc -O2 -std=c11 -D_GNU_SOURCE -o build/bench/mhd tests/bench/peers/mhd.c -lmicrohttpd
    fi
    tests/bench/server.py "$program"
fi
if wanted alb; then tests/bench/proxy.py; fi
if wanted rig; then tests/bench/rig.py; fi
if wanted rig; then tests/bench/rolling.py; fi
if wanted life; then tests/bench/life.py; fi
if wanted store; then tests/bench/dynamodb.py; fi
if wanted store; then tests/bench/store.py "$(tests/bench/venv.sh)"; fi
if wanted canary; then build/bench/canary; fi
if wanted guard; then tests/bench/guard.py; fi
