#!/usr/bin/env bash
# gates.sh: a failure is counted as one, whatever it looks like. Runs tests/run.sh over programs that
# leak, race, overflow, crash or claim nothing (Criterion itself lets some of them pass), and .ci/run
# over suites that die.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DUET_BUILD CI ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS

# A tree with the real run.sh and one test program made from the body of a test.
tree_with() { # FLAGS BODY
    rm -rf "$work/tree"
    mkdir -p "$work/tree/tests/unit" "$work/tree/tests/integration" "$work/tree/build/tests/unit"
    cp -r tests/run.sh tests/support "$work/tree/tests/"
    printf '#include <criterion/criterion.h>\n#include <limits.h>\n#include <pthread.h>\n%s\n' "$2" \
        >"$work/tree/tests/unit/test_x.c"
    # shellcheck disable=SC2086 # flags are words
    gcc -g "$work/tree/tests/unit/test_x.c" $1 -o "$work/tree/build/tests/unit/test_x" -lpthread
}

sums_to() { # SUM COMMAND...: the last line is SUM, and the exit status goes with it
    local out status wanted=1
    out=$("${@:2}" 2>&1)
    status=$?
    [[ $1 == *' 0 failed' ]] && wanted=0
    [ $status -eq $wanted ] && [ "$(tail -n 1 <<<"$out")" = "$1" ] && return 0
    printf '%s\nexit status %d\n' "$out" "$status"
    return 1
}

gate() { # CLAIM SUM FLAGS BODY
    tree_with "$3" "$4" || { check "$1" false; return; }
    check "$1" sums_to "$2" "$work/tree/tests/run.sh" build
}

plain=-lcriterion
asan='-fsanitize=address,undefined -fno-sanitize-recover=all -lcriterion'
tsan='-D_GNU_SOURCE -fsanitize=thread -I. -Itests/support/tsan tests/support/tsan/runner.c'
gate 'a clean program passes' '1 passed, 0 failed' "$asan" 'Test(x, fine) { cr_assert(1); }'
gate 'a wrong claim fails' '1 passed, 1 failed' "$plain" \
    'Test(x, fine) { cr_assert(1); } Test(x, wrong) { cr_assert(0); }'
gate 'a crash fails' '0 passed, 1 failed' "$plain" 'Test(x, crash) { *(volatile int *)0 = 1; }'
gate 'a leak fails' '1 passed, 1 failed' "$asan" \
    'Test(x, leak) { char *volatile p = malloc(7); p = NULL; cr_assert_null(p); }'
gate 'an overflow fails' '0 passed, 1 failed' "$asan" \
    'Test(x, overflow) { volatile int n = INT_MAX; n++; cr_assert_lt(n, 0); }'
gate 'the same, under the thread sanitizer' '1 passed, 2 failed' "$tsan" \
    'Test(x, fine) { cr_assert(1); } Test(x, wrong) { cr_assert(0, "%d", 1); } Test(x, crash) { abort(); }'
gate 'a race fails' '0 passed, 2 failed' "$tsan" '
static int shared;
static void *add(void *p) { (void)p; for (int i = 0; i < 10000; i++) shared++; return NULL; }
Test(x, race) {
    pthread_t a, b;
    pthread_create(&a, NULL, add, NULL);
    pthread_create(&b, NULL, add, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
}'
gate 'a program without a test fails' '0 passed, 1 failed' "$plain" ''

shell_test() { # CLAIM SUM LINE...: the same for a shell test of these lines
    rm -f "$work/tree/tests/unit/test_x.c"
    printf '#!/bin/bash\n' >"$work/tree/tests/integration/y.sh"
    printf '%s\n' "${@:3}" >>"$work/tree/tests/integration/y.sh"
    chmod +x "$work/tree/tests/integration/y.sh"
    check "$1" sums_to "$2" "$work/tree/tests/run.sh" build
}

shell_test 'shell claims are counted' '2 passed, 1 failed' 'echo ok a; echo ok b; echo not ok c; exit 1'
shell_test 'a shell test that dies fails' '1 passed, 1 failed' 'echo ok a; exit 3'
shell_test 'a shell test that claims nothing fails' '0 passed, 1 failed' 'exit 0'

# .ci/run with a make that plays the suites.
mkdir "$work/bin"
cat >"$work/bin/make" <<'END'
#!/bin/bash
case ${!#} in
lint) echo '3 passed, 0 failed' ;;
package) exit 1 ;;
tf-test) echo '4 passed, 0 failed' ;;
test) echo 'it dies'; kill -SEGV $$ ;;
test-asan) echo '2 passed, 1 failed'; echo 'make: *** [test-asan] Error 1'; exit 2 ;;
test-tsan) echo '1 passed, 0 failed'; exit 1 ;;
esac
END
chmod +x "$work/bin/make"
check '.ci/run counts a suite that dies, one that fails, and one that ends badly' \
    sums_to '10 passed, 4 failed' env "PATH=$work/bin:$PATH" .ci/run
printf '#!/bin/bash\necho "5 passed, 0 failed"\n' >"$work/bin/make"
check '.ci/run adds up what passes' sums_to '26 passed, 0 failed' env "PATH=$work/bin:$PATH" .ci/run
finish
