/// A kernel whose type is forgotten: one node of a compiled expression. The indirection is paid once a column in
/// batch and once a bar in a stream, never inside the loop over rows.
protocol Stage: Sendable {
    /// Leading outputs that are null.
    var lookBack: Int { get }
    /// Input columns read.
    var inputWidth: Int { get }
    /// Output columns written.
    var outputWidth: Int { get }
    /// Doubles of memory held.
    var scratchCount: Int { get }
    /// Whole columns at once, from a fresh state.
    func run(_ sources: Sources, into sinks: Sinks, count: Int)
    /// One more bar, read from and written to row 0.
    mutating func step(_ sources: Sources, into sinks: Sinks)
}

/// The one implementation of `Stage`.
struct KernelStage<K: Kernel>: Stage {
    private let pristine: K
    private var kernel: K
    private var memory: [Double] = []

    init(_ kernel: K) {
        pristine = kernel
        self.kernel = kernel
    }

    var lookBack: Int { pristine.lookBack }
    var inputWidth: Int { K.Input.width }
    var outputWidth: Int { K.Output.width }
    var scratchCount: Int { pristine.scratchCount }

    func run(_ sources: Sources, into sinks: Sinks, count: Int) {
        pristine.run(sources, into: sinks, count: count)
    }

    mutating func step(_ sources: Sources, into sinks: Sinks) {
        if memory.isEmpty { memory = [Double](repeating: .nan, count: max(1, kernel.scratchCount)) }
        memory.withUnsafeMutableBufferPointer { buffer in
            kernel.step(K.Input(sources, 0), buffer.baseAddress.unsafelyUnwrapped).store(in: sinks, 0)
        }
    }
}
