import Glibc

/// Natural logarithms as the C library has them.
enum NaturalLogarithm {
    /// ln x; null for a negative x.
    @inline(__always)
    static func of(_ x: Double) -> Double { Glibc.log(x) }
}
