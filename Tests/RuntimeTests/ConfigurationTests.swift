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
                      ("NAUTILUS_HOST", "999.1.1.1"), ("NAUTILUS_HOST", "somewhere")])
    func aValueOutOfRangeIsRefusedWithItsName(_ name: String, _ value: String) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration(environment: [name: value]) }
        #expect(error?.description.contains(name) == true)
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
