#!/usr/bin/env bash
# task_test.sh: tasks of `duet local` that are containers: they replace processes and one another under load,
# are healed and stopped, and none is left at the end (tests/support/awscli/ecs.py has the claims).
#
# Part of `make test` where Docker is there and `make package` has been run. Each claim is a line "ok NAME",
# "not ok NAME" or "skip NAME: WHY". Exit status: 0 none failed.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
[ "${DUET_BUILD:-build}" = build ] || { echo 'skip tasks: it is a test of the release build'; exit 0; }
if ! docker version -f '{{.Server.Version}}' >/dev/null 2>&1; then
    skip tasks 'no Docker daemon answers'
    finish
    exit
fi
server=build/release/server-$(uname -m)
if ! [ -x "$server" ]; then
    skip tasks 'make package has not been run'
    finish
    exit
fi
# shellcheck source=tests/support/awscli.sh
. tests/support/awscli.sh

image=duet-task-test:$$
remove_all() {
    stop_all
    docker rmi -f "$image" >/dev/null 2>&1
}
trap remove_all EXIT
make_image() {
    install -D "$server" "$work/root/server"
    tar -C "$work/root" -c server | docker import --change 'ENTRYPOINT ["/server"]' --change 'USER 65532:65532' - "$image"
}
check 'an image of the server is made' make_image
before=$(docker ps -aq --filter label=duet-local | sort)
start_rig 'AWS clients run containers' --weights lambda=0,fargate=100
python tests/support/awscli/ecs.py "$alb" "$control" "$(realpath build/server)" "$image" || failures=$((failures + 1))
stop_rig
check 'none is left behind' [ "$(docker ps -aq --filter label=duet-local | sort)" = "$before" ]
finish
