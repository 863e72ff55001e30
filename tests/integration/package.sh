#!/usr/bin/env bash
# package.sh: `make package` makes static programs that run in an empty root on both architectures,
# resolve names and speak TLS there, stay under their size, and are the same bytes from another folder.
#
# It takes minutes, so it runs where the static libraries are built already, or DUET_PACKAGE_TEST is
# set; an empty root, and a DNS server on port 53, need root.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
unset MAKEFLAGS MAKELEVEL
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip package: it makes builds of its own'; exit 0; }
static=$(pipeline/static_deps.sh --where)
if [ -z "${DUET_PACKAGE_TEST:-}" ] && ! { [ -e "$static/x86_64/done" ] && [ -e "$static/arm64/done" ]; }; then
    skip package 'the static libraries are not built; DUET_PACKAGE_TEST=1 builds them, in minutes'
    finish
    exit
fi
release=$PWD/build/release
work=$(mktemp -d)
touch "$work/processes"
stop_all() {
    local id
    while read -r id; do
        kill -TERM "$id" 2>/dev/null
        wait_until 60 is_gone "$id" || echo "not ok process $id has ended"
    done <"$work/processes"
    rm -rf "$work"
}
is_gone() { [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ] || ! kill -0 "$1" 2>/dev/null; }
trap stop_all EXIT

# Runs COMMAND with its output in $work/LOG until this test ends.
in_background() { # LOG COMMAND...
    : >"$work/$1" # the last one's lines are not this one's
    "${@:2}" >"$work/$1" 2>&1 </dev/null &
    echo $! >>"$work/processes"
}

# --- what is made ---

deps=(DEPS=skip)
[ -z "${DUET_PACKAGE_TEST:-}" ] || deps=()
check 'make package' make -s "${deps[@]}" package
names='bootstrap-arm64 bootstrap-arm64.cdx.json bootstrap-arm64.debug bootstrap-arm64.zip'
names+=' bootstrap-x86_64 bootstrap-x86_64.cdx.json bootstrap-x86_64.debug bootstrap-x86_64.zip'
names+=' duet-x86_64 duet-x86_64.cdx.json'
names+=' guard-arm64.cdx.json guard-arm64.zip guard-x86_64.cdx.json guard-x86_64.zip'
names+=' server-arm64 server-arm64.cdx.json server-x86_64 server-x86_64.cdx.json'
check 'it makes these files' [ "$(cd "$release" && echo *)" = "$names" ]

# Each bill of materials names its program's hash, and the libraries with theirs.
bill_is_true() { # PROGRAM ARCH LIBRARY...
    python3 - "$release/$1-$2.cdx.json" "$release/$1-$2" "${@:3}" <<'PYTHON'
import hashlib
import json
import sys

bill = json.load(open(sys.argv[1]))
program = hashlib.sha256(open(sys.argv[2], "rb").read()).hexdigest()
assert bill["metadata"]["component"]["hashes"][0]["content"] == program, "another program's"
parts = {part["name"]: part for part in bill["components"]}
for name in sys.argv[3:]:
    assert parts[name]["version"], name
    assert name == "musl" or len(parts[name]["components"][0]["hashes"][0]["content"]) == 64, name
PYTHON
}
for arch in x86_64 arm64; do
    check "the bill of materials of bootstrap, $arch" \
        bill_is_true bootstrap $arch openssl curl cjson sqlite mimalloc musl chart.js
    check "the bill of materials of server, $arch" \
        bill_is_true server $arch openssl curl cjson sqlite mimalloc musl chart.js
done
check 'the bill of materials of duet' \
    bill_is_true duet x86_64 openssl curl cjson mimalloc nghttp2 pcre2 musl chart.js

mkdir "$work/programs"
for arch in x86_64 arm64; do
    cp "$release/server-$arch" "$work/programs/"
done
cp "$release/duet-x86_64" "$work/programs/"

# One file, for anybody to run; Lambda takes nothing less.
opens() { # PROGRAM ARCH: the zip has what it must have; unpacks it
    python3 - "$release/$1-$2.zip" "$work/programs/$1-$2" <<'PYTHON'
import sys
import zipfile

archive = zipfile.ZipFile(sys.argv[1])
(entry,) = archive.infolist()
print(entry)
assert entry.filename == "bootstrap" and entry.external_attr >> 16 == 0o100755
assert entry.date_time == (1980, 1, 1, 0, 0, 0)
open(sys.argv[2], "wb").write(archive.read(entry))
PYTHON
    chmod +x "$work/programs/$1-$2"
}
for arch in x86_64 arm64; do
    check "the zip for $arch has one program, bootstrap" opens bootstrap $arch
    check "the guard's zip for $arch too" opens guard $arch
done

is_static() { # FILE: no interpreter, no library, and for the machine in its name
    local out
    out=$(readelf -hlW "$1" 2>&1; readelf -dW "$1" 2>&1)
    echo "$out"
    grep -q "Machine:.*$([[ $1 == *arm64 ]] && echo AArch64 || echo X86-64)" <<<"$out" &&
        ! grep -qE 'INTERP|NEEDED|DYNAMIC' <<<"$out"
}
names_no_folder() { # FILE: neither this tree nor the cache nor a home is in it
    ! grep -aoE "$PWD|$static|$HOME/" "$1" | head -n 3 | grep .
}
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
code_of() { readelf -x .text -x .rodata -x .data "$1" | grep '^  0x' | sha256sum; }

for file in "$work"/programs/*; do
    check "${file##*/} is static" is_static "$file"
    check "${file##*/} is stripped" bash -c "! readelf -SW '$file' | grep -E 'symtab|debug_'"
    check "${file##*/} names no folder of this machine" names_no_folder "$file"
    check "${file##*/} has a build id" [ -n "$(build_id "$file")" ]
done
for arch in x86_64 arm64; do
    program=$work/programs/bootstrap-$arch debug=$release/bootstrap-$arch.debug
    check "$arch: program and .debug have one build id" [ "$(build_id "$program")" = "$(build_id "$debug")" ]
    check "$arch: and one code" [ "$(code_of "$program")" = "$(code_of "$debug")" ]
    check "$arch: .debug has symbols" bash -c "readelf -sW '$debug' | grep -q ' handle_hello$'"
    check "$arch: and lines" bash -c "readelf -SW '$debug' | grep -q ' .debug_line '"
done

is_under() { # BYTES FILE
    stat -c '%n has %s bytes' "$2"
    [ "$(stat -c %s "$2")" -lt "$1" ]
}
check 'bootstrap is under 5 MB on x86_64' is_under 5000000 "$work/programs/bootstrap-x86_64"
check 'bootstrap is under 5 MB on arm64' is_under 5000000 "$work/programs/bootstrap-arm64"
check 'with DynamoDB alone it is under 4 MB' is_under 4000000 build/release-x86_64-dynamodb/bootstrap

# All is compiled there: what a cache of the compiler's keeps is held against what the compiler makes.
same_elsewhere() { # a copy of the tree, in another folder, gives the same bytes
    mkdir "$work/copy"
    cp -a Makefile handlers runtime pipeline "$work/copy/"
    make -s -C "$work/copy" DEPS=skip CCACHE= package >"$work/copy.log" 2>&1 || { cat "$work/copy.log"; return 1; }
    diff <(cd "$release" && sha256sum -- *) <(cd "$work/copy/build/release" && sha256sum -- *)
}
check 'two builds in two folders give the same bytes' same_elsewhere

# --- how it runs where nothing else is ---

if [ "$(id -u)" -ne 0 ]; then
    skip 'empty root' 'chroot needs root'
    finish
    exit
fi
qemu=$(command -v qemu-aarch64-static)
root=$work/root
chroot=$(command -v chroot)
mkdir "$root"
cp "$work"/programs/* "$root/"
cp build/release-x86_64-dynamodb/bootstrap "$root/bootstrap-dynamodb"
[ -z "$qemu" ] || cp "$qemu" "$root/qemu"

in_root() { env -i "${settings[@]}" timeout 300 "$chroot" "$root" "$@"; } # settings: NAME=value...

serves() { # COMMAND...: a server in the root answers, and keeps what it is given
    local log=$work/server.log url
    settings=(PORT=0 DUET_BIND=127.0.0.1 DUET_LAME_DUCK_S=0 "DUET_STORE=sqlite:/$$-${1##*/}.db")
    in_background server.log env -i "${settings[@]}" "$chroot" "$root" "$@"
    wait_until 60 grep -q '"message":"listening"' "$log" || { cat "$log"; return 1; }
    url=http://127.0.0.1:$(sed -n 's/.*"message":"listening".*"port":\([0-9]*\).*/\1/p' "$log")
    [ "$(curl -sS --max-time 60 "$url/hello")" = 'Hello world' ] &&
        curl -sSf --max-time 60 "$url/candidate/ada" -d '{"party":"maths"}' &&
        curl -sSf --max-time 60 "$url/candidate/ada" | grep -q maths
}
answers() { # TEXT COMMAND...
    local out
    out=$(in_root "${@:2}" 2>&1)
    echo "$out"
    grep -qF -- "$1" <<<"$out"
}

settings=(HOME=/)
check 'duet says its version' answers 'duet ' /duet-x86_64 --version
check 'the server serves, with SQLite' serves /server-x86_64
# What duet starts reads nothing; every container, FROM scratch too, has a device for that.
install -D -m 444 /dev/null "$root/dev/null"
settings=(HOME=/)
check 'the bootstrap answers' answers 'Hello world' \
    /duet-x86_64 invoke --bootstrap /bootstrap-x86_64 --store memory --path /hello
check 'the bootstrap answers from SQLite' answers '"statusCode":404' \
    /duet-x86_64 invoke --bootstrap /bootstrap-x86_64 --store sqlite:/invoke.db --path /candidate/nobody
check 'with DynamoDB alone it answers' answers 'Hello world' \
    /duet-x86_64 invoke --bootstrap /bootstrap-dynamodb --store dynamodb:votes --path /hello
check 'and names a store that was left out' answers "'sqlite:/x.db': this program was built without it" \
    /duet-x86_64 invoke --bootstrap /bootstrap-dynamodb --store sqlite:/x.db --path /hello

# What the programs are linked with, in programs that show it.
build_probes() { # ARCH
    local name
    for name in https_get heap_check; do
        make -s DEPS=skip "MODE=release-$1" "build/release-$1/$name" || return
        cp "build/release-$1/$name" "$root/$name-$1"
    done
}
check 'probes of the libraries are linked' build_probes x86_64
check 'malloc keeps what it is given' in_root /heap_check-x86_64

# A crash in the C library, which keeps no frames: the way through it is found, and the file of
# symbols has all names.
crash_is_named() { # ARCH [COMMAND]: COMMAND runs programs of ARCH
    local name=crashing_app built=build/release-$1/tests/crashing_app
    make -s DEPS=skip "MODE=release-$1" "$built" || return
    printf '#!/bin/sh\nexec %s %q\n' "${2:-}" "$PWD/$built" >"$work/$name"
    chmod +x "$work/$name"
    timeout 300 "$release/duet-x86_64" invoke --bootstrap "$work/$name" --store memory \
        --path /by_abort >"$work/$name.log" 2>&1
    "$release/duet-x86_64" symbolize --debug "$built.debug" "$work/$name.log" | tee "$work/$name.txt"
    grep -q ' abort  ' "$work/$name.txt" && grep -q ' handle_by_abort  ' "$work/$name.txt"
}
check 'a crash is named' crash_is_named x86_64

# --- arm64, on whatever this is ---

# The kernel starts no arm64 program here; `duet invoke` starts a script, for which it needs bash.
bootstrap_on_arm64() {
    printf '#!/bin/sh\nexec %q %q /qemu /bootstrap-arm64\n' "$chroot" "$root" >"$work/arm64"
    chmod +x "$work/arm64"
    timeout 300 "$release/duet-x86_64" invoke --bootstrap "$work/arm64" --store memory --path /hello \
        2>&1 | tee "$work/arm64.log" | grep -F 'Hello world' || { cat "$work/arm64.log"; return 1; }
}
if [ -n "$qemu" ]; then
    check 'arm64: the server serves, with SQLite' serves /qemu /server-arm64
    check 'arm64: the bootstrap answers' bootstrap_on_arm64
    check 'arm64: a crash is named' crash_is_named arm64 "$qemu"
    check 'arm64: probes of the libraries are linked' build_probes arm64
    settings=(HOME=/)
    check 'arm64: malloc keeps what it is given' in_root /qemu /heap_check-arm64
else
    skip arm64 'qemu-aarch64-static is missing: pipeline/deps.sh package'
fi

# --- names and TLS, by the same libraries ---

make_certificate() {
    cd "$work" || return
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca &&
        cp ca.pem "$root/ca.pem" &&
        openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out "$root/other.pem" -days 2 \
            -subj /CN=other &&
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=duet.test &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile <(echo subjectAltName=DNS:duet.test) -out server.pem
}
# openssl prints the port that it was given.
tls_server() {
    cd "$work" || return
    exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www
}
gets() { # SETTING COMMAND...: a page over TLS
    settings=("$1")
    answers 's_server' "${@:2}" || { cat "$work/dns.log"; return 1; }
}
nameserver=127.$(($$ >> 16 & 255)).$(($$ >> 8 & 255)).$(($$ & 127 | 2)) # another run has another
echo "nameserver $nameserver" | install -D -m 644 /dev/stdin "$root/etc/resolv.conf"
check 'a certificate for the test' make_certificate
in_background dns.log tests/support/package/dns.py $nameserver duet.test
in_background tls.log tls_server
check 'a DNS server for the test' wait_until 60 grep -q ready "$work/dns.log"
check 'a TLS server for the test' wait_until 60 grep -q '^ACCEPT .*:[1-9]' "$work/tls.log"
port=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' "$work/tls.log")
check 'a name is resolved, a certificate accepted' gets SSL_CERT_FILE=/ca.pem \
    /https_get-x86_64 "https://duet.test:$port/"
settings=(SSL_CERT_FILE=/other.pem)
check 'the certificate of another is not' answers 'unable to get local issuer' \
    /https_get-x86_64 "https://duet.test:$port/"
settings=(HOME=/)
check 'without certificates none is' answers 'unable to get local issuer' \
    /https_get-x86_64 "https://duet.test:$port/"
check 'a name that nobody has is an error' answers 'not resolve host' \
    /https_get-x86_64 "https://nobody.test:$port/"
if [ -n "$qemu" ]; then
    check 'arm64: a name is resolved, a certificate accepted' gets SSL_CERT_FILE=/ca.pem \
        /qemu /https_get-arm64 "https://duet.test:$port/"
fi
finish
