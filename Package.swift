// swift-tools-version: 6.2
import Foundation
import PackageDescription

// MARK: Settings

let environment = Context.environment

/// Language settings every Swift target shares.
let language: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    // The compiler has proved isolation; asking again on every C callback costs 5 % of a request.
    .unsafeFlags(["-Xfrontend", "-disable-dynamic-actor-isolation"], .when(configuration: .release)),
]

/// Kernels are optimised in debug builds too, and so is what tests compare millions of values with. `NAUTILUS_MARCH`
/// (for example `x86-64-v3`) lets a build use newer vector instructions; it changes last bits, so it is never a default.
///
/// A square root need not set errno: without a call for that, loops over roots use the vector instruction.
let kernel: [SwiftSetting] = language
    + [.unsafeFlags(["-Xcc", "-fno-math-errno"])]
    + [.unsafeFlags(["-O"], .when(configuration: .debug))]
    + (environment["NAUTILUS_MARCH"].map { [.unsafeFlags(["-Xcc", "-march=\($0)"])] } ?? [])

// MARK: Floors

/// - Parameter data: files or folders of the target whose bytes are built into it.
func library(
    _ floor: String, _ name: String, _ dependencies: [String] = [], settings: [SwiftSetting] = language,
    data: [String] = []
) -> Target {
    .target(name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
            path: "Sources/\(floor)/\(name)", resources: data.map { .embedInCode($0) }, swiftSettings: settings)
}

func process(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
                      path: "Sources/Processes/\(name)", swiftSettings: language)
}

func tests(_ name: String, _ dependencies: [String], resources: [Resource] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies.map { .init(stringLiteral: $0) },
                path: "Tests/\(name)Tests", resources: resources, swiftSettings: language)
}

func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let cLibraries: [Target] = [
    system("CUV", pkgConfig: "libuv", apt: "libuv1-dev"),
    system("CWslay", apt: "libwslay-dev"),
    system("CHTTPParser", apt: "libhttp-parser-dev"),
    system("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev"),
    system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
    system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    system("CLMDB", pkgConfig: "lmdb", apt: "liblmdb-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CHaru", apt: "libhpdf-dev"),
    system("CXGBoost", apt: "libxgboost-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CXlsxWriter", pkgConfig: "xlsxwriter", apt: "libxlsxwriter-dev"),
    .target(name: "CShims", path: "Sources/CLibraries/CShims"),
    .target(name: "CSimdJSON", path: "Sources/CLibraries/CSimdJSON",
            cxxSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("simdjson")]),
]

let kernels: [Target] = [
    library("Kernels", "Numerics", settings: kernel),
    library("Kernels", "Quant", ["Numerics"], settings: kernel,
            data: ["alpha101", "alpha158", "alpha360"].map { "Expressions/Catalogue/\($0).txt" }),
]

let domain: [Target] = [
    library("Domain", "Market"),
    library("Domain", "Wire", ["Market", "CSimdJSON"], settings: kernel),
]

let ports: [Target] = [
    library("Ports", "Telemetry", ["Market", "Wire", "CShims"]),
    library("Ports", "Runtime", ["CUV", "CShims", "Telemetry", "Wire"]),
    library("Ports", "Bus", ["Market", "Wire", "Runtime", "Telemetry"]),
    library("Ports", "Store", ["Market", "Wire", "Runtime", "Telemetry"], settings: kernel),
    library("Ports", "HTTP", ["Market", "Wire", "Runtime", "Telemetry"]),
    library("Ports", "Documents", ["Market", "Wire"]),
    library("Ports", "Models"),
]

let portNames = ["Telemetry", "Runtime", "Bus", "Store", "HTTP", "Documents", "Models"]

let adapters: [Target] = [
    library("Adapters", "HTTPServer", ["HTTP", "Runtime", "Telemetry", "Wire", "CWslay", "CZlib", "COpenSSL", "CShims"]),
    library("Adapters", "HTTPClient", ["HTTP", "Runtime", "Telemetry", "Wire", "CHTTPParser", "CShims"]),
    library("Adapters", "BusRedis", ["Bus", "Runtime", "Telemetry", "Market", "Wire", "CHiredis", "CShims"]),
    library("Adapters", "StoreSQLite", ["Store", "Runtime", "Telemetry", "Market", "CSQLite", "CShims"]),
    library("Adapters", "StorePostgres", ["Store", "Runtime", "Telemetry", "Market", "Wire", "CPostgres", "CShims"]),
    library("Adapters", "SeriesLMDB", ["Store", "Runtime", "Telemetry", "Market", "CLMDB", "CShims"]),
    library("Adapters", "Security", ["Runtime", "HTTP", "COpenSSL"]),
    library("Adapters", "Boosting", ["Models", "CXGBoost"]),
    library("Adapters", "Couriers", ["HTTP", "Runtime", "Market", "Wire", "CCurl", "COpenSSL"]),
    library("Adapters", "Reports", ["Documents", "Market", "Wire", "CHaru", "CXlsxWriter", "CShims"]),
]

let engineFloor = ["Numerics", "Quant", "Market", "Wire"] + portNames
let engineNames = ["Analytics", "Risk", "Factors", "Learning", "Features", "Streaming", "Strategy", "MarketData", "Portfolio", "Gateway"]
/// Data files that are built into the binary, by engine.
let engineData = ["Factors": ["Catalogue/factor-rules.json"], "Risk": ["Stress/historic-scenarios.json"]]
let engines: [Target] =
    [library("Engines", "EngineKit", engineFloor)]
    + engineNames.map { name in
        // A million expressions are made and parsed in the factor engine: it is optimised in debug builds too.
        library("Engines", name, engineFloor + ["EngineKit"], settings: name == "Factors" ? kernel : language,
                data: engineData[name] ?? [])
    }

let adapterNames = ["HTTPServer", "HTTPClient", "BusRedis", "StoreSQLite", "StorePostgres", "SeriesLMDB", "Security", "Reports", "Boosting",
                    "Couriers"]
let hosted = engineFloor + adapterNames + ["EngineKit"]
let processes: [Target] =
    [
        library("Processes", "Hosting", hosted + engineNames),
        library("Processes", "Benchmarks", hosted + engineNames + ["Hosting"]),
        process("nautilus", hosted + ["Hosting", "Benchmarks"]),
        process("gateway", ["Hosting"]),
    ]
    + ["analytics", "risk", "factor", "ml", "features", "websocket", "strategy", "marketdata", "portfolio"]
        .map { process("\($0)-engine", ["Hosting"]) }

let testTargets: [Target] = [
    .target(name: "CTestLoop", path: "Sources/TestSupport/CTestLoop"),
    library("TestSupport", "TestKit", ["Market", "Wire", "CTestLoop"] + portNames, settings: kernel),
    tests("Tidy", []),
    tests("Numerics", ["Numerics", "TestKit"]),
    tests("Quant", ["Quant", "Numerics", "TestKit"], resources: [.copy("Fixtures")]),
    tests("Market", ["Market", "TestKit"]),
    tests("Wire", ["Wire", "Market", "TestKit"]),
    tests("Telemetry", ["Telemetry", "TestKit"]),
    tests("Runtime", ["Runtime", "Telemetry", "TestKit"]),
    tests("Bus", ["Bus", "BusRedis", "Market", "Runtime", "Telemetry", "TestKit"]),
    tests("Store", ["Store", "StoreSQLite", "StorePostgres", "SeriesLMDB", "Market", "Runtime", "Telemetry", "TestKit"]),
    tests("HTTP", ["HTTP", "HTTPServer", "HTTPClient", "Runtime", "Telemetry", "Wire", "TestKit"]),
    tests("Documents", ["Documents", "Reports", "Market", "Wire", "TestKit"]),
    tests("Models", ["Models", "Boosting", "TestKit"]),
    tests("Engines", hosted + engineNames + ["TestKit"]),
    tests("Platform", hosted + engineNames + ["Hosting", "Benchmarks", "TestKit"]),
]

// Images are built without the tests.
let hasTests = FileManager.default.fileExists(atPath: Context.packageDirectory + "/Tests")

let package = Package(
    name: "nautilus",
    products: ["nautilus", "gateway", "analytics-engine", "risk-engine", "factor-engine", "ml-engine", "features-engine",
               "websocket-engine", "strategy-engine", "marketdata-engine", "portfolio-engine"]
        .map { .executable(name: $0, targets: [$0]) },
    targets: cLibraries + kernels + domain + ports + adapters + engines + processes + (hasTests ? testTargets : []),
    cxxLanguageStandard: .cxx17
)
