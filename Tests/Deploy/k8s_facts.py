"""What the manifests are held against: the platform as its sources and documents tell it, and each service's budget."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# port, CPU, memory in GiB: the limits of each service.
BUDGET = {
    "analytics-engine": (8100, 2, 4), "risk-engine": (8200, 0.5, 1), "factor-engine": (8300, 4, 8),
    "ml-engine": (8400, 2, 6), "features-engine": (8500, 3, 4), "websocket-engine": (8600, 1, 2),
    "strategy-engine": (8700, 1, 2), "marketdata-engine": (8800, 2, 3), "portfolio-engine": (8900, 4, 8),
    "gateway": (8000, 1, 1),
}
ENGINES = [name for name in BUDGET if name != "gateway"]
STORES = {"redis": 6379, "postgres": 5432}
AUTOSCALED = ["analytics-engine", "risk-engine", "factor-engine", "ml-engine", "features-engine", "websocket-engine",
              "gateway"]
# Those of which several may run side by side; the others keep in memory what a second one would not have.
MANY = {"gateway"}
# Those of which two may overlap for the seconds in which a new version takes over.
OVERLAPPING = {"gateway", "factor-engine", "ml-engine", "features-engine"}

# Those of one pod that orders are stopped at, which works while Redis is away, the kill switch also without PostgreSQL.
STOPS = {"risk-engine", "strategy-engine"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def settings():
    """Every variable that docs/configuration.md names, those of each service included."""
    text = read("docs", "configuration.md")
    general, each = text.split("For each of the ten services")
    services = re.findall(r"(\w+) \d{4}", re.search(r"^Ports: (.*)$", text, re.M)[1])
    of_each = re.findall(r"^\| `NAUTILUS_RISK_(\w+)` \|", each, re.M)
    return set(re.findall(r"^\| `(NAUTILUS_\w+)` \|", general, re.M)) | {
        f"NAUTILUS_{service.upper()}_{name}" for service in services for name in of_each}


def secret_settings():
    """The variables that are never printed, as Setting.swift marks them."""
    text = read("Sources", "Ports", "Runtime", "Setting.swift")
    return {"NAUTILUS_" + name for name in re.findall(r'Setting\("(\w+)"[^()]*?secret: true\)', text)}


def calls():
    """Who asks whom over HTTP, as pairs of services: read from the engines' sources."""
    pairs = {("gateway", engine) for engine in ENGINES}
    names = {}
    base = os.path.join(ROOT, "Sources", "Engines")
    for folder, _, files in os.walk(base):
        own = os.path.relpath(folder, base).split(os.sep)[0]
        for file in files:
            text = read(folder, file)
            if match := re.search(r"static var name: EngineName \{ \.(\w+) \}", text):
                names[own] = match[1] + "-engine"
    for folder, _, files in os.walk(base):
        own = names.get(os.path.relpath(folder, base).split(os.sep)[0])
        if own is None or own == "gateway-engine":
            continue
        text = "".join(read(folder, file) for file in files)
        targets = set(re.findall(r"peers\.send\([^)]*?to: \.(\w+)", text))
        if "BarsClient(context)" in text:
            targets.add("marketdata")
        pairs |= {(own, target + "-engine") for target in targets}
    return pairs


def sockets():
    """The paths that are sockets, as SocketPath.swift has them; one that ends in / stands for all below it."""
    return set(re.findall(r'"(/[\w/-]+)"', read("Sources", "Engines", "Streaming", "Protocol", "SocketPath.swift")))


def lossless_writers():
    """The services that publish what must not be lost, as Topics.swift has them."""
    text = read("Sources", "Engines", "EngineKit", "Topics.swift")
    writers = re.findall(r'delivery: \.lossless,\s*writer: "(\w+)"', text)
    return {writer if writer == "gateway" else writer + "-engine" for writer in writers}


def cpu(text):
    """Cores."""
    text = str(text)
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def memory(text):
    """GiB."""
    match = re.fullmatch(r"([\d.]+)(Ki|Mi|Gi|Ti)", str(text))
    if match is None:
        raise ValueError(f"{text} is no size")
    return float(match[1]) * {"Ki": 2**-20, "Mi": 2**-10, "Gi": 1, "Ti": 2**10}[match[2]]
