/// Up to four input columns, held as bare pointers so that the batch loop reads them from registers.
public struct Sources {
    /// First column: the series, or the open or high of a kernel over bars.
    public let first: UnsafePointer<Double>
    /// Second column.
    public let second: UnsafePointer<Double>
    /// Third column.
    public let third: UnsafePointer<Double>
    /// Fourth column.
    public let fourth: UnsafePointer<Double>

    /// Columns in the order the kernel's input names them; those left out repeat the first and are not read.
    public init(
        _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>? = nil,
        _ third: UnsafePointer<Double>? = nil, _ fourth: UnsafePointer<Double>? = nil
    ) {
        self.first = first
        self.second = second ?? first
        self.third = third ?? first
        self.fourth = fourth ?? first
    }
}

/// Up to five output columns.
public struct Sinks {
    /// First output.
    public let first: UnsafeMutablePointer<Double>
    /// Second output.
    public let second: UnsafeMutablePointer<Double>
    /// Third output.
    public let third: UnsafeMutablePointer<Double>
    /// Fourth output.
    public let fourth: UnsafeMutablePointer<Double>
    /// Fifth output.
    public let fifth: UnsafeMutablePointer<Double>

    /// Columns in the order of the kernel's outputs; those left out repeat the first and are not written.
    public init(
        _ first: UnsafeMutablePointer<Double>, _ second: UnsafeMutablePointer<Double>? = nil,
        _ third: UnsafeMutablePointer<Double>? = nil, _ fourth: UnsafeMutablePointer<Double>? = nil,
        _ fifth: UnsafeMutablePointer<Double>? = nil
    ) {
        self.first = first
        self.second = second ?? first
        self.third = third ?? first
        self.fourth = fourth ?? first
        self.fifth = fifth ?? first
    }
}

/// What a kernel reads at one row.
public protocol KernelInput {
    /// Input columns it reads.
    static var width: Int { get }
    /// Reads row `row` of the columns.
    init(_ sources: Sources, _ row: Int)
}

/// What a kernel writes at one row.
public protocol KernelOutput {
    /// Output columns it writes.
    static var width: Int { get }
    /// Writes row `row` of the columns.
    func store(in sinks: Sinks, _ row: Int)
}
