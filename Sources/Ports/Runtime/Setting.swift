import Glibc

/// One `NAUTILUS_…` variable: its default, what it takes and what it means.
public struct Setting: Sendable {
    /// What a value must be.
    public enum Kind: Sendable {
        case text
        case integer(ClosedRange<Int>)
        case choice([String])
        /// Comma-separated.
        case list
        /// Comma-separated; each as a browser tells where a page is from: https://host, with a port where it has one.
        case origins
        /// A host's name or address; empty for none.
        case host
        /// Comma-separated host names or addresses.
        case hosts
        /// Comma-separated, host or host:port.
        case places
        /// A URL of a server, beginning with one of these. A password that is asked for and left empty is refused: a
        /// secret has no default.
        case url([String])
        /// An IPv4 or IPv6 address in digits, or localhost.
        case address
    }

    /// With the `NAUTILUS_` in front.
    public let name: String
    public let fallback: String
    public let kind: Kind
    public let doc: String
    /// Never printed.
    public let isSecret: Bool

    init(_ name: String, _ fallback: String, _ kind: Kind, _ doc: String, secret: Bool = false) {
        self.name = "NAUTILUS_" + name
        self.fallback = fallback
        self.kind = kind
        self.doc = doc
        isSecret = secret
    }

    /// Every variable, for every process: one environment configures all of them.
    public static let all: [Setting] = general + network + storage + bus + risk + acceleration
        + EngineName.allCases.flatMap(engine)

    private static let general = [
        Setting("LOG_LEVEL", "info", .choice(["debug", "info", "warning", "error"]),
            "The least grave log line written."),
        Setting("ENGINES", "", .list, "The engines that run in this platform, comma-separated; empty is all nine. "
            + "Only these hold a bus stream back."),
        Setting("ROLE", "full", .choice(["full", "calculate"]),
                "calculate only answers calculations: it takes nothing from the bus and keeps nothing, so that any "
                    + "number of such instances can run beside the full one."),
        Setting("DATA_DIR", "", .text, "Where embedded stores live; $XDG_DATA_HOME/nautilus where it is not set. Set and empty is refused."),
        Setting("ASSETS_DIR", "", .text, "Where Swagger UI and ReDoc lie; empty looks beside the package."),
        Setting("FACTOR_RULES", "", .text,
                "A JSON file of your own factor rules, added to the built-in ones; docs/factors.md tells its members."),
    ]

    private static let network = [
        Setting("HOST", "127.0.0.1", .address, "The address every engine binds to."),
        Setting("AUTH", "auto", .choice(["auto", "on", "off"]),
                "Whether a key is asked for: auto asks on every address but loopback, on always, off never."),
        Setting("API_KEY_FILE", "", .text, "A file with one API key a line, mode 600 or 400."),
        Setting("API_KEY", "", .text, "One API key, where there is no file; a file shows up in fewer places.", secret: true),
        Setting("PUBLIC_HOSTS", "", .hosts, "Host names and addresses taken while no key is asked for, "
                + "besides the local ones and those that services bind to or are configured with."),
        Setting("CORS_ORIGINS", "http://localhost:3000,http://localhost:3001,http://localhost", .origins,
                "Origins a browser may call from."),
        Setting("BODY_LIMIT_BYTES", "16777216", .integer(1024...1_073_741_824), "The largest request body."),
        Setting("REQUEST_SECONDS", "30", .integer(1...600), "A request must have arrived within so long."),
        Setting("WEBSOCKET_ECHO", "auto", .choice(["auto", "on", "off"]),
                "Whether /ws/echo-test is there: auto serves it on a loopback address only."),
        Setting("GATEWAY_TIMEOUT_MS", "15000", .integer(10...600_000), "How long the gateway waits for an engine."),
        Setting("ADMIN_PASSWORD", "", .text, "Password of the first account; login is not served yet.", secret: true),
        Setting("ACCESS_TOKEN_SECONDS", "900", .integer(10...86_400),
            "Life of an access token; login is not served yet."),
    ]

    private static let storage = [
        Setting("DATABASE_URL", "", .url(["postgresql://", "postgres://"]), "PostgreSQL for records, postgresql://…; empty is SQLite.", secret: true),
        Setting("DATABASE_PROFILE", "conservative", .choice(["throughput", "balanced", "conservative"]),
                "Connections of each engine and their time-out: throughput 10 to 50 and 30 s, balanced 5 to 20 and 60 s, "
                    + "conservative 2 to 10 and 120 s."),
        Setting("SERIES", "lmdb", .choice(["lmdb", "postgres"]),
                "Where bars are kept: lmdb in the data folder, postgres in the schema series at NAUTILUS_DATABASE_URL."),
        Setting("SERIES_RETENTION_DAYS", "0", .integer(0...100_000),
                "Bars older than so many days are dropped, partition by partition, in PostgreSQL; 0 is never."),
        Setting("SERIES_COMPRESSION_DAYS", "0", .integer(0...100_000),
                "Bars older than so many days are compressed where PostgreSQL has TimescaleDB; 0 is never."),
        Setting("METRICS_DAYS", "730", .integer(0...100_000),
                "How many days rows of analytics.performance_metrics are kept; 0 is for ever."),
        Setting("RISK_EVENTS_DAYS", "730", .integer(0...100_000),
                "How many days breaches and warnings are kept; 0 is for ever."),
        Setting("RISK_CHECK_SECONDS", "30", .integer(0...86_400),
                "How often the limits of every portfolio are judged and breaches predicted; 0 is never."),
        Setting("RISK_SAMPLES_DAYS", "30", .integer(0...100_000),
                "How many days the utilisations found by these checks are kept; 0 is for ever."),
        Setting("AUDIT_DAYS", "2555", .integer(0...100_000),
                "How many days rows of the audit trail are kept; 0 is for ever. "
                    + "Those of the risk engine are a chain and are never deleted."),
        Setting("IDEMPOTENCY_DAYS", "30", .integer(0...100_000),
                "How many days the answer to an Idempotency-Key is known, and a request over the bus that comes again; "
                    + "0 is for ever."),
        Setting("SQLITE_SYNCHRONOUS", "normal", .choice(["normal", "full"]),
                "What a commit waits for: normal survives a killed process, full a power cut too. "
                    + "The portfolio ledger is always full."),
    ]

    private static let bus = [
        Setting("REDIS_URL", "", .url(["redis://"]),
                "Redis for the bus, redis://[:password@]host[:port]; empty is in process.", secret: true),
        Setting("SPOOL_BYTES", "268435456", .integer(65_536...1_000_000_000_000),
                "Bytes of lossless messages kept on disk for each lane while Redis is away; beyond it new work is refused."),
    ]

    private static let risk = [
        Setting("RISK_APPROVAL", "limits", .choice(["limits", "all"]),
                "Which limits take two people to loosen: limits that say approval four-eyes, or all."),
        Setting("RISK_APPROVAL_BY", "name", .choice(["name", "key"]),
                "By what two people differ: the name in X-Actor, or the key in X-API-Key."),
        Setting("RISK_APPROVAL_HOURS", "72", .integer(1...8760), "How long a change waits for the second person."),
        Setting("RISK_RESERVATION_SECONDS", "604800", .integer(0...31_536_000),
                "How long an approved order counts against limits with nothing heard of it; 0 is until it ends."),
        Setting("WEBHOOK_SECRET_FILE", "", .text,
                "A file with one secret a line, mode 600 or 400: webhooks are signed with each."),
        Setting("NOTICE_CA_FILE", "", .text,
                "A PEM file of authorities that webhooks and the mail server are trusted by, beside the system's."),
        Setting("SMTP_URL", "", .text, "The mail server, smtp://host:port or smtps://host:port; empty sends no mail."),
        Setting("SMTP_FROM", "", .text, "The address that mails come from."),
        Setting("SMTP_USER", "", .text, "The user, where the mail server asks for one."),
        Setting("SMTP_PASSWORD_FILE", "", .text, "A file whose first line is that user's password, mode 600 or 400."),
        Setting("SMTP_TLS", "on", .choice(["on", "off"]),
                "on sends no mail over a connection that is not encrypted; off for a server on this machine."),
    ]

    private static let acceleration = [
        Setting("ACCELERATION", "auto", .choice(["auto", "on", "off"]),
                "All acceleration: on needs some to be there, off looks for none. Every kernel runs on the CPU today."),
        Setting("METAL", "auto", .choice(["auto", "on", "off"]), "A GPU by Metal; on refuses the start where none is seen."),
        Setting("NEURAL", "auto", .choice(["auto", "on", "off"]),
                "A neural accelerator; on refuses the start where none is seen."),
        Setting("CPU_OPTIMIZATION", "auto", .choice(["auto", "on"]), "Vector units of the CPU; they are always used."),
        Setting("UNIFIED_MEMORY", "auto", .choice(["auto", "on", "off"]),
                "Memory that CPU and GPU share; on refuses the start where none is seen."),
    ]

    private static func engine(_ name: EngineName) -> [Setting] {
        let upper = name.rawValue.uppercased()
        return [
            Setting("\(upper)_PORT", "\(name.defaultPort)", .integer(1...65_535),
                "Port of the \(name.rawValue) service."),
            Setting("\(upper)_HOST", "", .host,
                    "Where others reach the \(name.rawValue) service; empty is NAUTILUS_HOST, or 127.0.0.1."),
            Setting("\(upper)_CALCULATORS", "", .places,
                    "Further instances of the \(name.rawValue) service that only calculate, as host or host:port; the "
                        + "gateway spreads calculations over them."),
            Setting("\(upper)_WORKERS", "4", .integer(1...50),
                    "The most bus handlers the \(name.rawValue) service runs at once."),
        ]
    }
}
