@testable import Quant
import Testing

@Suite struct CatalogTests {
    /// The names of the public contract.
    private static let promised = """
        sma ema wma dema tema trima kama mama t3 bbands sar rsi stoch stochf stochrsi macd macdext adx adxr dx plus_di
        minus_di apo ppo aroon aroonosc bop cci cmo mfi mom roc rocp rocr trix ultosc willr atr natr trange ad adosc obv
        stddev var linearreg linearreg_slope linearreg_intercept linearreg_angle tsf beta correl ht_trendline
        ht_dcperiod
        ht_dcphase ht_phasor ht_sine ht_trendmode vwap supertrend ichimoku keltner donchian chaikin_money_flow hull_ma
        zlema vortex choppiness fisher elder_ray klinger force_index ease_of_movement realized_volatility garman_klass
        parkinson yang_zhang amihud roll_spread kyle_lambda
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    @Test func whatIsPromisedIsThere() {
        let names = IndicatorCatalog.all.map(\.name)
        #expect(Set(Self.promised).subtracting(names).isEmpty)
        #expect(names.count { $0.hasPrefix("cdl_") } == 61)
        #expect(IndicatorCatalog.definition("obv")?.stability() == .startDependent)
        #expect(IndicatorCatalog.definition("ema")?.stability() == .converging)
        #expect(IndicatorCatalog.definition("bbands")?.stability() == .exact)
        #expect(IndicatorCatalog.definition("bbands")?.stability([20, 2, 2, 1]) == .converging)
        #expect(IndicatorCatalog.definition("apo")?.stability() == .converging)
        #expect(IndicatorCatalog.definition("apo")?.stability([12, 26, 0]) == .exact)
        #expect(IndicatorCatalog.definition("stochrsi")?.stability() == .converging)
        #expect(IndicatorCatalog.definition("macd")?.outputs == ["macd", "signal", "hist"])
        #expect(IndicatorCatalog.definition("macd")?.lookBack() == 33)
        #expect(IndicatorCatalog.definition("adx")?.lookBack([7]) == 13)
        #expect(IndicatorCatalog.definition("stoch")?.parameters.map(\.defaultValue) == [5, 3, 0, 3, 0])
        #expect(IndicatorCatalog.definition("atr")?.inputs == ["high", "low", "close"])
        #expect(Set(FunctionCatalog.all.map(\.name)).count == FunctionCatalog.all.count)
    }

    /// A formula beside what only names a function, and a source for what was published.
    @Test func everyFunctionHasAFormulaAndASource() {
        let own: Set<String> = ["element", "cross_section", "time_series", "fundamental", "pattern"]
        for function in FunctionCatalog.all where !own.contains(function.category) {
            #expect(function.formula != nil, "\(function.name)")
        }
        #expect(Set(FunctionFormulas.byName.keys).subtracting(FunctionCatalog.all.map(\.name)).isEmpty)
        for function in IndicatorCatalog.all where function.name != "realized_volatility" && function.name != "vwap" {
            let hasYear = function.reference.contains { $0.isNumber } || function.reference.contains("Chaikin")
            #expect(hasYear || function.reference.contains("TA-Lib"), "\(function.name)")
        }
    }

    @Test func shortAndEmptyBars() throws {
        let empty = try Bars(ts: [], close: [])
        let one = try Bars(ts: [5], close: [3])
        for text in StreamIdentityTests.texts {
            let feature = try Feature.parse(text)
            #expect(feature.evaluate(empty).allSatisfy { $0.values.isEmpty })
            #expect(feature.evaluate(one).allSatisfy { $0.values.count == 1 })
        }
        #expect(try Expression.parse("rank(close)").evaluate(Panel([])).isEmpty)
        let long = try Feature.parse("linearreg(close,100000)").evaluate(SyntheticBars.walk(seed: 4, count: 30))[0]
        #expect(long.lookBack == 99_999 && long.values.allSatisfy(\.isNaN))
    }

    @Test func badBarsAreRefused() {
        #expect(throws: QuantError.self) { try Bars(ts: [1, 1], close: [1, 2]) }
        #expect(throws: QuantError.self) { try Bars(ts: [1, 2], close: [1]) }
    }

    /// A kernel used bare: a span in, a buffer out, and its stream.
    @Test func kernelsStandAlone() throws {
        let values = (0..<50).map { Double($0 * $0 % 17) }
        var output = [Double](repeating: 0, count: 50)
        let kernel = ExponentialMovingAverage(period: 5)
        output.withUnsafeMutableBufferPointer { kernel.evaluate(values.span, into: $0) }
        var stream = KernelStream(kernel)
        for index in values.indices {
            let value = stream.update(values[index])
            #expect(sameBits(value, output[index]))
        }
    }

    @Test func copiesOfAStreamGoTheirOwnWay() throws {
        let bars = try SyntheticBars.walk(seed: 6, count: 40)
        let feature = try Feature.parse("ema(close,5)")
        var first = try FeatureStream(feature)
        for row in 0..<20 { first.push(BarValues(bars, row: row)) }
        var second = first
        second.push(BarValues(bars, row: 30))
        for row in 20..<40 { first.push(BarValues(bars, row: row)) }
        #expect(first[0] == feature.evaluate(bars)[0].values[39])
    }
}
