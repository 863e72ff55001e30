#!/usr/bin/env bash
# rehearse_report.sh FOLDER: what a rehearsal has left in FOLDER (each canary's report and picture, by build) as
# one page: report.md, and report.html for a browser. Both name the pictures by their places in FOLDER.
#
# Inputs: SUMMARY, a line on top.
# Exit codes: 0 written, 2 there is no report of a canary.
set -euo pipefail
folder=${1:-}
reports=("$folder"/{good,broken}-canary/{lambda,fargate}.md)
found=()
for report in "${reports[@]}"; do [ ! -s "$report" ] || found+=("$report"); done
[ ${#found[@]} -gt 0 ] || { echo "rehearse_report: there is no report of a canary in '$folder'" >&2; exit 2; }

escaped() { sed 's/&#39;/'"'"'/g; s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
verdicts() { # REPORT: the rows of its table of checks, for HTML, with the picture's marks: any font has these
    sed -n '/^| check /,/^$/p' "$1" | sed -n '3,$p' | escaped | sed 's/✅/✓/; s/❌/✕/; s/❔/?/; s/⚪/–/' |
        sed -n 's/^| \(.*\) | \(.*\) | \(.*\) |$/<tr><td>\1<td>\2<td>\3/p'
}

{
    printf '# The rehearsal\n\n%s\n' "${SUMMARY:-}"
    for report in "${found[@]}"; do
        picture=${report%.md}.svg
        picture=${picture#"$folder"/}
        printf '\n## The %s build\n\n![its canary](%s)\n\n' "${picture%%-*}" "$picture"
        sed 's/^## /### /' "$report"
    done
} >"$folder/report.md"

{
    cat <<'HTML'
<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>The rehearsal</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
img { max-width: 100%; height: auto }
table { border-collapse: collapse; margin: 1rem 0 }
td { border: 1px solid #8888; padding: .3rem .6rem; vertical-align: top }
td:nth-child(2) { white-space: nowrap }
</style>
<h1>The rehearsal</h1>
HTML
    printf '<p>%s\n' "$(escaped <<<"${SUMMARY:-}")"
    for report in "${found[@]}"; do
        picture=${report%.md}.svg
        picture=${picture#"$folder"/}
        title=$(sed -n 's/^## //p' "$report" | head -n 1 | escaped)
        printf '<h2>The %s build: %s</h2>\n<img src="%s" alt="%s">\n<table>\n' "${picture%%-*}" "$title" "$picture" "$title"
        verdicts "$report"
        printf '</table>\n'
    done
} >"$folder/report.html"
