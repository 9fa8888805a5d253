@testable import Quant
import TestKit
import Testing

/// Every function of the catalogue with random valid parameters, over series of every kind: the stream has the bits of
/// the batch from any bar on, also when it is put away as bytes and taken up again; the batch has them however the rows
/// are cut; and a finite window does not know where the series starts.
@Suite struct StreamPropertyTests {
    enum Scene: String, CaseIterable {
        case random, flat, gappy, huge, tiny, nulls

        func bars(_ random: inout SeededGenerator) throws -> Bars {
            let seed = random.next()
            let count = 170
            switch self {
            case .random: return try SyntheticBars.walk(seed: seed, count: count)
            case .flat: return try SyntheticBars.walk(seed: seed, count: count, flat: 0.8)
            case .nulls: return try SyntheticBars.walk(seed: seed, count: count, nulls: 0.02)
            case .huge: return try Self.scaled(SyntheticBars.walk(seed: seed, count: count)) { _ in 0x1p60 }
            case .tiny: return try Self.scaled(SyntheticBars.walk(seed: seed, count: count)) { _ in 0x1p-60 }
            case .gappy:
                var level = 1.0
                var levels: [Double] = []
                for _ in 0..<count {
                    let jumps = Int.random(in: 0..<12, using: &random) == 0
                    if jumps { level *= Double.random(in: 0.2...4, using: &random) }
                    levels.append(level)
                }
                return try Self.scaled(SyntheticBars.walk(seed: seed, count: count)) { levels[$0] }
            }
        }

        private static func scaled(_ bars: Bars, _ factor: (Int) -> Double) throws -> Bars {
            func scale(_ column: [Double]) -> [Double] { column.indices.map { column[$0] * factor($0) } }
            return try Bars(ts: bars.ts, open: scale(bars.open), high: scale(bars.high), low: scale(bars.low),
                close: scale(bars.close), volume: bars.volume)
        }
    }

    /// A call of a function with parameters drawn at random, and those parameters.
    static func call(
        _ function: FunctionDefinition, _ random: inout SeededGenerator
    ) -> (text: String, values: [Double]) {
        let values = function.parameters.map { parameter -> Double in
            switch parameter.kind {
            case .averageKind: return Double(Int.random(in: 0...8, using: &random))
            case .integer, .window:
                return Double(Int.random(in: Int(parameter.min)...Int(min(parameter.max, 24)), using: &random))
            case .real:
                let number = Double.random(in: max(parameter.min, -3)...min(parameter.max, 3), using: &random)
                return (number * 1024).rounded(.up) / 1024
            }
        }
        let condition = function.name == "where" || function.name == "ts_count"
        let series = [condition ? "close > open" : "close", "volume", "open"].prefix(function.seriesCount)
        return ("\(function.name)(\((series + values.map { "\($0)" }).joined(separator: ",")))", values)
    }

    private static let seeds: [UInt64] = [41, 42, 43]

    @Test(arguments: Scene.allCases, seeds)
    func streamsAreBatches(scene: Scene, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for function in FunctionCatalog.all where function.isStreamed {
            let whole = try scene.bars(&random)
            let bars = try Self.part(whole, from: Int.random(in: 0..<60, using: &random))
            let (text, values) = Self.call(function, &random)
            let feature = try Feature.parse(text)
            let columns = feature.evaluate(bars)
            var stream = try FeatureStream(feature)
            for row in 0..<bars.count {
                if Int.random(in: 0..<40, using: &random) == 0 {
                    stream = try FeatureStream(feature, snapshot: stream.snapshot)
                }
                let answers = stream.update(BarValues(bars, row: row))
                for (index, column) in columns.enumerated() where !sameBits(answers[index], column.values[row]) {
                    Issue.record("\(text) at \(row): stream \(answers[index]) batch \(column.values[row])")
                    return
                }
            }
            if function.stability(values) == .exact { try expectNoStart(feature, whole, &random) }
        }
    }

    /// The bars from a row on.
    private static func part(_ bars: Bars, from start: Int) throws -> Bars {
        try Bars(
            ts: Array(bars.ts[start...]), open: Array(bars.open[start...]), high: Array(bars.high[start...]),
            low: Array(bars.low[start...]), close: Array(bars.close[start...]), volume: Array(bars.volume[start...]))
    }

    /// The values over the bars from anywhere on are those over all of them.
    private func expectNoStart(_ feature: Feature, _ bars: Bars, _ random: inout SeededGenerator) throws {
        let start = Int.random(in: 1..<60, using: &random)
        for (whole, some) in zip(feature.evaluate(bars), feature.evaluate(try Self.part(bars, from: start))) {
            let expected = Array(whole.values[(start + whole.lookBack)...])
            let size = expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
            let difference = firstDifference(Array(some.values[some.lookBack...]), expected, scale: max(size, 1e-300))
            #expect(difference == nil, "\(feature.text) from \(start): \(String(describing: difference))")
        }
    }

    /// Every kernel over all rows at once, and over the same rows in pieces of one to forty.
    @Test(arguments: Scene.allCases, seeds)
    func piecesAreTheWhole(scene: Scene, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for function in FunctionCatalog.all where function.isStreamed {
            guard case .stage(let make) = function.operation else { continue }
            let bars = try scene.bars(&random)
            let (text, values) = Self.call(function, &random)
            let stage = make(FunctionArguments(values: values, minPeriods: nil))
            let inputs = Self.inputs(function, bars)
            var cuts: [Int] = []
            while cuts.reduce(0, +) < bars.count {
                cuts.append(min(Int.random(in: 1...40, using: &random), bars.count - cuts.reduce(0, +)))
            }
            let whole = Self.run(stage, inputs, pieces: [bars.count])
            let parts = Self.run(stage, inputs, pieces: cuts)
            let wrong = whole.indices.first { !sameBits(whole[$0], parts[$0]) }
            #expect(wrong == nil, "\(text) at \(wrong.map { $0 % bars.count } ?? 0) of pieces \(cuts)")
        }
    }

    /// The columns that a function reads: those it names, or what a call would give it.
    private static func inputs(_ function: FunctionDefinition, _ bars: Bars) -> [[Double]] {
        var series = [bars.close, bars.volume, bars.open]
        if function.name == "where" || function.name == "ts_count" {
            series[0] = zip(bars.close, bars.open).map { $0.isNaN || $1.isNaN ? .nan : $0 > $1 ? 1 : 0 }
        }
        return function.inputs.enumerated().map { index, name in
            Column(rawValue: name).map(bars.values) ?? series[index]
        }
    }

    /// The outputs of a stage, one after the other, the rows being given in pieces.
    private static func run(_ stage: Stage, _ inputs: [[Double]], pieces: [Int]) -> [Double] {
        let rows = inputs[0].count
        let columns = inputs + [[Double]](repeating: inputs[0], count: 4 - inputs.count)
        var output = [Double](repeating: 0, count: rows * stage.outputWidth)
        var memory = [Double](repeating: .nan, count: stage.memoryCount + 1)
        output.withUnsafeMutableBufferPointer { output in
            memory.withUnsafeMutableBufferPointer { memory in
                guard let sink = output.baseAddress, let state = memory.baseAddress else { return }
                stage.start(state)
                var row = 0
                for piece in pieces {
                    withPointers(columns) { source in
                        func place(_ index: Int) -> Scratch { sink + index * rows + row }
                        stage.advance(
                            state, Sources(source[0] + row, source[1] + row, source[2] + row, source[3] + row),
                            Sinks(place(0), place(1 % stage.outputWidth), place(2 % stage.outputWidth),
                                  place(3 % stage.outputWidth), place(4 % stage.outputWidth)), piece)
                    }
                    row += piece
                }
            }
        }
        return output
    }

    private static func withPointers(
        _ columns: [[Double]], _ open: [UnsafePointer<Double>] = [], _ body: ([UnsafePointer<Double>]) -> Void
    ) {
        guard open.count < columns.count else { return body(open) }
        columns[open.count].withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { withPointers(columns, open + [base], body) }
        }
    }

    @Test func snapshotsOfOtherFeaturesAreRefused() throws {
        let feature = try Feature.parse("ema(close,5)")
        let bytes = try FeatureStream(feature).snapshot
        #expect(throws: QuantError.self) { try FeatureStream(Feature.parse("ema(close,6)"), snapshot: bytes) }
        #expect(throws: QuantError.self) { try FeatureStream(feature, snapshot: Array(bytes.dropLast())) }
        #expect(throws: QuantError.self) { try FeatureStream(feature, snapshot: []) }
        var damaged = bytes
        damaged[damaged.count - 1] ^= 1
        #expect(throws: QuantError.self) { try FeatureStream(feature, snapshot: damaged) }
    }
}
