// Security: digests and keys over OpenSSL. The only place that knows a secret's form.
import COpenSSL

/// Digests.
public enum Digest {
    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32), length: UInt32 = 0
        let done = EVP_Digest(bytes, bytes.count, &out, &length, EVP_sha256(), nil)
        precondition(done == 1 && length == 32, "OpenSSL has no SHA-256")
        return out
    }
}
