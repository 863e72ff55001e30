# shellcheck shell=bash
# static_source.sh: one more library beside those of static_deps.sh, for `duet` alone; sourced by a script of
# its own for each, which says how it is built.
#
# static_source SCRIPT NAME: calls the caller's `build` in the folder of x86_64's libraries, with the source
# of Debian's package NAME, with its security patches, in ../src/NAME; it comes by apt's signed index and
# the configuration that static_deps.sh has made. What was built once is used until SCRIPT changes.
# Exits with 1 when static_deps.sh has not built for x86_64, or something failed; the log is named.
static_source() {
    local name=$2 root mark log start=$SECONDS status
    root=$(pipeline/static_deps.sh --where)
    mark=$root/x86_64/$name-$(sha256sum <"$1" | cut -c1-16)
    log=$root/$name.log
    [ -e "$mark" ] && return 0
    [ -e "$root/x86_64/done" ] || { echo 'static: pipeline/static_deps.sh x86_64 comes first' >&2; exit 1; }
    exec 9>"$root/lock"
    flock 9 # another make may be at it
    [ -e "$mark" ] && return 0
    printf 'static: %-28s' "x86_64: $name"
    set +e # in a condition it would not hold inside either
    rm -f "$root/$name.older"
    (
        set -e
        get_source
        cd "$root/x86_64"
        build
    ) >"$log" 2>&1
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        printf 'failed; the end of %s:\n' "$log"
        tail -n 20 "$log"
        exit 1
    fi
    : >"$mark"
    printf '%4d s\n' $((SECONDS - start))
    if [ -e "$root/$name.older" ]; then
        echo "static: $(tail -n 1 "$root/$name.older"): an older one was built" >&2
    fi
}

# The newest source whose files the archive has: an index may name one that a mirror does not hold yet.
get_source() {
    local version
    export APT_CONFIG=$root/apt/apt.conf
    rm -rf "$root/src/$name"
    cd "$root/src"
    apt-get -qq update
    for version in $(apt-cache madison "$name" | awk '{ print $3 }'); do
        rm -f "$name"_*.dsc
        apt-get -qq source --download-only "$name=$version" && break
        echo "the archive has no files of $name $version" | tee -a "$root/$name.older"
    done
    dpkg-source --no-check -x "$name"_*.dsc "$name"
}
