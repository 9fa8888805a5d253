"""The monitoring, as it is shipped, against a real platform: rules, their tests, pages, boards, and every expression.

    python3 Tests/Python/monitoring.py FOLDER_WITH_BINARIES

Starts Redis, the platform of ten processes, Alertmanager and Prometheus in a folder of its own, on ports of its own,
and ends all of them. Needs the standard library, and the Debian packages prometheus, prometheus-alertmanager and
redis-server. Prints one line a fault; the last line is `N checks, N failed`, and the exit status tells the same.
"""

import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "monitoring")
TOOLS = ["prometheus", "promtool", "prometheus-alertmanager", "amtool", "redis-server"]
SERVICES = {"gateway": 8000, "analytics": 8100, "risk": 8200, "factor": 8300, "ml": 8400, "features": 8500,
            "websocket": 8600, "strategy": 8700, "marketdata": 8800, "portfolio": 8900}
CATEGORIES = {"availability", "latency", "bus", "risk", "data-quality", "resources"}
# How long the whole platform may take to be there, to trade ten years of bars, and to be seen by Prometheus.
READY_SECONDS, REPLAY_SECONDS, SEEN_SECONDS = 60, 90, 45
# What legitimately gives nothing here, each with its reason.
EMPTY = {
    "alertmanager_notifications_failed_total": "counted by integration; the receivers have none until they are filled",
    "ALERTS": "there is none while no alert waits or fires",
}

checks, faults = 0, []


def check(name, ok, detail=""):
    global checks
    checks += 1
    if not ok:
        faults.append(name)
        print(f"FAILED {name}: {str(detail)[:2000]}", flush=True)


def eventually(seconds, ask):
    """Asks until the answer is true, and gives it; the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def free_ports(count):
    """Below the ports that the kernel gives to callers."""
    ports, port = [], 20_000 + os.getpid() % 100 * 100
    while len(ports) < count:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                ports.append(port)
        port += 1
    return ports


def fetch(url, body=None, timeout=10):
    """Status and text of an answer; (0, "") where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


# What needs no platform


def tool(name, *arguments, given=None):
    done = subprocess.run(arguments, cwd=ROOT, input=given, capture_output=True, text=True)
    check(name, done.returncode == 0, done.stdout[-1500:] + done.stderr[-500:])
    return done.stdout


def files_are_sound():
    rules = sorted(glob.glob(HERE + "/rules/*.yml"))
    tool("promtool takes the rules", "promtool", "check", "rules", "--lint-fatal", *rules)
    tool("amtool takes the routes", "amtool", "check-config", HERE + "/alertmanager.yml")
    tool("the boards are what the tables give", sys.executable, HERE + "/grafana/dashboards.py", "--check")
    for labels, receiver in [("severity=critical", "first-line"), ("severity=warning", "team"),
                             ("severity=info", "digest"), ("severity=critical escalation=second-line", "second-line")]:
        out = tool(f"{labels} has a route", "amtool", "config", "routes", "test",
                   "--config.file=" + HERE + "/alertmanager.yml", *labels.split())
        check(f"{labels} goes to {receiver}", out.split() == [receiver], out)


def rule_tests(path):
    tool("the rules do as tested in " + os.path.basename(path), "promtool", "test", "rules", path)


def every_alert_is_tested(alerts):
    """By the text of the files: one case with an expected alert, and one without."""
    for alert in alerts:
        name, fires, quiet = alert["name"], 0, 0
        for path in glob.glob(HERE + "/tests/*.yml"):
            for case in re.split(r"(?m)^  - name: ", open(path).read())[1:]:
                if f"alertname: {name}\n" in case:
                    fires += "exp_labels:" in case
                    quiet += "exp_alerts: []" in case
        check(f"{name} is tested to fire and not to fire", fires and quiet, (fires, quiet))


# The platform and what looks at it


class Scene:
    """Everything that runs, in one folder."""

    def __init__(self, binaries):
        self.folder = tempfile.mkdtemp(prefix="nautilus-monitoring-")
        self.processes = []
        ports = free_ports(len(SERVICES) + 3)
        self.ports = dict(zip(SERVICES, ports))
        self.redis, self.prometheus, self.alertmanager = ports[len(SERVICES):]
        self.binaries = os.path.abspath(binaries)

    def start(self, name, *command, **environment):
        with open(f"{self.folder}/{name}.out", "w") as out, open(f"{self.folder}/{name}.err", "w") as err:
            inherited = {key: value for key, value in os.environ.items() if not key.startswith("NAUTILUS_")}
            self.processes.append(subprocess.Popen(
                command, cwd=self.folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                env=inherited | environment))

    def lines(self, name):
        return open(f"{self.folder}/{name}").read().splitlines()

    def starts(self):
        self.start("redis", "redis-server", "--port", str(self.redis), "--bind", "127.0.0.1", "--save", "",
                   "--dir", self.folder, "--maxmemory", "256mb", "--maxmemory-policy", "noeviction")
        eventually(10, lambda: socket.socket().connect_ex(("127.0.0.1", self.redis)) == 0)
        self.write_configuration()
        self.start("alertmanager", "prometheus-alertmanager", "--config.file=" + HERE + "/alertmanager.yml",
                   "--storage.path=" + self.folder + "/alertmanager", "--cluster.listen-address=",
                   f"--web.listen-address=127.0.0.1:{self.alertmanager}")
        self.start("prometheus", "prometheus", f"--config.file={self.folder}/prometheus.yml",
                   f"--storage.tsdb.path={self.folder}/prometheus",
                   f"--web.listen-address=127.0.0.1:{self.prometheus}", "--log.level=warn")
        ports = {f"NAUTILUS_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        self.start("platform", self.binaries + "/nautilus", "up", "--processes", "--sample", "--replay", "GOOG:1d",
                   "--speed", "0", NAUTILUS_DATA_DIR=self.folder + "/data", NAUTILUS_LOG_LEVEL="warning",
                   NAUTILUS_ASSETS_DIR=ROOT + "/assets", NAUTILUS_REDIS_URL=f"redis://127.0.0.1:{self.redis}", **ports)

    def write_configuration(self):
        """The shipped file, with this machine's ports, the rules where they are, and a look every second."""
        text = open(HERE + "/prometheus.yml").read()
        moves = {'"/etc/prometheus/rules/*.yml"': f'"{HERE}/rules/*.yml"', "scrape_timeout: 4s": "scrape_timeout: 1s",
                 "scrape_interval: 5s": "scrape_interval: 1s", "evaluation_interval: 5s": "evaluation_interval: 1s",
                 "localhost:9090": f"127.0.0.1:{self.prometheus}",
                 "alertmanager:9093": f"127.0.0.1:{self.alertmanager}"}
        for name, port in SERVICES.items():
            moves[(name if name == "gateway" else name + "-engine") + f":{port}"] = f"127.0.0.1:{self.ports[name]}"
        for known, here in moves.items():
            check(f"prometheus.yml has {known}", known in text)
            text = text.replace(known, here)
        with open(self.folder + "/prometheus.yml", "w") as file:
            file.write(text)
        tool("promtool takes the configuration", "promtool", "check", "config", self.folder + "/prometheus.yml")

    def ends(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, path, **query):
        """An answer of Prometheus: its data, or the error's text."""
        status, text = fetch(f"http://127.0.0.1:{self.prometheus}/api/v1/{path}?" + urllib.parse.urlencode(query))
        answer = json.loads(text) if text else {}
        return answer.get("data"), answer.get("error", f"status {status}" if status != 200 else "")

    def service(self, name, path, body=None):
        return fetch(f"http://127.0.0.1:{self.ports[name]}{path}", body)


class Load(threading.Thread):
    """What callers ask, over and over, until told to end: good requests and some that are refused."""

    def __init__(self, scene):
        super().__init__(daemon=True)
        self.scene, self.over = scene, threading.Event()

    def run(self):
        features = {"symbol": "GOOG", "timeframe": "1d", "from": "2012-06-01",
                    "features": ["sma(close,3)", "rsi(close,14)"]}
        factors = {"symbols": ["AAPL", "MSFT"], "factors": ["-1*delta(close,5)/close"], "from": "2022-06-20"}
        returns = {"AAPL": [0.01, -0.02, 0.005, 0.013], "MSFT": [0.004, -0.011, 0.002, 0.009]}
        var = {"returns": returns, "weights": {"AAPL": 0.4, "MSFT": 0.6}, "value": 1e6, "method": "parametric",
               "confidence": 0.99}
        order = {"portfolio_id": "sample", "symbol": "KO", "side": "buy", "quantity": 1}
        turns = 0
        while not self.over.wait(0.05):
            turns += 1
            price = 60 + turns % 10 / 10
            self.scene.service("gateway", "/features/calculate", features)
            self.scene.service("gateway", "/factors/calculate", factors)
            self.scene.service("gateway", "/risk/var", var)
            self.scene.service("gateway", "/ml/predict/volatility", {"symbol": "KO"})
            self.scene.service("gateway", "/market-data/quotes", {"symbol": "KO", "bid": price, "ask": price + 0.1})
            self.scene.service("gateway", "/market-data/quotes", {"symbol": "KO", "bid": price, "ask": price - 1})
            self.scene.service("gateway", "/orders", order)
            for name in SERVICES:
                self.scene.service(name, "/health")
            self.scene.service("analytics", "/api/v1/sprint3/analytics/portfolio/sample/summary")


# What Prometheus is asked


def has_values(scene, expression, began):
    """Whether an expression has a number at any second since; and the error, where it is refused."""
    now = time.time()
    data, error = scene.ask("query_range", query=expression, start=max(began, now - 300), end=now, step=1)
    numbers = [value for series in (data or {}).get("result", []) for _, value in series["values"] if value != "NaN"]
    return bool(numbers), error


def expressions_of_boards():
    found = {}
    for path in sorted(glob.glob(HERE + "/grafana/dashboards/*.json")):
        board = json.load(open(path))
        check(f"{os.path.basename(path)} is called by its name", board["uid"] + ".json" == os.path.basename(path))
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                check(f"{panel['title']} asks Prometheus", target["datasource"]["uid"] == "prometheus")
                place = f"{board['uid']}: {panel['title']}, {target['legendFormat']}"
                found[place] = target["expr"].replace("$__rate_interval", "15s")
            check(f"{panel['title']} shows something", panel.get("targets") or panel["type"] == "text")
        if board["uid"] == "trading-overview":
            check("the trading overview has seven panels", len(board["panels"]) == 7, len(board["panels"]))
    return found


def names_in(expression):
    """The metrics that an expression is about."""
    bare = re.sub(r'"[^"]*"', "", re.sub(r"\b(by|on|without|ignoring) *\([^)]*\)", "", expression))
    return set(re.findall(r"\b(?:(?:nautilus|process|prometheus|alertmanager)_\w+|up|ALERTS|\w+:\w+:\w+)\b", bare))


def every_metric_is_there(scene, expressions):
    known, _ = scene.ask("label/__name__/values")
    for name in sorted(set().union(*map(names_in, expressions))):
        check(f"the metric {name} is there", name in known or name in EMPTY)


def every_alert_tells(alerts):
    pages = re.findall(r"(?m)^#+ (.+)$", open(ROOT + "/docs/alerts.md").read())
    anchors = {re.sub(r"[^\w -]", "", page.lower()).replace(" ", "-") for page in pages}
    check("there are at least 30 alerts", len(alerts) >= 30, len(alerts))
    check("in six categories", {alert["labels"].get("category") for alert in alerts} == CATEGORIES)
    for alert in alerts:
        name, labels, notes = alert["name"], alert["labels"], alert["annotations"]
        check(f"{name} has a severity", labels.get("severity") in ("critical", "warning", "info"))
        check(f"{name} has a summary and a description", notes.get("summary") and notes.get("description"))
        page, _, anchor = notes.get("runbook_url", "").partition("#")
        check(f"{name} has a page", page == "docs/alerts.md" and anchor in anchors, notes.get("runbook_url"))
    check("each alert has a name of its own", len({alert["name"] for alert in alerts}) == len(alerts))


def rules_work(scene, began):
    groups = eventually(SEEN_SECONDS, lambda: (scene.ask("rules")[0] or {}).get("groups")) or []
    rules = [rule for group in groups for rule in group["rules"]]
    alerts = [rule for rule in rules if rule["type"] == "alerting"]
    records = [rule for rule in rules if rule["type"] == "recording"]
    every_alert_tells(alerts)
    every_alert_is_tested(alerts)
    panels = expressions_of_boards()
    wanted = panels | {f"the rule {rule['name']}": rule["name"] for rule in records}
    missing = dict(wanted)

    def all_seen():
        for place, expression in list(missing.items()):
            if has_values(scene, expression, began)[0]:
                del missing[place]
        return not missing

    eventually(SEEN_SECONDS, all_seen)
    for place, expression in wanted.items():
        ok, error = has_values(scene, expression, began) if place in missing else (True, "")
        check(f"{place} returns data", ok, f"{expression} {error}")
    for rule in alerts:
        _, error = scene.ask("query", query=rule["query"])
        check(f"the expression of {rule['name']} is taken", not error, error)
    every_metric_is_there(scene, [rule["query"] for rule in rules] + list(panels.values()))
    broken, _ = scene.ask("rules")
    troubles = [rule["lastError"] for group in broken["groups"] for rule in group["rules"] if rule.get("lastError")]
    check("every rule is evaluated", not troubles, troubles)
    down = [alert["labels"] for alert in (scene.ask("alerts")[0] or {}).get("alerts", [])
            if alert["labels"]["alertname"].endswith("Down") and alert["state"] == "firing"]
    check("nothing is told to be down", not down, down)


def targets_are_up(scene):
    def up():
        targets = (scene.ask("targets", state="active")[0] or {}).get("activeTargets", [])
        return sorted(target["labels"]["service"] for target in targets if target["health"] == "up")

    engines = [name + "-engine" for name in SERVICES if name != "gateway"]
    wanted = sorted(["gateway", "prometheus", "alertmanager"] + engines)
    check("every target is up", eventually(SEEN_SECONDS, lambda: up() == wanted), up())
    told, _ = scene.ask("alertmanagers")
    check("Prometheus knows Alertmanager", told and len(told["activeAlertmanagers"]) == 1, told)


def metrics_are_clean(scene):
    for name in SERVICES:
        status, text = scene.service(name, "/metrics")
        check(f"{name} has metrics", status == 200, status)
        tool(f"promtool takes the metrics of {name}", "promtool", "check", "metrics", given=text)


def a_hung_group_is_told_of(scene):
    """By those who read for none: its own process says nothing."""
    groups = set(SERVICES) - {"gateway", "marketdata"}
    for name in ("gateway", "marketdata"):
        told = set(re.findall(r'nautilus_bus_lag_messages\{[^}]*group="(\w+)"', scene.service(name, "/metrics")[1]))
        check(f"{name} tells the lag of every group", told == groups, told ^ groups)


def looks(binaries):
    began = time.time()
    scene = Scene(binaries)
    try:
        scene.starts()
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            tests = [beside.submit(rule_tests, path) for path in sorted(glob.glob(HERE + "/tests/*.yml"))]
            files_are_sound()
            ready = eventually(READY_SECONDS, lambda: scene.lines("platform.out"))
            check("the platform is ready", ready, scene.lines("platform.err")[-5:])
            load = Load(scene)
            load.start()
            check("the replay ends", eventually(REPLAY_SECONDS, lambda: len(scene.lines("platform.out")) > 1),
                  scene.lines("platform.err")[-5:])
            targets_are_up(scene)
            rules_work(scene, began)
            metrics_are_clean(scene)
            a_hung_group_is_told_of(scene)
            load.over.set()
            load.join()
            for test in tests:
                test.result()
    finally:
        scene.ends()


def main():
    missing = [name for name in TOOLS if not shutil.which(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed; run scripts/setup.sh test")
        return 0
    looks(sys.argv[1])
    print(f"{checks} checks, {len(faults)} failed")
    return 1 if faults or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
