// Security: digests and keys over OpenSSL. The only place that knows a secret's form.
import COpenSSL
import Glibc

/// Digests.
public enum Digest {
    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32), length: UInt32 = 0
        let done = EVP_Digest(bytes, bytes.count, &out, &length, EVP_sha256(), nil)
        precondition(done == 1 && length == 32, "OpenSSL has no SHA-256")
        return out
    }

    /// SHA-256 of a file, read a part at a time; nil where it cannot be read. Blocks.
    public static func sha256(file path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return nil }
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&part, 1, part.count, file)
            if count == 0 { break }
            guard EVP_DigestUpdate(context, part, count) == 1 else { return nil }
        }
        var out = [UInt8](repeating: 0, count: 32), length: UInt32 = 0
        guard ferror(file) == 0, EVP_DigestFinal_ex(context, &out, &length) == 1 else { return nil }
        return out
    }
}
