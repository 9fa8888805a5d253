/// What a subscriber names: one topic, a family of topics, or a pattern with `*`.
///
/// A `*` stands for one segment between dots; at the end it stands for all that follow. The name of a family alone
/// means all its topics.
struct TopicPattern: Hashable {
    private enum Shape: Hashable {
        case exact
        /// All topics, or those that begin like this.
        case prefix(String)
        /// A family: itself, or with any key.
        case family(String)
        /// Segment by segment, nil for any; open at the end or not.
        case segments([String?], isOpen: Bool)
    }

    /// The most characters of a topic or a pattern.
    static let lengthLimit = 200

    /// As it was sent.
    let text: String
    private let shape: Shape

    /// The one topic it names, where it is not a pattern.
    var topic: String? { shape == .exact ? text : nil }

    /// Nil for what cannot be a topic: empty, too long, blanks or control characters, a `*` inside a segment.
    init?(_ text: String, families: Set<String>) {
        guard Self.isUsable(text) else { return nil }
        self.text = text
        if !text.contains("*") {
            shape = families.contains(text) ? .family(text) : .exact
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0 == "*" || !$0.contains("*") }) else { return nil }
        if parts.last == "*" && !parts.dropLast().contains("*") {
            shape = .prefix(String(text.dropLast()))
        } else {
            let isOpen = parts.last == "*"
            shape = .segments((isOpen ? parts.dropLast() : parts[...]).map { $0 == "*" ? nil : String($0) },
                isOpen: isOpen)
        }
    }

    /// Whether a text can name a topic or a pattern.
    static func isUsable(_ text: String) -> Bool {
        (1...lengthLimit).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
    }

    /// Whether all that it matches is of a family; where it is open, that is not certain and false.
    func isWithin(_ family: String) -> Bool {
        let name = family.utf8, begun: String
        switch shape {
        case .exact, .family: begun = text
        case .prefix(let prefix): begun = prefix
        case .segments(let wanted, _): begun = wanted.prefix { $0 != nil }.map { $0! + "." }.joined()
        }
        guard begun.utf8.starts(with: name) else { return false }
        return begun.utf8.count == name.count || begun.utf8.dropFirst(name.count).first == UInt8(ascii: ".")
    }

    func matches(_ topic: String) -> Bool {
        switch shape {
        case .exact: return topic == text
        case .prefix(let prefix): return topic.utf8.count > prefix.utf8.count && topic.utf8.starts(with: prefix.utf8)
        case .family(let name):
            guard topic.utf8.starts(with: name.utf8) else { return false }
            return topic.utf8.count == name.utf8.count
                || topic.utf8.dropFirst(name.utf8.count).first == UInt8(ascii: ".")
        case .segments(let wanted, let isOpen):
            let parts = topic.split(separator: ".", omittingEmptySubsequences: false)
            guard isOpen ? parts.count > wanted.count : parts.count == wanted.count else { return false }
            return zip(wanted, parts).allSatisfy { $0 == nil || $0! == $1 }
        }
    }
}
