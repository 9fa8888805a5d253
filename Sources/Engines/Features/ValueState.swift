import Quant

/// What a value rests on, told where a request asks for flags.
enum ValueState: String {
    /// The look-back is not over: the value is null.
    case warmup
    /// Made of a full window: the same whatever came before it.
    case stable
    /// Made of every bar, of old ones less and less.
    case converging
    /// Made of every bar since the first, for good.
    case startDependent = "start_dependent"

    /// The state after `bars` bars.
    init(bars: Int, lookBack: Int, stability: Stability) {
        self =
            if bars <= lookBack { .warmup } else {
                switch stability {
                case .exact: .stable
                case .converging: .converging
                case .startDependent: .startDependent
                }
            }
    }
}
