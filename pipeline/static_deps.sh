#!/usr/bin/env bash
# static_deps.sh [x86_64|arm64]...: builds what the release binaries are linked with, for the
# architectures named, else for both: OpenSSL, libcurl (HTTP and HTTPS alone), cJSON, SQLite and
# mimalloc, against musl, and ARCH/bin/cc, a compiler of static programs.
# static_deps.sh --where: prints the folder they are in, or will be.
#
# The folder is ${DUET_CACHE:-~/.cache/duet}/static-KEY, KEY being a hash of this script: what was
# built once is used until the script changes. Nothing is written anywhere else, nothing needs root.
# Where things come from, and who checks them:
#   compiler          zig of PyPI, by the hashes below
#   curl, cJSON       Debian's source packages, with its security patches, by apt's signed index
#   OpenSSL, mimalloc upstream's release as Debian carries it, the same way
#   SQLite            the amalgamation in the crate libsqlite3-sys, by the hash below
# The same sources give the same bytes in any folder: the compiler maps paths, and no date goes in.
# Exit status: 0 all is there, 1 something failed; its log is named.
set -euo pipefail

zig_version=0.14.1
zig_hashes='--hash=sha256:6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f
 --hash=sha256:7994b27f3cbfcedea43f9b7552e38b45857bdf0e9a45065474092dd74e7048cf'
sqlite_crate=0.30.1
sqlite_hash=2e99fb7a497b1e3339bc746195567ed8d3e24945ecd636e3619d20b9de9e9149

# TLS 1.2 and 1.3 as a client; nothing of what AWS's endpoints have no use for.
openssl_options='no-shared no-tests no-dso no-engine no-module no-legacy no-async no-afalgeng
 no-comp no-ssl3 no-dtls no-srp no-psk no-idea no-camellia no-aria no-seed no-cast no-bf no-rc2
 no-rc4 no-md4 no-mdc2 no-whirlpool no-sm2 no-sm3 no-sm4 no-ts no-cms no-ct no-gost no-ocb no-srtp
 no-nextprotoneg no-ui-console no-autoload-config'
# Certificates are looked for where OpenSSL looks: SSL_CERT_FILE and SSL_CERT_DIR, then /etc/ssl.
curl_options='--disable-shared --enable-static --enable-threaded-resolver
 --disable-symbol-hiding --disable-dependency-tracking
 --without-ca-bundle --without-ca-path --with-ca-fallback
 --without-zlib --without-brotli --without-zstd --without-libpsl --without-libidn2
 --without-nghttp2 --without-libssh2 --without-librtmp --without-gssapi --without-libgsasl
 --without-ngtcp2 --without-nghttp3 --without-quiche --without-msh3
 --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict
 --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp
 --disable-gopher --disable-mqtt --disable-manual --disable-alt-svc --disable-hsts --disable-doh
 --disable-ntlm --disable-ntlm-wb --disable-tls-srp --disable-cookies --disable-netrc
 --disable-progress-meter --disable-dateparse --disable-unix-sockets --disable-libcurl-option'
# What the store does not use, and threads that it guards with a mutex of its own.
sqlite_options='-DSQLITE_THREADSAFE=2 -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_OMIT_LOAD_EXTENSION
 -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_PROGRESS_CALLBACK
 -DSQLITE_OMIT_AUTHORIZATION -DSQLITE_OMIT_UTF16 -DSQLITE_OMIT_TRACE
 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_DQS=0 -DSQLITE_UNTESTABLE=1'
flags='-O2 -g0 -ffunction-sections -fdata-sections -fstack-protector-strong'
# Nothing of it is unwound, and these tables are a tenth of it.
flags+=' -fno-unwind-tables -fno-asynchronous-unwind-tables'

script=$(readlink -f "$0")
cache=${DUET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/duet}
root=$cache/static-$(sha256sum <"$script" | cut -c1-16)
log=$root/log
jobs=$(nproc)

say() { printf 'static: %s\n' "$*"; }

# step WORD COMMAND...: says the word, runs the command with its output in the log, says how long.
step() {
    local start=$SECONDS
    printf 'static: %-28s' "$1"
    if ! (set -e; "${@:2}") >"$log" 2>&1; then
        printf 'failed; the end of %s:\n' "$log"
        tail -n 20 "$log"
        exit 1
    fi
    printf '%4d s\n' $((SECONDS - start))
}

needs() { # COMMAND...: each is there, or the word that says what to do
    local name missing=()
    for name in "$@"; do
        command -v "$name" >/dev/null || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    echo "static: ${missing[*]} missing: run pipeline/deps.sh package, or make package without DEPS=skip" >&2
    exit 1
}

# --- the compiler -----------------------------------------------------------------------------

get_compiler() {
    rm -rf "$root/zig"
    python3 -m venv "$root/zig"
    # shellcheck disable=SC2086 # several words
    printf '%s ' "ziglang==$zig_version" $zig_hashes >"$root/zig/requirements.txt"
    "$root/zig/bin/pip" install -q --only-binary :all: --require-hashes -r "$root/zig/requirements.txt"
    local program
    program=$(echo "$root"/zig/lib/python3*/site-packages/ziglang/zig)
    [ "$("$program" version)" = "$zig_version" ]
    ln -s "$program" "$root/zig/zig"
}

# wrap TOOL ARGUMENT...: a script in bin/ that runs zig's TOOL with the arguments.
wrap() {
    printf '#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR=%q ZIG_LOCAL_CACHE_DIR=%q\nexec %q %s "$@"\n' \
        "$root/zig-cache" "$root/zig-cache" "$root/zig/zig" "$*" >"bin/$1"
    chmod +x "bin/$1"
}

# --- sources ----------------------------------------------------------------------------------

# apt with a configuration of its own: the archive that this machine uses, as sources, by its keys.
private_apt() {
    mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial"
    # shellcheck disable=SC2016 # apt's variables
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
        awk '$3 == "main" { print "deb-src", $1, $2, $3 }' | LC_ALL=C sort -u >"$root/apt/sources.list"
    cat >"$root/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$root/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$root/apt/lists";
Dir::Cache "$root/apt/cache";
APT::Sandbox::User "root";
Acquire::Retries "3";
CONF
    export APT_CONFIG=$root/apt/apt.conf
    apt-get -qq update
}

get_sources() {
    local name
    rm -rf "$root/src"
    mkdir -p "$root/src"
    cd "$root/src"
    private_apt
    apt-get -qq source --download-only curl cjson
    for name in curl cjson; do
        dpkg-source --no-check -x "$name"_*.dsc "$name"
    done
    apt-get -qq source --tar-only openssl mimalloc
    for name in openssl mimalloc; do
        mkdir "$name"
        tar -xf "$(find . -maxdepth 1 -name "${name}_*.orig.tar.[gx]z")" -C "$name" --strip-components=1
    done
    ask_for_cpu_late
    begin_mimalloc_late
}

# OpenSSL asks for the CPU's abilities before main, and again when it is first used. Each question is
# a trap into the hypervisor, ten of them more than all else of a start: the second time will do.
ask_for_cpu_late() {
    local file=openssl/crypto/x86_64cpuid.pl
    sed -i '/^\.section[[:space:]]*\.init$/,/call[[:space:]]*OPENSSL_cpuid_setup$/d' "$file"
    if grep -q 'call.*OPENSSL_cpuid_setup$' "$file" ||
        ! grep -q 'OPENSSL_cpuid_setup();' openssl/crypto/init.c; then
        echo "openssl is not as ask_for_cpu_late knows it"
        return 1
    fi
}

# mimalloc's constructor becomes a function, for whom it may concern when the first memory is asked for.
begin_mimalloc_late() {
    local file=mimalloc/src/init.c constructor='static void __attribute__((constructor)) _mi_process_init(void)'
    grep -qF "$constructor" "$file" || { echo 'mimalloc is not as begin_mimalloc_late knows it'; return 1; }
    sed -i 's/static void __attribute__((constructor)) _mi_process_init(void)/void mi_late_init(void)/' "$file"
}

# A crate that depends on SQLite's: cargo fetches that, and looks at its hash.
get_sqlite() {
    mkdir -p "$root/src/crate"
    cd "$root/src/crate"
    : >lib.rs
    cat >Cargo.toml <<TOML
[package]
name = "sqlite"
version = "0.0.0"
[lib]
path = "lib.rs"
[dependencies]
libsqlite3-sys = { version = "=$sqlite_crate", default-features = false }
TOML
    cargo vendor -q vendor
    # cargo has held the crate against the hash that it notes here; this is the one we know.
    grep -qF "checksum = \"$sqlite_hash\"" Cargo.lock ||
        { echo "libsqlite3-sys $sqlite_crate has another hash than $sqlite_hash"; return 1; }
    rm -rf ../sqlite
    cp -r vendor/libsqlite3-sys/sqlite3 ../sqlite
}

# --- one architecture; each in its folder, where sources are reached by a relative path --------

build_openssl() { # TARGET
    rm -rf build/openssl
    mkdir -p build/openssl
    cd build/openssl
    # shellcheck disable=SC2086
    ../../../src/openssl/Configure "linux-$1" --prefix=/usr --libdir=lib --openssldir=/etc/ssl \
        $openssl_options $flags
    make -j"$jobs" build_libs
    make install_dev DESTDIR="$PWD/install"
    cp install/usr/lib/*.a ../../lib/
    cp -r install/usr/include/openssl ../../include/
}

build_curl() { # TARGET
    local prefix=$PWD
    rm -rf build/curl
    mkdir -p build/curl
    cd build/curl
    # shellcheck disable=SC2086
    ../../../src/curl/configure --host="$1-linux-musl" --prefix=/usr --with-openssl $curl_options \
        CPPFLAGS="-I$prefix/include" LDFLAGS="-L$prefix/lib" CFLAGS="$flags" PKG_CONFIG=false
    # OpenSSL is to be set up by the first connection that needs it: runtime/release/tls_late.c
    sed -i '/^CPPFLAGS = /s/$/ -DOPENSSL_init_ssl=tls_late_init/' lib/Makefile
    make -j"$jobs" -C lib
    cp lib/.libs/libcurl.a ../../lib/
    mkdir -p ../../include/curl
    cp ../../../src/curl/include/curl/*.h ../../include/curl/
}

archive() { # NAME OBJECT
    rm -f "lib/lib$1.a"
    ar crs "lib/lib$1.a" "$2"
}

# mimalloc takes malloc's place, musl's own being ten times slower, and more so with threads; it does so
# by runtime/release/start_heap.c.
build_small() {
    mkdir -p include/cjson build/small
    # shellcheck disable=SC2086
    cc $flags -c ../src/cjson/cJSON.c -o build/small/cjson.o
    # shellcheck disable=SC2086
    cc $flags $sqlite_options -w -c ../src/sqlite/sqlite3.c -o build/small/sqlite3.o
    # shellcheck disable=SC2086
    cc $flags -w -DNDEBUG -DMI_NO_GETENV -ftls-model=initial-exec -fno-builtin-malloc \
        -I../src/mimalloc/include -c ../src/mimalloc/src/static.c -o build/small/mimalloc.o
    archive mimalloc build/small/mimalloc.o
    archive cjson build/small/cjson.o
    archive sqlite3 build/small/sqlite3.o
    cp ../src/cjson/cJSON.h include/cjson/
    cp ../src/sqlite/sqlite3.h ../src/mimalloc/include/mimalloc.h include/
}

build_arch() { # NAME
    local target=${1/arm64/aarch64}
    rm -rf "${root:?}/$1"
    mkdir -p "$root/$1/bin" "$root/$1/lib" "$root/$1/include"
    cd "$root/$1"
    wrap cc -target "$target-linux-musl" -fno-sanitize=undefined -ffile-prefix-map="$root"=static
    wrap ar
    wrap ranlib
    wrap objcopy
    PATH=$PWD/bin:$PATH
    export PATH CC=cc AR=ar RANLIB=ranlib SOURCE_DATE_EPOCH=0
    step "$1: cJSON, SQLite, mimalloc" build_small
    step "$1: OpenSSL" build_openssl "$target"
    step "$1: libcurl" build_curl "$target"
    rm -rf build
    : >"$root/$1/done"
}

if [ "${1:-}" = --where ]; then
    echo "$root"
    exit 0
fi
archs=("$@")
[ $# -gt 0 ] || archs=(x86_64 arm64)
todo=()
for arch in "${archs[@]}"; do
    case $arch in
    x86_64 | arm64) ;;
    *)
        echo "static: '$arch' is not x86_64 or arm64" >&2
        exit 1
        ;;
    esac
    [ -e "$root/$arch/done" ] || todo+=("$arch")
done
[ ${#todo[@]} -gt 0 ] || exit 0

needs apt-get cargo dpkg-source flock make perl python3 tar xz
mkdir -p "$root"
say "the static libraries are built, once, in $root"
exec 9>"$root/lock"
flock 9 # another make may be at it
[ -x "$root/zig/zig" ] || step 'compiler' get_compiler
[ -e "$root/src/openssl/Configure" ] || step 'sources' get_sources
[ -e "$root/src/sqlite/sqlite3.c" ] || step 'SQLite' get_sqlite
for arch in "${todo[@]}"; do
    [ -e "$root/$arch/done" ] || (build_arch "$arch")
done
