import Foundation
import Quant
import Testing

/// Capital for CVA risk against ORE's published example and naive sums by numpy, and default risk beside it.
@Suite struct BasicCvaTests {
    private static func cases(_ value: Any?) throws -> [[String: Any]] { try #require(value as? [[String: Any]]) }

    private static func name(_ row: [String: Any]) throws -> (CvaSector, Bool) {
        (
            try #require((row["sector"] as? String).flatMap { CvaSector(rawValue: $0) }),
            try #require(row["investment_grade"] as? Bool)
        )
    }

    private static func counterparty(_ row: [String: Any]) throws -> CvaCounterparty {
        let (sector, isGrade) = try name(row)
        return CvaCounterparty(
            id: try #require(row["id"] as? String), sector: sector, isInvestmentGrade: isGrade,
            nettingSets: try cases(row["netting_sets"]).map {
                CvaNettingSet(exposure: Fixture.number($0["ead"]), maturity: Fixture.number($0["maturity"]))
            },
            hedges: try cases(row["hedges"]).map { hedge in
                let (sector, isGrade) = try name(hedge)
                return CvaSingleNameHedge(
                    notional: Fixture.number(hedge["notional"]), maturity: Fixture.number(hedge["maturity"]),
                    sector: sector,
                    isInvestmentGrade: isGrade,
                    relation: try #require((hedge["relation"] as? String).flatMap { CvaHedgeRelation(rawValue: $0) }))
            })
    }

    private static func index(_ row: [String: Any]) throws -> CvaIndexHedge {
        CvaIndexHedge(
            notional: Fixture.number(row["notional"]), maturity: Fixture.number(row["maturity"]),
            parts: try cases(row["parts"]).map { part in
                let (sector, isGrade) = try name(part)
                return CvaIndexHedge.Part(
                    weight: Fixture.number(part["weight"]), sector: sector, isInvestmentGrade: isGrade)
            })
    }

    @Test func theExampleOfOREComesOut() throws {
        let ore = try #require(try Fixture("capital").root["ore"] as? [String: Any])
        let row = try #require(ore["bacva"] as? [String: Any])
        let set = CvaNettingSet(exposure: Fixture.number(row["ead"]), maturity: Fixture.number(row["maturity"]))
        let found = try BasicCva([
            CvaCounterparty(
                id: "CPTY_A", sector: .financial, isInvestmentGrade: true, nettingSets: [set])
        ])
        // Its maturity is printed with six digits.
        #expect(abs(found.lines[0].standalone - Fixture.number(row["scva"])) < 0.05)
        #expect(abs(found.capital - Fixture.number(row["capital"])) < 0.05)
        #expect(found.hedged == nil && found.aggregate == found.reduced)
    }

    @Test func randomCounterpartiesEqualNaiveSums() throws {
        let rows = try Self.cases(try Fixture("capital").root["valuations"])
        for (index, row) in rows.enumerated() {
            let counterparties = try Self.cases(row["counterparties"]).map(Self.counterparty)
            let found = try BasicCva(counterparties, indexHedges: Self.cases(row["index_hedges"]).map(Self.index))
            let expected = try #require(row["expected"] as? [String: Any])
            let pairs = [
                ("reduced", found.reduced), ("hedged", found.hedged ?? .nan), ("index", found.indexHedges),
                ("capital", found.capital)
            ]
            for (name, value) in pairs {
                let wanted = Fixture.number(expected[name])
                #expect(abs(value - wanted) <= 1e-9 * max(1, wanted), "\(index) \(name): \(value), not \(wanted)")
            }
            // Hedges never bring capital below a quarter of what it was without them.
            #expect(found.aggregate >= CvaConstants.unhedged * found.reduced)
            let plain = try BasicCva(
                counterparties.map {
                    CvaCounterparty(
                        id: $0.id, sector: $0.sector, isInvestmentGrade: $0.isInvestmentGrade,
                        nettingSets: $0.nettingSets)
                })
            #expect(plain.reduced == found.reduced && plain.capital == CvaConstants.scalar * found.reduced)
        }
        #expect(rows.count == 20)
    }

    @Test func aDirectHedgeOfTheWholeLeavesTheFloor() throws {
        var counterparty = CvaCounterparty(
            id: "a", sector: .technology, isInvestmentGrade: false,
            nettingSets: [CvaNettingSet(exposure: 1.4e6, maturity: 5)])
        counterparty.hedges = [
            CvaSingleNameHedge(
                notional: 1e6, maturity: 5, sector: .technology, isInvestmentGrade: false, relation: .direct)
        ]
        let found = try BasicCva([counterparty])
        #expect(abs(found.hedged ?? 1) < 1e-6)
        #expect(abs(found.capital - 0.65 * 0.25 * found.reduced) < 1e-6)
        counterparty.nettingSets = []
        #expect(throws: QuantError.self) { try BasicCva([counterparty]) }
        counterparty.nettingSets = [CvaNettingSet(exposure: .nan, maturity: 1)]
        #expect(throws: QuantError.self) { try BasicCva([counterparty]) }
        let empty = CvaIndexHedge(notional: 1, maturity: 1, parts: [])
        #expect(throws: QuantError.self) { try BasicCva([], indexHedges: [empty]) }
    }

    @Test func defaultsEqualNaiveSums() throws {
        for (index, row) in try Self.cases(try Fixture("capital").root["defaults"]).enumerated() {
            let exposures = try Self.cases(row["exposures"]).map { row in
                DefaultExposure(
                    obligor: try #require(row["obligor"] as? String),
                    bucket: try #require((row["bucket"] as? String).flatMap { DefaultBucket(rawValue: $0) }),
                    quality: try #require((row["quality"] as? String).flatMap { DefaultQuality(rawValue: $0) }),
                    seniority: try #require((row["seniority"] as? String).flatMap { DefaultSeniority(rawValue: $0) }),
                    notional: Fixture.number(row["notional"]), profit: Fixture.number(row["profit"]),
                    maturity: Fixture.number(row["maturity"]))
            }
            let found = try DefaultRiskCapital(exposures).capital, wanted = Fixture.number(row["capital"])
            #expect(abs(found - wanted) <= 1e-9 * max(1, wanted), "\(index): \(found), not \(wanted)")
        }
        let bond = DefaultExposure(obligor: "x", bucket: .corporate, quality: .bb, seniority: .senior, notional: 100)
        let share = DefaultExposure(obligor: "x", bucket: .corporate, quality: .bb, seniority: .equity, notional: -75)
        // A short share takes away the bond's loss; a short bond does not take away the share's.
        #expect(try DefaultRiskCapital([bond, share]).capital == 0)
        var turned = [bond, share]
        turned[0].notional = -100
        turned[1].notional = 75
        #expect(try DefaultRiskCapital(turned).lines[0].long == 75)
        turned[1].quality = .aaa
        #expect(throws: QuantError.self) { try DefaultRiskCapital(turned) }
    }
}
