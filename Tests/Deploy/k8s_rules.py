"""The rules that hold for the pods of every overlay. A rule takes a Scene and yields a line for each fault."""

import re

from k8s_facts import BUDGET, MANY, OVERLAPPING, STOPS, STORES, cpu, lossless_writers, memory, secret_settings, settings

RULES = []


def rule(function, about="overlays/"):
    """Has a rule run for the kustomizations whose names begin so."""
    function.about = about
    RULES.append(function)
    return function


class Scene:
    """The objects of one kustomization, and what all of them stand on."""

    def __init__(self, name, objects, cluster, adapter):
        self.name, self.objects = name, objects
        # Objects of k8s/cluster, and the Helm values of the metrics adapter.
        self.cluster, self.adapter = cluster, adapter

    def of(self, *kinds):
        return [item for item in self.objects if item["kind"] in kinds]

    def one(self, kind, name):
        return next((item for item in self.of(kind) if item["metadata"]["name"] == name), None)

    @property
    def workloads(self):
        return self.of("Deployment", "StatefulSet")

    @property
    def services(self):
        return [item for item in self.workloads if named(item) in BUDGET]

    @property
    def is_production(self):
        return self.name.endswith("production")


def named(item):
    return item["metadata"]["name"]


def pod(item):
    return item["spec"]["template"]["spec"]


def labels(item):
    return item["spec"]["template"]["metadata"].get("labels", {})


def selects(selector, has):
    """Whether a label selector meets labels; one that names nothing meets all."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if has.get(key) != value:
            return False
    for each in selector.get("matchExpressions") or []:
        there, value = each["key"] in has, has.get(each["key"])
        if not {"In": value in each.get("values", []), "NotIn": value not in each.get("values", []),
                "Exists": there, "DoesNotExist": not there}[each["operator"]]:
            return False
    return True


@rule
def services_are_there(scene):
    """Ten workloads and ten Services under their names, all in one namespace."""
    for name in BUDGET:
        count = sum(named(item) == name for item in scene.workloads)
        if count != 1:
            yield f"{name}: {count} workloads, not one"
        if scene.one("Service", name) is None:
            yield f"{name}: no Service"
    for item in scene.objects:
        if item["kind"] != "Namespace" and item["metadata"].get("namespace") != "nautilus":
            yield f"{item['kind']} {named(item)}: not in the namespace nautilus"
    if scene.one("Namespace", "nautilus") is None:
        yield "the namespace is not there"


@rule
def images_are_pinned(scene):
    """Every image has a tag or a digest, none is `latest`, and each service runs its own."""
    for item in scene.workloads:
        for container in pod(item)["containers"]:
            image = container["image"]
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@sha256:" not in image and tag in ("", "latest"):
                yield f"{named(item)}: {image} is not pinned"
            base = re.split("[:@]", image.rpartition("/")[2])[0]
            if named(item) in BUDGET and base != "nautilus-" + named(item):
                yield f"{named(item)}: runs {image}"
            if scene.is_production and ("/" not in image or tag == "dev"):
                yield f"{named(item)}: {image} is of no registry, or of no release"


@rule
def secrets_are_references(scene):
    """No Secret, and no value where a secret belongs; every key that is asked for is made."""
    secret = secret_settings()
    looks = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|CREDENTIAL")
    for item in scene.of("Secret"):
        yield f"Secret {named(item)}: secrets are not kept here"
    for item in scene.of("ConfigMap"):
        for key, value in item["data"].items():
            if key in secret or looks.search(key) or re.search(r"://[^/\s]*:[^/\s]+@", value):
                yield f"ConfigMap {named(item)}: {key} is a secret"
    asked = set()
    for item in scene.workloads:
        for container in pod(item)["containers"]:
            for variable in container.get("env", []):
                if "value" in variable and (variable["name"] in secret or looks.search(variable["name"])):
                    yield f"{named(item)}: {variable['name']} has a value"
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    if reference["name"] != "nautilus-secrets" or reference.get("optional"):
                        yield f"{named(item)}: {variable['name']} is not asked of nautilus-secrets"
                    asked.add(reference["key"])
    if scene.is_production:
        made = {each["secretKey"] for item in scene.of("ExternalSecret") for each in item["spec"]["data"]}
        for key in asked - made:
            yield f"nautilus-secrets: nobody makes {key}"


@rule
def settings_exist(scene):
    """Every variable of a service is a setting of docs/configuration.md, and says what the manifests do."""
    known = settings()
    for item in scene.services:
        (container,) = pod(item)["containers"]
        values = {}
        for source in container.get("envFrom", []):
            shared = scene.one("ConfigMap", source.get("configMapRef", {}).get("name"))
            if shared is None:
                yield f"{named(item)}: its settings are not there"
            else:
                values |= shared["data"]
        names = set(values) | {variable["name"] for variable in container.get("env", [])}
        for name in sorted(names - known):
            yield f"{named(item)}: {name} is no setting"
        for name in ("NAUTILUS_API_KEY", "NAUTILUS_REDIS_URL", "NAUTILUS_DATABASE_URL"):
            if name not in names:
                yield f"{named(item)}: {name} is missing"
        if (values.get("NAUTILUS_HOST"), values.get("NAUTILUS_AUTH")) != ("0.0.0.0", "on"):
            yield f"{named(item)}: does not listen to others, or asks for no key"
        if values.get("NAUTILUS_GATEWAY_PORT") != "8000":
            yield f"{named(item)}: the gateway's port is not 8000"
        for service in BUDGET:
            setting = f"NAUTILUS_{service.removesuffix('-engine').upper()}_HOST"
            if values.get(setting) != service:
                yield f"{named(item)}: {setting} is {values.get(setting)}"


@rule
def pods_are_confined(scene):
    """No root, no writing to the image, no capabilities, no token, no service links."""
    for item in scene.workloads:
        spec, name = pod(item), named(item)
        security = spec.get("securityContext", {})
        account = scene.one("ServiceAccount", spec.get("serviceAccountName"))
        if security.get("runAsNonRoot") is not True or not security.get("runAsUser") or not security.get("fsGroup"):
            yield f"{name}: may be root, or cannot write its volumes"
        if name in BUDGET and (security.get("runAsUser"), security.get("runAsGroup")) != (10001, 10001):
            yield f"{name}: is not the image's user 10001"
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: no seccomp profile"
        if account is None or account.get("automountServiceAccountToken") is not False:
            yield f"{name}: its ServiceAccount is not there, or gives a token"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: gets a token"
        if spec.get("enableServiceLinks") is not False:
            yield f"{name}: gets variables of other services"
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field):
                yield f"{name}: {field}"
        for volume in spec.get("volumes", []):
            if "hostPath" in volume:
                yield f"{name}: {volume['name']} is the node's"
        for container in spec["containers"]:
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
                yield f"{name}: may gain privileges"
            if own.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: may write its image"
            if own.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{name}: has capabilities"
    space = scene.one("Namespace", "nautilus")
    if space and space["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "the namespace takes pods that are not restricted"


@rule
def resources_are_the_budget(scene):
    """Limits are the budget; requests are stated, and within the limits."""
    for item in scene.workloads:
        for container in pod(item)["containers"]:
            wants, most = (container.get("resources", {}).get(part, {}) for part in ("requests", "limits"))
            if not {"cpu", "memory"} <= set(wants) & set(most):
                yield f"{named(item)}: requests or limits are missing"
                continue
            if not (0 < cpu(wants["cpu"]) <= cpu(most["cpu"])
                    and 0 < memory(wants["memory"]) <= memory(most["memory"])):
                yield f"{named(item)}: asks for more than its limits"
            if named(item) in BUDGET and (cpu(most["cpu"]), memory(most["memory"])) != BUDGET[named(item)][1:]:
                yield f"{named(item)}: limits are not {BUDGET[named(item)][1:]}"


@rule
def pods_are_probed(scene):
    """Start and life on /health/live, readiness on /health/ready, on the port that the container names. A gateway is
    ready while it lives: it passes on what stops orders."""
    for item in scene.workloads:
        for container in pod(item)["containers"]:
            ports = {port["name"] for port in container["ports"]}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                has = container.get(probe)
                if not has:
                    yield f"{named(item)}: no {probe}"
                    continue
                port = (has.get("httpGet") or has.get("tcpSocket") or {}).get("port")
                if port is not None and port not in ports:
                    yield f"{named(item)}: {probe} asks port {port}"
                path = "/health/ready" if probe == "readinessProbe" and named(item) != "gateway" else "/health/live"
                if named(item) in BUDGET and has.get("httpGet", {}).get("path") != path:
                    yield f"{named(item)}: {probe} does not ask {path}"


@rule
def stops_are_reachable(scene):
    """Who stops orders without Redis and PostgreSQL stays in its Service without them. Not the gateway: with such a
    Service its pods would be called before they listen and after they end."""
    for name in BUDGET:
        service = scene.one("Service", name)
        stays = bool(service and service["spec"].get("publishNotReadyAddresses"))
        if stays != (name in STOPS):
            yield f"Service {name}: " + ("is left while stores are away" if name in STOPS else "calls pods unready")


@rule
def files_have_room(scene):
    """/data and /tmp can be written, and who publishes what must not be lost keeps its spool on a volume."""
    kept = lossless_writers() - OVERLAPPING
    for item in scene.workloads:
        spec = pod(item)
        claims = {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])}
        volumes = {volume["name"] for volume in spec.get("volumes", [])} | claims
        for container in spec["containers"]:
            mounts = {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", [])}
            for name in set(mounts.values()) - volumes:
                yield f"{named(item)}: mounts {name}, which is not there"
            if named(item) in BUDGET:
                if not {"/data", "/tmp"} <= set(mounts):
                    yield f"{named(item)}: /data or /tmp is missing"
                if named(item) in kept and mounts.get("/data") not in claims:
                    yield f"{named(item)}: its spool is not kept"
        for volume in spec.get("volumes", []):
            if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
                yield f"{named(item)}: {volume['name']} has no bound"


@rule
def one_is_one(scene):
    """Only what may run side by side has several pods; only what may overlap is a Deployment, and it has no gap."""
    for item in scene.workloads:
        name, spec = named(item), item["spec"]
        if spec.get("replicas", 1) > 1 and name not in MANY:
            yield f"{name}: {spec['replicas']} pods, and may have one"
        if item["kind"] == "Deployment":
            rolling = spec.get("strategy", {}).get("rollingUpdate", {})
            if name not in OVERLAPPING:
                yield f"{name}: a Deployment may run twice for a moment, this must not"
            if rolling.get("maxUnavailable") != 0 or not rolling.get("maxSurge"):
                yield f"{name}: an update takes a pod away before the next is ready"
            if any("preStop" not in container.get("lifecycle", {}) for container in pod(item)["containers"]):
                yield f"{name}: stops before others know"
        elif spec.get("updateStrategy", {}).get("type", "RollingUpdate") != "RollingUpdate":
            yield f"{name}: is not updated by itself"
        if not 15 <= pod(item).get("terminationGracePeriodSeconds", 30) <= 60:
            yield f"{name}: has no fitting time to stop"


@rule
def ports_lead_somewhere(scene):
    """A Service selects the pods of one workload, and its ports are ports of theirs; both are the service's own."""
    for service in scene.of("Service"):
        name = named(service)
        hit = [item for item in scene.workloads if selects({"matchLabels": service["spec"]["selector"]}, labels(item))]
        if [named(item) for item in hit] != [name]:
            yield f"Service {name}: selects {[named(item) for item in hit]}"
            continue
        ports = {port["name"]: port["containerPort"] for each in pod(hit[0])["containers"] for port in each["ports"]}
        for port in service["spec"]["ports"]:
            number = ports.get(port["targetPort"])
            if number is None:
                yield f"Service {name}: no port {port['targetPort']} in the pod"
            elif {number, port["port"]} != {BUDGET[name][0] if name in BUDGET else STORES.get(name)}:
                yield f"Service {name}: port {port['port']} leads to {number}"
    for item in scene.workloads:
        if not selects(item["spec"]["selector"], labels(item)):
            yield f"{named(item)}: does not select its own pods"
        if item["kind"] == "StatefulSet" and scene.one("Service", item["spec"]["serviceName"]) is None:
            yield f"{named(item)}: its Service is not there"


@rule
def disruptions_are_bounded(scene):
    """A budget for each service, which leaves one pod to be moved: a node can be drained."""
    budgets = scene.of("PodDisruptionBudget")
    for item in scene.services:
        hit = [each for each in budgets if selects(each["spec"]["selector"], labels(item))]
        if len(hit) != 1:
            yield f"{named(item)}: {len(hit)} disruption budgets, not one"
        elif hit[0]["spec"].get("maxUnavailable") != 1:
            yield f"{named(item)}: its budget does not let exactly one pod go"
        spread = pod(item).get("affinity", {}).get("podAntiAffinity", {})
        if not spread:
            yield f"{named(item)}: nothing keeps its pods apart"
    for each in budgets:
        if not any(selects(each["spec"]["selector"], labels(item)) for item in scene.workloads):
            yield f"PodDisruptionBudget {named(each)}: selects nothing"
