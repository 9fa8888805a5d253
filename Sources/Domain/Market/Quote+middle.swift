extension Quote {
    /// What one is worth by it: the middle of both sides, or the one side that is there; NaN without any.
    public var middle: Double { bid.isNaN ? ask : ask.isNaN ? bid : (bid + ask) / 2 }
}
