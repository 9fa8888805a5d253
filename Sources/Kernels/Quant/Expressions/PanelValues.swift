import Numerics

/// A column of a whole panel in one piece, instrument after instrument.
final class PanelColumn: Sendable {
    /// Written while a plan runs, each cell by one thread; only read once the column is in an answer. Unsafe because the
    /// compiler cannot see that the plan gives every thread cells of its own.
    nonisolated(unsafe) let base: UnsafeMutablePointer<Double>
    /// Bytes that go back; none of lent memory.
    private let bytes: Int?

    init(count: Int) {
        let bytes = count * MemoryLayout<Double>.stride
        base = LargeMemory.take(bytes: bytes).bindMemory(to: Double.self, capacity: count)
        self.bytes = bytes
    }

    /// Memory of someone who outlives the column.
    init(lent base: UnsafeMutablePointer<Double>) {
        self.base = base
        bytes = nil
    }

    deinit { if let bytes { LargeMemory.give(base, bytes: bytes) } }
}

/// What expressions gave over a panel: a number for each output, instrument and row, NaN for null.
public struct PanelValues: Sendable {
    /// Number of instruments.
    public let instruments: Int
    /// Number of rows.
    public let rows: Int
    let columns: [PanelColumn]

    /// Number of outputs, in the order in which they were asked for.
    public var count: Int { columns.count }

    /// One value.
    public subscript(output: Int, instrument: Int, row: Int) -> Double {
        precondition(instrument < instruments && row < rows, "there is no such cell")
        return columns[output].base[instrument * rows + row]
    }

    /// Values of one output and instrument over a range of rows.
    public func values(_ output: Int, instrument: Int, rows range: Range<Int>? = nil) -> [Double] {
        let range = range ?? 0..<rows
        precondition(instrument < instruments && range.lowerBound >= 0 && range.upperBound <= rows, "no such cells")
        return Array(
            UnsafeBufferPointer(
                start: columns[output].base + instrument * rows + range.lowerBound, count: range.count))
    }

    /// Values of one output: `[instrument][row]`.
    public func values(_ output: Int) -> [[Double]] { (0..<instruments).map { values(output, instrument: $0) } }
}
