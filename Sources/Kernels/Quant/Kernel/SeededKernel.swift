/// A recursive kernel that, once it is seeded, does the same for every bar without a null and passes the others over.
///
/// Its batch form is told apart from its steps only by where it looks for nulls: at the head of a loop, which a null
/// ends. Choosing between null and number inside the loop would lie in the way of the state from row to row.
public protocol SeededKernel: Kernel {
    /// True once every bar without a null has an answer.
    var isSeeded: Bool { get }
    /// True where the input has no null in it.
    static func isWhole(_ input: Input) -> Bool
    /// Takes a bar without a null, the seed being complete.
    mutating func advance(_ input: Input) -> Output
}

extension SeededKernel {
    /// Step by step until it is seeded and where a null is, in a loop of its own between them.
    @inline(__always)
    public mutating func advance(_ sources: Sources, into sinks: Sinks, count: Int, _ scratch: Scratch) {
        var kernel = self
        var row = 0
        while row < count {
            if kernel.isSeeded {
                while row < count {
                    let input = Input(sources, row)
                    guard Self.isWhole(input) else { break }
                    kernel.advance(input).store(in: sinks, row)
                    row &+= 1
                }
            }
            if row < count {
                kernel.step(Input(sources, row), scratch).store(in: sinks, row)
                row &+= 1
            }
        }
        self = kernel
    }
}

extension SeededKernel where Input == Double {
    /// Null is NaN.
    @inline(__always)
    public static func isWhole(_ input: Double) -> Bool { input == input }
}
