#!/usr/bin/env bash
# embed.sh FOLDER TABLE HEADER: prints a C file with FOLDER's files in it, as the table
# `const struct embedded_file TABLE[]` that HEADER declares; it ends with a NULL name.
#
# A file "dot-x" is named ".x" in the table, since a ".gitignore" in FOLDER would have its own effect.
# Signed decimal bytes and no string literal: those have a length limit in ISO C.
set -euo pipefail
folder=$1 table=$2 header=$3

printf '/* Made by pipeline/embed.sh from %s. */\n#include "%s"\n' "$folder" "$header"
rows=
i=0
for file in "$folder"/*; do
    name=$(basename "$file")
    printf '\nstatic const char file_%d[] = {\n' "$i"
    od -An -v -td1 "$file" | sed 's/ *\(-*[0-9][0-9]*\)/\1,/g'
    printf '};\n'
    rows+="    {\"${name/#dot-/.}\", {file_$i, sizeof file_$i}},"$'\n'
    i=$((i + 1))
done
printf '\nconst struct embedded_file %s[] = {\n%s    {NULL, {NULL, 0}},\n};\n' "$table" "$rows"
