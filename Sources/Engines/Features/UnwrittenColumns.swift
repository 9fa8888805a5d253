import Quant
import Synchronization

/// Columns of one answer whose text is still to be written: whichever processor is free takes the next. Their numbers
/// take so differently long that none can be given its part beforehand.
final class UnwrittenColumns: Sendable {
    private let left = Mutex<[(place: Int, column: FeatureColumn)]>([])

    /// Puts columns in, the first of which has this place in the answer.
    func add(_ columns: [FeatureColumn], at place: Int) {
        left.withLock { left in
            for (index, column) in columns.enumerated() { left.append((place + index, column)) }
        }
    }

    /// The one that was put in last, which is near at hand; nil where none is left now.
    func next() -> (place: Int, column: FeatureColumn)? { left.withLock { $0.popLast() } }
}
