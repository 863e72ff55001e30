#!/usr/bin/env bash
# invoke.sh: `duet invoke` and `duet event` as people call them: what is printed where, and the exit
# status.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/support/shell.sh
. tests/support/shell.sh
build=$PWD/${DUET_BUILD:-build}
duet=$build/duet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

exits() { # STATUS TEXT COMMAND...: ends with STATUS, and says TEXT on stdout or stderr
    local out status
    out=$("${@:3}" 2>&1 </dev/null)
    status=$?
    printf 'exit status %d, saying: %s\n' "$status" "$out"
    [ $status -eq "$1" ] && grep -qF -- "$2" <<<"$out"
}

prints() { # STATUS TEXT COMMAND...: ends with STATUS, and stdout is TEXT alone
    local out status
    out=$("${@:3}" 2>log)
    status=$?
    printf 'exit status %d, stdout: %s\nstderr: %s\n' "$status" "$out" "$(cat log)"
    [ $status -eq "$1" ] && [ "$out" = "$2" ]
}

logs() { grep -qF -- "$1" log; } # TEXT: the last command of `prints` said it on stderr

event() { # OPTION...: the event, its trace id masked
    "$duet" event "$@" | sed -E 's/Root=1-[0-9a-f]{8}-[0-9a-f]{24}/Root/'
}

invoke() { "$duet" invoke --bootstrap "$build/bootstrap" "$@"; }

# http OPTION...: --http's answer without CR and without Date
http() {
    local status
    invoke --http "$@" | tr -d '\r' | sed '/^Date: /d'
    status=${PIPESTATUS[0]}
    return "$status"
}

script() { # NAME TEXT: a bootstrap in bash
    printf '#!/bin/bash\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

# A bootstrap that gives $ANSWER to every event.
# shellcheck disable=SC2016  # the bootstraps expand it
script answering '
call() {
    exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
    printf "%s /2018-06-01/runtime/invocation/%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" "$1" "$2" "${#3}" "$3" >&3
    reply=$(tr -d "\r" <&3)
    exec 3>&-
}
echo "hello from the log"
while call GET next ""; do
    id=$(sed -n "s/^Lambda-Runtime-Aws-Request-Id: //p" <<<"$reply")
    call POST "$id/response" "$ANSWER"
done'
script ending 'exit 7'
# shellcheck disable=SC2016
script slow 'exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"; printf "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n" >&3; while :; do sleep 1; done'

group='{"requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/duet-invoke/0000000000000001"}}'
forwarded='"x-forwarded-for":["127.0.0.1"],"x-forwarded-proto":["http"],"x-forwarded-port":["80"],"host":["localhost"],"x-amzn-trace-id":["Root"]'
single=${forwarded//[\[\]]/}
version=$("$duet" --version | sed 's/duet //')
client="\"user-agent\":[\"duet/$version\"],\"accept\":[\"*/*\"]"

# --- duet itself ---

check 'duet without a command is bad usage' exits 2 'usage: duet COMMAND' "$duet"
check 'an unknown command is named' exits 2 "'frobnicate' is no command" "$duet" frobnicate
for word in --help -h help; do
    check "$word lists the commands" exits 0 'invoke' "$duet" $word
done
check 'the version is one line' exits 0 'duet 0.' "$duet" --version
for command in invoke event; do
    check "$command --help is no error" exits 0 "usage: duet $command" "$duet" $command --help
done

# --- duet event ---

check 'event makes a GET' prints 0 \
    "$group,\"httpMethod\":\"GET\",\"path\":\"/hello\",\"multiValueQueryStringParameters\":{},\"multiValueHeaders\":{$forwarded,$client},\"body\":\"\",\"isBase64Encoded\":false}" \
    event --path /hello
check 'event takes queries from the path and beside it, as they are' prints 0 \
    "$group,\"httpMethod\":\"GET\",\"path\":\"/a%20b\",\"multiValueQueryStringParameters\":{\"q\":[\"1\",\"%32\"],\"r\":[\"+\"]},\"multiValueHeaders\":{$forwarded,$client},\"body\":\"\",\"isBase64Encoded\":false}" \
    event --path '/a%20b?q=1' --query '?q=%32' --query 'r=+'
check 'event with single values has the last of each' prints 0 \
    "$group,\"httpMethod\":\"GET\",\"path\":\"/\",\"queryStringParameters\":{\"a\":\"2\"},\"headers\":{$single,\"x\":\"2\",\"user-agent\":\"me\",\"accept\":\"*/*\"},\"body\":\"\",\"isBase64Encoded\":false}" \
    event --single-value --query 'a=1&a=2' --header 'X: 1' --header 'x:2' --header 'User-Agent: me'
check 'event takes a text body' prints 0 \
    "$group,\"httpMethod\":\"POST\",\"path\":\"/candidate/ada\",\"multiValueQueryStringParameters\":{},\"multiValueHeaders\":{$forwarded,\"content-type\":[\"application/json\"],$client,\"content-length\":[\"13\"]},\"body\":\"{\\\"party\\\":\\\"x\\\"}\",\"isBase64Encoded\":false}" \
    event --method POST --path /candidate/ada --body '{"party":"x"}' --header 'Content-Type: application/json'
printf '\0\377' >binary
check 'event takes a file as the body' exits 0 '"body":"AP8=","isBase64Encoded":true' \
    "$duet" event --body @binary
event_from_stdin() { printf 'hi' | "$duet" event --body @-; }
check 'event takes stdin as the body' exits 0 '"body":"aGk=","isBase64Encoded":true' event_from_stdin
printf '{"any": [1, 2]}\n' >any.json
check 'event prints the event of a file as it is' prints 0 '{"any": [1, 2]}' "$duet" event any.json

for type in apigw-v1 apigw-v2 url; do
    http_of_type() { "$duet" event --type "$type" --path '/hello?a=%20' >"$type.json" && invoke --http "$type.json"; }
    check "event --type $type makes an event that is answered" exits 0 'Hello world' http_of_type
    check "invoke --type $type shows a missing page" exits 0 'HTTP/1.1 404 Not Found' \
        invoke --http --type "$type" --path /nowhere
done
check 'invoke shows a streamed answer' exits 0 'Hello world' \
    invoke --http --type url --path /hello --env DUET_LAMBDA_STREAMING=on
check 'what is streamed has a prelude' exits 0 '"statusCode":200,"headers":{"Content-Type":"text/plain"},"cookies":[]}' \
    invoke --type url --path /hello --env DUET_LAMBDA_STREAMING=on

head -c 1048577 /dev/zero >large
check 'event says when the load balancer refuses a body' exits 1 '413 (LambdaRequestTooLarge)' \
    "$duet" event --body @large
check 'event says when the load balancer refuses a header' exits 1 '400 (LambdaBadRequest)' \
    "$duet" event --header $'X: \377'
check 'event says when the load balancer refuses an upgrade' exits 1 \
    '400 (LambdaWebsocketNotSupported)' "$duet" event --header 'Upgrade: websocket'

# --- bad usage ---

printf '{"a": 1,\n  b}' >broken.json
head -c 6291557 /dev/zero | tr '\0' 7 >huge.json
while IFS='|' read -r text arguments; do
    for command in invoke event; do
        # shellcheck disable=SC2086  # the arguments are words
        check "$command ${arguments:-without arguments} is bad usage" exits 2 "$text" \
            "$duet" $command $arguments
    done
done <<'ROWS'
an event is needed|
--type 'elb' must be alb, apigw-v1, apigw-v2 or url|--type elb
either in 'any.json' or made|any.json --type url
--single-value is for the events of a load balancer|--type url --single-value --path /
cannot read 'no-such-file': No such file|no-such-file
cannot read '.': Is a directory|.
'broken.json' is no JSON: line 2|broken.json
'huge.json' is larger than an invocation may be|huge.json
'stdin' is no JSON: line 1, column 1|-
cannot read 'no-such-file'|--body @no-such-file
'other.json' is one file too many|any.json other.json
either in 'any.json' or made|any.json --path /
either in 'any.json' or made|any.json --single-value
--path 'hello'|--path hello
--method 'GET/'|--method GET/
--header 'no-colon'|--header no-colon
--header ':v'|--header :v
--query|--query
--frobnicate|--frobnicate
ROWS
check 'a blank in a path is bad usage' exits 2 "--path '/a b'" "$duet" event --path '/a b'
check 'a blank in a query is bad usage' exits 2 "--query 'a b'" "$duet" event --query 'a b'
check 'a line end in a header is bad usage' exits 2 "--header" "$duet" event --header $'a: b\r\nc: d'
while IFS='|' read -r text arguments; do
    # shellcheck disable=SC2086  # the arguments are words
    check "invoke $arguments is bad usage" exits 2 "$text" "$duet" invoke --path / $arguments
done <<'ROWS'
--timeout '0'|--timeout 0
--timeout '901'|--timeout 901
--timeout '1.5'|--timeout 1.5
--env 'NAME'|--env NAME
--env '=x'|--env =x
cannot run 'no/bootstrap': No such file|--bootstrap no/bootstrap
cannot run 'any.json': Permission denied|--bootstrap any.json
cannot run '.': Permission denied|--bootstrap .
ROWS

# --- duet invoke with our bootstrap ---

hello='{"statusCode":200,"statusDescription":"200 OK","multiValueHeaders":{"Content-Type":["text/plain"]},"body":"Hello world","isBase64Encoded":false}'
check 'invoke prints the payload as it is' prints 0 "$hello" invoke --path /hello
check 'the log is on stderr' logs 'START RequestId: '
check 'the log has the end of the call' logs 'REPORT RequestId: '
check 'invoke --http prints the response of the load balancer' prints 0 \
    'HTTP/1.1 200 OK
Content-Type: text/plain
Server: awselb/2.0
Content-Length: 11

Hello world' http --path /hello
check 'HEAD has a length and no body' prints 0 \
    'HTTP/1.1 200 OK
Content-Type: text/plain
Server: awselb/2.0
Content-Length: 11' http --method HEAD --path /hello
printf '{"party":"whig"}' >ada.json
add_ada() { http --method POST --path /candidate/ada --body @ada.json --header 'Content-Type: application/json'; }
check 'invoke creates a candidate' exits 0 'HTTP/1.1 201 Created' add_ada
check 'the store outlives the call' exits 0 'HTTP/1.1 409 Conflict' add_ada
check 'the store is .duet/store.db here' test -s .duet/store.db
check '--store names another' exits 0 'HTTP/1.1 404 Not Found' http --store sqlite:other.db --path /candidate/ada
check '--env may name the store' exits 0 'HTTP/1.1 404 Not Found' http --env DUET_STORE=memory --path /candidate/ada
"$duet" event --path /hello >hello.json
check 'invoke takes an event from a file' prints 0 "$hello" invoke hello.json
invoke_from_pipe() { "$duet" event --path /hello | invoke -; }
check 'invoke takes an event from stdin' prints 0 "$hello" invoke_from_pipe
"$duet" event --single-value --path /hello >single.json
check 'the answer to single values is single-valued' exits 0 'Content-Type: text/plain' http single.json
check 'a function error is exit status 1 and is printed' exits 1 \
    "\"errorMessage\":\"the event is no HTTP event: the 'requestContext' of a load balancer ('elb'), of API Gateway or of a function URL is missing, and the service has no raw handler\"" invoke any.json
check 'with --http a function error is a 502' exits 1 'HTTP/1.1 502 Bad Gateway' http any.json
check 'with --http a refused request has the page of the load balancer' exits 1 \
    'HTTP/1.1 413 Content Too Large' http --body @large
printf '{"requestContext":{"elb":{"targetGroupArn":"a"}},"httpMethod":"POST","path":"/hello","headers":{},"body":"\\u0000","isBase64Encoded":false}' >nul.json
check 'an event may hold the escape of NUL' exits 0 '405' http nul.json

# --- other bootstraps ---

page='<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
</body>
</html>'
answering() { # ANSWER OPTION...
    local answer=$1
    shift
    http --path / --bootstrap ./answering --env "ANSWER=$answer" "$@"
}
check 'what is no answer for a load balancer is a 502' prints 1 "HTTP/1.1 502 Bad Gateway
Server: awselb/2.0
Content-Type: text/html
Content-Length: 122

$page" answering '{"statusCode":"200"}'
check 'the reason is on stderr' logs "502 (LambdaInvalidResponse): 'statusCode' is not a whole number"
check 'the lines of the function are on stderr' logs 'hello from the log'
check 'single headers do not answer a multi-value event' exits 1 \
    "'headers' stands where 'multiValueHeaders' is needed" answering '{"statusCode":200,"headers":{"a":"b"}}'
check 'single headers answer a single-value event' exits 0 'a: b' \
    answering '{"statusCode":200,"headers":{"a":"b"}}' --single-value
check 'without --http any answer is one' prints 0 'not JSON' \
    invoke any.json --bootstrap ./answering --env 'ANSWER=not JSON'
check 'a bootstrap that ends is a function error' exits 1 \
    'Error: Runtime exited with error: exit status 7","errorType":"Runtime.ExitError"}' \
    invoke any.json --bootstrap ./ending
check 'a bootstrap that hangs runs into the timeout' exits 1 \
    'Error: Task timed out after 1.00 seconds","errorType":"Sandbox.Timedout"}' \
    invoke any.json --bootstrap ./slow --timeout 1
to_full_disk() { invoke --path /hello >/dev/full; }
check 'what cannot be written is told' exits 1 'cannot write to stdout' to_full_disk
finish
