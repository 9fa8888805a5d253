"""What is made wrong around the pods: network, autoscalers, ingress, mesh, monitoring, delivery."""

import copy

from k8s_mutations import breaks, container, drop, policy, spec


@breaks("everything_is_closed")
def nothing_is_refused(scene): drop(scene, "NetworkPolicy", "default-deny")


@breaks("everything_is_closed")
def only_the_gateway_is_refused(scene):
    policy(scene, "default-deny")["podSelector"] = {"matchLabels": {"app.kubernetes.io/name": "gateway"}}


@breaks("arrows_are_the_real_ones")
def risk_may_reach_the_ledger(scene):
    policy(scene, "risk-engine")["egress"][0]["to"].append(
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "portfolio-engine"}}})
    policy(scene, "risk-engine")["egress"][0]["ports"].append({"protocol": "TCP", "port": 8900})
    callers = policy(scene, "portfolio-engine")["ingress"][0]["from"][0]["podSelector"]["matchExpressions"][0]
    callers["values"].append("risk-engine")


@breaks("arrows_are_the_real_ones")
def the_gateway_cannot_reach_one(scene): policy(scene, "gateway")["egress"].pop()


@breaks("arrows_are_the_real_ones", "overlays/development")
def the_stores_are_shut(scene): drop(scene, "NetworkPolicy", "stores-in")


@breaks("arrows_are_the_real_ones")
def everyone_may_come_in(scene): policy(scene, "risk-engine")["ingress"] = [{}]


@breaks("outsiders_are_few")
def the_ledger_is_open_to_the_world(scene):
    policy(scene, "portfolio-engine")["ingress"][0]["from"].append({"ipBlock": {"cidr": "0.0.0.0/0"}})


@breaks("outsiders_are_few")
def another_namespace_may_come_in(scene):
    policy(scene, "metrics")["ingress"][0]["from"][0] = {"namespaceSelector": {}}


@breaks("outsiders_are_few")
def names_are_not_found(scene): drop(scene, "NetworkPolicy", "dns")


@breaks("outsiders_are_few")
def prometheus_is_shut_out(scene): drop(scene, "NetworkPolicy", "metrics")


@breaks("outsiders_are_few")
def the_ingress_reaches_an_engine(scene):
    policy(scene, "risk-engine")["ingress"].append(policy(scene, "gateway")["ingress"][0])


@breaks("autoscalers_scale")
def an_autoscaler_is_missing(scene): drop(scene, "HorizontalPodAutoscaler", "ml-engine")


@breaks("autoscalers_scale")
def it_scales_another_kind(scene):
    scene.one("HorizontalPodAutoscaler", "risk-engine")["spec"]["scaleTargetRef"]["kind"] = "Deployment"


@breaks("autoscalers_scale")
def it_makes_two_of_one(scene): scene.one("HorizontalPodAutoscaler", "risk-engine")["spec"]["maxReplicas"] = 3


@breaks("autoscalers_scale")
def the_gateway_does_not_grow(scene): scene.one("HorizontalPodAutoscaler", "gateway")["spec"]["maxReplicas"] = 2 - 1


@breaks("autoscalers_scale")
def it_fights_with_a_number(scene): spec(scene)["replicas"] = 1


@breaks("autoscalers_scale")
def nobody_serves_the_lag(scene): scene.adapter["rules"]["external"].clear()


@breaks("autoscalers_scale")
def the_series_is_misspelt(scene): scene.adapter["rules"]["external"][0]["seriesQuery"] = "nautilus_bus_lag{group!=''}"


@breaks("autoscalers_scale")
def the_lag_is_anothers(scene):
    metric = scene.one("HorizontalPodAutoscaler", "ml-engine")["spec"]["metrics"][1]["external"]["metric"]
    metric["selector"]["matchLabels"]["group"] = "risk"


@breaks("ingress_leads_in")
def a_socket_is_cut(scene):
    notes = scene.one("Ingress", "websocket-engine")["metadata"]["annotations"]
    del notes["nginx.ingress.kubernetes.io/proxy-read-timeout"]


@breaks("ingress_leads_in")
def a_socket_is_led_to_the_gateway(scene):
    scene.one("Ingress", "websocket-engine")["spec"]["rules"][0]["http"]["paths"].pop()


@breaks("ingress_leads_in")
def a_path_leads_to_no_socket(scene):
    paths = scene.one("Ingress", "websocket-engine")["spec"]["rules"][0]["http"]["paths"]
    paths.append({**copy.deepcopy(paths[0]), "path": "/api/v1/ws"})


@breaks("ingress_leads_in")
def there_is_no_tls(scene): del scene.one("Ingress", "gateway")["spec"]["tls"]


@breaks("ingress_leads_in")
def an_engine_is_published(scene):
    paths = scene.one("Ingress", "gateway")["spec"]["rules"][0]["http"]["paths"]
    paths.append({**copy.deepcopy(paths[0]), "path": "/risk"})
    paths[1]["backend"]["service"]["name"] = "risk-engine"


@breaks("mesh_is_strict")
def plain_text_is_taken(scene): scene.one("PeerAuthentication", "strict")["spec"]["mtls"]["mode"] = "PERMISSIVE"


@breaks("mesh_is_strict")
def all_take_plain_text(scene): del scene.one("PeerAuthentication", "http01-solver")["spec"]["selector"]


def traffic(scene, name): return scene.one("DestinationRule", name)["spec"]["trafficPolicy"]


@breaks("failing_pods_are_left_out")
def a_dead_gateway_is_called(scene): del traffic(scene, "gateway")["outlierDetection"]


@breaks("failing_pods_are_left_out")
def an_answer_leaves_a_pod_out(scene): traffic(scene, "gateway")["outlierDetection"]["consecutiveGatewayErrors"] = 5


@breaks("failing_pods_are_left_out")
def the_only_pod_is_left_out(scene):
    traffic(scene, "risk-engine")["outlierDetection"] = traffic(scene, "gateway")["outlierDetection"]


@breaks("calls_are_sent_once")
def calls_have_istios_default(scene): drop(scene, "VirtualService", "portfolio-engine")


@breaks("calls_are_sent_once")
def a_call_is_sent_again(scene):
    scene.one("VirtualService", "portfolio-engine")["spec"]["http"][0]["retries"]["attempts"] = 2


@breaks("calls_are_sent_once")
def a_route_leads_to_another(scene):
    route = scene.one("VirtualService", "portfolio-engine")["spec"]["http"][0]["route"]
    route[0]["destination"]["host"] = "risk-engine.nautilus.svc.cluster.local"


@breaks("certificates_can_be_issued")
def the_solver_is_shut(scene): drop(scene, "NetworkPolicy", "http01-solver")


@breaks("certificates_can_be_issued")
def the_solver_is_open_to_all(scene): policy(scene, "http01-solver")["ingress"] = [{}]


@breaks("mesh_is_strict")
def a_service_has_no_rule(scene): drop(scene, "DestinationRule", "ml-engine")


@breaks("everything_is_scraped")
def an_engine_is_not_scraped(scene): scene.one("Service", "ml-engine")["metadata"]["labels"].clear()


@breaks("everything_is_scraped")
def it_is_scraped_elsewhere(scene): scene.one("ServiceMonitor", "gateway")["spec"]["endpoints"][0]["port"] = "metrics"


@breaks("secrets_come_from_vault")
def the_store_is_unknown(scene): scene.of("ExternalSecret")[0]["spec"]["secretStoreRef"]["name"] = "other"


@breaks("secrets_come_from_vault")
def pods_come_before_their_secrets(scene): del scene.of("ExternalSecret")[0]["metadata"]["annotations"]


@breaks("ingress_leads_in")
def the_world_reads_the_metrics(scene): scene.one("Ingress", "metrics")["metadata"]["annotations"].clear()


@breaks("application_is_delivered", "argocd")
def the_application_is_for_developers(scene):
    scene.of("Application")[0]["spec"]["source"]["path"] = "k8s/overlays/development"


@breaks("application_is_delivered", "argocd")
def the_repository_is_not_allowed(scene):
    scene.of("AppProject")[0]["spec"]["sourceRepos"] = ["https://git.example.com/other.git"]


@breaks("application_is_delivered", "argocd")
def the_place_is_not_allowed(scene): scene.of("Application")[0]["spec"]["destination"]["namespace"] = "default"


@breaks("page_tells_the_truth")
def a_command_names_what_is_not_there(scene): drop(scene, "StatefulSet", "risk-engine")


@breaks("page_tells_the_truth", "overlays/development")
def a_key_is_not_made(scene): container(scene)["env"][0]["valueFrom"]["secretKeyRef"]["key"] = "key"
