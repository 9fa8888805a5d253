import HTTP
import Market
import Wire

/// A mail as it goes over the wire (RFC 5322), with lines that end in CR LF.
enum MailText {
    static func bytes(_ mail: NoticeMail, from sender: String) -> [UInt8] {
        let domain = sender.split(separator: "@").last.map(String.init) ?? "localhost"
        let head = [
            "From: <\(sender)>", "To: <\(mail.to)>", "Subject: \(word(mail.subject))",
            "Message-ID: <\(mail.id)@\(domain)>", "Date: \(date(mail.time))", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
        ]
        let text = base64(Array(mail.text.utf8))
        return Array((head + [""] + lines(text)).joined(separator: "\r\n").utf8) + [13, 10]
    }

    /// A header's text on one line: ASCII as it is, anything else as encoded words (RFC 2047).
    static func word(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }
        let clean = String(String.UnicodeScalarView(scalars))
        if clean.utf8.count <= 70, clean.utf8.allSatisfy({ $0 < 127 }) { return clean }
        var words: [String] = [], part: [UInt8] = []
        for character in clean {
            let bytes = Array(String(character).utf8)
            if part.count + bytes.count > 42 {
                words.append(base64(part))
                part = []
            }
            part += bytes
        }
        if !part.isEmpty { words.append(base64(part)) }
        return words.map { "=?UTF-8?B?\($0)?=" }.joined(separator: "\r\n ")
    }

    private static func lines(_ text: String) -> [String] {
        var lines: [String] = [], rest = text[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(76)))
            rest = rest.dropFirst(76)
        }
        return lines
    }

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let value = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for place in 0..<4 {
                out.append(place <= part.count ? letters[value >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// RFC 5322 §3.3, in UTC.
    static func date(_ time: Timestamp) -> String {
        // "2024-01-02T03:04:05…"
        let text = time.iso8601, parts = text.prefix(10).split(separator: "-")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 3, let month = Int(parts[1]), (1...12).contains(month) else { return text }
        return "\(parts[2]) \(months[month - 1]) \(parts[0]) \(text.dropFirst(11).prefix(8)) +0000"
    }
}
