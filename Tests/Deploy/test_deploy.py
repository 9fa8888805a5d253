"""The compose file for real: up, the slice over containers, killed one at a time under load, alerts, down.

Run by scripts/test-deploy.sh, which makes the images first. Needs the standard library and docker-compose alone. Prints
one line a check; the last line is `N passed, N failed`, and the exit status tells the same.
"""

import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENGINES = ["analytics", "risk", "factor", "ml", "features", "websocket", "strategy", "marketdata", "portfolio"]
SERVICES = [f"{name}-engine" for name in ENGINES] + ["gateway"]
# Grafana is in no Debian package: it is brought up where its image is there.
OTHERS = ["redis", "postgres", "prometheus", "alertmanager", "nginx"]
READY_SECONDS = 20
# In .env beside the secrets.
SETTINGS = {"NAUTILUS_SPOOL_BYTES": "134217728"}
# What the batch backtest kernel gives for the same rules and bars; SliceTests holds the platform to it to the cent.
SLICE = {"bars": 2148, "trades": 67, "equity": 771942.31}
GATEWAY = "http://127.0.0.1:8001"

passed, failed = 0, 0


def check(name, ok, detail=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(("ok    " if ok else "FAIL  ") + name + (f": {detail}" if detail != "" else ""), flush=True)
    return ok


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def wait_for(seconds, condition):
    """The first true value of the condition within the time, or its last one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.25)


class Platform:
    """The compose project, with secrets of its own in a file of its own."""

    def __init__(self, folder):
        self.secrets = {name: secrets.token_hex(24) for name in self.named()}
        self.file = os.path.join(folder, "env")
        with open(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in (self.secrets | SETTINGS).items())
        self.key = self.secrets["NAUTILUS_API_KEY"]

    @staticmethod
    def named():
        with open(os.path.join(ROOT, ".env.example")) as file:
            return [line.strip()[:-1] for line in file if line.strip().endswith("=") and not line.startswith("#")]

    def compose(self, *arguments, file=None, timeout=300):
        # The file's values, not those of the shell.
        environment = {k: v for k, v in os.environ.items() if k not in self.secrets | SETTINGS}
        return run("docker-compose", "--env-file", file or self.file, *arguments, cwd=ROOT, env=environment,
                   timeout=timeout)

    def request(self, url, body=None, headers=None, key=True, timeout=5):
        """Status and JSON; status 0 where nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers or {})
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if key:
            request.add_header("X-API-Key", self.key)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, None
        except (OSError, ValueError):
            return 0, None


def container(service):
    return f"nautilus-{service}"


def inspect(service, form):
    return run("docker", "inspect", "-f", form, container(service)).stdout.strip()


def healthy(service):
    return inspect(service, "{{.State.Health.Status}}") == "healthy"


def kill(service):
    """Kills the process itself, as a crash would: `docker kill` would count as an operator's stop."""
    pid = int(inspect(service, "{{.State.Pid}}") or 0)
    if pid > 0:
        os.kill(pid, 9)
    return pid


class Load:
    """Posts transactions through the gateway, each until it is acknowledged, with an idempotency key."""

    def __init__(self, platform):
        self.platform, self.acknowledged, self.stopping = platform, {}, False
        self.wrong, self.lock = [], threading.Lock()
        status, _ = platform.request(GATEWAY + "/portfolios", {"id": "load", "name": "Load", "currency": "USD"})
        assert status == 201, status
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(4)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def work(self, client):
        number = 0
        while not self.stopping:
            self.post(f"{client}-{number}")
            number += 1
            time.sleep(0.01)

    def post(self, key):
        body = {"type": "deposit", "amount": 1.25, "currency": "USD", "ts": "2024-01-02T00:00:00Z", "note": key}
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, answer = self.platform.request(
                GATEWAY + "/portfolios/load/transactions", body, {"Idempotency-Key": key})
            if status == 201:
                with self.lock:
                    self.acknowledged[key] = answer["id"]
                return
            if status not in (0, 502, 503, 504):
                self.wrong.append(f"{key}: {status}")
                return
            if self.stopping:
                return
            time.sleep(0.1)
        self.wrong.append(f"{key}: no answer in 60 s")

    def booked(self):
        """How often each note is in the ledger."""
        counts, cursor = {}, None
        while True:
            query = "?limit=1000" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")
            status, page = self.platform.request(GATEWAY + "/portfolios/load/transactions" + query, timeout=30)
            if status != 200:
                return None
            for item in page["items"]:
                counts[item.get("note")] = counts.get(item.get("note"), 0) + 1
            cursor = page.get("next_cursor")
            if not cursor:
                return counts


def empty_secrets_are_refused(platform):
    for service in ["risk-engine", "gateway", "redis", "postgres"]:
        result = platform.compose("run", "--rm", "--no-deps", "-T", service,
                                  file=os.path.join(ROOT, ".env.example"), timeout=60)
        check(f"{service} refuses empty secrets", result.returncode == 78,
              (result.stderr.strip().splitlines() or [""])[-1][:160])
    platform.compose("down", "-v")


def comes_up(platform):
    services = SERVICES + OTHERS
    if run("docker", "image", "inspect", "grafana/grafana:11.3.1").returncode == 0:
        services = services + ["grafana"]
    else:
        print("      grafana is left out: its image is not there and no Debian package has it")
    start = time.monotonic()
    result = platform.compose("up", "-d", *services)
    if not check("docker-compose up", result.returncode == 0, result.stderr[-400:] if result.returncode else ""):
        return False
    ready = wait_for(60, lambda: all(healthy(name) for name in SERVICES + ["redis", "postgres"]))
    seconds = time.monotonic() - start
    return check(f"all healthy within {READY_SECONDS} s of up", ready and seconds <= READY_SECONDS, f"{seconds:.1f} s") or ready


def runs_as_described():
    for service in SERVICES:
        user = inspect(service, "{{.Config.User}}")
        read_only = inspect(service, "{{.HostConfig.ReadonlyRootfs}}")
        check(f"{service} is not root and cannot write its image", user == "10001:10001" and read_only == "true",
              f"user {user}, read-only {read_only}")
    told = inspect("risk-engine", "{{range .Config.Env}}{{println .}}{{end}}").splitlines()
    check("settings reach a service", all(f"{name}={value}" in told for name, value in SETTINGS.items()))
    networks = inspect("gateway", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}").split()
    check("one network", networks == ["nautilus_nautilus-network"], " ".join(networks))


def answers_only_with_a_key(platform):
    status, _ = platform.request(GATEWAY + "/portfolios", key=False)
    check("without a key nobody gets in", status == 401, status)
    status, body = platform.request("http://127.0.0.1/health", key=False)
    check("nginx reaches the gateway", status == 200 and body.get("status") == "healthy", body and body.get("status"))
    status, _ = platform.request("http://127.0.0.1/metrics")
    check("nginx shows the metrics to nobody", status == 403, status)
    for path in ["/ws", "/api/v1/streaming/ws/factors"]:
        check(f"nginx leads {path} to its engine", handshake(platform, path) == 101)


def handshake(platform, path, port=80):
    """The status with which a socket is begun."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", path, headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "X-API-Key": platform.key})
        return link.getresponse().status
    except OSError:
        return 0
    finally:
        link.close()


def slice_over_containers(platform):
    environment = ["-e", "NAUTILUS_AUTH=on", "-e", "NAUTILUS_API_KEY", "-e", "NAUTILUS_GATEWAY_PORT=8000",
                   "-e", "NAUTILUS_GATEWAY_HOST=gateway"]
    for name in ENGINES:
        environment += ["-e", f"NAUTILUS_{name.upper()}_HOST={name}-engine"]
    result = run("docker", "run", "--rm", "--no-healthcheck", "--network", "nautilus_nautilus-network", *environment,
                 f"nautilus-tools:{os.environ.get('NAUTILUS_VERSION', 'dev')}", "sample", "--replay", "GOOG:1d",
                 "--speed", "0", env={**os.environ, "NAUTILUS_API_KEY": platform.key}, timeout=300)
    try:
        line = json.loads(result.stdout.splitlines()[-1])
        got = {"bars": line["replay"]["bars"], "trades": line["portfolio"]["trades"],
               "equity": round(line["portfolio"]["equity"], 2)}
    except (IndexError, KeyError, ValueError):
        got = result.stdout[-300:] + result.stderr[-300:]
    check("the slice equals the backtest kernel to the cent", got == SLICE, got)


def no_write_is_lost(platform):
    with Load(platform) as load:
        wait_for(30, lambda: len(load.acknowledged) > 20)
        for service in SERVICES + ["redis", "postgres"]:
            before = int(inspect(service, "{{.RestartCount}}") or 0)
            kill(service)
            back = wait_for(60, lambda: int(inspect(service, "{{.RestartCount}}") or 0) > before and healthy(service))
            count = len(load.acknowledged)
            moved = wait_for(60, lambda: len(load.acknowledged) > count + 5)
            check(f"{service} killed comes back, and writes go on", back and moved)
    check("no write was answered wrongly", not load.wrong, load.wrong[:3])
    booked = wait_for(30, load.booked) or {}
    lost = [key for key in load.acknowledged if booked.get(key) != 1]
    check(f"each of {len(load.acknowledged)} acknowledged writes is booked once", load.acknowledged and not lost, lost[:5])
    twice = [key for key, count in booked.items() if count > 1]
    check("no write is booked twice", not twice, twice[:5])


def prometheus(platform, path):
    status, body = platform.request("http://127.0.0.1:9090/api/v1/" + path, key=False)
    return body["data"] if status == 200 else None


def firing(platform, service):
    alerts = (prometheus(platform, "alerts") or {"alerts": []})["alerts"]
    return [alert["labels"]["alertname"] for alert in alerts
            if alert["state"] == "firing" and alert["labels"].get("service", "").startswith(service)]


def alerts_fire_and_resolve(platform):
    def up():
        targets = (prometheus(platform, "targets?state=active") or {"activeTargets": []})["activeTargets"]
        return [target for target in targets if target["labels"]["job"] == "nautilus" and target["health"] == "up"]

    check("Prometheus has ten targets up", wait_for(60, lambda: len(up()) == 10), len(up()))
    run("docker", "stop", container("ml-engine"))
    fired = wait_for(180, lambda: [name for name in firing(platform, "ml") if "Down" in name])
    check("an engine that is stopped fires an alert", bool(fired), fired)
    run("docker", "start", container("ml-engine"))
    check("and it resolves", wait_for(180, lambda: not [n for n in firing(platform, "ml") if "Down" in n]))


def goes_down(platform):
    stopped = run("docker", "stop", "-t", "15", container("risk-engine"))
    code = inspect("risk-engine", "{{.State.ExitCode}}")
    check("SIGTERM ends a service with 0", stopped.returncode == 0 and code == "0", code)
    platform.compose("down", "-v", "--remove-orphans")
    left = [kind + " " + name for kind, command in [
        ("container", ["ps", "-a", "--filter", "name=nautilus-", "--format", "{{.Names}}"]),
        ("network", ["network", "ls", "--filter", "name=nautilus", "--format", "{{.Name}}"]),
        ("volume", ["volume", "ls", "--format", "{{.Name}}", "--filter", f"name={os.path.basename(ROOT)}_"]),
    ] for name in run("docker", *command).stdout.split()]
    check("nothing is left behind", not left, left)


def main():
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(folder)
        try:
            empty_secrets_are_refused(platform)
            if comes_up(platform):
                runs_as_described()
                answers_only_with_a_key(platform)
                slice_over_containers(platform)
                no_write_is_lost(platform)
                alerts_fire_and_resolve(platform)
        finally:
            goes_down(platform)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
