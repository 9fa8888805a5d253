import HTTP

extension Contract {
    /// What the ml service owes its callers.
    static let ml: [Promise] = [
        Promise(.post, "/ml/predict/price",
                "Direct on port 8400; body symbol, current_price; returns prediction and confidence.",
                missing: "this route's work"),
        Promise(.post, "/ml/predict/regime",
                "Symbol or returns; one of six regimes with probabilities.",
                missing: "the regime classifier"),
        Promise(.post, "/ml/predict/volatility",
                "Symbol or returns, horizon; volatility forecast with interval.",
                missing: "this route's work"),
        Promise(.get, "/ml/models",
                "Registry: name, version, stage, metrics.",
                missing: "training and promotion of models"),
        Promise(.post, "/ml/models/{name}/train",
                "Start a training job.",
                missing: "training and promotion of models"),
        Promise(.get, "/ml/models/{name}",
                "Versions, metrics, lineage.",
                missing: "training and promotion of models"),
        Promise(.post, "/ml/models/{name}/promote",
                "Move a version to production or back.",
                missing: "training and promotion of models"),
        Promise(.get, "/ml/drift/{name}",
                "Drift statistics of the live inputs against the training set.",
                missing: "drift statistics"),
    ]
}
