/// A data file of published formulas: `title: …` and `source: …`, then a line for each formula with its name, its
/// category and the expression. Lines that begin with `#` are remarks; `{n}` in the source is the formula's number.
struct AlphaFile: Sendable {
    /// Name of the collection, the first part of its ids, and its name in the literature.
    let name: String, title: String
    let alphas: [Alpha]

    /// Reads a file. Throws `.syntax` where a line is none of these, `.data` where a name comes twice or a part is
    /// missing; the message bears the line. Whether formulas parse is not looked at.
    init(_ name: String, _ bytes: [UInt8]) throws(QuantError) {
        var title = "", source = "", alphas: [Alpha] = [], names: Set<Substring> = []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            let place = "\(name), line \(index + 1)"
            if line.hasPrefix("title: ") {
                title = String(line.dropFirst(7))
            } else if line.hasPrefix("source: ") {
                source = String(line.dropFirst(8))
            } else {
                let parts = line.split(separator: " ", maxSplits: 2)
                guard parts.count == 3 else {
                    throw QuantError(.syntax, "\(place): must be a name, a category and a formula")
                }
                guard !title.isEmpty, !source.isEmpty else {
                    throw QuantError(.data, "\(place): title and source must stand before the formulas")
                }
                guard names.insert(parts[0]).inserted else {
                    throw QuantError(.data, "\(place): \(parts[0]) is there already")
                }
                let number = Int(parts[0]).map { "\($0)" } ?? String(parts[0])
                alphas.append(Alpha(id: "\(name).\(parts[0])", expression: String(parts[2]),
                                    category: String(parts[1]), source: source.replacing("{n}", with: number)))
            }
        }
        guard !alphas.isEmpty else { throw QuantError(.data, "\(name) has no formulas") }
        self.name = name
        self.title = title
        self.alphas = alphas
    }

    /// The files that this version was built with.
    static let builtIn: [AlphaFile] = [
        ("alpha101", PackageResources.alpha101_txt), ("alpha158", PackageResources.alpha158_txt),
        ("alpha360", PackageResources.alpha360_txt),
    ].map { name, bytes in
        do throws(QuantError) {
            return try AlphaFile(name, bytes)
        } catch {
            preconditionFailure(error.message)
        }
    }
}
