#!/usr/bin/env bash
# run.sh BUILD_DIR [NAME...]: runs the built tests and the shell tests, or those named alone; beside each
# other, since both wait more than they compute.
#
# Each test program is run by itself; its failures are shown, and the last line is the sum:
# "N passed, N failed". A sanitizer's report of any process fails the run, whatever the program's
# own exit status was (Criterion exits 0 after a leak).
# Exit status: 0 all passed, 1 not.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
build=$1
shift
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
export DUET_BUILD=$build
touch "$state/sums" "$state/failures" # what the failed ones printed: shown again last, where it is read first

# reports NAME: the sanitizers' reports from here on go into a folder of that name.
reports() {
    reports=$state/$1
    mkdir -p "$reports"
    export ASAN_OPTIONS="detect_leaks=1:log_path=$reports/asan:$own_asan_options"
    export UBSAN_OPTIONS="print_stacktrace=1:log_path=$reports/ubsan"
    export TSAN_OPTIONS="log_path=$reports/tsan:suppressions=$PWD/tests/support/tsan.supp:$own_tsan_options"
    export LSAN_OPTIONS="suppressions=$PWD/tests/support/lsan.supp:print_suppressions=0"
}
own_asan_options=${ASAN_OPTIONS:-} own_tsan_options=${TSAN_OPTIONS:-}

wanted() { # NAME: is this test among those asked for?
    [ ${#only[@]} -eq 0 ] && return 0
    local name
    for name in "${only[@]}"; do
        [ "$1" = "$name" ] || [ "$1" = "test_$name" ] && return 0
    done
    return 1
}
only=("$@")

# A test of its own that hangs is ended; how long one may take says nothing about it, so the limit is
# far from what the slowest one needs on a slow machine.
test_limit_s=300

# Criterion closes with "Synthesis: Tested: 5 | Passing: 4 | Failing: 1 | Crashing: 0".
criterion() {
    local out status tested passing
    began=$SECONDS
    out=$("$1" -j2 --timeout "$test_limit_s" 2>&1)
    status=$?
    tested=$(plain "$out" | sed -n 's/.*Synthesis: Tested: *\([0-9]*\).*/\1/p' | tail -1)
    passing=$(plain "$out" | sed -n 's/.*Synthesis:.*| Passing: *\([0-9]*\).*/\1/p' | tail -1)
    count "$1" "$out" "$status" "${passing:-0}" "$((${tested:-0} - ${passing:-0}))"
}

# Shell tests print "ok NAME" and "not ok NAME" lines.
shell() {
    local out status ok bad
    began=$SECONDS
    out=$("$1" 2>&1)
    status=$?
    ok=$(grep -c '^ok ' <<<"$out")
    bad=$(grep -c '^not ok ' <<<"$out")
    count "$1" "$out" "$status" "$ok" "$bad"
}

# shellcheck disable=SC2001 # no pattern of bash says "any number of digits and semicolons"
plain() { sed 's/\x1b\[[0-9;]*m//g' <<<"$1"; }

count() { # PROGRAM OUTPUT STATUS PASSED FAILED
    local report
    if [ "$3" -eq 0 ] && [ $(($4 + $5)) -eq 0 ] && ! grep -q '^skip ' <<<"$2"; then
        set -- "$1" "$2"$'\n'"it claimed nothing" 1 0 1
    fi
    if [ "$3" -ne 0 ] && [ "$5" -eq 0 ]; then
        set -- "$1" "$2"$'\n'"exit status $3" "$3" "$4" 1
    fi
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        set -- "$1" "$2"$'\n'"$(cat "$report")" 1 "$4" "$(($5 + 1))"
        rm -f "$report"
    done
    {
        flock 9 # the other ones print too
        echo "$4 $5" >>"$state/sums"
        if [ "$5" -ne 0 ]; then
            plain "$2"
            printf '%-44s %4d passed, %d FAILED\n' "${1#"$build"/}" "$4" "$5"
            { echo "FAILED ${1#"$build"/}" && plain "$2" | grep -vE '^(ok |\[PASS\]|\[RUN )' | tail -n 60; } >>"$state/failures"
        else
            printf '%-44s %4d passed %4d s\n' "${1#"$build"/}" "$4" $((SECONDS - began))
            grep '^skip ' <<<"$2"
        fi
    } 9>"$state/lock"
}

# programs FOLDER...: one after the other; the first is the name of their sanitizers' reports too.
programs() {
    local source name
    reports "$1"
    for source in $(printf 'tests/%s/*.c ' "$@"); do
        [ -e "$source" ] || continue
        name=$(basename "$source" .c)
        wanted "$name" && criterion "$build/${source%.c}"
    done
}

# scripts NAME SCRIPT...: one after the other; NAME is of their sanitizers' reports.
scripts() {
    local script
    reports "$1"
    for script in "${@:2}"; do
        [ -e "$script" ] && wanted "$(basename "$script" .sh)" && shell "$script"
    done
}

# Both ship what package.sh makes; tasks that are containers are task_test.sh's alone, which counts them.
shipping() {
    scripts shipping tests/integration/package.sh
    touch "$state/packaged"
    scripts shipping "${containers[@]}"
    after "$state/rehearsed"
    scripts shipping container/task_test.sh
}
rehearsal() {
    after "$state/packaged"
    scripts rehearsal tests/integration/rehearse.sh
    touch "$state/rehearsed"
}
after() { until [ -e "$1" ]; do sleep 0.1; done; } # MARK
others=() containers=()
for script in tests/integration/*.sh container/*_test.sh; do
    case $script in
    */package.sh | */rehearse.sh | */task_test.sh) ;; # named above
    container/*) containers+=("$script") ;;
    *) others+=("$script") ;;
    esac
done

# Groups of their own, which job control gives: without it what runs beside would ignore SIGINT, and so
# would all the programs under test.
set -m
beside=()
for lane in 'programs unit parity' 'programs integration' shipping rehearsal; do
    $lane &
    beside+=("-$!")
done
set +m
trap 'kill -TERM -- "${beside[@]}" 2>/dev/null; exit 130' INT TERM HUP
scripts scripts "${others[@]}"
wait
read -r passed failed < <(awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }' "$state/sums")
[ $((passed + failed)) -gt 0 ] || printf 'no test is named %s\n' "${only[*]}"
cat "$state/failures"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
