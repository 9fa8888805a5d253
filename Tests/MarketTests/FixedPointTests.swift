import Market
import Testing

struct FixedPointTests {
    @Test(arguments: [
        ("0", "0"), ("1.5", "1.5"), ("-0.000000001", "-0.000000001"), ("123456789.987654321", "123456789.987654321"),
        ("1e3", "1000"), ("2.5E-3", "0.0025"), ("+7", "7"), ("0.0000000005", "0"), ("0.0000000015", "0.000000002"),
        ("0.00000000150000000000000000000000001", "0.000000002"), ("999999999999999", "999999999999999"),
    ]) func textIsExactAndRoundsHalfToEven(_ text: String, _ expected: String) throws {
        #expect(try #require(FixedPoint(text: text)).description == expected)
    }

    @Test(arguments: ["", "-", ".", "1.2.3", "1e", "abc", "1e16", "--1", "NaN", "1 "])
    func whatIsNoNumberIsRefused(_ text: String) { #expect(FixedPoint(text: text) == nil) }

    @Test func aDoubleIsItsShortestText() throws {
        #expect(try #require(FixedPoint(0.1)).description == "0.1")
        #expect(try #require(FixedPoint(806.19)).description == "806.19")
        #expect(FixedPoint(Double.nan) == nil)
        #expect(FixedPoint(Double.infinity) == nil)
        #expect(FixedPoint(1e16) == nil)
    }

    @Test func productsAndQuotientsRoundHalfToEven() {
        let half = FixedPoint(raw: 500_000_000), unit = FixedPoint(raw: 1), three = FixedPoint(raw: 3)
        #expect(unit * half == .zero)
        #expect(three * half == FixedPoint(raw: 2))
        #expect(-three * half == FixedPoint(raw: -2))
        #expect(FixedPoint(1) / FixedPoint(3) == FixedPoint(raw: 333_333_333))
        #expect(FixedPoint(2) / FixedPoint(3) == FixedPoint(raw: 666_666_667))
        #expect(FixedPoint(-2) / FixedPoint(3) == FixedPoint(raw: -666_666_667))
    }

    @Test func largeProductsGoThroughMoreThan128Bits() throws {
        let large = try #require(FixedPoint(text: "999999999999999"))
        #expect(large.scaled(by: large, over: large) == large)
        #expect(large * .one == large)
    }

    @Test func whatLeaves128BitsStaysAtTheEnd() throws {
        let limit = FixedPoint.limit, end = FixedPoint.furthest
        #expect(limit * limit == end && -limit * limit == -end && limit * limit * limit == end)
        #expect(end + limit == end && -end - limit == -end && end - end == .zero && (-end).magnitude == end)
        #expect(limit.scaled(by: end, over: FixedPoint(raw: 1)) == end)
        #expect(limit.scaled(by: end, over: FixedPoint(raw: -1)) == -end)
        #expect(end / FixedPoint(raw: 1) == end)
        #expect(FixedPoint(raw: -1 << 63).scaled(by: FixedPoint(raw: 1 << 64), over: FixedPoint(raw: -1)) == end)
        #expect(!(limit + FixedPoint(raw: 1)).isWithinLimit && (-limit).isWithinLimit)
        #expect((limit * FixedPoint(1_000_000)).double == 1e21)
    }

    /// The ways by 64 bits give what the way by 128 does.
    @Test func binaryNumbersAreTheSameInEveryWidth() {
        let edge = Int128(Int64.max), scale = FixedPoint.scale
        let edges = [0, 1, 5, scale - 1, scale, scale + 1, edge - 1, edge, edge + 1, edge + 2, edge * scale,
                     edge * scale + scale - 1, (edge + 1) * scale, (edge + 1) * scale + 1, Int128.max]
        for raw in edges.flatMap({ [$0, -$0, -$0 - 1] }) {
            #expect(FixedPoint(raw: raw).double == Double(raw / scale) + Double(Int64(raw % scale)) / 1e9, "\(raw)")
        }
    }

    @Test func whatEnginesTellMayBeAboveWhatCallersSend() throws {
        let large = FixedPoint.limit * FixedPoint(1_000_000)
        #expect(FixedPoint(text: large.description) == nil)
        #expect(FixedPoint(text: large.description, limit: .furthest) == large)
        #expect(FixedPoint(text: FixedPoint.furthest.description, limit: .furthest) == .furthest)
    }

    /// Splitting an amount by any part and taking the rest loses nothing.
    @Test func partsAddUp() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let amount = FixedPoint(raw: Int128(Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000,
                using: &random)))
            let part = FixedPoint(raw: Int128(Int64.random(in: 1...1_000_000_000, using: &random)))
            let taken = amount * part
            #expect(taken + (amount - taken) == amount)
            #expect((taken - amount * part).isZero)
            let text = try #require(FixedPoint(text: amount.description))
            #expect(text == amount)
        }
    }

    @Test func lotsRoundTowardsZero() {
        let step = FixedPoint(raw: 10_000_000)
        #expect(FixedPoint(raw: 1_239_999_999).rounded(downTo: step) == FixedPoint(raw: 1_230_000_000))
        #expect(FixedPoint(raw: -1_239_999_999).rounded(downTo: step) == FixedPoint(raw: -1_230_000_000))
    }
}

struct SymbolTests {
    @Test(arguments: ["AAPL", "BRK.B", "BTC-USD", "EUR/USD", "ES:2024", "a_b", String(repeating: "X", count: 32)])
    func legalNamesAreKept(_ text: String) { #expect(Symbol(text)?.text == text) }

    @Test(arguments: ["", " ", "A B", "Ä", "A;B", String(repeating: "X", count: 33)])
    func othersAreRefused(_ text: String) { #expect(Symbol(text) == nil) }
}
