#!/usr/bin/env bash
# listeners.sh: the listeners of a running rig: HTTPS with its certificate, and those that come, move and go by
# the API while it runs, also over a restart.
#
# Reads DUET_BUILD, the folder of the programs (build). Exit status: 0 all claims hold, 1 one does not.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=$PWD/${DUET_BUILD:-build}
work=$(mktemp -d)
rig='' servers=()
trap '{ kill "${servers[@]}" $rig; wait; } 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
ca=.duet/ca.pem

number() { sed -n "s/.*$1\([0-9]*\).*/\1/p" rig.log | head -n 1; }

start() { # ARGUMENT...: a rig that keeps its state; its ports are in $port, $https and $control
    : >rig.log # nobody is to read the last one's
    "$build/duet" local --port 0 --control-port 0 --store memory --state state --access-log access.log \
        --bootstrap "$build/bootstrap" --server "$build/server" "$@" >rig.log 2>&1 &
    rig=$!
    wait_until 60 grep -q 'Ctrl-C' rig.log || { cat rig.log; echo 'not ok a rig starts'; exit 1; }
    port=$(number ' http:\/\/127.0.0.1:')
    https=$(number 'https:\/\/127.0.0.1:')
    control=$(number 'control port http:\/\/127.0.0.1:')
}

stop() {
    kill "$rig"
    wait "$rig"
    rig=
}

signature="AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/elasticloadbalancing/aws4_request, \
SignedHeaders=host, Signature=$(printf '%064d' 0)"
api() { # ACTION PARAMETER=VALUE...: a call of the API, whose answer is printed
    local action=$1 pairs=() pair
    shift
    for pair in "$@"; do pairs+=(--data-urlencode "$pair"); done
    curl -sS "http://127.0.0.1:$control/" -H "Authorization: $signature" \
        --data "Action=$action&Version=2015-12-01" "${pairs[@]}"
}

answers() { # PATTERN ACTION PARAMETER=VALUE...: the answer of a call has the pattern
    local answer
    answer=$(api "${@:2}")
    grep -q "$1" <<<"$answer" || { echo "$answer"; return 1; }
}

element() { grep -o "<$1>[^<]*" | sed -n '1s/.*>//p'; } # NAME: of the XML on stdin

fixed=(DefaultActions.member.1.Type=fixed-response
    DefaultActions.member.1.FixedResponseConfig.StatusCode=200
    DefaultActions.member.1.FixedResponseConfig.MessageBody=here)
certificate=Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/duet-local

hello() { curl -fsS --http1.1 --cacert "$ca" "https://$1:$https/hello" | grep -q Hello; }
refuses_tls() { # a version below 1.2
    ! curl -sS --cacert "$ca" --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 "https://localhost:$https/hello"
}
start --https-port 0 --weights fargate=1
check 'a client that trusts the authority is served by name' hello localhost
check 'and by address' hello 127.0.0.1
check 'one that does not is told so' bash -c "! curl -sS https://localhost:$https/hello"
check 'TLS 1.1 is refused' refuses_tls
check 'the keys are their owner'"'"'s alone' [ "$(stat -c %a .duet/ca-key.pem .duet/tls-key.pem | sort -u)" = 600 ]
balancer=$(api DescribeLoadBalancers | element LoadBalancerArn)
check 'the listener is described' answers \
    '<Protocol>HTTPS</Protocol><Certificates>.*/duet-local</CertificateArn>.*<SslPolicy>ELBSecurityPolicy-TLS13' \
    DescribeListeners "LoadBalancerArn=$balancer"

# What the target and the log say of it.
check 'the access log has protocol, cipher, name and certificate' wait_until 30 grep -Eq \
    "^https .* \"GET https://localhost:$https/hello HTTP/1.1\" \"curl/[^\"]*\" TLS_[A-Z0-9_]+ TLSv1.3 arn:[^ ]* \
\"[^\"]*\" \"localhost\" \"arn:aws:acm:us-east-1:000000000000:certificate/duet-local\"" access.log

# Two requests on one connection, and one on another.
connections() { grep 'hello?tid=' access.log | grep -o 'TID_[0-9a-f]\{32\}' | uniq -c | awk '{ printf "%s ", $1 }'; }
has_connections() { [ "$(connections)" = '2 1 ' ]; }
curl -fsS -o body -o body "http://127.0.0.1:$port/hello?tid=1" "http://127.0.0.1:$port/hello?tid=2"
curl -fsS -o body "http://127.0.0.1:$port/hello?tid=3"
check 'the access log tells of connections' wait_until 30 has_connections

# HTTP/2, as curl speaks it.
version() { curl -fsS --http2 --cacert "$ca" -o body -w '%{http_version}' "https://localhost:$https$1" "${@:2}"; }
speaks() { [ "$(version /hello)" = "$1" ]; } # VERSION
set_http2() { # true|false
    answers "<Value>$1</Value>" ModifyLoadBalancerAttributes "LoadBalancerArn=$balancer" \
        Attributes.member.1.Key=routing.http2.enabled "Attributes.member.1.Value=$1"
}
sends_body() {
    [ "$(version /candidate/ada -d '{"party":"maths"}')" = 2 ] && [ "$(version /candidate/ada)" = 2 ] && grep -q maths body
}
check 'a client may speak HTTP/2' speaks 2
check 'a body goes with it to the target' sends_body
check 'the access log calls it h2' wait_until 30 grep -Eq '^h2 .* "GET https://localhost:[0-9]+/hello HTTP/2.0" ' access.log
check 'it can be turned off' set_http2 false
check 'and is no longer offered' speaks 1.1
check 'and on again' set_http2 true
check 'and is' speaks 2

# A security policy says which versions of TLS are spoken by those that connect from then on.
listener=$(api DescribeListeners "LoadBalancerArn=$balancer" | tr -d '\n' | sed 's/.*<ListenerArn>\([^<]*\)<.*HTTPS.*/\1/')
set_policy() { # NAME
    answers "<SslPolicy>ELBSecurityPolicy-$1</SslPolicy>" ModifyListener "ListenerArn=$listener" "SslPolicy=ELBSecurityPolicy-$1"
}
tls() { curl -fsS --cacert "$ca" -o body "https://localhost:$https/hello" "$@"; }
is_refused() { ! tls "$@"; }
check 'a policy of TLS 1.3 alone is set' set_policy TLS13-1-3-2021-06
check 'TLS 1.3 is spoken' tls --tlsv1.3
check 'TLS 1.2 is refused' is_refused --tls-max 1.2
check 'a policy of before TLS 1.3 is set' set_policy FS-1-2-Res-2020-10
check 'TLS 1.2 is spoken' tls --tls-max 1.2
check 'TLS 1.3 is refused' is_refused --tlsv1.3
check 'a policy of both is set' set_policy TLS13-1-2-Res-2021-06
check 'one client speaks TLS 1.2' tls --tls-max 1.2
check 'another TLS 1.3' tls --tlsv1.3

# More certificates, which clients get by the name that they ask for.
named() { echo "Certificates.member.1.CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/$1"; }
by_name() { # NAME CERTIFICATE PROTOCOL: a client that trusts the authority is shown this one, and agrees on the protocol
    python3 - "$https" "$ca" "$@" <<'END'
import socket
import ssl
import sys

port, authority, name, wanted, protocol = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
context.set_alpn_protocols([protocol])
with socket.create_connection(("127.0.0.1", int(port))) as plain:
    with context.wrap_socket(plain, server_hostname=name) as connection:
        shown = [value for _, value in connection.getpeercert()["subjectAltName"]]
        print(shown, connection.selected_alpn_protocol())
        sys.exit(shown[0] != wanted or connection.selected_alpn_protocol() != protocol)
END
}
certified() { # NAME: its ARN is in the access log
    curl -fsS --cacert "$ca" --resolve "$1:$https:127.0.0.1" -o body "https://$1:$https/hello" &&
        wait_until 30 grep -q "\"$1\" \"arn:aws:acm:us-east-1:000000000000:certificate/$1\"" access.log
}
check 'a certificate for a name is added' answers '/api.localhost<' \
    AddListenerCertificates "ListenerArn=$listener" "$(named api.localhost)"
check 'and one for a wildcard' answers '/\*.v2.localhost<' \
    AddListenerCertificates "ListenerArn=$listener" "$(named '*.v2.localhost')"
check 'who asks for the name is shown it' by_name api.localhost api.localhost http/1.1
check 'also by HTTP/2' by_name api.localhost api.localhost h2
check 'another name is that of the wildcard' by_name x.v2.localhost '*.v2.localhost' h2
check 'all others are shown the default one' by_name localhost localhost h2
check 'the access log has which' certified api.localhost

# try_ports COMMAND...: runs it with "Port=N" behind it until one is not taken; none is a port that the system
# gives to others. Its answer is in $answer, the port in $picked.
try_ports() {
    for picked in $(shuf -i 61000-65535 -n 20); do
        answer=$("$@" "Port=$picked")
        grep -q 'Address already in use' <<<"$answer" || return 0
    done
}

try_ports api CreateListener "LoadBalancerArn=$balancer" Protocol=HTTP "${fixed[@]}" \
    Tags.member.1.Key=team Tags.member.1.Value=blue
more=$picked
arn=$(element ListenerArn <<<"$answer")
says_here() { [ "$(curl -fsS --cacert "$ca" "$1" "${@:2}")" = here ]; }
is_closed() { ! curl -sS "$1"; }
check 'a listener that is made serves' says_here "http://127.0.0.1:$more/"
check 'its port cannot be taken twice' answers '<Code>DuplicateListener<' \
    CreateListener "LoadBalancerArn=$balancer" Protocol=HTTP "Port=$more" "${fixed[@]}"
check 'nor one that another socket has' answers "127.0.0.1:$control.*: Address already in use" \
    CreateListener "LoadBalancerArn=$balancer" Protocol=HTTP "Port=$control" "${fixed[@]}"
api ModifyListenerAttributes "ListenerArn=$arn" \
    Attributes.member.1.Key=routing.http.response.x_frame_options.header_value \
    Attributes.member.1.Value=DENY >answer.xml
check 'its attributes set fields of answers' bash -c \
    "curl -fsSi http://127.0.0.1:$more/ | tr -d '\r' | grep -qx 'X-Frame-Options: DENY'"
try_ports api ModifyListener "ListenerArn=$arn" Protocol=HTTPS "$certificate"
moved=$picked
check 'one that is moved serves there, by TLS' says_here "https://localhost:$moved/"
check 'and no longer where it was' wait_until 30 is_closed "http://127.0.0.1:$more/"

# Targets of protocol HTTPS: a server with a certificate that nobody trusts, and one that speaks no TLS.
start_server() { # LOG NAME=VALUE...: a server whose port is in $server_port
    env PORT=0 DUET_BIND=127.0.0.1 DUET_STORE=memory DUET_LAME_DUCK_S=0 "${@:2}" "$build/server" >"$1" 2>&1 &
    servers+=($!)
    wait_until 60 grep -q '"port":' "$1"
    server_port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$1" | head -n 1)
}
add_target() { # NAME PORT PATH PRIORITY: a group of protocol HTTPS with this target, behind a rule; its ARN is in $group
    group=$(api CreateTargetGroup "Name=$1" TargetType=ip Protocol=HTTPS Port=443 HealthCheckProtocol=HTTPS \
        HealthCheckIntervalSeconds=3 HealthCheckTimeoutSeconds=2 HealthCheckPath=/gtg VpcId=vpc-00000000 |
        element TargetGroupArn)
    api RegisterTargets "TargetGroupArn=$group" Targets.member.1.Id=127.0.0.1 "Targets.member.1.Port=$2" >answer.xml
    api CreateRule "ListenerArn=$listener" "Priority=$4" Conditions.member.1.Field=path-pattern \
        "Conditions.member.1.Values.member.1=$3" Actions.member.1.Type=forward \
        "Actions.member.1.TargetGroupArn=$group" >answer.xml
}
is_state() { answers "<State>$1</State>" DescribeTargetHealth "TargetGroupArn=$group"; }
status() { curl -sS -o body -w '%{http_code}' "http://127.0.0.1:$port$1" "${@:2}"; }
secure=$listener
listener=$(api DescribeListeners "LoadBalancerArn=$balancer" | element ListenerArn)
start_server tls.log DUET_TLS_CERT=.duet/tls.pem DUET_TLS_KEY=.duet/tls-key.pem
add_target by-tls "$server_port" /stats 1
check 'a target of protocol HTTPS is checked by TLS' wait_until 60 is_state healthy
check 'and asked by TLS' [ "$(status /stats)" = 200 ]
head -c 600000 /dev/zero | tr '\0' a >large
check 'bodies pass by TLS too' [ "$(status /stats --data-binary @large)" = 405 ]
start_server plain.log
add_target no-tls "$server_port" /gtg 2
check 'one that speaks none is unhealthy' wait_until 60 is_state unhealthy
check 'and is 502' [ "$(status /gtg)" = 502 ]
signature=${signature/elasticloadbalancing/monitoring}
lists_metric() { # NAME
    curl -sS "http://127.0.0.1:$control/" -H "Authorization: $signature" \
        --data "Action=ListMetrics&Version=2010-08-01&Namespace=AWS/ApplicationELB&MetricName=$1" | grep -q "<MetricName>$1<"
}
check 'which counts as TargetTLSNegotiationErrorCount' wait_until 30 lists_metric TargetTLSNegotiationErrorCount
signature=${signature/monitoring/elasticloadbalancing}
stop

start --weights fargate=1
check 'a restart keeps it' says_here "https://localhost:$moved/"
check 'with its tags' answers '<Key>team</Key><Value>blue</Value>' DescribeTags "ResourceArns.member.1=$arn"
check 'and keeps the authority that is trusted' hello localhost
check 'and the certificates of names' by_name x.v2.localhost '*.v2.localhost' h2
api RemoveListenerCertificates "ListenerArn=$secure" "$(named api.localhost)" >answer.xml
shows_default() { ! by_name api.localhost api.localhost h2; }
check 'one that is removed is not shown any more' shows_default
api DeleteListener "ListenerArn=$arn" >answer.xml
check 'one that is deleted is closed' wait_until 30 is_closed "https://localhost:$moved/"
check 'the others serve on' curl -fsS "http://127.0.0.1:$port/hello"
stop
finish
