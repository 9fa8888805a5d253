/// Working memory of a kernel: a plain pointer, so that the batch loop keeps everything else in registers.
public typealias Scratch = UnsafeMutablePointer<Double>

/// One bar-by-bar computation, written once and driven in two ways.
///
/// The batch form (`run`) and the streaming form (`KernelStream`, `FeatureStream`) call the same `step` in the same
/// order with the same numbers, so they are equal bit for bit from the first bar on. A kernel holds only scalars; what
/// grows with its period lies in scratch memory of fixed size: its own bytes can be copied and stored as they are.
///
/// Null is NaN. A kernel over a finite window answers null while a null is inside the window; a recursive kernel
/// answers null for a bar with a null in it and leaves its state as it was, as if the bar had not been.
public protocol Kernel: Sendable, BitwiseCopyable {
    /// What one step reads from each input column.
    associatedtype Input: KernelInput
    /// What one step writes to each output column.
    associatedtype Output: KernelOutput

    /// Doubles of scratch memory `step` needs, all NaN at the start.
    var scratchCount: Int { get }
    /// Leading outputs that are null when every input is a number.
    var lookBack: Int { get }
    /// The same of one output, where they differ.
    func lookBack(ofOutput index: Int) -> Int
    /// Takes one bar and answers its value, null until the look-back is over.
    mutating func step(_ input: Input, _ scratch: Scratch) -> Output
    /// Batch form of so many more rows: the values of as many steps. A series is given in pieces, the rows before a
    /// piece lying in front of it in the same columns; either form is used from the first row to the last.
    mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch)
}

extension Kernel {
    /// None unless the kernel says otherwise.
    public var scratchCount: Int { 0 }

    /// The kernel's, unless it says otherwise.
    public func lookBack(ofOutput index: Int) -> Int { lookBack }

    /// Step by step, unless the kernel has a shorter way to the same bits.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var kernel = self
        for row in 0..<count { kernel.step(Input(sources, row), scratch).store(in: sinks, row) }
        self = kernel
    }

    /// Batch form: fills `sinks` with `count` values computed from `sources`, leaving this kernel as it was.
    /// Allocates nothing but the kernel's scratch.
    public func run(_ sources: Sources, into sinks: Sinks, count: Int) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, scratchCount)) { memory in
            memory.initialize(repeating: .nan)
            guard let scratch = memory.baseAddress else { return }
            var kernel = self
            kernel.advance(sources, into: sinks, count: count, scratch)
        }
    }
}

extension Kernel where Input == Double, Output == Double {
    /// Batch form over one column; `output` has room for as many values as `input` holds.
    public func evaluate(_ input: Span<Double>, into output: UnsafeMutableBufferPointer<Double>) {
        precondition(output.count >= input.count, "the output is shorter than the input")
        guard let sink = output.baseAddress else { return }
        input.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            run(Sources(source), into: Sinks(sink), count: input.count)
        }
    }
}

/// Streaming form of a kernel: a value with bounded memory that takes a bar at a time.
public struct KernelStream<K: Kernel>: Sendable {
    private var kernel: K
    private var memory: [Double]

    /// A stream that has seen no bar.
    public init(_ kernel: K) {
        self.kernel = kernel
        memory = [Double](repeating: .nan, count: max(1, kernel.scratchCount))
    }

    /// Takes the next bar; the answer has the bits that the batch form writes for it.
    public mutating func update(_ input: K.Input) -> K.Output {
        memory.withUnsafeMutableBufferPointer { buffer in
            kernel.step(input, buffer.baseAddress.unsafelyUnwrapped)
        }
    }
}
