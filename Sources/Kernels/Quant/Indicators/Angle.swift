import Glibc

/// Angles as the C library has them.
enum Angle {
    /// Degrees of a radian.
    static let degrees = 180 / Double.pi
    /// Radians of a degree.
    static let radians = Double.pi / 180

    /// The angle whose tangent is `x`, in radians.
    @inline(__always)
    static func arcTangent(_ x: Double) -> Double { Glibc.atan(x) }

    /// Sine of an angle in radians.
    @inline(__always)
    static func sine(_ x: Double) -> Double { Glibc.sin(x) }

    /// Cosine of an angle in radians.
    @inline(__always)
    static func cosine(_ x: Double) -> Double { Glibc.cos(x) }
}
