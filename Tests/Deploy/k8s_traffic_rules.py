"""The rules for what lies around the pods: network, autoscalers, ingress, mesh, monitoring, delivery."""

import functools
import os
import re

from k8s_facts import AUTOSCALED, BUDGET, MANY, ROOT, STORES, calls, read, sockets
from k8s_rules import labels, named, pod, rule, selects

NGINX = "nginx.ingress.kubernetes.io/"
# The label of the pods that cert-manager starts to be asked by the certificate's issuer, and their port.
SOLVER, SOLVER_PORT = {"acme.cert-manager.io/http01-solver": "true"}, 8089
NAMESPACES = {"monitoring": {"app.kubernetes.io/name": "prometheus"},
              "ingress-nginx": {"app.kubernetes.io/name": "ingress-nginx"},
              "kube-system": {"k8s-app": "kube-dns"}, "istio-system": {"app": "istiod"}}


def port_numbers(entries, item):
    """The pod's ports that a policy's entries name."""
    names = {port["name"]: port["containerPort"] for each in pod(item)["containers"] for port in each["ports"]}
    own = set(names.values())
    if not entries:
        return own
    return {names.get(entry["port"], entry["port"]) for entry in entries} & own


def within(peer, item):
    """Whether a policy's peer is a pod of this namespace."""
    return "namespaceSelector" not in peer and "podSelector" in peer and selects(peer["podSelector"], labels(item))


def arrows(scene):
    """What the policies let through between pods: sender, receiver, port; each side must allow it."""
    policies, allowed = scene.of("NetworkPolicy"), {"out": set(), "in": set()}
    for policy in policies:
        spec = policy["spec"]
        own = [item for item in scene.workloads if selects(spec["podSelector"], labels(item))]
        for side, field, far in (("out", "egress", "to"), ("in", "ingress", "from")):
            for entry in spec.get(field, []):
                for other in scene.workloads:
                    if far in entry and not any(within(peer, other) for peer in entry[far]):
                        continue
                    for item in own:
                        sender, receiver = (item, other) if side == "out" else (other, item)
                        for port in port_numbers(entry.get("ports"), receiver):
                            allowed[side].add((named(sender), named(receiver), port))
    return allowed["out"] & allowed["in"], allowed["out"] ^ allowed["in"]


@rule
def everything_is_closed(scene):
    """One policy refuses all, both ways, to every pod."""
    closed = [each for each in scene.of("NetworkPolicy") if each["spec"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]
    if len(closed) != 1:
        yield f"{len(closed)} policies refuse everything, not one"
    for item in scene.workloads:
        for kind in ("Ingress", "Egress"):
            if not any(kind in each["spec"]["policyTypes"] and selects(each["spec"]["podSelector"], labels(item))
                       for each in scene.of("NetworkPolicy")):
                yield f"{named(item)}: {kind} is open"


@rule
def arrows_are_the_real_ones(scene):
    """Between pods goes what the sources call and what reaches the stores, nothing else; both sides say the same."""
    real = {(a, b, BUDGET[b][0]) for a, b in calls()}
    real |= {(a, b, STORES[b]) for a in BUDGET for b in STORES if scene.one("StatefulSet", b)}
    through, one_sided = arrows(scene)
    for sender, receiver, port in sorted(real - through):
        yield f"{sender} must reach {receiver}:{port}, and does not"
    for sender, receiver, port in sorted(through - real):
        yield f"{sender} reaches {receiver}:{port}, and has no need to"
    for sender, receiver, port in sorted(one_sided):
        yield f"{sender} to {receiver}:{port} is allowed on one side only"


@rule
def outsiders_are_few(scene):
    """From other namespaces: Prometheus to every service, ingress-nginx to the gateway and the sockets. To others:
    names, the stores, the mesh."""
    reached = {(name, "monitoring") for name in BUDGET}
    reached |= {(name, "ingress-nginx") for name in ("gateway", "websocket-engine")}
    left = {(named(item), "kube-system") for item in scene.workloads}
    if scene.is_production:
        left |= {(name, "stores") for name in BUDGET} | {(named(item), "istio-system") for item in scene.workloads}
    for policy in scene.of("NetworkPolicy"):
        own = [named(item) for item in scene.workloads if selects(policy["spec"]["podSelector"], labels(item))]
        for field, far, open_ in (("ingress", "from", reached), ("egress", "to", left)):
            for entry in policy["spec"].get(field, []):
                if not entry.get(far) or not entry.get("ports"):
                    yield f"NetworkPolicy {named(policy)}: an entry without {far} or ports"
                for peer in entry.get(far, []):
                    if "namespaceSelector" not in peer and "podSelector" in peer:
                        continue
                    space = outsider(peer)
                    for name in own:
                        if (name, space) not in open_ and (name, space, "told") not in open_:
                            yield f"NetworkPolicy {named(policy)}: {name} is open to {space}"
                        open_.discard((name, space))
                        open_.add((name, space, "told"))
    for open_ in (reached, left):
        for name, space in sorted(each for each in open_ if len(each) == 2):
            yield f"{name}: no way between it and {space}"


def outsider(peer):
    """A short name of another namespace's pods; the whole peer where it is none we know."""
    wanted = peer.get("namespaceSelector", {}).get("matchLabels", {})
    if wanted == {"nautilus.io/stores": "true"}:
        return "stores"
    space = wanted.get("kubernetes.io/metadata.name")
    if peer.get("podSelector", {}).get("matchLabels") == NAMESPACES.get(space, {"": ""}):
        return space
    return str(peer)


@rule
def autoscalers_scale(scene):
    """In production seven services have one: on CPU, and where a group reads the bus on its lag, which the metrics
    adapter serves. Only what may run side by side gets more than one pod."""
    if not scene.is_production:
        return
    scalers = {named(item): item["spec"] for item in scene.of("HorizontalPodAutoscaler")}
    if set(scalers) != set(AUTOSCALED):
        yield f"autoscalers are {sorted(scalers)}"
    for name, spec in scalers.items():
        target = spec["scaleTargetRef"]
        item = scene.one(target["kind"], target["name"])
        if item is None or target["name"] != name or target.get("apiVersion") != item["apiVersion"]:
            yield f"autoscaler {name}: {target} is not there"
            continue
        if "replicas" in item["spec"]:
            yield f"{name}: states its replicas beside its autoscaler"
        least, most = spec["minReplicas"], spec["maxReplicas"]
        if not 1 <= least <= most or (most > 1) != (name in MANY) or (name in MANY and least < 2):
            yield f"autoscaler {name}: {least} to {most} pods"
        kinds = {metric["type"]: metric for metric in spec["metrics"]}
        if kinds.get("Resource", {}).get("resource", {}).get("name") != "cpu":
            yield f"autoscaler {name}: does not look at the CPU"
        lag = kinds.get("External", {}).get("external", {}).get("metric")
        if name == "gateway":
            continue
        if lag is None or lag.get("selector", {}).get("matchLabels") != {"group": name.removesuffix("-engine")}:
            yield f"autoscaler {name}: does not look at its group's lag"
        elif lag["name"] not in served(scene):
            yield f"autoscaler {name}: no adapter serves {lag['name']}"


def served(scene):
    """The external metrics that the adapter's rules name, where their series is one of ours."""
    own = set(re.findall(r'"(nautilus_\w+)"', read("Sources", "Ports", "Bus", "BusMetrics.swift")))
    return {each["name"]["as"] for each in scene.adapter["rules"]["external"]
            if re.match(r"\w+", each["seriesQuery"])[0] in own}


@rule
def ingress_leads_in(scene):
    """Behind TLS: sockets to the streaming engine, with an hour's patience, all else to the gateway."""
    if not scene.is_production:
        return
    paths = {}
    for item in scene.of("Ingress"):
        hosts = {host for tls in item["spec"].get("tls", []) for host in tls["hosts"]}
        notes = item["metadata"].get("annotations", {})
        for each in item["spec"]["rules"]:
            if each["host"] not in hosts:
                yield f"Ingress {named(item)}: {each['host']} without TLS"
            for path in each["http"]["paths"]:
                backend = path["backend"]["service"]
                service = scene.one("Service", backend["name"])
                ports = {port["name"] for port in service["spec"]["ports"]} if service else set()
                if backend["port"].get("name") not in ports:
                    yield f"Ingress {named(item)}: {backend} is not there"
                paths[path["path"]] = backend["name"]
                wait = min(int(notes.get(NGINX + f"proxy-{way}-timeout", 60)) for way in ("read", "send"))
                if backend["name"] == "websocket-engine" and wait < 3600:
                    yield f"Ingress {named(item)}: a socket is cut after {wait} s"
                if path["path"] == "/metrics" and notes.get(NGINX + "whitelist-source-range") != "127.0.0.1/32":
                    yield f"Ingress {named(item)}: the world may read the metrics"
    if {path for path, service in paths.items() if service != "websocket-engine"} != {"/", "/metrics"}:
        yield f"ingress paths are {paths}"
    for path in ("/", "/metrics"):
        if paths.get(path) != "gateway":
            yield f"{path} leads to {paths.get(path)}"
    for socket in sorted(sockets()):
        inner = [path for path in paths if (socket + "/").startswith(path.rstrip("/") + "/")]
        if paths.get(max(inner, key=len, default="")) != "websocket-engine":
            yield f"the socket {socket} is not led to the websocket engine"
    for path, service in paths.items():
        if service == "websocket-engine" and not any((each + "/").startswith(path + "/") for each in sockets()):
            yield f"no socket is below {path}"


@rule
def mesh_is_strict(scene):
    """Mutual TLS is asked of everyone but the solver of certificates, and every service is called with it."""
    if not scene.is_production:
        return
    asked = [item["spec"] for item in scene.of("PeerAuthentication")]
    if len(asked) != 2 or {"mtls": {"mode": "STRICT"}} not in asked or {
            "selector": {"matchLabels": SOLVER}, "mtls": {"mode": "PERMISSIVE"}} not in asked:
        yield "mutual TLS is not strict for all but the solver"
    rules = {item["spec"]["host"]: item["spec"]["trafficPolicy"] for item in scene.of("DestinationRule")}
    if set(rules) != {mesh_name(name) for name in BUDGET}:
        yield f"destination rules are for {sorted(rules)}"
    for host, policy in rules.items():
        if policy.get("tls") != {"mode": "ISTIO_MUTUAL"}:
            yield f"{host}: is called without mutual TLS"
    space = scene.one("Namespace", "nautilus")
    if space["metadata"].get("labels", {}).get("istio-injection") != "enabled":
        yield "pods get no sidecar"


def mesh_name(service):
    return f"{service}.nautilus.svc.cluster.local"


@rule
def failing_pods_are_left_out(scene):
    """A pod that cannot be reached is left out where there are others, and only there; none is for its answers: a 503
    while a store is away says nothing of the pod."""
    if not scene.is_production:
        return
    for item in scene.of("DestinationRule"):
        outliers = item["spec"]["trafficPolicy"].get("outlierDetection")
        if named(item) not in MANY:
            if outliers:
                yield f"{named(item)}: its only pod may be left out"
            continue
        wanted = {"splitExternalLocalOriginErrors": True, "consecutiveGatewayErrors": 0, "consecutive5xxErrors": 0}
        if not outliers or not outliers.get("consecutiveLocalOriginFailures") or not outliers.get("baseEjectionTime"):
            yield f"{named(item)}: a pod that cannot be reached goes on being called"
        elif any(outliers.get(field) != value for field, value in wanted.items()):
            yield f"{named(item)}: a pod is left out for what it answers"


@rule
def calls_are_sent_once(scene):
    """The mesh repeats no call: each service has a VirtualService that says so, as Istio's default depends on its
    version."""
    if not scene.is_production:
        return
    told = {}
    for item in scene.of("VirtualService"):
        for host in item["spec"]["hosts"]:
            told[host] = told.get(host, []) + item["spec"]["http"]
    if set(told) != {mesh_name(name) for name in BUDGET}:
        yield f"virtual services are for {sorted(told)}"
    for host, routes in told.items():
        for route in routes:
            if route["retries"] != {"attempts": 0}:
                yield f"{host}: a call may be sent again"
            if [each["destination"]["host"] for each in route["route"]] != [host]:
                yield f"{host}: leads elsewhere"


@rule
def certificates_can_be_issued(scene):
    """Where an Ingress asks cert-manager for its certificate, ingress-nginx reaches the solver, and nobody else."""
    if not any("cert-manager.io/cluster-issuer" in item["metadata"].get("annotations", {})
               for item in scene.of("Ingress")):
        return
    ways = []
    for policy in scene.of("NetworkPolicy"):
        # The policies of all pods are for others to judge.
        if policy["spec"]["podSelector"] and selects(policy["spec"]["podSelector"], SOLVER):
            for entry in policy["spec"].get("ingress", []):
                ways += [(outsider(peer), port["port"]) for peer in entry.get("from", [{}])
                         for port in entry.get("ports", [{"port": None}])]
    if ways != [("ingress-nginx", SOLVER_PORT)]:
        yield f"the solver of certificates is reached by {ways}"


@rule
def everything_is_scraped(scene):
    """Every Service with metrics is selected by one ServiceMonitor, on its port and at /metrics."""
    if not scene.is_production:
        return
    for name in BUDGET:
        service = scene.one("Service", name)
        hit = [each for each in scene.of("ServiceMonitor")
               if service and selects(each["spec"]["selector"], service["metadata"].get("labels", {}))]
        if len(hit) != 1:
            yield f"{name}: {len(hit)} ServiceMonitors, not one"
            continue
        ports = {port["name"] for port in service["spec"]["ports"]}
        for end in hit[0]["spec"]["endpoints"]:
            if end["port"] not in ports or end["path"] != "/metrics":
                yield f"{name}: is scraped at {end['port']}{end['path']}"


@rule
def secrets_come_from_vault(scene):
    """The ExternalSecret asks a store that the cluster's kustomization makes, and comes before the pods."""
    if not scene.is_production:
        return
    stores = {named(item) for item in scene.cluster
              if item["kind"] == "ClusterSecretStore" and "vault" in item["spec"]["provider"]}
    made = scene.of("ExternalSecret")
    if len(made) != 1:
        yield f"{len(made)} ExternalSecrets, not one"
    for item in made:
        reference = item["spec"]["secretStoreRef"]
        if reference["kind"] != "ClusterSecretStore" or reference["name"] not in stores:
            yield f"ExternalSecret {named(item)}: {reference} is not there"
        if item["spec"]["target"]["name"] != "nautilus-secrets":
            yield f"ExternalSecret {named(item)}: makes {item['spec']['target']['name']}"
        waves = [int(each["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0))
                 for each in (scene.one("Namespace", "nautilus"), item)]
        if not waves[0] < waves[1] < 0:
            yield f"ExternalSecret {named(item)}: does not come between the namespace and the pods"


@functools.partial(rule, about="argocd")
def application_is_delivered(scene):
    """The ArgoCD Application is the production overlay, of a repository and to a place that its project allows."""
    application, project = (next(iter(scene.of(kind)), None) for kind in ("Application", "AppProject"))
    if application is None or project is None:
        yield "the Application or its AppProject is not there"
        return
    spec, allowed = application["spec"], project["spec"]
    path = spec["source"]["path"]
    if path != "k8s/overlays/production" or not os.path.isdir(os.path.join(ROOT, path)):
        yield f"the Application's path is {path}"
    if spec["project"] != named(project) or spec["source"]["repoURL"] not in allowed["sourceRepos"]:
        yield "the AppProject does not allow the Application's repository"
    if spec["destination"] not in allowed["destinations"]:
        yield "the AppProject does not allow the Application's destination"


def told_arrows(page):
    """Who calls whom, as the table of the page has it."""
    table = re.search(r"^## Who may talk to whom\n(.*?)(?=^## |\Z)", page, re.M | re.S)[1]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.M)
    every = {"the nine engines": [name for name in BUDGET if name != "gateway"]}

    def services(cell):
        cell = cell.partition(":")[0]
        names = every.get(cell, [each if each in BUDGET else each + "-engine" for each in cell.split(", ")])
        return [name for name in names if name in BUDGET]

    return {(a, b) for left, right in rows for a in services(left) for b in services(right)}


@rule
def page_tells_the_truth(scene):
    """docs/kubernetes.md: its commands are marked as not run, name what is there, and make the keys asked for."""
    page = read("docs", "kubernetes.md")
    for sender, receiver in sorted(told_arrows(page) ^ calls()):
        yield f"docs/kubernetes.md: {sender} to {receiver} is in the page alone, or in the sources alone"
    blocks = re.findall(r"^```bash\n(.*?)^```$", page, re.M | re.S)
    for block in blocks:
        if not block.startswith("# not run here; manifests are validated\n"):
            yield f"docs/kubernetes.md: a block is not marked: {block.splitlines()[0]}"
    commands = "".join(blocks)
    for kind, name in set(re.findall(r"\b(deployment|statefulset|service)/([a-z-]+)", commands)):
        wanted = {"deployment": "Deployment", "statefulset": "StatefulSet", "service": "Service"}[kind]
        if scene.one(wanted, name) is None:
            yield f"docs/kubernetes.md: {kind}/{name} is not there"
    for path in set(re.findall(r"\bk8s/[\w./-]*\w", page)):
        if not os.path.exists(os.path.join(ROOT, path)):
            yield f"docs/kubernetes.md: {path} is not there"
    asked = {each["valueFrom"]["secretKeyRef"]["key"] for item in scene.workloads
             for container in pod(item)["containers"] for each in container.get("env", []) if "valueFrom" in each}
    made = re.findall(r"\b([a-z-]+)=@", commands) if scene.is_production else re.findall(
        r"^([a-z-]+)=", re.search(r"secrets\.env <<END\n(.*?)^END$", commands, re.M | re.S)[1], re.M)
    if set(made) != asked:
        yield f"docs/kubernetes.md: makes the keys {sorted(made)}, and pods ask for {sorted(asked)}"
