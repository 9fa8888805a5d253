import Telemetry

/// What a virtual machine's host takes of the cores while something is measured: a tail of such a run is not this
/// program's alone.
struct StolenTime {
    private let before = HostMetrics.cores

    /// The share of the cores' time since this was made that went to others, in whole percent.
    var percent: String {
        let pairs = zip(before, HostMetrics.cores)
        let total = pairs.reduce(0) { $0 + $1.1.total - $1.0.total }
        let stolen = pairs.reduce(0) { $0 + $1.1.stolen - $1.0.stolen }
        return "\(total > 0 ? Int((Double(stolen) / Double(total) * 100).rounded()) : 0)"
    }
}
