import Glibc

/// An operation on one number; a result that is not finite is null.
protocol UnaryOperation: Sendable {
    static func apply(_ x: Double) -> Double
}

/// An operation on two numbers; a result that is not finite is null.
protocol BinaryOperation: Sendable {
    static func apply(_ x: Double, _ y: Double) -> Double
}

/// A kernel whose value is made of the numbers of one row alone.
protocol ElementKernel: Kernel {}

/// A kernel without memory over one series.
struct Elementwise<Operation: UnaryOperation>: ElementKernel {
    var lookBack: Int { 0 }
    @inline(__always)
    mutating func step(_ value: Double, _ scratch: Scratch) -> Double { Operation.apply(value) }
}

/// A kernel without memory over two series.
struct Elementwise2<Operation: BinaryOperation>: ElementKernel {
    var lookBack: Int { 0 }
    @inline(__always)
    mutating func step(_ pair: Pair, _ scratch: Scratch) -> Double { Operation.apply(pair.x, pair.y) }
}

/// `where(c,a,b)`: a where c holds, b where it does not, null where c is null.
struct Choice: ElementKernel {
    var lookBack: Int { 0 }
    @inline(__always)
    mutating func step(_ row: Triple, _ scratch: Scratch) -> Double {
        row.first == row.first ? (row.first != 0 ? row.second : row.third) : .nan
    }
}

@inline(__always)
private func finite(_ value: Double) -> Double { value.isFinite ? value : .nan }

/// 1 or 0, null where either side is null.
@inline(__always)
private func truth(_ holds: Bool, _ x: Double, _ y: Double) -> Double {
    x == x && y == y ? (holds ? 1 : 0) : .nan
}

enum Negate: UnaryOperation {
    static func apply(_ x: Double) -> Double { -x }
}
enum Not: UnaryOperation {
    static func apply(_ x: Double) -> Double { x == x ? (x == 0 ? 1 : 0) : .nan }
}
enum Absolute: UnaryOperation {
    static func apply(_ x: Double) -> Double { Swift.abs(x) }
}
enum Sign: UnaryOperation {
    static func apply(_ x: Double) -> Double { x > 0 ? 1 : (x < 0 ? -1 : x * 0) }
}
enum Logarithm: UnaryOperation {
    static func apply(_ x: Double) -> Double { finite(Glibc.log(x)) }
}
enum Exponential: UnaryOperation {
    static func apply(_ x: Double) -> Double { finite(Glibc.exp(x)) }
}
enum SquareRoot: UnaryOperation {
    static func apply(_ x: Double) -> Double { x.squareRoot() }
}
enum Add: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x + y }
}
enum Subtract: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x - y }
}
enum Multiply: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x * y }
}
enum Divide: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { finite(x / y) }
}
enum Power: BinaryOperation {
    /// x^y as C has it, save that 1^null and null^0 are null.
    static func apply(_ x: Double, _ y: Double) -> Double { x == x && y == y ? finite(Glibc.pow(x, y)) : .nan }
}
enum SignPower: BinaryOperation {
    /// sign(x)·|x|^y.
    static func apply(_ x: Double, _ y: Double) -> Double {
        let magnitude = Power.apply(Swift.abs(x), y)
        return x < 0 ? -magnitude : (x == 0 ? 0 * magnitude : magnitude)
    }
}
enum Smaller: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x == x && y == y ? (y < x ? y : x) : .nan }
}
enum Larger: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x == x && y == y ? (y > x ? y : x) : .nan }
}
enum Coalesce: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { x == x ? x : y }
}
enum Less: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { truth(x < y, x, y) }
}
enum LessOrEqual: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { truth(x <= y, x, y) }
}
enum Equal: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { truth(x == y, x, y) }
}
enum NotEqual: BinaryOperation {
    static func apply(_ x: Double, _ y: Double) -> Double { truth(x != y, x, y) }
}
enum And: BinaryOperation {
    /// False where one side is false, null where the other is then null.
    static func apply(_ x: Double, _ y: Double) -> Double {
        x == 0 || y == 0 ? 0 : (x == x && y == y ? 1 : .nan)
    }
}
enum Or: BinaryOperation {
    /// True where one side is true, null where the other is then null.
    static func apply(_ x: Double, _ y: Double) -> Double {
        let one = (x == x && x != 0) || (y == y && y != 0)
        return one ? 1 : (x == x && y == y ? 0 : .nan)
    }
}
