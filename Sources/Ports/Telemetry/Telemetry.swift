// Telemetry: structured logs and Prometheus metrics, rendered to bytes. Where the bytes go is the process's choice.
