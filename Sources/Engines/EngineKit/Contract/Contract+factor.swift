import HTTP

extension Contract {
    /// What the factor service owes its callers.
    static let factor: [Promise] = [
        Promise(.post, "/api/v1/factor-engine/calculate",
                "Body symbols or universe, sources[], factor ids, as-of; returns factor values.",
                missing: "this route's work"),
        Promise(.get, "/api/v1/factor-engine/status",
                "Factor count available, queue, last run.",
                missing: "this route's work"),
        Promise(.get, "/api/v1/factor-engine/sources",
                "The eight sources with factor counts.",
                missing: "this route's work"),
        Promise(.get, "/factors/catalog",
                "Factor definitions; query source, q, page.",
                missing: "this route's work"),
        Promise(.post, "/factors/calculate",
                "Symbols or universe, factor ids or expressions, from/to or as_of; returns values.",
                missing: "this route's work"),
        Promise(.post, "/factors/batch",
                "A job over many factors; returns job id.",
                missing: "batch factor jobs"),
        Promise(.get, "/factors/jobs/{job_id}",
                "Progress, counts, errors of a batch job.",
                missing: "batch factor jobs"),
        Promise(.post, "/factors/correlation",
                "Cross-correlation of factors; the k strongest pairs.",
                missing: "factor correlations"),
    ]
}
