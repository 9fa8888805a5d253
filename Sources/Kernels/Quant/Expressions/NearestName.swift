/// The known name closest to a mistyped one, by Levenshtein distance.
enum NearestName {
    /// Nil where nothing is within a third of the length (at least two letters).
    static func find(_ name: String, among known: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        let reach = max(2, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in known {
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            guard distance <= reach, distance < (best?.distance ?? .max) else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// Fewest insertions, deletions and replacements from one word to the other.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for i in 0..<a.count {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let above = row[j + 1]
                row[j + 1] = min(min(above, row[j]) + 1, diagonal + (a[i] == b[j] ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
