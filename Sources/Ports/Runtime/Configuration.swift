/// What is wrong with the environment; the process exits 78 and says so.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    public let faults: [String]
    public init(_ faults: [String]) { self.faults = faults }
    public var description: String { faults.joined(separator: "; ") }
}

/// The environment's `NAUTILUS_…` variables, checked: a misspelt name or a bad value is refused at the start.
public struct Configuration: Sendable {
    private let values: [String: String]

    /// Reads an environment.
    public init(environment: [String: String]) throws(ConfigurationError) {
        var values: [String: String] = [:], faults: [String] = []
        let known = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.name, $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("NAUTILUS_") {
            if name.hasPrefix("NAUTILUS_TEST_") || name == "NAUTILUS_MARCH" { continue }
            guard let setting = known[name] else {
                faults.append(Self.unknown(name, Array(known.keys)))
                continue
            }
            if value.isEmpty { continue }
            if let fault = setting.fault(in: value) { faults.append(fault) } else { values[name] = value }
        }
        for name in Self.parts(of: values["NAUTILUS_ENGINES"] ?? "") where EngineName(rawValue: name) == nil {
            faults.append("NAUTILUS_ENGINES names an unknown engine \"\(name)\"; "
                + "there are \(EngineName.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if !faults.isEmpty { throw ConfigurationError(faults) }
        self.values = values
    }

    private static func unknown(_ name: String, _ known: [String]) -> String {
        let nearest = known.min { distance($0, name) < distance($1, name) } ?? ""
        return distance(nearest, name) <= 4 ? "\(name) is not a setting; did you mean \(nearest)?"
            : "\(name) is not a setting; `nautilus config` lists them all"
    }

    /// Levenshtein distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let x = Array(a.utf8), y = Array(b.utf8)
        var row = Array(0...y.count)
        for i in 0..<x.count {
            var corner = row[0]
            row[0] = i + 1
            for j in 0..<y.count {
                let cost = min(row[j] + 1, row[j + 1] + 1, corner + (x[i] == y[j] ? 0 : 1))
                corner = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[y.count]
    }

    /// The value of a setting or its default. Asking for one that is not declared is a programming error.
    public func text(_ name: String) -> String {
        if let value = values["NAUTILUS_" + name] { return value }
        guard let setting = Setting.all.first(where: { $0.name == "NAUTILUS_" + name }) else {
            preconditionFailure("NAUTILUS_\(name) is not declared")
        }
        return setting.fallback
    }

    public func int(_ name: String) -> Int { Int(text(name)) ?? 0 }

    /// A comma-separated list without its empty parts and the spaces around them.
    public func list(_ name: String) -> [String] { Self.parts(of: text(name)) }

    static func parts(of list: String) -> [String] {
        list.split(separator: ",").map { part in
            let bare = part.drop { $0 == " " }
            return String(bare[..<(bare.lastIndex { $0 != " " }.map { bare.index(after: $0) } ?? bare.startIndex)])
        }.filter { !$0.isEmpty }
    }

    /// The engines that this platform is made of.
    public var engines: [EngineName] {
        let named = list("ENGINES").compactMap(EngineName.init(rawValue:))
        return named.isEmpty ? EngineName.engines : EngineName.engines.filter(named.contains)
    }

    public func port(of engine: EngineName) -> Int { int("\(engine.rawValue.uppercased())_PORT") }
    public func workers(of engine: EngineName) -> Int { int("\(engine.rawValue.uppercased())_WORKERS") }

    /// Where other processes reach an engine.
    public func host(of engine: EngineName) -> String {
        let named = text("\(engine.rawValue.uppercased())_HOST")
        if !named.isEmpty { return named }
        let bound = text("HOST")
        return bound == "0.0.0.0" || bound == "::" ? "127.0.0.1" : bound
    }

    /// Where further instances of an engine are that only calculate.
    public func calculators(of engine: EngineName) -> [(host: String, port: Int)] {
        list("\(engine.rawValue.uppercased())_CALCULATORS").map { text in
            guard !Setting.isHost(text), let colon = text.lastIndex(of: ":"),
                  let own = Int(text[text.index(after: colon)...]) else { return (text, port(of: engine)) }
            return (String(text[..<colon]), own)
        }
    }

    /// Whether this process only calculates.
    public var onlyCalculates: Bool { text("ROLE") == "calculate" }

    /// Whether the address is this machine's own.
    public var isLoopback: Bool {
        let host = text("HOST")
        return host == "::1" || host == "localhost" || host.hasPrefix("127.")
    }

    /// The address to bind; `localhost` is 127.0.0.1.
    public var bindAddress: String { text("HOST") == "localhost" ? "127.0.0.1" : text("HOST") }

    /// Whether callers must show a key.
    public var requiresKey: Bool {
        switch text("AUTH") {
        case "on": true
        case "off": false
        default: !isLoopback
        }
    }

    /// All settings with their values, secrets as `***`, for `nautilus config`.
    public var listing: [(setting: Setting, value: String)] {
        Setting.all.map { setting in
            let value = values[setting.name] ?? setting.fallback
            return (setting, setting.isSecret && !value.isEmpty ? "***" : value)
        }
    }

    /// The same with some values replaced; for the command line's options.
    public func replacing(_ changes: [String: String]) throws(ConfigurationError) -> Configuration {
        var environment = values
        for (name, value) in changes { environment["NAUTILUS_" + name] = value }
        return try Configuration(environment: environment)
    }

    /// The values that differ from the defaults, as an environment for child processes.
    public var environment: [String: String] { values }
}
