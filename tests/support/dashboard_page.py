"""dashboard_page.py CHROMIUM RIG_PID URL CONTROL_URL DUET: what a browser makes of the dashboard.

The rig is one of `duet local --control-ui --weights lambda=75,fargate=25 --pin-secret SECRET`. The last claim stops it
while tabs listen. Prints "ok NAME" or "not ok NAME" for each claim; a claim that fails ends the rest.
Exit status: 0 all true, 1 not.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from browser import LIMIT_S, Browser

SECRET = "a-secret-of-the-page"  # as in dashboard.sh
REQUESTS = 60
LOST_TABS = 8  # more than the connections that a browser opens to one server

CELLS = "[...document.querySelectorAll('#%s tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))"


def ask(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        return error.read()


def has_row(table, *texts):
    """An expression: the table has a row with these texts, in any of its cells."""
    return f"{CELLS % table}.some(row => {json.dumps(texts)}.every(text => row.includes(text)))"


def is_live(page):
    page.wait("document.getElementById('status').dataset.kind === 'live'")


def fits(page, width):
    page.size(width, 900)
    page.wait(f"document.documentElement.clientWidth <= {width} && document.querySelector('#picture svg')")
    page.wait("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def traffic_is_shown(page, url):
    for i in range(REQUESTS):
        ask(f"{url}/{'hello' if i % 2 else 'candidate/nobody'}?token=secret")
    page.wait(f"{CELLS % 'targets'}.reduce((sum, row) => sum + Number(row[3]), 0) === {REQUESTS}")
    page.wait(has_row("requests", "GET /hello", "200"))
    page.wait(has_row("requests", "GET /candidate/nobody", "404"))
    page.wait(has_row("shares", "lambda-a", "75", "75 %"))
    page.wait("/lambda-a [1-9]/.test(document.getElementById('chart-time').getAttribute('aria-label')) || "
              "/lambda-a 0\\.[0-9]*[1-9]/.test(document.getElementById('chart-time').getAttribute('aria-label'))")
    page.wait("document.querySelector('#picture svg').getAttribute('aria-label').includes('lambda-a: weight 75')")
    page.wait("[...document.querySelectorAll('#instances td')].some(cell => cell.textContent.includes('sandbox '))")
    page.wait("Number(document.getElementById('tile-cold').textContent) > 0")
    # These are of the last five seconds.
    flows = "document.querySelectorAll('#picture .flow').length >= 3"
    page.wait(f"Number(document.getElementById('tile-rate').textContent) > 0 && {flows}", lambda: ask(url + "/hello"))
    if page.evaluate("document.documentElement.outerHTML.includes('secret')"):
        raise AssertionError("a query is shown")


def charts_are_tables_too(page):
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for name in ("share", "rate", "time", "errors", "cold"):
        page.wait(f"/[0-9]/.test(document.querySelector('details[data-chart={name}] tbody').textContent)")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")


def schemes_differ(page):
    ground = "getComputedStyle(document.body).backgroundColor"
    page.scheme("light")
    light = page.evaluate(ground)
    page.scheme("dark", "reduce")
    page.wait(f"{ground} !== {json.dumps(light)}")
    page.wait("Chart.getChart('chart-rate').options.scales.y.ticks.color === "
              "getComputedStyle(document.documentElement).getPropertyValue('--faint').trim()")
    page.scheme("light")
    page.wait(f"{ground} === {json.dumps(light)}")


def rig_environment(control):
    return dict(os.environ, AWS_ENDPOINT_URL=control, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                AWS_REGION="us-east-1", DUET_PIN_SECRET=SECRET)


def set_tasks(control, count):
    """Of the Fargate home, as a deployment does."""
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature="
    fields = {"Content-Type": "application/x-amz-json-1.1", "Authorization": scope + "0" * 64,
              "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.UpdateService"}
    body = {"cluster": "duet-local", "service": "duet-local-a", "desiredCount": count}
    urllib.request.urlopen(urllib.request.Request(control, json.dumps(body).encode(), fields)).close()


def a_guard_is_shown(page, url, control, duet):
    """One that moves the share of a home without tasks at once, and back soon."""
    port = int(url.rsplit(":", 1)[1])
    policy = {"rule": {"load_balancer": "duet-local", "port": port, "priority": 40000}, "interval": "200ms", "lease": "1m",
              "metrics": {"windows": 0}, "moves": {"apart": "1s", "back_after": "1s", "step": "1s", "steps": [50, 100]}}
    title = "document.querySelector('#guards h3') && document.querySelector('#guards h3').textContent"
    page.wait("document.getElementById('guards').hidden")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(policy, file)
        file.flush()
        guard = subprocess.Popen([duet, "guard", "run", file.name], env=rig_environment(control), stdout=subprocess.DEVNULL)
        page.wait(f"{title} === 'Both homes have their share'")
        set_tasks(control, 0)
        page.wait(f"{title} === \"Fargate's share of 25 % is away: Lambda carries it\"")
        page.wait("/^because: no healthy target of /.test(document.querySelector('#guards .why').textContent)")
        page.wait("/now Lambda 100 %, Fargate 0 %$/.test(document.querySelector('#guards svg').getAttribute('aria-label'))")
        page.evaluate("document.querySelector('#guards details').open = true")
        fits(page, 360)
        set_tasks(control, 1)
        page.wait(f"{title} === 'Both homes have their share'")
        page.wait("/^step fargate,(.*,)?move fargate$/.test("
                  "[...document.querySelectorAll('#guards tbody tr')].map(row => row.cells[1].textContent).join())")
        guard.terminate()
        if guard.wait(LIMIT_S) != 0:
            raise AssertionError(f"the guard ended with {guard.returncode}")
        page.wait("document.querySelector('#guards .when').textContent.startsWith('its process is silent since ')")


def words(word):
    return f"document.querySelector('#canary-list button[data-word={word}]')"


def a_canary_is_shown_and_obeys(page, url, control, duet):
    """One that bakes for an hour, unless somebody says something."""
    port = int(url.rsplit(":", 1)[1])
    plan = {"name": "page", "rule": {"load_balancer": "duet-local", "port": port, "priority": 40000},
            "stable": "lambda-a", "canary": "lambda-b", "interval": "1s", "lease": "5m",
            "metrics": {"period": "1s", "late": "1s"}, "smoke": {"url": url + "/gtg", "slot": "lambda-b"},
            "steps": [{"share": 30, "bake": "1h"}, {"share": "all", "bake": "1s"}]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        canary = subprocess.Popen([duet, "canary", "run", file.name], env=rig_environment(control), stdout=subprocess.DEVNULL)
        page.wait("document.querySelector('#canaries .phase') && document.querySelector('#canaries .phase').textContent === 'baking'")
        page.wait("document.querySelectorAll('#canaries .verdicts i').length > 1", lambda: ask(url + "/hello"))
        page.wait("document.querySelector('#canaries .steps [aria-current=step]').textContent === '30 %'")
        fits(page, 360)
        page.wait(f"{words('resume')}.disabled && !{words('pause')}.disabled")
        page.evaluate(f"{words('pause')}.click()")
        page.wait("document.querySelector('#canaries .phase').textContent === 'paused; baking'")
        page.evaluate(f"{words('rollback')}.click()")
        page.wait(has_row("canary-past", "page", "rolled-back", "somebody said rollback"))
        page.wait("!document.querySelector('#canary-list article')")
        if canary.wait(LIMIT_S) != 1:
            raise AssertionError(f"the canary ended with {canary.returncode}")


def weights_are_set(page, control):
    page.wait("!document.getElementById('controls').hidden")
    page.evaluate("""(() => {
        for (const input of document.querySelectorAll('#sliders input[type=number]')) {
            input.value = input.dataset.group === 'fargate-b' ? 7 : 0;
            input.dispatchEvent(new Event('input'));
        }
        document.querySelector('#controls button[type=submit]').click();
    })()""")
    page.wait("document.getElementById('controls-said').textContent === 'The weights are set.'")
    page.wait(has_row("shares", "fargate-b", "7", "100 %"))
    rules = [rule for listener in json.loads(ask(control + "/state"))["listeners"] for rule in listener["rules"]]
    if {"name": "fargate-b", "weight": 7} not in [group for rule in rules for group in rule["targetGroups"]]:
        raise AssertionError(f"the rule has {rules}")
    page.wait("document.getElementById('events').textContent.includes('weight of fargate-b: 0 -> 7')")


def failures_are_found(page, url):
    """The group of the only weight is empty."""
    ask(url + "/lost")
    page.evaluate("document.getElementById('only-failures').click()")
    page.wait(has_row("requests", "GET /lost", "503", "fargate-b"))
    page.wait("document.querySelectorAll('#requests tbody tr').length === 1")
    page.wait("document.getElementById('tile-errors').parentElement.classList.contains('bad')", lambda: ask(url + "/lost"))


def tabs_share_a_stream(browser, control):
    tabs = [browser.open(control) for _ in range(LOST_TABS)]
    for tab in tabs:
        is_live(tab)
    return tabs


def the_end_is_shown(tabs, rig):
    os.kill(rig, signal.SIGTERM)
    for tab in tabs:
        tab.wait("document.getElementById('status').dataset.kind === 'lost'")


def claim(name, function, *arguments):
    try:
        value = function(*arguments)
    except AssertionError as error:
        print(f"{error}\nnot ok {name}")
        sys.exit(1)
    print(f"ok {name}", flush=True)
    return value


def no_errors(page):
    if page.errors:
        raise AssertionError("\n".join(page.errors))


def main():
    program, rig, url, control, duet = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
    with Browser(program) as browser:
        page = browser.open(control)
        claim("the page is live", is_live, page)
        claim("it shows the requests, by the home that answered", traffic_is_shown, page, url)
        claim("its charts are tables too", charts_are_tables_too, page)
        claim("it is light and dark as the browser wishes", schemes_differ, page)
        claim("it fits a wide window", fits, page, 1440)
        claim("it fits a telephone", fits, page, 360)
        claim("it shows a guard, and why a share is away", a_guard_is_shown, page, url, control, duet)
        claim("it shows a canary, which obeys its buttons", a_canary_is_shown_and_obeys, page, url, control, duet)
        claim("its controls set the weights", weights_are_set, page, control)
        claim("it finds the failures", failures_are_found, page, url)
        tabs = claim("many tabs listen at once", tabs_share_a_stream, browser, control)
        claim("no tab has complained", lambda: [no_errors(each) for each in [page, *tabs]])
        claim("open tabs do not hold the rig up, and see its end", the_end_is_shown, [page, *tabs], rig)


main()
