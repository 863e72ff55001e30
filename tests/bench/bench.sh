#!/usr/bin/env bash
# bench.sh [lambda|server]: builds the references into build/bench and prints Duet's figures beside
# theirs, both halves or the one named. Better run by `make bench`, which builds Duet first.
set -euo pipefail
cd "$(dirname "$0")/../.."
half=${1:-all}
case $half in all | lambda | server) ;; *)
    echo "bench: '$half' is neither lambda nor server" >&2
    exit 2
    ;;
esac
pipeline/deps.sh bench
mkdir -p build/bench
for name in runtime_api ref_bootstrap ref_server; do
    [ "build/bench/$name" -nt "tests/bench/$name.c" ] ||
        gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "build/bench/$name" "tests/bench/$name.c"
done
[ "$half" = server ] || tests/bench/bench.py lambda
[ "$half" = lambda ] || tests/bench/bench.py server
