import COpenSSL
import Market
import Runtime

/// The header fields of a webhook.
enum WebhookSignature {
    /// `X-Nautilus-Signature` has, for each secret, `v1=` and HMAC-SHA256 in lower-case hexadecimal over the timestamp
    /// in seconds, a full stop and the body.
    static func headers(_ body: [UInt8], id: String, at time: Timestamp, secrets: [String]) -> [String] {
        let seconds = "\(time.seconds)"
        let signed = Array("\(seconds).".utf8) + body
        let signatures = secrets.map { "v1=" + hexadecimal(hmac(signed, key: Array($0.utf8))) }
        return [
            "Content-Type: application/json", "Idempotency-Key: \(id)", "X-Nautilus-Timestamp: \(seconds)",
            "X-Nautilus-Signature: \(signatures.joined(separator: ","))", "User-Agent: Nautilus",
            // libcurl asks before it sends a long body, and waits; nobody needs that here.
            "Expect:",
        ]
    }

    /// HMAC-SHA256 (RFC 2104), 32 bytes.
    static func hmac(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32), length: UInt32 = 0
        let done = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &out, &length)
        precondition(done != nil && length == 32, "OpenSSL has no HMAC-SHA256")
        return out
    }
}
