/// How values are measured of which stored data is a part, as answers and reports say it.
enum LimitConventions {
    static let beta = "beta: the covariance of what today's holdings would have earned over equity with the "
        + "benchmark's returns, over their variance. The returns are those that were sent; else of at most "
        + "\(DailyColumn.bars) stored daily bars, between days that all holdings and the limit's benchmark have."
    static let liquidity = "liquidity_days: the largest quantity over participation times the average daily volume: as "
        + "it was sent, else the mean of the newest volume_days (\(MeanVolume.usualDays) unless the limit says "
        + "otherwise) stored daily bars that have a volume."

    /// Those of the types that limits read.
    static func texts(_ limits: some Sequence<Limit>) -> [String] {
        var isBeta = false, isLiquidity = false
        for limit in limits {
            isBeta = isBeta || limit.isReading(.beta)
            isLiquidity = isLiquidity || limit.isReading(.liquidityDays)
        }
        return (isBeta ? [beta] : []) + (isLiquidity ? [liquidity] : [])
    }
}
