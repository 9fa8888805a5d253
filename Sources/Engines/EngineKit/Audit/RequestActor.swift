public import HTTP
public import Runtime
import Wire

/// Who sends a request: the fingerprint of the key they showed, which proves that they have it, and the name they gave
/// in `X-Actor`, which proves nothing until there is a login.
@LoopActor public struct RequestActor: Sendable, Equatable {
    /// The first 6 bytes of the key's digest; nil where no key was shown.
    public let key: String?
    /// Lower case without spaces around it; nil where none was given.
    public let name: String?

    public init(_ request: Request, _ context: EngineContext) {
        key = request.headers["X-API-Key"].map {
            hexadecimal(Array(context.digest(Array($0.utf8)).prefix(6)))
        }
        let given = request.headers["X-Actor"]?.trimmingPrefix(while: \.isWhitespace).lowercased() ?? ""
        let trimmed = String(String(given.reversed()).trimmingPrefix(while: \.isWhitespace).reversed())
        let isName = (1...100).contains(trimmed.count)
            && trimmed.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
        name = isName ? trimmed : nil
    }

    /// As the audit trail has it: `key:1b4f0e985197`, with a name `key:1b4f0e985197 ann`; without a key `anonymous`.
    public var text: String {
        let known = key.map { "key:" + $0 } ?? "anonymous"
        return name.map { "\(known) \($0)" } ?? known
    }
}
