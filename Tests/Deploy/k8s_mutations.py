"""One thing made wrong at a time, with the rule that must notice: a rule that cannot fail is none. What lies around the
pods is in k8s_traffic_mutations.py."""

import copy

MUTATIONS = []


def breaks(rule, folder="overlays/production"):
    """Marks a function that makes a scene wrong in a way that the named rule finds."""

    def add(function):
        MUTATIONS.append((rule, folder, function))
        return function

    return add


def copied(scene):
    return copy.deepcopy(scene)


def spec(scene, name="risk-engine"):
    return next(item for item in scene.workloads if item["metadata"]["name"] == name)["spec"]


def pod(scene, name="risk-engine"):
    return spec(scene, name)["template"]["spec"]


def container(scene, name="risk-engine"):
    return pod(scene, name)["containers"][0]


def policy(scene, name):
    return scene.one("NetworkPolicy", name)["spec"]


def drop(scene, kind, name):
    scene.objects.remove(scene.one(kind, name))


@breaks("services_are_there")
def a_service_is_left_out(scene): drop(scene, "Service", "ml-engine")


@breaks("services_are_there")
def an_object_is_elsewhere(scene): scene.one("ConfigMap", "nautilus-settings")["metadata"]["namespace"] = "default"


@breaks("images_are_pinned")
def the_tag_is_latest(scene): container(scene)["image"] = "registry.example.com/nautilus/nautilus-risk-engine:latest"


@breaks("images_are_pinned")
def there_is_no_tag(scene): container(scene)["image"] = "registry.example.com:5000/nautilus/nautilus-risk-engine"


@breaks("images_are_pinned")
def another_service_runs(scene): container(scene)["image"] = "registry.example.com/nautilus/nautilus-ml-engine:0.1.0"


@breaks("images_are_pinned")
def a_developers_image_runs(scene): container(scene)["image"] = "nautilus-risk-engine:dev"


@breaks("secrets_are_references", "overlays/development")
def a_secret_is_kept(scene):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nautilus-secrets"}, "stringData": {}}
    scene.objects.append(secret)


@breaks("secrets_are_references")
def a_key_is_a_value(scene): container(scene)["env"][0] = {"name": "NAUTILUS_API_KEY", "value": "0123456789abcdef"}


@breaks("secrets_are_references")
def a_password_is_in_a_url(scene):
    scene.one("ConfigMap", "nautilus-settings")["data"]["NAUTILUS_CORS_ORIGINS"] = "https://me:word@example.com"


@breaks("secrets_are_references")
def nobody_makes_a_key(scene): scene.of("ExternalSecret")[0]["spec"]["data"].pop()


@breaks("settings_exist")
def a_setting_is_misspelt(scene): scene.one("ConfigMap", "nautilus-settings")["data"]["NAUTILUS_RISK_PROT"] = "1"


@breaks("settings_exist")
def a_peer_is_unknown(scene): scene.one("ConfigMap", "nautilus-settings")["data"]["NAUTILUS_ML_HOST"] = "ml"


@breaks("settings_exist")
def the_database_is_forgotten(scene): container(scene)["env"].pop()


@breaks("pods_are_confined")
def it_may_be_root(scene): pod(scene)["securityContext"]["runAsNonRoot"] = False


@breaks("pods_are_confined")
def it_has_a_capability(scene): container(scene)["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]


@breaks("pods_are_confined", "overlays/development")
def its_image_can_be_written(scene): container(scene, "redis")["securityContext"]["readOnlyRootFilesystem"] = False


@breaks("pods_are_confined")
def service_links_are_left_on(scene): del pod(scene)["enableServiceLinks"]


@breaks("pods_are_confined")
def it_gets_a_token(scene): scene.one("ServiceAccount", "risk-engine")["automountServiceAccountToken"] = True


@breaks("pods_are_confined")
def it_sees_the_node(scene): pod(scene)["hostNetwork"] = True


@breaks("resources_are_the_budget")
def a_limit_is_another(scene): container(scene)["resources"]["limits"]["memory"] = "2Gi"


@breaks("resources_are_the_budget")
def it_asks_for_more_than_it_gets(scene): container(scene)["resources"]["requests"]["cpu"] = "2"


@breaks("resources_are_the_budget", "overlays/development")
def it_asks_for_nothing(scene): del container(scene, "postgres")["resources"]["requests"]


@breaks("pods_are_probed")
def the_start_is_not_probed(scene): del container(scene)["startupProbe"]


@breaks("pods_are_probed")
def life_depends_on_others(scene): container(scene)["livenessProbe"]["httpGet"]["path"] = "/health/ready"


@breaks("pods_are_probed")
def a_port_has_no_such_name(scene): container(scene)["readinessProbe"]["httpGet"]["port"] = "web"


@breaks("pods_are_probed")
def a_gateway_goes_with_the_stores(scene):
    container(scene, "gateway")["readinessProbe"]["httpGet"]["path"] = "/health/ready"


@breaks("stops_are_reachable")
def the_kill_switch_goes_with_the_stores(scene):
    del scene.one("Service", "risk-engine")["spec"]["publishNotReadyAddresses"]


@breaks("stops_are_reachable")
def a_gateway_is_called_before_it_listens(scene):
    scene.one("Service", "gateway")["spec"]["publishNotReadyAddresses"] = True


@breaks("files_have_room")
def a_spool_is_not_kept(scene):
    del spec(scene)["volumeClaimTemplates"]
    pod(scene)["volumes"].append({"name": "data", "emptyDir": {"sizeLimit": "1Gi"}})


@breaks("files_have_room")
def tmp_is_not_mounted(scene): container(scene)["volumeMounts"].pop()


@breaks("files_have_room")
def a_volume_is_not_there(scene): pod(scene, "ml-engine")["volumes"].pop()


@breaks("files_have_room")
def a_volume_has_no_bound(scene): pod(scene)["volumes"][0]["emptyDir"] = {}


@breaks("one_is_one")
def two_decide_on_risk(scene): spec(scene)["replicas"] = 2


@breaks("one_is_one")
def the_ledger_may_run_twice(scene): scene.one("StatefulSet", "portfolio-engine")["kind"] = "Deployment"


@breaks("one_is_one")
def an_update_leaves_a_gap(scene): spec(scene, "gateway")["strategy"]["rollingUpdate"]["maxUnavailable"] = 1


@breaks("one_is_one")
def it_stops_at_once(scene): del container(scene, "gateway")["lifecycle"]


@breaks("one_is_one")
def it_has_no_time_to_stop(scene): pod(scene)["terminationGracePeriodSeconds"] = 0


@breaks("ports_lead_somewhere")
def a_service_selects_nothing(scene):
    scene.one("Service", "ml-engine")["spec"]["selector"] = {"app.kubernetes.io/name": "ml"}


@breaks("ports_lead_somewhere")
def a_service_selects_too_much(scene):
    scene.one("Service", "ml-engine")["spec"]["selector"] = {"app.kubernetes.io/component": "engine"}


@breaks("ports_lead_somewhere")
def a_port_leads_nowhere(scene): scene.one("Service", "ml-engine")["spec"]["ports"][0]["targetPort"] = "web"


@breaks("ports_lead_somewhere")
def a_port_is_anothers(scene): container(scene)["ports"][0]["containerPort"] = 8300


@breaks("ports_lead_somewhere")
def it_does_not_know_its_pods(scene): spec(scene)["selector"]["matchLabels"] = {"app.kubernetes.io/name": "ml-engine"}


@breaks("disruptions_are_bounded")
def a_budget_is_missing(scene): drop(scene, "PodDisruptionBudget", "risk-engine")


@breaks("disruptions_are_bounded")
def a_node_cannot_be_drained(scene):
    scene.one("PodDisruptionBudget", "risk-engine")["spec"] = {
        "minAvailable": 1, "selector": scene.one("PodDisruptionBudget", "risk-engine")["spec"]["selector"]}


@breaks("disruptions_are_bounded")
def pods_are_not_kept_apart(scene): del pod(scene, "gateway")["affinity"]
