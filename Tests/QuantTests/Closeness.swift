/// Index of the first pair that differs by more than `tolerance` relative (or `tolerance` × `scale`, near zero).
func firstDifference(
    _ actual: [Double], _ expected: [Double], tolerance: Double = 1e-9, scale: Double = 1e-3
) -> (index: Int, actual: Double, expected: Double)? {
    guard actual.count == expected.count else { return (-1, Double(actual.count), Double(expected.count)) }
    for index in actual.indices {
        let (a, b) = (actual[index], expected[index])
        if a.isNaN && b.isNaN { continue }
        let reach = tolerance * max(abs(a), abs(b), scale)
        if !(abs(a - b) <= reach) { return (index, a, b) }
    }
    return nil
}

/// True where both have the same bits, any NaN being the same null.
func sameBits(_ a: Double, _ b: Double) -> Bool { a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN) }
