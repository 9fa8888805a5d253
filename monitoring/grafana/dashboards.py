"""The Grafana boards, from the tables below.

    python3 monitoring/grafana/dashboards.py            writes monitoring/grafana/dashboards/*.json
    python3 monitoring/grafana/dashboards.py --check    fails where a file is not what the tables give

A panel is (title, unit, [(expression, legend), …]), with an optional kind: timeseries unless said, stat, or text.
Standard library only.
"""

import json
import os
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboards")
RATE = "[$__rate_interval]"
ROUTES = 'route!~"/metrics|/health.*"'
KERNELS = 'service=~"(factor|features|risk|analytics)-engine"'
LEARNING = 'service="ml-engine", ' + ROUTES
SIGNALS = 'family=~"factor.update|ml.prediction"'


def quantile(share, metric, by="", where=""):
    """A percentile of a histogram's observations."""
    labels = ", ".join(filter(None, [by, "le"]))
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{{where}}}{RATE})))".replace("{}", "")


def mean(metric, by="", where=""):
    """The mean of a histogram's observations."""
    sums = [f"sum by ({by}) (rate({metric}_{part}{{{where}}}{RATE}))".replace("{}", "") for part in ("sum", "count")]
    return " / ".join(sums).replace("sum by () ", "sum")


def timings(metric, by="", legend="", where=""):
    """Mean, 95th and 99th percentile."""
    names = [f"{legend} {name}".strip() for name in ("mean", "p95", "p99")]
    shares = [quantile(share, metric, by, where) for share in (0.95, 0.99)]
    return list(zip([mean(metric, by, where)] + shares, names))


def text(title, words):
    return (title, "", words, "text")


OVERVIEW = [
    ("Services ready", "none", [("nautilus_engine_ready_ratio", "{{service}}")], "stat"),
    ("From tick to order", "s", timings("nautilus_tick_to_order_seconds")),
    ("From tick to trade, and from intent to fill", "s",
     timings("nautilus_tick_to_trade_seconds", legend="tick to trade")
     + timings("nautilus_order_execution_seconds", legend="execution")),
    ("Orders", "ops", [
        (f"sum(rate(nautilus_strategy_intents_total{RATE}))", "wanted"),
        (f"sum(rate(nautilus_risk_approved_orders_total{RATE}))", "approved"),
        (f"sum(rate(nautilus_risk_denied_orders_total{RATE}))", "denied"),
        (f"sum(rate(nautilus_strategy_fills_total{RATE}))", "filled"),
    ]),
    ("Messages by family", "ops",
     [(f"sum by (family) (rate(nautilus_bus_published_messages_total{RATE})) > 0", "{{family}}")]),
    ("Requests", "reqps", [
        (f"sum by (service) (rate(nautilus_http_request_duration_seconds_count{{{ROUTES}}}{RATE}))", "{{service}}"),
    ]),
    ("Alerts", "none", [('count by (severity) (ALERTS{alertstate="firing"}) or vector(0)', "{{severity}}")], "stat"),
]

ENGINES = [
    ("Component health: 1 healthy, 0.5 degraded, 0 away", "none",
     [("nautilus_component_health_ratio", "{{component}}")], "stat"),
    ("Up", "none", [('up{job="nautilus"}', "{{service}}")], "stat"),
    ("Stores available", "none", [("nautilus_store_available_ratio", "{{service}} {{store}}")], "stat"),
    ("Up since", "dateTimeFromNow", [('process_start_time_seconds{job="nautilus"} * 1000', "{{service}}")], "stat"),
    ("Requests", "reqps",
     [(f"sum by (service) (rate(nautilus_http_request_duration_seconds_count{RATE}))", "{{service}}")]),
    ("Failed and refused requests", "reqps", [
        (f"sum by (service) (rate(nautilus_http_failed_requests_total{RATE}))", "{{service}} 5xx"),
        (f"sum by (service) (rate(nautilus_http_refused_requests_total{RATE}))", "{{service}} 4xx"),
    ]),
    ("Request time, 95th percentile", "s",
     [(quantile(0.95, "nautilus_http_request_duration_seconds", "service", ROUTES), "{{service}}")]),
    ("Routes that take the most time", "percentunit", [
        (f"topk(10, sum by (service, route) (rate(nautilus_http_request_duration_seconds_sum{{{ROUTES}}}{RATE})))",
         "{{service}} {{route}}"),
    ]),
    ("Gateway: time of forwarded requests, 95th percentile", "s",
     [(quantile(0.95, "nautilus_gateway_forward_duration_seconds", "target"), "{{target}}")]),
    ("Gateway: circuit breakers (0 closed, 1 half open, 2 open)", "none",
     [("nautilus_gateway_breaker_state", "{{target}}")]),
    ("Processor", "none", [(f'rate(process_cpu_seconds_total{{job="nautilus"}}{RATE})', "{{service}}")]),
    ("Memory", "bytes", [
        ('nautilus_process_memory_bytes{job="nautilus"}', "{{service}}"),
        ('process_resident_memory_bytes{job="nautilus"}', "{{service}} with pages of files"),
    ]),
    ("Memory of what may be used", "percentunit", [("service:memory_use:ratio", "{{service}}")]),
    ("Open files and connections", "none", [
        ('process_open_fds{job="nautilus"}', "{{service}} files"),
        ("nautilus_http_open_connections", "{{service}} connections"),
    ]),
    ("Disk used", "percentunit", [("service:data_disk_use:ratio", "{{service}}")]),
    ("The machine", "none", [
        ("nautilus_host_load", "load"), ("nautilus_host_cores", "cores"),
        ("nautilus_host_memory_bytes - nautilus_host_available_memory_bytes", "memory in use, bytes"),
    ]),
    ("Versions", "none", [("count by (version) (nautilus_build_info)", "{{version}}")], "stat"),
]

BUS = [
    ("Redis is there", "none", [("nautilus_bus_connected_ratio", "{{service}}")], "stat"),
    ("Published by family", "ops",
     [(f"sum by (family) (rate(nautilus_bus_published_messages_total{RATE}))", "{{family}}")]),
    ("Handled by group", "ops", [(f"sum by (group) (rate(nautilus_bus_handled_messages_total{RATE}))", "{{group}}")]),
    ("Lag by group", "none", [("group:bus_lag_messages:sum", "{{group}}")]),
    ("Streams with the most lag", "none", [
        ("topk(10, max by (group, stream) (nautilus_bus_lag_messages))", "{{group}} {{stream}}"),
    ]),
    ("Time in handlers, 99th percentile", "s",
     [(quantile(0.99, "nautilus_bus_handler_seconds", "group"), "{{group}}")]),
    ("Time in handlers, mean", "s", [(mean("nautilus_bus_handler_seconds", "group"), "{{group}}")]),
    ("Retried and given up", "ops", [
        (f"sum by (group) (rate(nautilus_bus_retried_messages_total{RATE}))", "{{group}} retried"),
        (f"sum by (group) (rate(nautilus_bus_dead_messages_total{RATE}))", "{{group}} given up"),
    ]),
    ("Conflated and dropped", "ops", [
        (f"sum by (group) (rate(nautilus_bus_conflated_messages_total{RATE}))", "{{group}} conflated"),
        (f"sum by (group) (rate(nautilus_bus_dropped_messages_total{RATE}))", "{{group}} dropped"),
    ]),
    ("Outboxes: messages not yet acknowledged by all", "none", [("nautilus_outbox_pending_messages", "{{service}}")]),
    ("Waiting for Redis: on disk and in memory", "none", [
        ("nautilus_bus_spooled_messages", "{{service}} on disk"),
        ("nautilus_bus_held_messages", "{{service}} in memory"),
    ]),
    ("Fullest spool, and Redis' memory", "percentunit", [
        ("nautilus_bus_spool_ratio", "{{service}} spool"), ("max(nautilus_bus_redis_memory_ratio)", "Redis"),
    ]),
    ("Refused, reconnects, resets", "none", [
        ("nautilus_bus_refused_messages_total", "{{service}} refused"),
        ("nautilus_bus_reconnects_total", "{{service}} reconnects"),
        ("nautilus_bus_resets_total", "{{service}} resets"),
    ]),
]

RISK = [
    ("Decisions", "ops", [
        (f"sum(rate(nautilus_risk_approved_orders_total{RATE}))", "approved"),
        (f"sum(rate(nautilus_risk_denied_orders_total{RATE}))", "denied"),
    ]),
    ("Share of orders that are denied, 5 minutes", "percentunit",
     [("platform:risk_denied_orders:ratio_rate5m", "denied")]),
    ("Limits not kept", "ops", [
        (f"sum by (type, verdict) (rate(nautilus_risk_limit_verdicts_total{RATE}))", "{{type}} {{verdict}}"),
    ]),
    ("Use of limits at the newest check", "percentunit", [("nautilus_risk_limit_use_ratio", "{{type}}")]),
    ("Time of a pre-trade check", "s", timings("nautilus_risk_check_duration_seconds")),
    ("Active limits", "none", [("nautilus_risk_active_limits", "limits")], "stat"),
    ("Open orders", "none", [("nautilus_strategy_open_orders", "{{state}}")]),
    ("Wanted, denied, filled", "ops", [
        (f"rate(nautilus_strategy_intents_total{RATE})", "wanted"),
        (f"rate(nautilus_strategy_denied_orders_total{RATE})", "denied"),
        (f"rate(nautilus_strategy_fills_total{RATE})", "filled"),
    ]),
    ("Books: transactions and values folded", "ops", [
        (f"rate(nautilus_portfolio_posted_transactions_total{RATE})", "transactions"),
        (f"rate(nautilus_analytics_folded_messages_total{RATE})", "values and positions"),
    ]),
]

MARKET_DATA = [
    ("Bars stored, rows refused", "ops", [
        (f"rate(nautilus_marketdata_stored_rows_total{RATE})", "stored"),
        (f"rate(nautilus_marketdata_rejected_rows_total{RATE})", "refused"),
    ]),
    ("Share that is refused, 10 minutes", "percentunit",
     [("platform:marketdata_rejected_rows:ratio_rate10m", "refused")]),
    ("Bars and quotes published", "ops", [
        (f'sum by (family) (rate(nautilus_bus_published_messages_total{{family=~"market.*"}}{RATE}))', "{{family}}"),
    ]),
    ("Signals made of them", "ops", [
        (f"rate(nautilus_features_published_vectors_total{RATE})", "feature vectors"),
        (f'sum by (family) (rate(nautilus_bus_published_messages_total{{{SIGNALS}}}{RATE}))', "{{family}}"),
    ]),
    ("Instruments with a quote, and those whose quote is old", "none", [
        ("nautilus_marketdata_quoted_instruments", "quoted"),
        ("nautilus_marketdata_stale_instruments", "older than a minute"),
    ]),
    ("Age of the newest quote", "s",
     [("time() - (nautilus_marketdata_newest_quote_timestamp_seconds > 0)", "newest quote")], "stat"),
    ("WebSockets", "none", [
        ("nautilus_websocket_open_connections", "connections"), ("nautilus_websocket_subscriptions", "subscriptions"),
        ("nautilus_websocket_topics", "topics"),
    ]),
    ("Updates to WebSockets", "ops", [
        (f"rate(nautilus_websocket_updates_total{RATE})", "updates"),
        (f"rate(nautilus_websocket_deliveries_total{RATE})", "deliveries"),
        (f"rate(nautilus_websocket_conflated_updates_total{RATE})", "conflated"),
        (f"rate(nautilus_websocket_limited_updates_total{RATE})", "held back by a rate"),
    ]),
    ("WebSockets closed", "ops", [
        (f"rate(nautilus_websocket_slow_readers_closed_total{RATE})", "too slow"),
        (f"rate(nautilus_websocket_dead_links_closed_total{RATE})", "dead"),
    ]),
]

GPU = [
    text("What this board measures",
         "Every kernel of the platform runs on the processor today; a Linux container on Apple silicon sees no GPU. So "
         "this board shows whether a GPU is seen at all (0: none), and the time and processor that the kernels take "
         "which a GPU could take over: factors, features, risk and analytics. Use, memory and heat of a GPU are "
         "**not** measured, because nothing here could read them."),
    ("GPU and shared memory are seen", "none",
     [('nautilus_accelerator_present_ratio{kind=~"gpu|unified_memory"}', "{{kind}}")], "stat"),
    ("Processor of the engines with kernels", "none", [
        (f"sum by (service) (rate(process_cpu_seconds_total{{{KERNELS}}}{RATE}))", "{{service}}"),
    ]),
    ("Time of kernels asked for over HTTP, 95th percentile", "s", [
        (quantile(0.95, "nautilus_http_request_duration_seconds", "service", f"{KERNELS}, {ROUTES}"), "{{service}}"),
    ]),
    ("Time of kernels in handlers, mean", "s",
     [(mean("nautilus_bus_handler_seconds", "group", 'group=~"factor|features|risk|analytics"'), "{{group}}")]),
    ("Memory of the engines with kernels", "bytes",
     [(f"max by (service) (process_resident_memory_bytes{{{KERNELS}}})", "{{service}}")]),
    ("Cores of the machine, and load", "none", [("nautilus_host_cores", "cores"), ("nautilus_host_load", "load")]),
]

NEURAL = [
    text("What this board measures",
         "Models are fitted and asked on the processor; no neural accelerator is used, and none is seen by a Linux "
         "container on Apple silicon (0 below). So this board shows the times of inference and of fitting as they are. "
         "Use, memory and heat of an accelerator are **not** measured, because nothing here could read them."),
    ("A neural accelerator is seen", "none",
     [('nautilus_accelerator_present_ratio{kind="neural"}', "{{kind}}")], "stat"),
    ("Time of an inference, by bar", "s", timings("nautilus_ml_inference_seconds")),
    ("Inferences", "ops", [
        (f"sum(rate(nautilus_ml_inference_seconds_count{RATE}))", "by bar"),
        (f"sum(rate(nautilus_http_request_duration_seconds_count{{{LEARNING}}}{RATE}))", "by request"),
    ]),
    ("Time of a prediction asked for over HTTP, 95th percentile", "s",
     [(quantile(0.95, "nautilus_http_request_duration_seconds", "route", LEARNING), "{{route}}")]),
    ("Fits since the start, and their mean time", "none", [
        ("nautilus_ml_fit_seconds_count", "fits"),
        ("nautilus_ml_fit_seconds_sum / nautilus_ml_fit_seconds_count", "seconds a fit"),
    ]),
    ("Models kept", "none", [("nautilus_ml_models", "models")], "stat"),
    ("Processor and memory of the ML engine", "none", [
        (f'rate(process_cpu_seconds_total{{service="ml-engine"}}{RATE})', "cores"),
        ('process_resident_memory_bytes{service="ml-engine"} / 1e9', "gigabytes"),
    ]),
]

BOARDS = {
    "trading-overview": ("Trading overview", OVERVIEW),
    "engines": ("Engines", ENGINES),
    "bus": ("Bus", BUS),
    "risk": ("Risk", RISK),
    "market-data": ("Market data", MARKET_DATA),
    "m4max-gpu": ("M4 Max GPU", GPU),
    "neural-engine": ("Neural engine", NEURAL),
}
SOURCE = {"type": "prometheus", "uid": "prometheus"}


def panel(number, row, place):
    title, unit, content, kind = (*row, "timeseries")[:4]
    made = {
        "id": number, "title": title, "type": kind,
        "gridPos": {"h": 8, "w": 12, "x": 12 * (place % 2), "y": 8 * (place // 2)},
    }
    if kind == "text":
        return made | {"options": {"mode": "markdown", "content": content}}
    targets = [
        {"refId": chr(65 + index), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        for index, (expression, legend) in enumerate(content)
    ]
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if kind == "stat":
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name", "colorMode": "value"}
    return made | {
        "datasource": SOURCE, "targets": targets, "options": options,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
    }


def board(uid, title, rows):
    return {
        "uid": uid, "title": "Nautilus: " + title, "tags": ["nautilus"], "timezone": "utc", "schemaVersion": 39,
        "version": 1, "editable": False, "refresh": "10s", "time": {"from": "now-30m", "to": "now"},
        "panels": [panel(index + 1, row, index) for index, row in enumerate(rows)],
    }


def rendered(uid):
    """The bytes of a board's file: a line a panel, so that changes can be read."""
    made = board(uid, *BOARDS[uid])
    panels = ",\n".join("  " + json.dumps(each, sort_keys=True) for each in made.pop("panels"))
    head = json.dumps(made, sort_keys=True)[1:-1]
    return f'{{{head}, "panels": [\n{panels}\n]}}\n'


def main():
    stale = []
    for uid in BOARDS:
        path = os.path.join(FOLDER, uid + ".json")
        if "--check" in sys.argv:
            known = open(path).read() if os.path.exists(path) else ""
            if known != rendered(uid):
                stale.append(path)
        else:
            with open(path, "w") as file:
                file.write(rendered(uid))
    for path in stale:
        print(f"{path} is not up to date; run python3 monitoring/grafana/dashboards.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
