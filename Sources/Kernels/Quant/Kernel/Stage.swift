/// A kernel whose type is forgotten: one node of a compiled expression.
///
/// Its closures are specialised where a concrete kernel is wrapped, so the loop over rows inside `run` is as fast as
/// the kernel; a protocol existential would share one unspecialised body among all kernels.
struct Stage: Sendable {
    /// Leading outputs that are null.
    let lookBack: Int
    /// The same, by output.
    let lookBacks: [Int]
    /// Output columns written.
    let outputWidth: Int
    /// Doubles of scratch the kernel needs.
    let scratchCount: Int
    /// Doubles of stream memory: the kernel's own state, then its scratch.
    let memoryCount: Int
    /// True for an operation on the numbers of one row alone.
    let isElementwise: Bool
    /// So many more rows, from and to the state in stream memory.
    let advance: @Sendable (Scratch, Sources, Sinks, Int) -> Void
    /// Writes the state of a kernel that has seen nothing into stream memory.
    let start: @Sendable (Scratch) -> Void
    /// One more bar, read from and written to row 0; the memory must lie at a multiple of 16 bytes.
    let step: @Sendable (Scratch, Sources, Sinks) -> Void

    @inline(__always)
    init<K: Kernel>(_ kernel: K) {
        let stateCount = (MemoryLayout<K>.size + MemoryLayout<Double>.size - 1) / MemoryLayout<Double>.size
        lookBack = kernel.lookBack
        isElementwise = kernel is any ElementKernel
        lookBacks = (0..<K.Output.width).map { kernel.lookBack(ofOutput: $0) }
        outputWidth = K.Output.width
        scratchCount = kernel.scratchCount
        memoryCount = stateCount + kernel.scratchCount
        advance = { memory, sources, sinks, count in
            let raw = UnsafeMutableRawPointer(memory)
            var state = raw.loadUnaligned(as: K.self)
            state.advance(sources, into: sinks, count: count, memory + stateCount)
            raw.storeBytes(of: state, as: K.self)
        }
        start = { memory in UnsafeMutableRawPointer(memory).storeBytes(of: kernel, as: K.self) }
        // Captures nothing: a closure with a context would be retained and released at every bar.
        step = { memory, sources, sinks in
            let stateCount = (MemoryLayout<K>.size + MemoryLayout<Double>.size - 1) / MemoryLayout<Double>.size
            // In place: most of a state stays as it is from bar to bar.
            let state = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: K.self)
            state.pointee.step(K.Input(sources, 0), memory + stateCount).store(in: sinks, 0)
        }
    }
}
