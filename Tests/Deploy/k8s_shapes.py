"""The shapes of the objects that Kubernetes itself does not know: which fields there are, which must be, of what type.

A shape is a type, a set of allowed values, a pattern, a list of one shape, or a dict of fields; a field that ends in
`?` may be absent, the field `*` stands for any name. A field that a shape does not have is a fault: that finds the
misspelt."""

import re

DURATION = re.compile(r"\d+(ms|s|m|h)")
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
HTTPS = re.compile(r"https://[\w.-]+(:\d+)?(/\S*)?")
META = {"name": NAME, "namespace?": NAME, "labels?": {"*": str}, "annotations?": {"*": str}}
ENDPOINT = {
    "port": NAME, "path": re.compile(r"/.*"), "interval": DURATION, "scrapeTimeout": DURATION,
    "scheme": {"http", "https"},
    "tlsConfig?": {"caFile": str, "certFile": str, "keyFile": str, "insecureSkipVerify?": bool},
    "relabelings?": [{"targetLabel": str, "replacement": str}],
}

SHAPES = {
    ("external-secrets.io/v1", "ExternalSecret"): {
        "refreshInterval": DURATION,
        "secretStoreRef": {"kind": {"SecretStore", "ClusterSecretStore"}, "name": NAME},
        "target": {"name": NAME, "creationPolicy": {"Owner", "Merge", "Orphan", "None"},
                   "deletionPolicy": {"Retain", "Delete", "Merge"}},
        "data": [{"secretKey": NAME, "remoteRef": {"key": str, "property": str}}],
    },
    ("external-secrets.io/v1", "ClusterSecretStore"): {
        "conditions": [{"namespaces": [NAME]}],
        "provider": {"vault": {
            "server": HTTPS, "path": str, "version": {"v1", "v2"},
            "auth": {"kubernetes": {"mountPath": str, "role": str,
                                    "serviceAccountRef": {"name": NAME, "namespace": NAME}}},
        }},
    },
    ("monitoring.coreos.com/v1", "ServiceMonitor"): {"selector": {"matchLabels": {"*": str}}, "endpoints": [ENDPOINT]},
    ("security.istio.io/v1", "PeerAuthentication"): {
        "selector?": {"matchLabels": {"*": str}}, "mtls": {"mode": {"STRICT", "PERMISSIVE", "DISABLE"}},
    },
    ("networking.istio.io/v1", "VirtualService"): {
        "hosts": [NAME],
        "http": [{"retries": {"attempts": int}, "route": [{"destination": {"host": NAME}}]}],
    },
    ("networking.istio.io/v1", "DestinationRule"): {
        "host": NAME,
        "trafficPolicy": {
            "tls": {"mode": {"ISTIO_MUTUAL", "DISABLE", "SIMPLE", "MUTUAL"}},
            "connectionPool": {"tcp": {"maxConnections": int, "connectTimeout": DURATION},
                               "http": {"http1MaxPendingRequests": int}},
            "outlierDetection?": {"splitExternalLocalOriginErrors": bool, "consecutiveLocalOriginFailures": int,
                                  "consecutiveGatewayErrors": int, "consecutive5xxErrors": int, "interval": DURATION,
                                  "baseEjectionTime": DURATION, "maxEjectionPercent": range(0, 101)},
        },
    },
    ("argoproj.io/v1alpha1", "AppProject"): {
        "description": str, "sourceRepos": [HTTPS], "destinations": [{"server": HTTPS, "namespace": NAME}],
        "clusterResourceWhitelist": [{"group": str, "kind": str}],
    },
    ("argoproj.io/v1alpha1", "Application"): {
        "project": NAME,
        "source": {"repoURL": HTTPS, "targetRevision": str, "path": str},
        "destination": {"server": HTTPS, "namespace": NAME},
        "syncPolicy": {
            "automated": {"prune": bool, "selfHeal": bool},
            "syncOptions": [re.compile(r"\w+=(true|false)")],
            "retry": {"limit": int, "backoff": {"duration": DURATION, "factor": int, "maxDuration": DURATION}},
        },
        "ignoreDifferences": [{"group": str, "kind": str, "jsonPointers": [re.compile(r"/.+")]}],
    },
}


def faults(item):
    """What is wrong with an object of a kind that is in SHAPES."""
    shape = {"apiVersion": str, "kind": str, "metadata": META, "spec": SHAPES[item["apiVersion"], item["kind"]]}
    return list(compare(item, shape, ""))


def compare(value, shape, path):
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{path}: is no object"
            return
        fields = {name.rstrip("?"): each for name, each in shape.items()}
        for name in value:
            if name not in fields and "*" not in fields:
                yield f"{path}.{name}: no such field"
        for name, each in shape.items():
            if name == "*":
                for key, part in value.items():
                    yield from compare(part, each, f"{path}.{key}")
            elif name.rstrip("?") in value:
                yield from compare(value[name.rstrip("?")], each, f"{path}.{name.rstrip('?')}")
            elif not name.endswith("?"):
                yield f"{path}.{name}: is missing"
    elif isinstance(shape, list):
        if not isinstance(value, list) or not value:
            yield f"{path}: is no list, or an empty one"
            return
        for index, part in enumerate(value):
            yield from compare(part, shape[0], f"{path}[{index}]")
    elif isinstance(shape, (set, range)):
        if isinstance(value, (dict, list)) or value not in shape:
            yield f"{path}: {value!r} is none of {sorted(shape) if isinstance(shape, set) else shape}"
    elif isinstance(shape, re.Pattern):
        if not isinstance(value, str) or not shape.fullmatch(value):
            yield f"{path}: {value!r} is not of the form {shape.pattern}"
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {shape.__name__}"
