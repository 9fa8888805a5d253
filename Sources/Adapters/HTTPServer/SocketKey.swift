import COpenSSL

/// The answer to a handshake's key (RFC 6455 §4.2.2): base64 of SHA-1 over the key and a fixed identifier.
enum SocketKey {
    /// Whether these are 16 bytes in base64: 22 of its characters and two signs of equality.
    static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isLetter(_ byte: UInt8) -> Bool { byte &- 65 < 26 || byte &- 97 < 26 }
        return bytes.count == 24 && bytes.suffix(2) == [61, 61]
            && bytes.prefix(22).allSatisfy { isLetter($0) || Octet.isDigit($0) || $0 == 43 || $0 == 47 }
    }

    static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20), length: UInt32 = 0
        EVP_Digest(text, text.count, &digest, &length, EVP_sha1(), nil)
        var encoded = [UInt8](repeating: 0, count: 32)
        let count = EVP_EncodeBlock(&encoded, digest, 20)
        return String(decoding: encoded.prefix(Int(count)), as: UTF8.self)
    }
}
