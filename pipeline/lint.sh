#!/usr/bin/env bash
# lint.sh [ROOT [CHECK...]]: what no compiler checks. Without CHECK it runs all of them.
#
# Each check ends with one line, "ok lint NAME", "not ok lint NAME" (its findings stand before it) or
# "skip lint NAME: WHY" when a tool is missing, which is an error in CI (CI=true). The last line is
# the sum. Exit status: 0 nothing found, 1 something, 2 bad usage.
set -u

max_function_lines=70
max_file_lines=400
clang_format_version=14

# Layers: a folder, and what of ours it may include besides itself. A folder without a row is refused.
layers='
handlers        runtime/core runtime/json runtime/store runtime/aws
runtime/core
runtime/json    runtime/core
runtime/http1   runtime/core
runtime/net     runtime/core runtime/http1
runtime/http2   runtime/core runtime/net
runtime/aws     runtime/core runtime/json runtime/http1
runtime/store   runtime/core runtime/json runtime/aws
runtime/lambda  runtime/core runtime/json runtime/http1 runtime/store
runtime/server  runtime/core runtime/http1 runtime/net runtime/store
runtime/alb     runtime/core runtime/json runtime/http1 runtime/net
runtime/control runtime/core runtime/json runtime/http1 runtime/net runtime/alb
runtime/dashboard runtime/core runtime/json runtime/http1 runtime/net runtime/alb runtime/control
runtime/process runtime/core runtime/net
runtime/functions runtime/core runtime/json runtime/http1 runtime/net runtime/alb runtime/control runtime/process
runtime/tasks   runtime/core runtime/json runtime/http1 runtime/net runtime/alb runtime/control runtime/process
runtime/local   runtime/core runtime/json runtime/http1 runtime/net runtime/http2 runtime/aws runtime/store runtime/alb runtime/control runtime/dashboard runtime/process runtime/functions runtime/tasks
runtime/release
pipeline/canary runtime/core runtime/json runtime/aws
pipeline/guard  pipeline/canary runtime/core runtime/json runtime/aws
runtime/tool    pipeline/canary pipeline/guard runtime/core runtime/json runtime/http1 runtime/net runtime/aws runtime/alb runtime/functions runtime/local
'
# Single files with one header more: the mains know the application.
joints='
runtime/lambda/main.c       handlers/app_definition.h
runtime/server/main.c       handlers/app_definition.h
pipeline/guard/main.c       runtime/lambda/bootstrap.h
'
# System headers that a file may not include: a pattern of its path, then headers, or their beginnings.
foreign='
^handlers/            sys/socket.h sys/epoll.h netinet/ arpa/ netdb.h curl/
^runtime/core/        sys/socket.h sys/epoll.h netinet/ arpa/ netdb.h curl/ cjson/
^runtime/json/        sys/socket.h sys/epoll.h netinet/ arpa/ netdb.h curl/ unistd.h
^runtime/http1/       sys/socket.h sys/epoll.h netinet/ arpa/ netdb.h curl/ unistd.h
^runtime/lambda/(alb|apigw|event)[_.]  sys/socket.h sys/epoll.h netinet/ arpa/ netdb.h curl/ unistd.h
'
# A pattern of paths, and a pattern of what they may not call.
calls='
^(handlers|runtime|pipeline|tests)/  (str(cpy|cat|tok)|v?sprintf|gets|ato[il]|atoll|alloca|system|tmpnam|mktemp)
^(handlers|runtime|pipeline)/  u?sleep
^runtime/(lambda|server)/   router_[a-z]+
'
# The only files that may read the environment; config.h has the settings for all others, and the
# console honours NO_COLOR.
environment_readers='^runtime/(lambda/(main|bootstrap)|server/settings|aws/environment|local/console|tool/[a-z_]+)\.c:'

sources() { find handlers runtime pipeline tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort; }
layered() { sources | grep -v -e '^tests/' -e '/templates/' -e '^runtime/[^/]*$'; }
scripts() {
    find . \( -name build -o -name .git \) -prune -o -type f -name '*.sh' -print | LC_ALL=C sort
    [ ! -e .ci/run ] || echo .ci/run
}

# The code of the files given, as FILE:LINE:TEXT without comments and without what is in quotes.
code() {
    awk '
    FNR == 1 { in_comment = 0 }
    {
        out = ""
        for (i = 1; i <= length($0); i++) {
            c = substr($0, i, 1)
            two = substr($0, i, 2)
            if (in_comment) { if (two == "*/") { in_comment = 0; i++ } }
            else if (two == "/*") { in_comment = 1; i++ }
            else if (two == "//") break
            else if (c == "\"" || c == "\047") {
                for (i++; i <= length($0) && substr($0, i, 1) != c; i++)
                    if (substr($0, i, 1) == "\\") i++
                out = out c c
            } else out = out c
        }
        print FILENAME ":" FNR ":" out
    }' "$@" /dev/null
}

# Succeeds when it is given no line; otherwise prints the lines, each with `$1` before it.
none() {
    local line found=0
    while IFS= read -r line; do
        printf '%s%s\n' "$1" "$line"
        found=1
    done
    return "$found"
}

check_format() { # every C file is as clang-format writes it
    local tool=clang-format-$clang_format_version version # beside another one, it has this name
    command -v "$tool" >/dev/null || tool=clang-format
    needs "$tool" || return 2
    version=$("$tool" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
    if [ "$version" != "$clang_format_version" ]; then
        echo "this is clang-format $version, the tree is formatted with $clang_format_version"
        return 2
    fi
    sources | xargs -r "$tool" --style=file --dry-run -Werror
}

check_layers() { # the layers of the folders, by include
    layered | xargs -r grep -Hn '^ *# *include *"' /dev/null |
        LAYERS=$layers JOINTS=$joints awk -F: '
        BEGIN {
            n = split(ENVIRON["LAYERS"], rows, "\n")
            for (i = 1; i <= n; i++) if (split(rows[i], word, " ")) {
                known[word[1]] = 1
                for (k in word) may[word[1], word[k]] = 1
            }
            n = split(ENVIRON["JOINTS"], rows, "\n")
            for (i = 1; i <= n; i++) if (split(rows[i], word, " ")) joint[word[1], word[2]] = 1
        }
        {
            folder = $1; sub("/[^/]*$", "", folder)
            header = $3; gsub(/^[^"]*"|".*$/, "", header)
            from = header; if (!sub("/[^/]*$", "", from)) from = "(no folder)"
            if (!(folder in known)) print $1 ": " folder " has no row in the layers of pipeline/lint.sh"
            else if (!((folder, from) in may) && !(($1, header) in joint))
                print $1 ":" $2 ": " folder " may not include " header
        }' | none ''
}

check_foreign() { # no sockets, libcurl or cJSON where they do not belong
    local found=0 path headers header
    while read -r path headers; do
        for header in $headers; do
            layered | grep -E -e "$path" | xargs -r grep -Hn "^ *# *include *<$header" /dev/null |
                none 'may not be included here: ' || found=1
        done
    done < <(grep . <<<"$foreign")
    return $found
}

check_calls() { # banned functions, and what a front end may not call
    local found=0 path function
    while read -r path function; do
        # shellcheck disable=SC2046 # no path of ours has blanks
        code $(sources | grep -E -e "$path") | grep -E "(^|[^A-Za-z0-9_])$function *\(" |
            none 'may not be called here: ' || found=1
    done < <(grep . <<<"$calls")
    return $found
}

check_environment() { # settings are read in one place
    # shellcheck disable=SC2046
    code $(layered) | grep -E '(^|[^A-Za-z0-9_])(secure_)?getenv([^A-Za-z0-9_]|$)' |
        grep -Ev "$environment_readers" | none 'reads the environment: '
}

check_state() { # handlers have no state: no writable symbol in their objects
    needs nm || return 2
    local source object found=0
    for source in handlers/*.c; do
        [ -e "$source" ] || continue
        object=${DUET_BUILD:-build}/obj/${source%.c}.o
        if [ ! -e "$object" ]; then
            echo "$object is not there: build first"
            found=1
        fi
        [ ! -e "$object" ] || nm -f sysv "$object" |
            awk -F'|' '$7 ~ /^\.t?(data|bss)|COM/ && $7 !~ /^\.data\.rel\.ro/ { print $1, $7 }' |
            none "$source: writable: " || found=1
    done
    return $found
}

check_lengths() { # short functions, short files
    needs pmccabe || return 2
    local found=0 functions
    functions=$(sources | grep '\.c$' | xargs -r pmccabe) || found=1
    awk -v max=$max_function_lines '$5 > max {
        at = $6; sub(/\(.*/, "", at)
        print at ":" $4 ": " $NF " has " $5 " lines, more than " max }' <<<"$functions" |
        none '' || found=1
    sources | xargs -r wc -l | grep -v ' total$' |
        awk -v max=$max_file_lines '$1 > max { print $2 " has " $1 " lines, more than " max }' |
        none '' || found=1
    return $found
}

check_headers() { # each header compiles by itself
    needs gcc || return 2
    sources | grep '\.h$' | grep -v /templates/ | xargs -r gcc -std=c11 -D_GNU_SOURCE -I. -Wall -Wextra -Werror \
        -Wno-unused-function -fsyntax-only -x c
}

check_settings() { # README.md's table of settings is that of runtime/core/config.c, defaults too
    local found=0 rows name fallback row
    rows=$(sed -n 's/^ *{"\([A-Z_]*\)", KIND_[A-Z]*, [^,]*, "*\([^",]*\).*/\1 \2/p' runtime/core/config.c)
    [ -n "$rows" ] || { echo 'runtime/core/config.c: no settings found'; return 1; }
    while read -r name fallback; do
        row="| \`$name\` |"
        [ "$fallback" = NULL ] || row+=" \`$fallback\` |"
        grep -qF "$row" README.md || { echo "README.md: no row that begins with $row"; found=1; }
    done <<<"$rows"
    while read -r name; do
        grep -q "^$name " <<<"$rows" || { echo "README.md: $name is no setting"; found=1; }
    done < <(sed -n 's/^| .\([A-Z_]*\). |.*/\1/p' README.md)
    return $found
}

check_readme() { # README.md's links lead somewhere, and its picture of the folders is true
    local found=0 path
    while read -r path; do
        [ -e "$path" ] || { echo "README.md: there is no $path"; found=1; }
    done < <(grep -o '](\([^):#]*\))' README.md | sed 's/^](//; s/)$//')
    # In the picture a folder ends with a slash; two blanks put it into the last one without any.
    diff <(awk '/^## Folders/ { inside = 1 } /^## / && !/Folders/ { inside = 0 }
               inside && match($0, /^(  )?[a-z0-9_.]+\//) {
                   name = substr($0, 1, RLENGTH - 1)
                   if (sub(/^  /, "", name)) print top "/" name; else print top = name }' README.md |
               LC_ALL=C sort) \
        <(find .ci .github container handlers pipeline runtime terraform tests -type f ! -name '*.pyc' ! -path '*/.terraform*' 2>/dev/null |
            awk -F/ '{ print $1 } NF > 2 { print $1 "/" $2 }' | LC_ALL=C sort -u) |
        sed -n 's/^< /README.md: there is no folder /p; s/^> /README.md: the picture lacks /p' |
        none '' || found=1
    return $found
}

check_shell() { # every script passes its own linter
    needs shellcheck || return 2
    scripts | xargs -r shellcheck -x
}

# What is under terraform/, with providers but without a state, in a copy: nothing is left in the tree.
check_terraform() { # formatted as terraform fmt does, and valid
    [ -d terraform ] || return 0
    command -v terraform >/dev/null || { echo 'terraform is missing (1.11 or newer)'; return 2; }
    terraform fmt -check -diff -recursive terraform || return 1
    local work status=0 folder
    work=$(mktemp -d)
    cp -r terraform "$work/"
    if [ -z "${TF_CLI_CONFIG_FILE:-}" ]; then # the provider is large: fetched once
        export TF_PLUGIN_CACHE_DIR=${DUET_CACHE:-$HOME/.cache/duet}/terraform
        mkdir -p "$TF_PLUGIN_CACHE_DIR"
    fi
    find "$work" -name .terraform -prune -exec rm -rf {} + -o -name .terraform.lock.hcl -exec rm -f {} +
    for folder in "$work/terraform" "$work/terraform/bootstrap"; do
        [ -d "$folder" ] || continue
        terraform "-chdir=$folder" init -backend=false -input=false -no-color >"$work/log" 2>&1 ||
            { cat "$work/log"; status=2; break; }
        terraform "-chdir=$folder" validate -no-color >"$work/log" 2>&1 || { cat "$work/log"; status=1; }
    done
    rm -rf "$work"
    return $status
}

check_tflint() { # what is not used, not typed, not described, or old in its form
    [ -d terraform ] || return 0
    local tool
    tool=$("$scripts"/tools.sh tflint) || { echo "$tool"; return 2; }
    "$tool" --chdir=terraform --recursive --config="$PWD/terraform/.tflint.hcl" || return 1
}

check_checkov() { # what is unsafe, but for what terraform/.checkov.yaml lists with its reason
    [ -d terraform ] || return 0
    local tool
    tool=$("$scripts"/tools.sh checkov) || { echo "$tool"; return 2; }
    awk '/^  - CKV/ && !/ # ./ { print FILENAME ":" FNR ": no reason" }' terraform/.checkov.yaml | none '' || return 1
    "$tool" --directory terraform --config-file terraform/.checkov.yaml --skip-download
}

check_tables() { # terraform/README.md's tables are those of its variables and outputs
    [ -d terraform ] || return 0
    command -v python3 >/dev/null || { echo 'python3 is missing'; return 2; }
    "$scripts"/terraform_tables.py terraform
}

check_dockerfile() { # what hadolint knows of Dockerfiles
    [ -d container ] || return 0
    local tool
    tool=$("$scripts"/tools.sh hadolint) || { echo "$tool"; return 2; }
    "$tool" container/Dockerfile
}

check_chart() { # the Helm chart and what Flux makes of it, with each environment's values
    [ -d container/chart ] || return 0
    "$scripts"/chart_check.sh
}

check_workflows() { # what actionlint, zizmor and yamllint know of GitHub's workflows
    [ -d .github ] || return 0
    local tool
    tool=$("$scripts"/tools.sh actionlint) || { echo "$tool"; return 2; }
    "$tool" .github/workflows/*.yml || return 1
    tool=$("$scripts"/tools.sh zizmor) || { echo "$tool"; return 2; }
    "$tool" --offline --no-progress --quiet --config .github/zizmor.yml .github/workflows || return 1
    tool=$("$scripts"/tools.sh yamllint) || { echo "$tool"; return 2; }
    "$tool" --strict --config-file .github/yamllint.yml .github
}

needs() { # TOOL
    command -v "$1" >/dev/null && return 0
    echo "$1 is missing: make lint installs it"
    return 1
}

run() { # CHECK: runs it and prints its line
    local out status
    out=$("check_$1" 2>&1)
    status=$?
    if [ $status -eq 2 ] && [ "${CI:-}" != true ]; then
        echo "skip lint $1: $out"
        skipped=$((skipped + 1))
        return
    fi
    [ -z "$out" ] || printf '%s\n' "$out"
    if [ $status -eq 0 ]; then
        echo "ok lint $1"
        passed=$((passed + 1))
    else
        echo "not ok lint $1"
        failed=$((failed + 1))
    fi
}

all=(format layers foreign calls environment state lengths headers settings readme shell terraform tflint checkov tables dockerfile chart workflows)
scripts=$(cd "${0%/*}" && pwd)
cd "${1:-$scripts/..}" || exit 2
[ $# -gt 1 ] && all=("${@:2}")
passed=0 failed=0 skipped=0
for name in "${all[@]}"; do
    declare -F "check_$name" >/dev/null || { echo "lint: there is no check '$name'" >&2; exit 2; }
    run "$name"
done
[ $skipped -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
