import Analytics
import EngineKit
import HTTP
import Runtime
import Testing

/// `active_attribution` by factor, and what is refused of it.
@Suite struct ActiveAttributionTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/sprint3/analytics/performance/analyze"

    private func body(_ holdings: String, _ more: String = "") -> String {
        #"{"attribution":{"periods":[{"holdings":[\#(holdings)]\#(more)}]}}"#
    }

    private static let pair = """
        {"symbol":"A","weight":0.6,"benchmark_weight":0.5,"return":0.10,"benchmark_return":0.04,"exposures":{"v":1}},
        {"symbol":"B","weight":0.4,"benchmark_weight":0.5,"return":0.02,"exposures":{"v":-1}}
        """

    /// 0.068 against 0.03. What was chosen otherwise within an instrument, b(r − q) = 0.03, is no factor's.
    @Test @LoopActor func factorsSumToTheWholeWhereReturnsDifferFromTheBenchmarks() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, body(Self.pair))
        let told = try #require(answer["active_attribution"]), factors = try #require(told["factors"])
        #expect(abs((told["active_return"]?.double ?? 0) - 0.038) < 1e-15)
        #expect(factors["active_return"]?.double == told["active_return"]?.double)
        // f = (0.1 − 0.02)/2 by least squares, the active exposure is 0.2.
        let part = try #require(factors["by_factor"]?[0]?["contribution"]?.double)
        #expect(abs(part - 0.2 * 0.04) < 1e-15)
        #expect(abs(part + (factors["specific"]?.double ?? .nan) - 0.038) < 1e-15)
        await fixture.stop()
    }

    /// An instrument that only the benchmark holds earned what it did there, whatever its `return` says.
    @Test @LoopActor func whatIsNotHeldTellsFactorsByTheBenchmarksReturn() async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let answer = try await fixture.json(.analytics, .post, Self.path, body("""
            {"symbol":"A","weight":1,"benchmark_weight":0.5,"return":0.04,"exposures":{"v":1}},
            {"symbol":"B","weight":0,"benchmark_weight":0.5,"return":0,"benchmark_return":-0.04,"exposures":{"v":-1}}
            """))
        let factors = answer["active_attribution"]?["factors"]
        #expect(abs((factors?["by_factor"]?[0]?["contribution"]?.double ?? 0) - 0.04) < 1e-15)
        #expect(abs(factors?["specific"]?.double ?? 1) < 1e-15)
        await fixture.stop()
    }

    @Test(arguments: [
        (Self.pair, #","factor_returns":{"V":0.05}"#, ["/factor_returns", "/factor_returns/V"]),
        (Self.pair, #","factor_returns":{"v":0.05,"size":0.01}"#, ["/factor_returns/size"]),
        (#"{"symbol":"A","weight":1,"benchmark_weight":1,"return":0.1}"#, #","factor_returns":{"v":0.05}"#,
         ["/factor_returns/v"]),
        (#"{"symbol":"A","weight":2.6,"benchmark_weight":2.5,"return":0.1},{"symbol":"B","weight":2.4,"benchmark_weight":2.5,"return":0}"#,
         "", ["/holdings", "/holdings"]),
        (#"{"symbol":"A","weight":100,"benchmark_weight":1,"return":0.1}"#, "", ["/holdings"]),
    ])
    @LoopActor func wrongFieldsAreNamed(holdings: String, more: String, pointers: [String]) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let problem = try await fixture.json(.analytics, .post, Self.path, body(holdings, more), status: 422)
        #expect(problem.pointers.sorted() == pointers.map { "/attribution/periods/0" + $0 })
        await fixture.stop()
    }

    /// Rounded weights, and a long and a short position that cancel, with their capital and without it.
    @Test(arguments: [
        (#"{"symbol":"A","weight":0.6667,"benchmark_weight":0.3334,"return":0.1},{"symbol":"B","weight":0.3334,"benchmark_weight":0.6667,"return":0.01}"#,
         0.029997),
        (#"{"symbol":"L","weight":0.5,"return":0.1},{"symbol":"S","weight":-0.5,"return":-0.1},{"symbol":"C","weight":1,"benchmark_weight":1,"return":0}"#,
         0.1),
        (#"{"symbol":"L","weight":0.5,"return":0.1},{"symbol":"S","weight":-0.5,"return":-0.1}"#, 0.1),
    ])
    @LoopActor func weightsOfOneAndOfNothingAreTaken(holdings: String, active: Double) async throws {
        let fixture = try await EngineFixture.make([AnalyticsEngine.self])
        let told = try await fixture.json(.analytics, .post, Self.path, body(holdings))["active_attribution"]
        #expect(abs((told?["active_return"]?.double ?? 0) - active) < 1e-6)
        await fixture.stop()
    }
}
