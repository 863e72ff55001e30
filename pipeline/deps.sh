#!/usr/bin/env bash
# deps.sh build|unit|test|ci|bench|package: installs the Debian or Ubuntu packages that building (testing,
# measuring, making release binaries) needs; each word's list holds that of `build`, that of `ci` holds
# also what the tests pass over where it is not there.
#
# Says what is missing before it installs it; needs root or sudo for that alone, and does nothing
# when all is there. Exit status: 0 all is there, 1 something could not be installed.
set -euo pipefail
build=(gcc make libcurl4-openssl-dev libcjson-dev libssl-dev libsqlite3-dev libnghttp2-dev libpcre2-dev libjs-chart.js)
unit=(libcriterion-dev procps unzip)
test=(libcriterion-dev jq curl clang clang-format shellcheck pmccabe binutils git procps unzip)
ci=(chromium) # on Ubuntu that is a snap: there the runner's own Chrome is taken
bench=(nginx-light haproxy h2o libmicrohttpd-dev wrk python3)
# What is linked statically is built from source; qemu and openssl are for the tests of the result.
release=(dpkg-dev perl xz-utils binutils util-linux curl openssl qemu-user-static)
wanted=("${build[@]}")
case ${1:-build} in
build) ;;
unit) wanted+=("${unit[@]}") ;;
test | ci)
    wanted+=("${test[@]}")
    if [ "$1" = ci ]; then
        wanted+=(ccache gdb gdbserver docker-registry)
        command -v google-chrome >/dev/null || wanted+=("${ci[@]}")
        command -v dockerd >/dev/null || wanted+=(docker.io)
        docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || wanted+=(docker-compose)
        # Ubuntu's own is newer, and formats differently.
        clang-format --version 2>/dev/null | grep -q 'version 14\.' || wanted+=(clang-format-14)
        # Debian's AWS CLI is older than PyPI's; Ubuntu has none, but its runners do.
        [ -x /usr/bin/aws ] || ! grep -q '^ID=debian' /etc/os-release || wanted+=(awscli)
        # For checkov.
        python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    fi
    # For the Runtime Interface Emulator; often not the system's own.
    python3 -m pip --version >/dev/null 2>&1 || wanted+=(python3 python3-pip)
    # For moto, the stand-in of AWS's services, and AWS's own clients.
    python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    # For the stand-in of DynamoDB; they too come from elsewhere as often.
    command -v node >/dev/null || wanted+=(nodejs)
    command -v npm >/dev/null || wanted+=(npm)
    ;;
bench)
    wanted+=("${bench[@]}")
    python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    ;;
package)
    wanted+=("${release[@]}")
    # These two often come from elsewhere.
    command -v cargo >/dev/null || wanted+=(cargo)
    python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3 python3-venv)
    ;;
*)
    echo "deps: '$1' is not build, unit, test, ci, bench or package" >&2
    exit 1
    ;;
esac

installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null) || true
missing=()
for package in "${wanted[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "deps: these packages are missing, and this is no Debian or Ubuntu: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "deps: installing ${missing[*]} needs root or sudo" >&2; exit 1; }
    as_root=(sudo)
fi
echo "deps: installing ${missing[*]}" >&2
# Another apt may be at work: it is waited for.
apt_get=(apt-get -qq -o DPkg::Lock::Timeout=600)
"${as_root[@]}" "${apt_get[@]}" update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt_get[@]}" install -y --no-install-recommends \
    "${missing[@]}" >/dev/null || { echo "deps: could not install ${missing[*]}" >&2; exit 1; }
