import Synchronization

/// What the links of one store have found out: who keeps the parts of its tables.
final class SeriesLayouts: Sendable {
    private let known = Mutex<SeriesSQL.Layout?>(nil)

    var layout: SeriesSQL.Layout? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }
}
