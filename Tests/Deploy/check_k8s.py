"""Holds the manifests in k8s/ against Kubernetes' schemas and the platform's own rules. Prints a line for each fault
and, at the end, how much was looked at; exits 1 where there is a fault.

    .venv/bin/python Tests/Deploy/check_k8s.py
"""

import copy
import functools
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import kubernetes_validate
import yaml
from kubernetes_validate import utils

import k8s_mutations
import k8s_shapes
import k8s_traffic_mutations  # registers its mutations
import k8s_traffic_rules  # registers its rules
import kustomize
from k8s_facts import ROOT
from k8s_rules import RULES, Scene

# The oldest Kubernetes that the manifests are for, and the newest whose schemas are at hand.
VERSIONS = ["1.27", kubernetes_validate.latest_version()]
FOLDERS = ["base", "overlays/development", "overlays/production", "argocd", "cluster"]

# The schemas are large: each is read once.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)


def schema_faults(item):
    """Where an object is not what Kubernetes takes; kinds that it does not know are held against their shapes."""
    if (item["apiVersion"], item["kind"]) in k8s_shapes.SHAPES:
        yield from k8s_shapes.faults(item)
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(item, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError:
            yield f"Kubernetes {version} has no such kind, and no shape is known here"


def told_by_kubectl(folder, objects):
    """Differences from what kubectl builds."""
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"kubectl does not build it: {done.stderr.strip()}"
        return
    if done.stderr.strip():
        yield f"kubectl warns: {done.stderr.strip()}"
    built = yaml.load_all(done.stdout, kustomize.Loader)
    theirs = {kustomize.identity(item): kustomize.ordered(item) for item in built}
    ours = {kustomize.identity(item): kustomize.ordered(item) for item in objects}
    for name in sorted(set(ours) ^ set(theirs)):
        yield f"{name} is there only {'here' if name in ours else 'for kubectl'}"
    for name in sorted(set(ours) & set(theirs)):
        if ours[name] != theirs[name]:
            yield f"{name} is another for kubectl"


def rules_that_sleep(scenes):
    """Rules that do not notice what is made wrong on purpose, and rules that nothing tries."""
    by_name = {rule.__name__: rule for rule in RULES}
    tried = set()
    for name, folder, mutation in k8s_mutations.MUTATIONS:
        tried.add(name)
        scene = k8s_mutations.copied(scenes[folder])
        mutation(scene)
        if not list(by_name[name](scene)):
            yield f"rule {name} does not notice that {mutation.__name__.replace('_', ' ')}"
    for name in sorted(set(by_name) - tried):
        yield f"rule {name}: nothing shows that it can fail"


def schemas_that_sleep(built):
    """Every kind of object, with a field that it does not have, must be refused."""
    seen = {(item["apiVersion"], item["kind"]): item for objects in built.values() for item in objects}
    for (version, kind), item in seen.items():
        wrong = copy.deepcopy(item)
        wrong.setdefault("spec" if "spec" in wrong else "metadata", {})["nosuchfield"] = 1
        if not list(schema_faults(wrong)):
            yield f"{version} {kind}: a field that is not there is taken"


def main():
    faults, built = [], {}
    for folder in FOLDERS:
        try:
            built[folder] = kustomize.build(os.path.join(ROOT, "k8s", folder))
        except kustomize.Refused as refused:
            print(f"{folder}: {refused}")
            return 1
    kubectl = shutil.which("kubectl")
    for folder, objects in built.items():
        for item in objects:
            faults += [f"{folder}: {item['kind']} {item['metadata']['name']}: {each}" for each in schema_faults(item)]
        if kubectl:
            faults += [f"{folder}: {each}" for each in told_by_kubectl(os.path.join(ROOT, "k8s", folder), objects)]
    (adapter,) = kustomize.documents(os.path.join(ROOT, "k8s", "cluster", "prometheus-adapter.yaml"))
    scenes = {folder: Scene(folder, built[folder], built["cluster"], adapter) for folder in FOLDERS}
    for folder, scene in scenes.items():
        for rule in RULES:
            if folder.startswith(rule.about):
                faults += [f"{folder}: {rule.__name__}: {each}" for each in rule(scene)]
    if not faults:
        faults += list(rules_that_sleep(scenes)) + list(schemas_that_sleep(built))
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{sum(map(len, built.values()))} objects of {len(built)} kustomizations, "
          f"Kubernetes {' and '.join(VERSIONS)}, {len(RULES)} rules broken in {len(k8s_mutations.MUTATIONS)} ways, "
          + ("equal to what kubectl builds" if kubectl else "kubectl is not here to compare with")
          + f": {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
