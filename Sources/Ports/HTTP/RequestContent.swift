/// What a body may say of its bytes: they are taken as they come, and text is UTF-8.
enum RequestContent {
    /// Why a body cannot be read as it is said to be, or nil.
    static func refusal(of request: Request) -> Problem? {
        if request.body.isEmpty { return nil }
        if request.headers["Content-Encoding"] != nil,
           let coding = request.headers.list("Content-Encoding").first(where: { !Headers.equal($0, "identity") }) {
            return Problem(415, "the body must come as it is, not in the content coding \(coding)",
                           headers: ["Accept-Encoding": "identity"])
        }
        guard let type = request.headers["Content-Type"], type != "application/json", let charset = charset(type),
              !["utf-8", "utf8", "us-ascii", "ascii"].contains(charset) else { return nil }
        return Problem(415, "text must be UTF-8, not \(charset)")
    }

    /// The parameter `charset` of a media type, in lower case.
    private static func charset(_ type: String) -> String? {
        for part in type.split(separator: ";").dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingBlanks.lowercased() }
            if pair.count == 2, pair[0] == "charset" { return pair[1].filter { $0 != "\"" } }
        }
        return nil
    }
}
