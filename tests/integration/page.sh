#!/usr/bin/env bash
# page.sh: the page /sys-stats through the load balancer, from both homes: the same bytes, plain and
# zipped, and what a browser makes of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
duet=$PWD/${DUET_BUILD:-build}/duet
work=$(mktemp -d)
rig=
trap '[ -z "$rig" ] || { kill "$rig"; wait "$rig"; } 2>/dev/null; rm -rf "$work"' EXIT

start() { # WEIGHTS: a rig whose address is in $url
    rm -f "$work/rig.log" # of the one before
    "$duet" local --port 0 --control-port 0 --store memory --weights "$1" >"$work/rig.log" 2>&1 &
    rig=$!
    wait_until 60 grep -q 'http://127' "$work/rig.log"
    url=$(sed -n 's/.*\(http:\/\/127[0-9.:]*\) -> .*/\1/p' "$work/rig.log")
    wait_until 60 curl -fsS "$url/hello" || { cat "$work/rig.log"; echo 'not ok a rig answers'; exit 1; }
}

stop() {
    kill "$rig"
    wait "$rig" 2>/dev/null
    rig=
}

fetch() { # HOME: each file of the page into $work/HOME, plain and as it comes when zipped
    mkdir -p "$work/$1"
    local file
    for file in '' /sys-stats.css /sys-stats.js /chart.js /icon.svg; do
        curl -fsS "$url/sys-stats$file" -o "$work/$1/${file#/}.plain" || return 1
        curl -fsS -H 'Accept-Encoding: gzip' "$url/sys-stats$file" -o "$work/$1/${file#/}.gz" || return 1
        gzip -dc "$work/$1/${file#/}.gz" | cmp - "$work/$1/${file#/}.plain" || return 1
    done
}

not_modified() { # the tag that a home gave is known to it
    local tag
    tag=$(curl -fsSI "$url/sys-stats" | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
    [ -n "$tag" ] && [ "$(curl -sS -o "$work/body" -w '%{http_code}' -H "If-None-Match: $tag" "$url/sys-stats")" = 304 ] &&
        [ ! -s "$work/body" ]
}

for home in lambda fargate; do
    weights="lambda=$([ $home = lambda ] && echo 1 || echo 0),fargate=$([ $home = lambda ] && echo 0 || echo 1)"
    start "$weights"
    check "$home gives each file, plain and zipped" fetch "$home"
    check "$home says 304 to its own tag" not_modified
    stop
done
check 'both homes give the same bytes' diff -r "$work/lambda" "$work/fargate"

# --- a browser's view ---

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || browser=
if [ -z "$browser" ]; then
    skip 'the page in a browser' 'there is no Chromium'
else
    start lambda=1,fargate=1
    look() { # the page as it is after some seconds of its own time
        timeout -k 5 120 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/profile" \
            --virtual-time-budget=20000 --dump-dom "$url/sys-stats" >"$work/page.html" 2>"$work/browser.log" ||
            { tail -n 20 "$work/browser.log"; return 1; }
    }
    check 'a browser runs it' look
    check 'it is live' grep -q 'id="status"[^>]*>Live' "$work/page.html"
    knows_both() { # chance may give all of one view's requests to one home: then once more
        local home
        for home in lambda fargate; do
            grep -q "<td class=\"key $home\">" "$work/page.html" || { look; return 1; }
        done
    }
    check 'it knows a process of Lambda and one of Fargate' wait_until 300 knows_both
    check 'its charts say what they show' grep -Eq '<canvas id="chart-memory"[^>]*aria-label="[^"]*[0-9]' "$work/page.html"
    stop
fi
finish
