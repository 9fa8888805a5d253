"""Builds a kustomization as `kubectl kustomize` does, as far as k8s/ uses it: resources, patches (strategic merge and
JSON 6902), namespace, labels, replicas, images. Whatever it does not know it refuses, deprecated fields by name."""

import copy
import os
import re

import yaml

KNOWN = {"apiVersion", "kind", "resources", "patches", "namespace", "labels", "replicas", "images"}
DEPRECATED = {"bases", "commonLabels", "commonAnnotations", "imageTags", "patchesStrategicMerge", "patchesJson6902",
              "vars"}
CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "ClusterSecretStore", "PersistentVolume",
                "PriorityClass", "StorageClass", "CustomResourceDefinition"}
# The fields that tell the items of a list apart; other lists are replaced whole.
MERGE_KEYS = {"containers": "name", "initContainers": "name", "volumes": "name", "env": "name",
              "volumeMounts": "mountPath", "topologySpreadConstraints": "topologyKey", "imagePullSecrets": "name"}


class Refused(Exception):
    """A kustomization that kustomize, or this, would not build."""


class Loader(yaml.SafeLoader):
    """YAML in which a key stands once."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise Refused(f"{node.start_mark.name}:{node.start_mark.line + 1}: {sorted(twice)} stands twice")
        return super().construct_mapping(node, deep)


def documents(path):
    with open(path) as file:
        try:
            return [item for item in yaml.load_all(file, Loader) if item is not None]
        except yaml.YAMLError as error:
            raise Refused(f"{path}: {error}") from error


def identity(item):
    meta = item["metadata"]
    return (item["apiVersion"], item["kind"], meta.get("namespace", ""), meta["name"])


def build(folder):
    """Every object of the kustomization in a folder. Throws Refused."""
    path = os.path.join(folder, "kustomization.yaml")
    if not os.path.exists(path):
        raise Refused(f"{path} is not there")
    (top,) = documents(path)
    for field in top:
        if field in DEPRECATED:
            raise Refused(f"{path}: {field} is deprecated")
        if field not in KNOWN:
            raise Refused(f"{path}: {field} is not known here")
    if (top.get("apiVersion"), top.get("kind")) != ("kustomize.config.k8s.io/v1beta1", "Kustomization"):
        raise Refused(f"{path}: is not a kustomize.config.k8s.io/v1beta1 Kustomization")
    objects = []
    for name in top.get("resources", []):
        place = os.path.normpath(os.path.join(folder, name))
        if not os.path.exists(place):
            raise Refused(f"{path}: {name} is not there")
        objects += build(place) if os.path.isdir(place) else documents(place)
    for patch in top.get("patches", []):
        apply_patch(objects, patch, folder)
    if "namespace" in top:
        for item in objects:
            if item["kind"] not in CLUSTER_WIDE:
                item["metadata"]["namespace"] = top["namespace"]
    for labels in top.get("labels", []):
        add_labels(objects, labels, path)
    for replicas in top.get("replicas", []):
        hit = [item for item in objects
               if item["kind"] in ("Deployment", "StatefulSet") and item["metadata"]["name"] == replicas["name"]]
        if not hit:
            raise Refused(f"{path}: replicas name {replicas['name']}, which is not there")
        for item in hit:
            item["spec"]["replicas"] = replicas["count"]
    for image in top.get("images", []):
        set_image(objects, image)
    seen = [identity(item) for item in objects]
    for twice in {name for name in seen if seen.count(name) > 1}:
        raise Refused(f"{path}: {twice} is there twice")
    return objects


# Patches


def apply_patch(objects, patch, folder):
    unknown = set(patch) - {"path", "patch", "target"}
    if unknown:
        raise Refused(f"{folder}: a patch has {sorted(unknown)}")
    if "path" in patch:
        parts = documents(os.path.join(folder, patch["path"]))
    else:
        parts = [yaml.load(patch["patch"], Loader)]
    for part in parts:
        if isinstance(part, list):
            hit = [item for item in objects if "target" in patch and matches(item, patch["target"])]
            for item in hit:
                for step in part:
                    apply_step(item, step)
        else:
            itself = {"kind": re.escape(part["kind"]), "name": re.escape(part["metadata"]["name"])}
            target = patch.get("target") or itself
            hit = [item for item in objects if matches(item, target)]
            for item in hit:
                body = {key: value for key, value in part.items() if key not in ("apiVersion", "kind", "metadata")}
                meta = {key: value for key, value in part["metadata"].items() if key not in ("name", "namespace")}
                merge(item, {**body, "metadata": meta} if meta else body)
        if not hit:
            raise Refused(f"{folder}: a patch meets nothing: {patch.get('target') or patch.get('path')}")


def matches(item, target):
    group, _, version = item["apiVersion"].rpartition("/")
    values = {"group": group, "version": version, "kind": item["kind"], "name": item["metadata"]["name"]}
    for field, pattern in target.items():
        if field == "labelSelector":
            if not selects_text(pattern, item["metadata"].get("labels", {})):
                return False
        elif field not in values:
            raise Refused(f"a patch's target has {field}")
        elif not re.fullmatch(pattern, values[field]):
            return False
    return True


def selects_text(text, labels):
    """`a=b` or `a in (b,c)`."""
    if match := re.fullmatch(r"(\S+) in \(([^)]*)\)", text):
        return labels.get(match[1]) in [value.strip() for value in match[2].split(",")]
    name, _, value = text.partition("=")
    return labels.get(name) == value


def merge(into, patch, field=None):
    for key, value in patch.items():
        if key.startswith("$"):
            raise Refused(f"{key} is not known here")
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value, key)
        elif isinstance(value, list) and key in MERGE_KEYS and isinstance(into.get(key), list):
            by = MERGE_KEYS[key]
            for part in value:
                old = next((each for each in into[key] if each[by] == part[by]), None)
                if old is None:
                    into[key].append(copy.deepcopy(part))
                else:
                    merge(old, part, key)
        else:
            into[key] = copy.deepcopy(value)


def apply_step(item, step):
    """One step of a JSON 6902 patch."""
    names = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
    place = item
    for name in names[:-1]:
        try:
            place = place[int(name)] if isinstance(place, list) else place[name]
        except (KeyError, IndexError, ValueError) as error:
            raise Refused(f"{identity(item)} has no {step['path']}") from error
    last, op = names[-1], step["op"]
    if isinstance(place, list):
        index = len(place) if last == "-" else int(last)
        if op == "add":
            place.insert(index, copy.deepcopy(step["value"]))
        elif op == "remove":
            del place[index]
        elif op == "replace":
            place[index] = copy.deepcopy(step["value"])
        else:
            raise Refused(f"{op} is not known here")
        return
    if op in ("remove", "replace") and last not in place:
        raise Refused(f"{identity(item)} has no {step['path']}")
    if op == "remove":
        del place[last]
    elif op in ("add", "replace"):
        place[last] = copy.deepcopy(step["value"])
    else:
        raise Refused(f"{op} is not known here")


# Labels and images


def add_labels(objects, labels, path):
    # Selectors and claim templates cannot be changed once they are applied: labels there are written out, not added.
    unknown = set(labels) - {"pairs"}
    if unknown:
        raise Refused(f"{path}: labels have {sorted(unknown)}")
    for item in objects:
        item["metadata"].setdefault("labels", {}).update(labels["pairs"])


def set_image(objects, image):
    unknown = set(image) - {"name", "newName", "newTag", "digest"}
    if unknown:
        raise Refused(f"an image has {sorted(unknown)}")
    for item in objects:
        pod = (item.get("spec") or {}).get("template", {}).get("spec", {}) if isinstance(item.get("spec"), dict) else {}
        for container in pod.get("containers", []) + pod.get("initContainers", []):
            match = re.fullmatch(r"(.+?)(:[\w.-]+)?(@sha256:[0-9a-f]+)?", container["image"])
            if match[1] != image["name"]:
                continue
            tail = "".join(part or "" for part in match.groups()[1:])
            if "digest" in image:
                tail = "@" + image["digest"]
            elif "newTag" in image:
                tail = ":" + str(image["newTag"])
            container["image"] = image.get("newName", image["name"]) + tail


def ordered(value, field=None):
    """The same object with the lists that a merge key tells apart in a fixed order: what kustomize may turn around."""
    if isinstance(value, dict):
        return {key: ordered(each, key) for key, each in value.items()}
    if isinstance(value, list):
        items = [ordered(each) for each in value]
        return sorted(items, key=lambda each: each[MERGE_KEYS[field]]) if field in MERGE_KEYS else items
    return value
