/// The first where it is larger, else the second, also where one is NaN: one instruction and no branch, where
/// `Swift.max` orders zeros and takes four.
@inline(__always)
func larger(_ a: Double, _ b: Double) -> Double { a > b ? a : b }

/// The first where it is smaller, else the second, also where one is NaN.
@inline(__always)
func smaller(_ a: Double, _ b: Double) -> Double { a < b ? a : b }

/// 1 where it holds, else 0, read off the truth value itself: a choice would become a branch.
@inline(__always)
func bit(_ holds: Bool) -> Int { Int(unsafeBitCast(holds, to: UInt8.self)) }

/// The value where it holds, else 0, without a branch.
@inline(__always)
func masked(_ value: Double, _ holds: Bool) -> Double {
    Double(bitPattern: value.bitPattern & UInt64(bitPattern: Int64(0 &- bit(holds))))
}
