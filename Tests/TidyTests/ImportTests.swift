import Testing

/// The arrows of the house: who may import whom. An arrow that is not here does not exist.
struct ImportTests {
    static let system: Set<String> = ["Glibc", "Synchronization", "Swift"]
    static let ports: Set<String> = ["Telemetry", "Runtime", "Bus", "Store", "HTTP", "Documents", "Models"]
    static let domain: Set<String> = ["Market", "Wire"]
    static let kernels: Set<String> = ["Numerics", "Quant"]
    static let engines: Set<String> = ["Analytics", "Risk", "Factors", "Learning", "Features", "Streaming", "Strategy",
                                       "MarketData", "Portfolio", "Gateway"]
    static let adapters: [String: Set<String>] = [
        "HTTPServer": ["HTTP", "CWslay", "CZlib", "COpenSSL"],
        "HTTPClient": ["HTTP", "CHTTPParser"],
        "BusRedis": ["Bus", "CHiredis"],
        "StoreSQLite": ["Store", "CSQLite"],
        "StorePostgres": ["Store", "CPostgres"],
        "SeriesLMDB": ["Store", "CLMDB"],
        "Security": ["HTTP", "COpenSSL"],
        "Boosting": ["Models", "CXGBoost"],
        "Couriers": ["HTTP", "CCurl", "COpenSSL"],
        "Reports": ["Documents", "CHaru", "CXlsxWriter"],
    ]

    /// What a target may import beside the system's modules; nil for a target nobody declared.
    static func allowed(_ target: String) -> Set<String>? {
        switch target {
        case "Numerics", "Market", "Models": []
        case "Quant": ["Numerics"]
        case "Wire": ["Market", "CSimdJSON"]
        case "Telemetry": ["Market", "Wire", "CShims"]
        case "Runtime": ["Market", "Wire", "Telemetry", "CUV", "CShims"]
        case "Documents": domain
        case "Bus", "Store", "HTTP": domain.union(["Runtime", "Telemetry"])
        case "EngineKit": ports.union(domain).union(kernels)
        case "TestKit": ports.union(domain).union(["CTestLoop"])
        case _ where adapters[target] != nil:
            adapters[target]!.union(domain).union(["Runtime", "Telemetry", "CShims"])
        case _ where engines.contains(target): ports.union(domain).union(kernels).union(["EngineKit"])
        default: nil
        }
    }

    @Test func everyImportIsAnAllowedArrow() {
        for file in SourceTree.sources where file.floor != "Processes" {
            guard let allowed = Self.allowed(file.target) else {
                Issue.record("\(file.path): the target \(file.target) has no import list")
                continue
            }
            for module in file.imports where !allowed.contains(module) && !Self.system.contains(module) {
                Issue.record("\(file.path) imports \(module), which is no arrow of the house")
            }
        }
    }

    @Test func processesDoNotTouchCLibraries() {
        for file in SourceTree.sources where file.floor == "Processes" {
            for module in file.imports where module.hasPrefix("C") && module.dropFirst().first?.isUppercase == true {
                Issue.record("\(file.path) imports \(module): only adapters do")
            }
        }
    }

    @Test func entryPointsAreShort() {
        let entries = SourceTree.sources.filter { $0.path.hasSuffix("/main.swift") }
        #expect(entries.count == 11)
        for file in entries { #expect(file.lines.count <= 40, "\(file.path)") }
    }
}
