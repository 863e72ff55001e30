# shellcheck shell=bash
# cache.sh: what is fetched once, and kept in ${DUET_CACHE:-~/.cache/duet} for all checkouts of this machine; to
# be sourced.
#
# What is whole is used without a network. What is not there yet is made in a folder beside its place, under a
# lock, and gets its place in one step: nobody ever finds half of it.

cache=${DUET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/duet}

# cached PLACE MARK COMMAND...: PLACE, a folder of the cache, is whole, which its file MARK says; else COMMAND fills
# $new, an empty folder. Downloads fail now and then, so it has three tries; stderr has a word on each that failed.
# Result: 0; 1 when all failed, and the last word of the last one is in $cached_why.
cached() {
    local try
    [ ! -e "$1/$2" ] || return 0
    mkdir -p "$cache"
    exec 9>"$1.lock" # COMMAND has it too: an orphan of this script still is at it
    flock 9
    for try in 1 2 3; do
        [ ! -e "$1/$2" ] || break # somebody else was at it
        [ "$try" = 1 ] || sleep $((3 * try)) # whoever refused us may be well then
        cached_make "$@" && break
        # shellcheck disable=SC2034 # for the caller
        cached_why=$(grep . "$1.log" | tail -n 1)
        echo "${1##*/}: try $try of 3 failed: $cached_why" >&2
    done
    rm -rf "$1.new" "$1.log"
    exec 9>&-
    [ -e "$1/$2" ]
}

cached_make() { # PLACE MARK COMMAND...: one try; what it says is in PLACE.log
    new=$1.new
    rm -rf "$new"
    mkdir "$new" && "${@:3}" >"$1.log" 2>&1 || return 1
    [ -e "$new/$2" ] || : >"$new/$2"
    rm -rf "$1" # half of it, which an older script may have left there
    mv -T "$new" "$1"
}

# venv_of PLACE PIP_OPTION...: a command for `cached`: a virtual environment with what pip installs. Its programs
# name the folder that they are in, which is to be PLACE.
venv_of() {
    local file
    python3 -m venv "$new" &&
        timeout -k 5 200 "$new/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}" || return 1
    while read -r file; do
        sed -i "s|$new|$1|g" "$file" || return 1
    done < <(grep -rlIF -- "$new" "$new/bin" "$new/pyvenv.cfg")
}
