/// Decides whose turn it is. The most urgent lane that has work goes first; a lane that was passed over too often
/// goes before it.
public struct LaneSchedule: Sendable {
    /// A lane that has work gets at least one of so many turns, however full the upper ones are. A turn is one call
    /// of a handler.
    public static let starvationBound = 16

    /// Passed over so often, a lane is due. Three lanes can become due in one turn, so the last of them still gets
    /// its turn within the bound.
    private static let patience = starvationBound - (Lane.allCases.count - 1)

    private var passedOver: [4 of Int] = [0, 0, 0, 0]

    public init() {}

    /// The lane to serve among those that have work (a bit each, critical is bit 0), or nil where none has.
    public mutating func next(waiting: UInt8) -> Lane? {
        if waiting == 0 { return nil }
        var chosen = waiting.trailingZeroBitCount
        for lane in (chosen + 1)..<5 where lane < 4 && waiting & (1 << lane) != 0 {
            if passedOver[lane] >= Self.patience && passedOver[lane] > passedOver[chosen] { chosen = lane }
        }
        for lane in 0..<4 {
            passedOver[lane] = lane == chosen || waiting & (1 << lane) == 0 ? 0 : passedOver[lane] + 1
        }
        return Lane(rawValue: UInt8(chosen))
    }
}
