#!/usr/bin/env bash
# run.sh PROGRAMS SECONDS [NAME...]: each fuzz target in turn, or those named, for SECONDS.
#
# A target starts from the kept inputs of tests/fuzz/corpus/NAME and from what of tests/data fits.
# What it learns goes to PROGRAMS/../learnt/NAME and is there for the next run. An input that breaks
# a claim is kept in tests/fuzz/corpus/NAME, where `make test` finds it until it is mended.
# Exit status: 0 nothing found, 1 something.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
programs=$1 seconds=$2
shift 2
status=0

seeds() { # NAME: folders of tests/data
    case $1 in
    fuzz_alb) echo tests/data/alb ;;
    fuzz_apigw_*) echo tests/data/apigw ;;
    fuzz_event) echo tests/data/alb tests/data/apigw tests/data/other ;;
    fuzz_http1_request | fuzz_desync) echo tests/data/http1/*/ ;;
    fuzz_json) echo tests/data/other ;;
    esac
}

for program in "$programs"/fuzz_*; do
    name=$(basename "$program")
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    kept=tests/fuzz/corpus/$name learnt=$(dirname "$programs")/learnt/$name
    mkdir -p "$kept" "$learnt"
    echo "==> $name"
    # shellcheck disable=SC2046 # folders of ours have no blanks
    "$program" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$kept/" -print_final_stats=0 -verbosity=0 \
        "$learnt" "$kept" $(seeds "$name") || status=1
done
exit $status
