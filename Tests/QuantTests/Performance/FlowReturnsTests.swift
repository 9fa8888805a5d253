import Glibc
import Quant
import Testing

@Suite struct FlowReturnsTests {
    private static let day: Int64 = 86_400_000_000_000

    @Test func ratesEqualPyxirr() throws {
        let items = try #require(try Fixture("returns").root["flows"] as? [[String: Any]])
        #expect(items.count == 4)
        for item in items {
            let days = Fixture.numbers(item["days"] ?? []).map { Int64($0) * Self.day }
            let rate = MoneyWeightedRate(times: days, amounts: Fixture.numbers(item["amounts"] ?? []))
            #expect(rate.trouble == nil && abs((rate.rate ?? .nan) - Fixture.number(item["rate"])) < 1e-9)
        }
    }

    @Test func flowsWithSeveralRatesAreSaidToBeAmbiguous() throws {
        let times = (0..<3).map { Int64($0) * 365 * Self.day }
        // −1000, 2300, −1320: worth nothing at 10 % and at 20 %.
        let rate = MoneyWeightedRate(times: times, amounts: [-1000, 2300, -1320])
        #expect(rate.rate == nil && rate.trouble == .ambiguous && rate.candidates.count == 2)
        #expect(abs(rate.candidates[0] - 0.1) < 1e-9 && abs(rate.candidates[1] - 0.2) < 1e-9)
        #expect(MoneyWeightedRate(times: times, amounts: [1, 2, 3]).trouble == .oneWay)
        #expect(MoneyWeightedRate(times: times, amounts: [0, 0, 0]).trouble == .oneWay)
        #expect(MoneyWeightedRate(times: [5, 5], amounts: [-1, 2]).trouble == .noTime)
        // A sum that no rate brings back.
        #expect(MoneyWeightedRate(times: times, amounts: [-1000, 1000, -1000]).trouble == .outOfReach)
        #expect(MoneyWeightedRate(times: [], amounts: []).trouble == .oneWay)
    }

    @Test func theWaysTellOneGain() throws {
        let times = [0, 73, 146, 365].map { Int64($0) * Self.day }
        let told = try FlowReturns(times: times, values: [1000, 1600, 1500, 1430], flows: [0, 500, 0, -200])
        #expect(told.gain == 130 && told.netFlow == 300)
        #expect(abs((told.returnOnInvestment ?? 0) - 130.0 / 1500) < 1e-15)
        #expect(abs((told.modifiedDietz ?? 0) - 130.0 / 1400) < 1e-15)
        let chain: Double = 1100.0 / 1000 * 1500 / 1600 * 1630 / 1500
        #expect(abs((told.timeWeighted ?? 0) - (chain - 1)) < 1e-12)
        #expect(abs((told.timeWeightedAnnual ?? 0) - (chain - 1)) < 1e-12)
        let rate = try #require(told.moneyWeighted.rate)
        // At that rate what was put in has grown to what is there.
        let grown: Double = 1000 * (1 + rate) + 500 * pow(1 + rate, 292.0 / 365) - 200
        #expect(abs(grown - 1430) < 1e-6)
    }

    @Test func withoutFlowsAllOfThemAgree() throws {
        let told = try FlowReturns(times: [0, 365 * Self.day], values: [100, 110], flows: [0, 0])
        for value in [told.returnOnInvestment, told.modifiedDietz, told.timeWeighted, told.moneyWeighted.rate] {
            #expect(abs((value ?? 0) - 0.1) < 1e-12)
        }
        #expect(throws: QuantError.self) { try FlowReturns(times: [0], values: [1], flows: [0]) }
        let broke = try FlowReturns(times: [0, 1, 2], values: [100, 0, 50], flows: [0, 0, 50])
        #expect(broke.timeWeighted == nil && broke.gain == -100 && broke.timeWeightedAnnual == nil)
        // 1000 and 5000 that came in became 3000: at the period's end 5000 were never there.
        let less = try FlowReturns(times: [0, 365 * Self.day], values: [1000, 3000], flows: [0, 5000])
        #expect(less.timeWeighted == nil && less.timeWeightedAnnual == nil && less.gain == -3000)
    }

    /// A flow inside a period counts from its own day where capital is weighed, and at the period's end in the chain.
    @Test func aFlowInsideAPeriodHasItsOwnDay() throws {
        let times = [0, 365].map { Int64($0) * Self.day }
        let told = try FlowReturns(
            times: times, values: [1000, 1600], flows: [0, 500], dated: [(Self.day, 500)])
        #expect(abs((told.modifiedDietz ?? 0) - 100 / (1000 + 500.0 * 364 / 365)) < 1e-15)
        let rate = try #require(told.moneyWeighted.rate)
        #expect(abs(rate - 0.0667) < 1e-4 && abs(1000 * (1 + rate) + 500 * pow(1 + rate, 364.0 / 365) - 1600) < 1e-6)
        #expect(abs((told.timeWeighted ?? 0) - 0.1) < 1e-12 && told.gain == 100)
        // In and out of one day are no flow, and what is in the first value is in it.
        let still = try FlowReturns(
            times: times, values: [1000, 1100], flows: [7, 0], dated: [(0, 7), (Self.day, 500), (Self.day, -500)])
        for value in [still.modifiedDietz, still.moneyWeighted.rate, still.timeWeighted] {
            #expect(abs((value ?? 0) - 0.1) < 1e-12)
        }
        #expect(abs((still.returnOnInvestment ?? 0) - 100.0 / 1500) < 1e-15)
    }
}
