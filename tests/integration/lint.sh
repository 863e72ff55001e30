#!/usr/bin/env bash
# lint.sh: each check of pipeline/lint.sh refuses a sample made for it, names the place, and passes a
# clean tree. A lint that finds nothing proves nothing until this has passed.
# shellcheck disable=SC2016 # samples are text, not to be expanded
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DUET_BUILD

# Makes $work/tree anew: the smallest tree that every check passes.
clean_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/handlers" "$work/tree/runtime/core" "$work/tree/runtime/server" "$work/tree/.ci"
    cp .clang-format "$work/tree/"
    put runtime/core/thing.h '#ifndef THING_H' '#define THING_H' 'int thing(int n);' '#endif'
    put runtime/core/thing.c '#include "runtime/core/thing.h"' '' 'int thing(int n)' '{' '    return n;' '}'
    put runtime/core/config.c '    {"PORT", KIND_NUMBER, FIELD(port), "8080", 0, 65535},' \
        '    {"DUET_STORE", KIND_TEXT, FIELD(store), NULL, 0, 0},'
    readme ''
    put handlers/hello.c '#include "runtime/core/thing.h"' \
        'static const char *const names[] = {"system(1) is no call"};' \
        '/* strcpy(a, b) neither */ int hello(int n);' \
        'int hello(int n) { return thing(n) + names[n][0]; } // nor getenv("X")'
    put .ci/run '#!/bin/sh' 'true'
}

put() { # FILE LINE...: writes a file of the sample tree
    mkdir -p "$(dirname "$work/tree/$1")"
    printf '%s\n' "${@:2}" >"$work/tree/$1"
}

readme() { # LINE...: a README.md that is true of the sample tree, with these lines on top
    put README.md "$@" '| `PORT` | `8080` | it |' '| `DUET_STORE` | none | it |' '## Folders' \
        '.ci/   run' 'handlers/ them' 'runtime/' '  core/ it' '## Else' 'server/'
}

build() { # compiles the sample's handlers to where the lint looks for objects
    mkdir -p "$work/tree/build/obj/handlers"
    (cd "$work/tree" && gcc -I. -O2 -c handlers/hello.c -o build/obj/handlers/hello.o)
}

accepts() { # CHECK
    local out
    out=$(pipeline/lint.sh "$work/tree" "$1") && grep -qx "ok lint $1" <<<"$out" && return 0
    printf '%s\n' "$out"
    return 1
}

refuses() { # CHECK TEXT: the check fails, and one of its lines has TEXT
    local out status
    out=$(pipeline/lint.sh "$work/tree" "$1")
    status=$?
    [ $status -eq 1 ] && grep -qx "not ok lint $1" <<<"$out" && grep -qF -- "$2" <<<"$out" &&
        return 0
    printf 'exit status %d\n%s\n' "$status" "$out"
    return 1
}

sample() { # CHECK CLAIM TEXT FILE LINE...: a clean tree with one bad file
    clean_tree
    put "$4" "${@:5}"
    [ "$1" != state ] || build
    check "$1: $2" refuses "$1" "$3"
}

clean_tree
build
for name in layers foreign calls environment state lengths headers settings readme shell; do
    check "$name: passes a clean tree" accepts "$name"
done
put runtime/core/config.c ''
rm "$work/tree/handlers/hello.c"
check 'format: passes a formatted tree' accepts format

sample format 'two spaces' runtime/core/thing.c runtime/core/thing.c 'int  thing;'
sample layers 'a handler that includes a front end' 'handlers/hello.c:1: ' \
    handlers/hello.c '#include "runtime/server/server_main.h"'
sample layers 'core that includes what stands on it' 'may not include runtime/json/json.h' \
    runtime/core/thing.c '' '# include "runtime/json/json.h"'
sample layers 'a front end that includes the other' 'runtime/server may not include runtime/lambda/x.h' \
    runtime/server/x.c '#include "runtime/lambda/x.h"'
sample layers 'a front end that includes a handler' 'handlers/app_definition.h' \
    runtime/server/x.c '#include "handlers/app_definition.h"'
sample layers 'a header without its path' 'may not include thing.h' \
    runtime/server/x.c '#include "thing.h"'
sample layers 'a folder that no layer names' 'runtime/new has no row' \
    runtime/new/x.c '#include "runtime/core/thing.h"'
sample foreign 'sockets in core' runtime/core/thing.c runtime/core/thing.c '#include <sys/socket.h>'
sample foreign 'cJSON in core' runtime/core/thing.h runtime/core/thing.h '#include <cjson/cJSON.h>'
sample foreign 'files in a codec' runtime/lambda/alb_event.c \
    runtime/lambda/alb_event.c '#include <unistd.h>'
sample foreign 'libcurl in a handler' handlers/hello.c handlers/hello.c '#include <curl/curl.h>'
sample calls 'strcpy' 'handlers/hello.c:1:' handlers/hello.c 'void f(char *a) { strcpy (a, "x"); }'
sample calls 'a banned call behind a comment' 'runtime/core/thing.c:2:' \
    runtime/core/thing.c '/* why' 'not */ int f(void) { return atoi("1"); }'
sample calls 'a sleep' runtime/core/thing.c runtime/core/thing.c 'void f(void) { usleep(1); }'
sample calls 'a front end that routes by itself' runtime/server/x.c \
    runtime/server/x.c 'void f(void) { router_find(0, 0); }'
sample environment 'getenv in a handler' handlers/hello.c handlers/hello.c 'char *f(void) { return getenv("X"); }'
sample state 'a counter' 'counter' handlers/hello.c 'int counter;'
sample state 'a static inside a function' 'calls' \
    handlers/hello.c 'int f(void); int f(void) { static int calls = 1; return calls++; }'
sample state 'a thread-local' 'mine' handlers/hello.c '_Thread_local int mine;'
sample lengths 'a file of 401 lines' 'runtime/core/thing.c has 401 lines' \
    runtime/core/thing.c "$(yes '/* */' | head -401)"
sample lengths 'a function of 71 lines' 'runtime/core/thing.c:1: thing has 71 lines' \
    runtime/core/thing.c 'int thing(int n)' '{' "$(yes '    n++;' | head -67)" '    return n;' '}'
sample headers 'a header that needs another before it' runtime/core/thing.h \
    runtime/core/thing.h 'size_t thing(void);'
sample settings 'a setting that README.md lacks' DUET_NEW \
    runtime/core/config.c '    {"DUET_NEW", KIND_TEXT, FIELD(x), NULL, 0, 0},'
sample settings 'another default in README.md' 'PORT' \
    README.md '| `PORT` | `80` | it |' '| `DUET_STORE` | none | it |'
sample settings 'a setting that is none' DUET_OLD README.md '| `PORT` | `8080` | it |' \
    '| `DUET_STORE` | none | it |' '| `DUET_OLD` | | it |'
clean_tree
readme 'a [file](runtime/core/none.c)'
check 'readme: a link to nowhere' refuses readme 'there is no runtime/core/none.c'
sample readme 'a folder that the picture lacks' 'lacks runtime/new' runtime/new/x.c ''
clean_tree
rm -rf "$work/tree/.ci"
check 'readme: a folder that is not there' refuses readme 'there is no folder .ci'
# A tree without terraform/ has nothing to look at; tools that a machine lacks are looked at in CI.
with() { # TOOL: whether its check can be tried here
    case $1 in
    terraform) command -v terraform >/dev/null ;;
    tables) command -v python3 >/dev/null ;;
    *) pipeline/tools.sh "$1" >/dev/null ;;
    esac
}

terraform_sample() { # CHECK CLAIM TEXT FILE LINE...
    if with "$1"; then
        clean_tree
        put terraform/README.md '<!-- tables -->' '<!-- end of tables -->'
        put terraform/variables.tf ''
        put terraform/outputs.tf ''
        cp terraform/.tflint.hcl terraform/.checkov.yaml "$work/tree/terraform/"
        put "${@:4}"
        check "$1: $2" refuses "$1" "$3"
    else
        skip "$1: $2" "$1 is missing"
    fi
}

terraform_sample terraform 'a file that terraform fmt would change' 'x = 1' terraform/main.tf 'locals {' 'x = 1' '}'
terraform_sample terraform 'a variable that is not there' 'undeclared input variable' \
    terraform/main.tf 'output "x" {' '  value = var.nothing' '}'
terraform_sample tflint 'a local that nobody uses' 'not used' terraform/main.tf 'locals {' '  x = 1' '}'
terraform_sample checkov 'an address open to everybody' CKV_AWS_24 terraform/main.tf \
    'resource "aws_security_group_rule" "x" {' '  type              = "ingress"' '  security_group_id = "sg-1"' \
    '  description       = "all"' '  protocol          = "tcp"' '  from_port         = 22' '  to_port           = 22' \
    '  cidr_blocks       = ["0.0.0.0/0"]' '}'
terraform_sample checkov 'a check that is left out without a reason' 'no reason' terraform/.checkov.yaml 'skip-check:' '  - CKV_AWS_2'
terraform_sample tables 'a variable that the table lacks' '`x`' terraform/variables.tf \
    'variable "x" {' '  description = "It."' '  type        = string' '}'
workflow_sample() { # CLAIM TEXT LINE...: a workflow with these lines as its step
    if pipeline/tools.sh actionlint >/dev/null && pipeline/tools.sh zizmor >/dev/null && pipeline/tools.sh yamllint >/dev/null; then
        clean_tree
        mkdir -p "$work/tree/.github"
        cp .github/zizmor.yml .github/yamllint.yml "$work/tree/.github/"
        put .github/workflows/x.yml '---' 'name: x' 'on: [push]' 'permissions: {}' 'concurrency:' '  group: x' '  cancel-in-progress: false' \
            'jobs:' '  x:' '    name: x' '    runs-on: ubuntu-24.04' '    steps:' "${@:3}"
        check "workflows: $1" refuses workflows "$2"
    else
        skip "workflows: $1" 'actionlint, zizmor or yamllint is missing'
    fi
}
# shellcheck disable=SC2016 # GitHub expands it
workflow_sample 'text of somebody in a script' untrusted '      - run: echo ${{ github.event.issue.title }}'
workflow_sample 'an action that is not pinned' unpinned-uses '      - uses: actions/checkout@v7'
# shellcheck disable=SC2016
workflow_sample 'an output that is not there' 'property "y" is not defined' '      - run: echo ${{ steps.y.outputs.z }}'

sample shell 'an unquoted variable in .ci/run' .ci/run .ci/run '#!/bin/sh' 'rm $1'

clean_tree
rm -rf "$work/tree/build"
check 'state: an object that is not there' refuses state 'build first'
check 'a missing tool is a skip for people, and says how to get it' \
    grep -q '^skip lint shell: .*make lint' <(PATH=$work/none CI='' /bin/bash pipeline/lint.sh "$work/tree" shell)
check 'a missing tool is an error in CI' \
    grep -qx 'not ok lint shell' <(PATH=$work/none CI=true /bin/bash pipeline/lint.sh "$work/tree" shell)
check 'a check that does not exist is bad usage' \
    bash -c 'pipeline/lint.sh . nothing 2>/dev/null; [ $? -eq 2 ]'
finish
