import HTTP

extension Contract {
    /// What the features service owes its callers.
    static let features: [Promise] = [
        Promise(.get, "/features/catalog",
                "Every indicator: parameters, inputs, outputs, look-back, category.",
                missing: "this route's work"),
        Promise(.post, "/features/calculate",
                "Body bars or symbol+timeframe+range, features[]; returns columns.",
                missing: "this route's work"),
        Promise(.post, "/features/batch",
                "Many symbols at once.",
                missing: "features of many symbols at once"),
        Promise(.get, "/features/latest/{symbol}",
                "Newest streaming feature vector of a symbol.",
                missing: "this route's work"),
    ]
}
