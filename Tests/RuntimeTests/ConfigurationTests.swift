import Runtime
import Testing

struct ConfigurationTests {
    @Test func defaultsHold() throws {
        let configuration = try Configuration(environment: ["PATH": "/bin"])
        #expect(configuration.port(of: .gateway) == 8001)
        #expect(configuration.port(of: .risk) == 8200)
        #expect(configuration.engines == EngineName.engines)
        #expect(configuration.isLoopback && !configuration.requiresKey)
    }

    @Test func aMisspeltNameIsRefusedWithTheNearestOne() {
        let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: ["NAUTILUS_RISK_PROT": "1"]) }
        #expect(error?.description.contains("NAUTILUS_RISK_PORT") == true)
    }

    @Test(arguments: [("NAUTILUS_RISK_PORT", "0"), ("NAUTILUS_RISK_PORT", "abc"), ("NAUTILUS_AUTH", "maybe"),
                      ("NAUTILUS_ENGINES", "risk,nope"), ("NAUTILUS_RISK_WORKERS", "51"),
                      ("NAUTILUS_REDIS_URL", "rediss://x"), ("NAUTILUS_REDIS_URL", "localhost:6379"),
                      ("NAUTILUS_HOST", "999.1.1.1"), ("NAUTILUS_HOST", "somewhere"),
                      ("NAUTILUS_DATABASE_URL", "mysql://u:hidden@h/d"), ("NAUTILUS_RISK_HOST", "http://x"),
                      ("NAUTILUS_RISK_CALCULATORS", "a b"), ("NAUTILUS_RISK_CALCULATORS", "a,127.0.0.1:99999"),
                      ("NAUTILUS_PUBLIC_HOSTS", "a,b:80"), ("NAUTILUS_CORS_ORIGINS", "*"),
                      ("NAUTILUS_CORS_ORIGINS", "https://a.example, not a url"),
                      ("NAUTILUS_CORS_ORIGINS", "https://a.example/path")])
    func aValueOutOfRangeIsRefusedWithItsName(_ name: String, _ value: String) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: [name: value]) }
        #expect(error?.description.contains(name) == true)
        #expect(error?.description.contains("hidden") == false)
    }

    @Test func listsAreTakenWithTheirSpaces() throws {
        let configuration = try Configuration(environment: [
            "NAUTILUS_PUBLIC_HOSTS": " a.example , b_2.example,,[::1]", "NAUTILUS_ENGINES": "risk, ml",
            "NAUTILUS_CORS_ORIGINS": "https://a.example, http://[::1]:3000,http://b:8080",
            "NAUTILUS_RISK_CALCULATORS": "risk-engine-2, 10.0.0.7:8201,[::1]:9, ::1",
        ])
        #expect(configuration.list("PUBLIC_HOSTS") == ["a.example", "b_2.example", "[::1]"])
        #expect(configuration.engines == [.risk, .ml])
        #expect(configuration.list("CORS_ORIGINS").count == 3)
        let places = configuration.calculators(of: .risk)
        #expect(places.map(\.host) == ["risk-engine-2", "10.0.0.7", "[::1]", "::1"])
        #expect(places.map(\.port) == [8200, 8201, 9, 8200])
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "localhost", "::", "::1", "fe80::1"])
    func anAddressToBindIsTaken(_ address: String) throws {
        let configuration = try Configuration(environment: ["NAUTILUS_HOST": address])
        #expect(configuration.text("HOST") == address)
    }

    @Test func everyFaultIsTold() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(environment: ["NAUTILUS_RISK_PORT": "x", "NAUTILUS_AUTH": "y", "NAUTILUS_NOPE": "z"])
        }
        #expect(error?.faults.count == 3)
    }

    @Test func anAddressThatOthersReachAsksForAKey() throws {
        #expect(try Configuration(environment: ["NAUTILUS_HOST": "0.0.0.0"]).requiresKey)
        #expect(try !Configuration(environment: ["NAUTILUS_HOST": "0.0.0.0", "NAUTILUS_AUTH": "off"]).requiresKey)
        #expect(try Configuration(environment: ["NAUTILUS_AUTH": "on"]).requiresKey)
    }

    @Test func secretsAreNeverListed() throws {
        let configuration = try Configuration(environment: ["NAUTILUS_DATABASE_URL": "postgresql://u:hidden@h/d"])
        #expect(!configuration.listing.contains { $0.value.contains("hidden") })
    }
}
