@testable import Risk
import Testing

@Suite struct ScenarioTests {
    private func position(_ symbol: String, _ sector: String?) -> RiskPosition {
        RiskPosition(symbol: symbol, quantity: 1, price: 100, previousClose: nil, sector: sector)
    }

    @Test func theNarrowestShockCounts() {
        let positions = [position("A", "T"), position("B", "T"), position("C", nil)]
        #expect(Scenario(["A": -0.2, "sector:T": -0.1, "*": -0.05]).shocks(positions) == [-0.2, -0.1, -0.05])
        #expect(Scenario(["sector:T": -0.1]).shocks(positions) == [-0.1, -0.1, 0])
        #expect(Scenario(["*": -0.5]).shocks(positions) == [-0.5, -0.5, -0.5])
    }
}
