extension Array {
    /// The first place where a condition holds that holds of all elements after it; `count` where there is none. By
    /// halving, but first at the end, since what comes in order belongs there.
    @inlinable
    public func firstPlace(where holds: (Element) -> Bool) -> Int {
        guard let last, holds(last) else { return count }
        var low = 0, high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
