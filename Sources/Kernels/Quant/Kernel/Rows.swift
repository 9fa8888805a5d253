extension Double: KernelInput, KernelOutput {
    /// One column.
    public static var width: Int { 1 }
    /// The value of the first column.
    @inline(__always)
    public init(_ sources: Sources, _ row: Int) { self = sources.first[row] }
    /// Writes the first column.
    @inline(__always)
    public func store(in sinks: Sinks, _ row: Int) { sinks.first[row] = self }
}

/// Values of two series at one bar.
public struct Pair: KernelInput, BitwiseCopyable, Sendable {
    /// First series.
    public let x: Double
    /// Second series.
    public let y: Double
    /// Two columns.
    public static var width: Int { 2 }
    /// A pair of values.
    @inline(__always)
    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
    /// Reads the first two columns.
    @inline(__always)
    public init(_ sources: Sources, _ row: Int) { self.init(sources.first[row], sources.second[row]) }
}

/// Values of three series at one bar: high, low, close for the indicators; condition, then, else for `where`.
public struct Triple: KernelInput, BitwiseCopyable, Sendable {
    /// First series, the high of a bar.
    public let first: Double
    /// Second series, the low of a bar.
    public let second: Double
    /// Third series, the close of a bar.
    public let third: Double
    /// Three columns.
    public static var width: Int { 3 }
    /// Three values.
    @inline(__always)
    public init(_ first: Double, _ second: Double, _ third: Double) {
        self.first = first
        self.second = second
        self.third = third
    }
    /// Reads the first three columns.
    @inline(__always)
    public init(_ sources: Sources, _ row: Int) {
        self.init(sources.first[row], sources.second[row], sources.third[row])
    }
    /// High of the bar.
    @inline(__always)
    var high: Double { first }
    /// Low of the bar.
    @inline(__always)
    var low: Double { second }
    /// Close of the bar.
    @inline(__always)
    var close: Double { third }
}

/// High, low, close and volume of one bar.
public struct PriceVolume: KernelInput, BitwiseCopyable, Sendable {
    /// Highest price.
    public let high: Double
    /// Lowest price.
    public let low: Double
    /// Last price.
    public let close: Double
    /// Quantity traded.
    public let volume: Double
    /// Four columns.
    public static var width: Int { 4 }
    /// A bar's values.
    @inline(__always)
    public init(high: Double, low: Double, close: Double, volume: Double) {
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }
    /// Reads the four columns.
    @inline(__always)
    public init(_ sources: Sources, _ row: Int) {
        self.init(
            high: sources.first[row], low: sources.second[row], close: sources.third[row], volume: sources.fourth[row])
    }
    /// (high + low + close) / 3.
    @inline(__always)
    var typicalPrice: Double { (high + low + close) / 3 }
}

/// Two outputs of one kernel.
public struct TwoValues: KernelOutput, BitwiseCopyable, Sendable {
    /// First output.
    public let first: Double
    /// Second output.
    public let second: Double
    /// Two columns.
    public static var width: Int { 2 }
    @inline(__always)
    init(_ first: Double, _ second: Double) {
        self.first = first
        self.second = second
    }
    /// Writes both columns.
    @inline(__always)
    public func store(in sinks: Sinks, _ row: Int) {
        sinks.first[row] = first
        sinks.second[row] = second
    }
    @inline(__always)
    static var null: TwoValues { TwoValues(.nan, .nan) }
}

/// Three outputs of one kernel.
public struct ThreeValues: KernelOutput, BitwiseCopyable, Sendable {
    /// First output.
    public let first: Double
    /// Second output.
    public let second: Double
    /// Third output.
    public let third: Double
    /// Three columns.
    public static var width: Int { 3 }
    @inline(__always)
    init(_ first: Double, _ second: Double, _ third: Double) {
        self.first = first
        self.second = second
        self.third = third
    }
    /// Writes all three columns.
    @inline(__always)
    public func store(in sinks: Sinks, _ row: Int) {
        sinks.first[row] = first
        sinks.second[row] = second
        sinks.third[row] = third
    }
    @inline(__always)
    static var null: ThreeValues { ThreeValues(.nan, .nan, .nan) }
}

/// Five outputs of one kernel.
public struct FiveValues: KernelOutput, BitwiseCopyable, Sendable {
    private let values: (Double, Double, Double, Double, Double)
    /// Five columns.
    public static var width: Int { 5 }
    @inline(__always)
    init(_ first: Double, _ second: Double, _ third: Double, _ fourth: Double, _ fifth: Double) {
        values = (first, second, third, fourth, fifth)
    }
    /// Writes all five columns.
    @inline(__always)
    public func store(in sinks: Sinks, _ row: Int) {
        sinks.first[row] = values.0
        sinks.second[row] = values.1
        sinks.third[row] = values.2
        sinks.fourth[row] = values.3
        sinks.fifth[row] = values.4
    }
}
