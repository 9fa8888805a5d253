import Quant
import TestKit
import Testing

@Suite struct ExpressionParsingTests {
    private static func failure(_ text: String, limits: ExpressionLimits = .standard) -> QuantError? {
        do throws(QuantError) {
            _ = try Expression.parse(text, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("sma(close,20", QuantError.Code.syntax, 12), ("", .syntax, 0), ("close $ open", .syntax, 6),
        ("1 < 2 < 3", .syntax, 6), ("close +", .syntax, 7), ("3close", .syntax, 1), ("1e999", .syntax, 0),
        ("smaa(close,20)", .unknownName, 0), ("clse", .unknownName, 0), ("macd(close).signl", .unknownName, 12),
        ("close.x", .unknownName, 6), ("sma(close)+sma(20)", .arguments, 15), ("sma()", .arguments, 0),
        ("atr(14,2)", .arguments, 0), ("close(3)", .arguments, 0), ("sma", .arguments, 0),
        ("sma(close,0)", .parameter, 10), ("sma(close,2.5)", .parameter, 10), ("rsi(close,1)", .parameter, 10),
        ("sma(close,open)", .parameter, 10), ("bbands(close,20,2,2,9).upper", .parameter, 20),
        ("delay(close,-1)", .lookAhead, 12), ("delta(close,-2)", .lookAhead, 12),
        ("macd(close)", .type, 0), ("where(close,1,2)", .type, 6), ("not close", .type, 4),
        ("ts_mean(close,5,min_periods=9)", .parameter, 28), ("sma(close,5,min_periods=2)", .arguments, 24),
        ("sma(close,n=5)", .arguments, 10), ("ts_mean(close,5,min_periods=2,3)", .syntax, 30),
    ])
    func errorsSayWhere(text: String, code: QuantError.Code, position: Int) {
        let error = Self.failure(text)
        #expect(error?.code == code, "\(text): \(String(describing: error))")
        #expect(error?.position == position, "\(text): \(String(describing: error))")
    }

    @Test func unknownNamesSuggestTheNearest() {
        #expect(Self.failure("smaa(close,20)")?.suggestion == "sma")
        #expect(Self.failure("macd(close).signl")?.suggestion == "signal")
        #expect(Self.failure("clse")?.suggestion == "close")
        #expect(Self.failure("ts_meen(close,3)")?.suggestion == "ts_mean")
        #expect(Self.failure("supercalifragilistic(close)")?.suggestion == nil)
    }

    @Test func limitsHold() {
        let deep = String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500)
        #expect(Self.failure(deep)?.code == .limit)
        #expect(Self.failure(String(repeating: "-", count: 5_000) + "1")?.code == .limit)
        #expect(Self.failure(String(repeating: "not ", count: 3_000) + "1")?.code == .limit)
        #expect(Self.failure("2" + String(repeating: "^2", count: 3_000))?.code == .limit)
        #expect(Self.failure("1" + String(repeating: "+1", count: 3_000))?.code == .limit)
        #expect(Self.failure(String(repeating: "a", count: 20_000))?.code == .limit)
        let costly = Self.failure("ts_rank(close,90000)")
        #expect(costly?.code == .limit && (costly?.cost ?? 0) > 100_000)
    }

    @Test func equalPartsAreShared() throws {
        let once = try Expression.parse("sma(close,20)")
        let twice = try Expression.parse("sma(close,20) + sma(close,20)")
        #expect(twice.cost == once.cost + 2)
    }

    @Test func precedenceAndNull() throws {
        let bars = try Bars(ts: [0], open: [2], high: [3], low: [1], close: [3], volume: [0])
        func value(_ text: String) throws -> Double { try Expression.parse(text).evaluate(bars)[0] }
        #expect(try value("-close^2") == -9)
        #expect(try value("2^3^2") == 512)
        #expect(try value("2^-1") == 0.5)
        #expect(try value("1 - 2 - 3 * 4 / 2") == -7)
        #expect(try value("+.5e1*2.") == 10)
        #expect(try value("where(close > open and not (high < low), 7, 8)") == 7)
        #expect(try value("1/volume").isNaN)
        #expect(try value("log(volume)").isNaN)
        #expect(try value("1/volume > 1 or close > open") == 1)
        #expect(try value("1/volume > 1 and close < open") == 0)
        #expect(try value("1/volume > 1 and close > open").isNaN)
        #expect(try value("vwap") == 7.0 / 3)
        #expect(try value("max(1,close,2) == 3 and min(close,open) != 3") == 1)
        #expect(try value("sign_power(-close,2)") == -9)
    }

    @Test func crossSectionsDoNotStream() throws {
        let expression = try Expression.parse("rank(close)")
        #expect(expression.isCrossSectional)
        #expect(throws: QuantError.self) { try ExpressionStream(expression) }
        #expect(try Expression.parse("close > 1").isCondition)
    }

    @Test func randomTextNeverTraps() {
        var random = SeededGenerator(seed: 99)
        let words = [
            "close", "sma", "(", ")", ",", "20", "-", "+", "*", "^", ".", "signal", "macd", "<", "and", "not",
            "min_periods", "=", "ts_mean", "delay", "1e5", "0.5", "rank", "where", "é", "\u{0}", "==", "bbands", "or",
                "adv",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...14, using: &random)
            let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            _ = Self.failure(text)
        }
    }
}
