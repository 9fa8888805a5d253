"""Holds the compose files, nginx and Prometheus' targets against the platform's sources and documents, without a
container. Prints a line for each fault and, at the end, how much was looked at; exits 1 where there is a fault.

    .venv/bin/python Tests/Deploy/check_compose.py
"""

import copy
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import yaml

from k8s_facts import BUDGET, ROOT, memory, read, settings, sockets

BASE = "docker-compose.yml"
OVERLAYS = ["docker-compose.production.yml", "docker-compose.m4max.yml", "docker-compose.dev.yml"]
SETTINGS, CALCULATOR, TARGETS = "services/settings.yml", "services/calculator.yml", "monitoring/calculators.yml"
NGINX = "services/nginx/nginx.conf"
# What the compose files decide themselves: addresses and ports in their network, stores, folders, whether a key is
# asked for, what an instance is for. The gateway has no calculators.
FIXED = re.compile(r"NAUTILUS_(HOST|AUTH|API_KEY|ROLE|DATA_DIR|ASSETS_DIR|REDIS_URL|DATABASE_URL|"
                   r"(?!PUBLIC_)\w+_(HOST|PORT)|GATEWAY_CALCULATORS)")
RULES, MUTATIONS = [], []


def rule(function):
    RULES.append(function)
    return function


def breaks(name):
    """Marks a function that makes the files wrong in a way that the named rule finds."""

    def add(function):
        MUTATIONS.append((name, function))
        return function

    return add


def loaded():
    files = {name: yaml.safe_load(read(name)) for name in [BASE, *OVERLAYS, SETTINGS, CALCULATOR, TARGETS]}
    return files | {"headers": {name: header(name) for name in OVERLAYS}, NGINX: read(NGINX)}


def header(name):
    """The comment at the top of a file, as one line."""
    return " ".join(line.lstrip("# ") for line in re.match(r"(#.*\n)+", read(name))[0].splitlines())


def gigabytes(text):
    return memory(text[:-1] + {"g": "Gi", "m": "Mi"}[text[-1]])


def passed_on(name, value):
    """Whether a variable of .env is what a container gets; nothing there must count as nothing or as a default."""
    return re.fullmatch(r"\$\{" + name + r":-[^{}]*\}", str(value))


@rule
def settings_reach_the_services(files):
    """Every documented setting that the files do not decide comes from .env, to the ten and to the development one."""
    wanted = {name for name in settings() if not FIXED.fullmatch(name)}
    told = files[SETTINGS]["services"]["settings"]["environment"]
    for name in sorted(wanted ^ set(told)):
        yield f"{SETTINGS}: {name} is " + ("missing" if name in wanted else "no setting, or is decided here")
    for name, value in told.items():
        if value != "${" + name + ":-}":
            yield f"{SETTINGS}: {name} is {value}"
    for file, service in [(BASE, name) for name in BUDGET] + [("docker-compose.dev.yml", "dev")]:
        if files[file]["services"][service].get("extends") != {"file": SETTINGS, "service": "settings"}:
            yield f"{file}: {service} does not extend {SETTINGS}"


@rule
def nothing_of_the_user_is_overruled(files):
    """Where a file sets what .env may set, .env wins."""
    for file in [BASE, *OVERLAYS, CALCULATOR]:
        for service, item in files[file]["services"].items():
            for name, value in (item.get("environment") or {}).items():
                if name in settings() and not FIXED.fullmatch(name) and not passed_on(name, value):
                    yield f"{file}: {service} sets {name} to {value}, whatever .env says"


@rule
def calculators_are_scraped(files):
    """Prometheus reads the second instances of the production overlay, which alone mounts their list."""
    overlay = files["docker-compose.production.yml"]["services"]
    wanted = {name for name, item in overlay.items() if (item.get("extends") or {}).get("file") == CALCULATOR}
    told = {each["labels"]["service"]: each["targets"] for each in files[TARGETS]}
    if {name: [f"{name}:{BUDGET[name.removesuffix('-2')][0]}"] for name in wanted} != told:
        yield f"{TARGETS}: {told}"
    (job,) = [each for each in yaml.safe_load(read("monitoring", "prometheus.yml"))["scrape_configs"]
              if each["job_name"] == "nautilus"]
    (place,) = job["file_sd_configs"][0]["files"]
    inside = place.replace("*.yml", os.path.basename(TARGETS))
    if f"./{TARGETS}:{inside}:ro" not in overlay["prometheus"].get("volumes", []):
        yield f"docker-compose.production.yml: {TARGETS} is not where Prometheus looks"


@rule
def headers_add_up(files):
    """The sums at the top of the overlays are those of their limits."""
    arm, ten = files["docker-compose.m4max.yml"]["services"], list(BUDGET)
    own = sum(gigabytes(arm[name]["mem_limit"]) for name in ten)
    others = sum(gigabytes(item["mem_limit"]) for name, item in arm.items() if name not in ten)
    told = ("36 GB that all share", f"{own:g} GB for the ten, {others:g} GB for", f"leave {36 - own - others:g} GB to")
    for text in told:
        if text not in files["headers"]["docker-compose.m4max.yml"]:
            yield f"docker-compose.m4max.yml does not say {text}"
    cores = sum(files["docker-compose.production.yml"]["services"][name]["cpus"] for name in ten[:-1])
    room = sum(gigabytes(files[BASE]["services"][name]["mem_limit"]) for name in ten[:-1])
    if f"{cores:g} CPU and {room:g} GB for the nine" not in files["headers"]["docker-compose.production.yml"]:
        yield f"docker-compose.production.yml does not say {cores:g} CPU and {room:g} GB"


def led_to(nginx, path):
    """What nginx does with a path: its locations are regular expressions, in their order, and `/`."""
    for pattern, body in re.findall(r"location (?:~ )?(\S+) \{(.*?)(?<!\$)\}\n", nginx, re.S):
        if pattern != "/" and re.search(pattern, path):
            return told_by(body)
    return told_by(re.search(r"location / \{(.*?)\}\n", nginx, re.S)[1])


def told_by(body):
    match = re.search(r"set \$\w+ ([\w-]+):\d+;|return (\d+);", body)
    return match[1] or match[2]


@rule
def nginx_leads_in(files):
    """Sockets to the streaming engine, metrics to nobody, all else to the gateway."""
    wanted = {socket + ("GOOG" if socket.endswith("/") else ""): "websocket-engine" for socket in sockets()}
    wanted |= {"/metrics": "403", "/metrics/": "403"}
    wanted |= dict.fromkeys(["/", "/health", "/wsx", "/api/v1/ws", "/api/v1/streaming", "/orders/metrics"], "gateway")
    for path, target in sorted(wanted.items()):
        if led_to(files[NGINX], path) != target:
            yield f"{NGINX}: {path} leads to {led_to(files[NGINX], path)}, not to {target}"


# One thing made wrong at a time


@breaks("settings_reach_the_services")
def a_setting_is_left_out(files): del files[SETTINGS]["services"]["settings"]["environment"]["NAUTILUS_SMTP_URL"]


@breaks("settings_reach_the_services")
def a_setting_is_a_value(files): files[SETTINGS]["services"]["settings"]["environment"]["NAUTILUS_SMTP_TLS"] = "off"


@breaks("settings_reach_the_services")
def a_service_gets_none(files): del files[BASE]["services"]["risk-engine"]["extends"]


@breaks("nothing_of_the_user_is_overruled")
def an_overlay_knows_better(files):
    files["docker-compose.m4max.yml"]["services"]["risk-engine"]["environment"]["NAUTILUS_RISK_WORKERS"] = "8"


@breaks("calculators_are_scraped")
def a_calculator_is_not_scraped(files): files[TARGETS].pop()


@breaks("calculators_are_scraped")
def their_list_is_not_mounted(files):
    del files["docker-compose.production.yml"]["services"]["prometheus"]["volumes"]


@breaks("headers_add_up")
def a_limit_grows(files): files["docker-compose.m4max.yml"]["services"]["risk-engine"]["mem_limit"] = "3g"


@breaks("headers_add_up")
def a_core_is_taken(files): files["docker-compose.production.yml"]["services"]["risk-engine"]["cpus"] = 1


@breaks("nginx_leads_in")
def a_socket_is_led_to_the_gateway(files):
    files[NGINX] = files[NGINX].replace("(ws|api/v1/streaming/ws)", "(api/v1/)?ws")


@breaks("nginx_leads_in")
def the_world_reads_the_metrics(files): files[NGINX] = files[NGINX].replace("return 403", "return 200")


def rules_that_sleep(files):
    by_name, tried = {each.__name__: each for each in RULES}, set()
    for name, mutation in MUTATIONS:
        tried.add(name)
        wrong = copy.deepcopy(files)
        mutation(wrong)
        if not list(by_name[name](wrong)):
            yield f"rule {name} does not notice that {mutation.__name__.replace('_', ' ')}"
    for name in sorted(set(by_name) - tried):
        yield f"rule {name}: nothing shows that it can fail"


def taken_by_compose():
    """Where docker-compose does not take the files."""
    for overlay in [[], *[["-f", BASE, "-f", each] for each in OVERLAYS]]:
        done = subprocess.run(["docker-compose", "--env-file", ".env.example", *overlay, "config", "-q"], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield f"docker-compose refuses {overlay[-1] if overlay else BASE}: {done.stderr.strip()}"


def main():
    files = loaded()
    faults = [f"{each.__name__}: {fault}" for each in RULES for fault in each(files)]
    faults = faults or list(rules_that_sleep(files))
    compose = shutil.which("docker-compose")
    if compose:
        faults += taken_by_compose()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{1 + len(OVERLAYS)} compose files, {len(RULES)} rules broken in {len(MUTATIONS)} ways, "
          + ("taken by docker-compose" if compose else "docker-compose is not here to take them")
          + f": {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
