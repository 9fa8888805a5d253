/// A formula over one to four series and a window: an expression in which `{a}`, `{b}`, `{c}`, `{d}` stand for the
/// series and `{w}` for the window. It is compiled once and then read over any series, so that a catalogue of
/// hundreds of thousands of factors needs some hundred programs.
///
/// Every function of a template remembers a finite window only, so that the value of a date needs `lookBack` bars
/// before it and no more. Over those it is the value over the whole history but for rounding: sums are begun anew at
/// other rows. The same columns and row always give the same bits.
public struct FactorTemplate: Sendable {
    /// Most series of a template.
    public static let seriesLimit = 4
    private static let places = ["{a}", "{b}", "{c}", "{d}"]
    /// A part of a formula as it is written.
    public enum Piece: Sendable {
        /// Text, the window among it.
        case text(String)
        /// Where the series of this place stands.
        case series(Int)
    }

    /// The columns that series travel in through a program; which series they are is known to the caller alone.
    private static let carriers = ["close", "open", "high", "low"]

    /// The formula with its places.
    public let text: String
    /// Bars of the window; 0 for a formula without one.
    public let window: Int
    /// Series that it reads.
    public let seriesCount: Int
    /// Rows before the newest that a value needs.
    public let lookBack: Int
    /// The formula cut at its series.
    public let pieces: [Piece]
    private let plan: Plan
    private let times: [Int64]

    /// Compiles a formula. Throws where it does not parse, reads across instruments, or remembers more than a window.
    public init(_ text: String, window: Int) throws(QuantError) {
        self.text = text
        self.window = window
        seriesCount = Self.places.lastIndex { text.contains($0) }.map { $0 + 1 } ?? 0
        guard seriesCount > 0 else { throw QuantError(.arguments, "a template names at least one series") }
        pieces = Self.cut(text, window: window)
        let expression = try Expression.parse(Self.written(pieces, Self.carriers))
        guard !expression.isCrossSectional else {
            throw QuantError(.crossSection, "a template is read for each instrument by itself")
        }
        plan = Plan(expression.program)
        lookBack = expression.lookBack
        times = (0...Int64(expression.lookBack)).map { $0 }
    }

    /// The formula over the series of these names, in the expression language.
    public func expression(_ series: [String]) -> String { Self.written(pieces, series) }

    private static func written(_ pieces: [Piece], _ series: [String]) -> String {
        var out = ""
        for piece in pieces {
            switch piece {
            case .text(let text): out += text
            case .series(let place): out += series[place]
            }
        }
        return out
    }

    /// `{a}` to `{d}` are series; every other place is the window.
    private static func cut(_ text: String, window: Int) -> [Piece] {
        var pieces: [Piece] = [], plain: [UInt8] = [], bytes = text.utf8[...]
        while let byte = bytes.first {
            guard byte == UInt8(ascii: "{"), let mark = bytes.dropFirst().first else {
                plain.append(byte)
                bytes = bytes.dropFirst()
                continue
            }
            let place = Int(mark) - Int(UInt8(ascii: "a"))
            if (0..<seriesLimit).contains(place) {
                if !plain.isEmpty { pieces.append(.text(String(decoding: plain, as: UTF8.self))) }
                plain = []
                pieces.append(.series(place))
            } else {
                plain += "\(window)".utf8
            }
            bytes = bytes.dropFirst(3)
        }
        if !plain.isEmpty { pieces.append(.text(String(decoding: plain, as: UTF8.self))) }
        return pieces
    }

    /// The value at a row of columns of equal length; NaN for null, also where there are too few rows before it.
    public func value(_ series: [[Double]], row: Int) -> Double {
        precondition(series.count >= seriesCount, "a template of \(seriesCount) series was given \(series.count)")
        return values(instruments: 1, row: row) { place, _ in series[place] }[0]
    }

    /// The value of each instrument at a row, in one run of the program; `column` answers the series of a place and an
    /// instrument, all of equal length.
    func values(instruments: Int, row: Int, _ column: (Int, Int) -> [Double]) -> [Double] {
        guard instruments > 0, row >= lookBack, row < column(0, 0).count else {
            return [Double](repeating: .nan, count: instruments)
        }
        let rows = (row - lookBack)...row
        func part(_ place: Int, _ instrument: Int) -> [Double] {
            place < seriesCount ? Array(column(place, instrument)[rows]) : []
        }
        let bars = (0..<instruments).map { instrument in
            Bars(times: times, open: part(1, instrument), high: part(2, instrument), low: part(3, instrument),
                 close: part(0, instrument))
        }
        let found = PlanRun.run(plan, bars, rows: times.count)
        return (0..<instruments).map { found[0, $0, lookBack] }
    }
}

extension Bars {
    /// Columns that are known to be of equal length, or empty where nothing reads them.
    init(times: [Int64], open: [Double], high: [Double], low: [Double], close: [Double]) {
        ts = times
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        volume = []
        vwap = nil
    }
}
