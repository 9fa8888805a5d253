import Quant
import Testing

@Suite struct FundamentalsTests {
    private static let day: Int64 = 86_400_000_000_000

    private static func bars(_ days: [Int64], _ close: [Double]) throws -> Bars {
        try Bars(ts: days.map { $0 * day }, close: close)
    }

    private static func facts(_ value: Any?) throws -> [Fact] {
        try #require(value as? [[Any]]).map { row in
            let numbers = Fixture.numbers(row)
            return Fact(
                try #require((row[0] as? String).flatMap(FactConcept.init(rawValue:))),
                try #require((row[1] as? String).flatMap(FactPeriod.init(rawValue:))),
                periodEnd: Int64(numbers[2]) * day, filedAt: Int64(numbers[3]) * day, value: numbers[4])
        }
    }

    @Test(arguments: ["annual", "quarterly", "gaps"])
    func everyColumnIsItsDefinition(name: String) throws {
        let fixture = try #require(try Fixture("fundamentals").objects("cases")[name])
        let bars = try Self.bars(
            Fixture.numbers(try #require(fixture["days"])).map { Int64($0) },
            Fixture.numbers(try #require(fixture["close"])))
        let expected = try #require(fixture["columns"] as? [String: Any])
        #expect(Set(expected.keys) == Set(Fundamentals.definitions.map(\.column.rawValue)))
        let columns = Fundamentals.columns(
            Set(Fundamentals.definitions.map(\.column)), try Self.facts(fixture["facts"]), bars)
        for (column, values) in columns {
            let wanted = Fixture.numbers(try #require(expected[column.rawValue]))
            let difference = firstDifference(values, wanted)
            #expect(difference == nil, "\(column.rawValue): \(String(describing: difference))")
        }
    }

    @Test func everyFundamentalColumnIsDefined() {
        #expect(Set(Fundamentals.definitions.map(\.column)) == Set(Column.allCases.filter(\.isFundamental)))
        let names = Fundamentals.definitions.map(\.column.rawValue)
        #expect(names == names.sorted() && Set(names).count == names.count)
    }

    /// A figure is known from the day of its filing, and its restatement from the day of that.
    @Test func nothingIsKnownBeforeItWasFiled() throws {
        let bars = try Self.bars(Array(100..<140), [Double](repeating: 10, count: 40))
        func value(_ facts: [Fact]) -> [Double] {
            Fundamentals.columns([.marketValue], facts, bars)[.marketValue] ?? []
        }
        func shares(_ filed: Int64, _ value: Double, end: Int64 = 90) -> Fact {
            Fact(.sharesOutstanding, .annual, periodEnd: end * Self.day, filedAt: filed * Self.day, value: value)
        }
        let first = value([shares(110, 5)])
        #expect(first[..<10].allSatisfy { $0.isNaN } && first[10...].allSatisfy { $0 == 50 })
        let restated = value([shares(120, 7), shares(110, 5)])
        #expect(restated[..<10].allSatisfy { $0.isNaN })
        #expect(restated[10..<20].allSatisfy { $0 == 50 } && restated[20...].allSatisfy { $0 == 70 })
        // A late filing of an old period does not stand over a newer one.
        let late = value([shares(110, 5), shares(115, 9, end: -275)])
        #expect(late[10...].allSatisfy { $0 == 50 })
        // During the day of a bar is after the bar's time.
        let moment = Fact(.sharesOutstanding, .annual, periodEnd: 90 * Self.day, filedAt: 110 * Self.day + 1, value: 5)
        #expect(value([moment])[10].isNaN && value([moment])[11] == 50)
    }

    /// What a day sees does not depend on the filings that come after it.
    @Test func laterFilingsChangeNoEarlierValue() throws {
        let fixture = try #require(try Fixture("fundamentals").objects("cases")["quarterly"])
        let facts = try Self.facts(fixture["facts"]).sorted { $0.filedAt < $1.filedAt }
        let bars = try Self.bars(
            Fixture.numbers(try #require(fixture["days"])).map { Int64($0) },
            Fixture.numbers(try #require(fixture["close"])))
        let wanted = Set(Fundamentals.definitions.map(\.column))
        let whole = Fundamentals.columns(wanted, facts, bars)
        for count in stride(from: 0, to: facts.count, by: 97) {
            let part = Fundamentals.columns(wanted, Array(facts[..<count]), bars)
            let rows = bars.ts.prefix { $0 < facts[count].filedAt }.count
            for column in wanted {
                let known = try #require(whole[column]), before = try #require(part[column])
                #expect((0..<rows).allSatisfy { sameBits(known[$0], before[$0]) }, "\(column.rawValue)")
            }
        }
    }

    @Test func expressionsReadFacts() throws {
        var bars = try Self.bars(Array(0..<10), (1...10).map(Double.init))
        let facts = [
            Fact(.sharesOutstanding, .annual, periodEnd: 0, filedAt: 0, value: 4),
            Fact(.netIncome, .annual, periodEnd: 0, filedAt: 3 * Self.day, value: 2),
        ]
        let names = ["pe_ratio", "pe_ratio()", "ts_mean(earnings_yield,2)*close", "rank(market_value)"]
        let features = try names.map { try Feature.parse($0) }
        #expect(features[2].columns == [.earningsYield, .close])
        bars.fundamentals = Fundamentals.columns(
            features.reduce(into: []) { $0.formUnion($1.columns) }, facts, bars)
        let values = features.flatMap { $0.evaluate(bars) }.map(\.values)
        #expect(values[0][2].isNaN && values[0][4] == 5 * 4 / 2)
        #expect(zip(values[0], values[1]).allSatisfy { sameBits($0, $1) })
        #expect(values[2][3].isNaN && abs(values[2][4] - (2.0 / 16 + 2.0 / 20) / 2 * 5) < 1e-15)
        #expect(values[3][0] == 1)
        #expect(throws: QuantError.self) { try FeatureStream(features[0]) }
        #expect(throws: QuantError.self) { try Feature.parse("pe_ratio(5)") }
    }

    /// A ratio of two flows is of the same twelve months.
    @Test func flowsOfARatioAreOfTheSameMonths() throws {
        let bars = try Self.bars([200, 300], [10, 10])
        func fact(_ concept: FactConcept, _ period: FactPeriod, _ end: Int64, _ filed: Int64, _ value: Double) -> Fact {
            Fact(concept, period, periodEnd: end * Self.day, filedAt: filed * Self.day, value: value)
        }
        let wanted: Set<Column> = [.netMargin, .operatingMargin, .freeCashFlowYield, .evToEBITDA, .marketValue, .earningsYield]
        func columns(_ facts: [Fact]) -> [Column: [Double]] { Fundamentals.columns(wanted, facts, bars) }
        var facts = [
            fact(.sharesOutstanding, .annual, 100, 110, 10), fact(.longTermDebt, .annual, 100, 110, 0),
            fact(.cash, .annual, 100, 110, 0), fact(.revenues, .annual, 100, 110, 1500),
            fact(.depreciation, .annual, 100, 110, 10), fact(.capitalExpenditure, .annual, 100, 110, 20),
        ]
        for concept in [FactConcept.netIncome, .operatingIncome, .operatingCashFlow] {
            facts.append(fact(concept, .annual, 100, 110, 140))
            // The year of these goes on by a quarter; that of the others does not.
            for (back, value) in [50.0, 45, 40, 35].enumerated() {
                facts.append(fact(concept, .quarter, 191 - Int64(back) * 91, 250, value))
            }
        }
        let mixed = columns(facts)
        #expect(mixed[.netMargin] == [140 / 1500.0, 140 / 1500.0] && mixed[.operatingMargin] == mixed[.netMargin])
        #expect(mixed[.freeCashFlowYield] == [1.2, 1.2] && mixed[.evToEBITDA] == [100 / 150.0, 100 / 150.0])
        // What is made of one flow alone goes on.
        #expect(mixed[.earningsYield] == [1.4, 1.7])
        let known = columns(facts + [fact(.revenues, .annual, 191, 260, 1700)])
        #expect(known[.netMargin] == [140 / 1500.0, 0.1])
        // No twelve months for which both are known.
        let apart = columns(facts.filter { $0.concept != .revenues } + [fact(.revenues, .annual, -265, 110, 900)])
        #expect(apart[.netMargin]?.allSatisfy(\.isNaN) == true)
    }

    /// An amended filing counts from its day on, also where it dates the end of the period a few days earlier.
    @Test func anAmendmentTakesThePlaceOfWhatItAmends() throws {
        let bars = try Self.bars(Array(100..<140), [Double](repeating: 10, count: 40))
        func shares(_ end: Int64, _ filed: Int64, _ value: Double) -> Fact {
            Fact(.sharesOutstanding, .annual, periodEnd: end, filedAt: filed * Self.day, value: value)
        }
        func value(_ facts: [Fact]) -> [Double] {
            Fundamentals.columns([.marketValue], facts, bars)[.marketValue] ?? []
        }
        let end = 90 * Self.day
        let amended = value([shares(end + Self.day - 1, 110, 5), shares(end, 120, 7)])
        #expect(amended[10..<20].allSatisfy { $0 == 50 } && amended[20...].allSatisfy { $0 == 70 })
        // A month apart is another day of balance: the later one stands.
        let other = value([shares(end, 110, 5), shares(end - 30 * Self.day, 120, 7)])
        #expect(other[10...].allSatisfy { $0 == 50 })
    }
}
