#!/usr/bin/env bash
# embed_web.sh HEADER TABLE NAME=FILE...: prints a C file with the files that a web page is made of, as
# `const struct www_file TABLE[]`, which HEADER declares (runtime/core/www.h); it ends with a NULL name.
#
# Each is there as it is and as gzip makes it, so that no request waits for that; its entity tags are
# the start of its SHA-256. The same files give the same bytes.
# Exit status: 0, 1 a file is not there, or its kind is none that is known.
set -euo pipefail

type_of() { # NAME
    case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *)
        echo "embed_web: no content type is known for '$1'" >&2
        return 1
        ;;
    esac
}

print_array() { # NAME, bytes on stdin; signed decimals, since a string literal has a length limit
    printf '\nstatic const char %s[] = {\n' "$1"
    od -An -v -td1 | sed 's/ *\(-*[0-9][0-9]*\)/\1,/g'
    printf '};\n'
}

header=$1 table=$2
shift 2
printf '/* Made by pipeline/embed_web.sh. */\n#include "%s"\n' "$header"
rows=
i=0
for pair in "$@"; do
    name=${pair%%=*} file=${pair#*=}
    [ -s "$file" ] || { echo "embed_web: '$file' is not there, or empty" >&2; exit 1; }
    type=$(type_of "$name")
    tag=$(sha256sum <"$file" | cut -c1-16)
    print_array "plain_$i" <"$file"
    gzip -9nc "$file" | print_array "gzip_$i"
    rows+="    {\"$name\", BYTES_INIT(\"$type\"), {plain_$i, sizeof plain_$i}, BYTES_INIT(\"\\\"$tag\\\"\"),"$'\n'
    rows+="     {gzip_$i, sizeof gzip_$i}, BYTES_INIT(\"\\\"$tag-gz\\\"\")},"$'\n'
    i=$((i + 1))
done
printf '\nconst struct www_file %s[] = {\n%s    {.name = NULL},\n};\n' "$table" "$rows"
