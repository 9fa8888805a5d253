import BusRedis
import HTTPServer
import Runtime
import Security
import Store

/// Why a process does not start: one line for people and a code of sysexits.h.
public struct StartError: Error, Sendable, CustomStringConvertible {
    /// The sysexits codes in use.
    public enum Code: Int32, Sendable {
        case usage = 64, data = 65, noInput = 66, unavailable = 69, software = 70, cannotCreate = 73, temporary = 75,
            noPermission = 77
        case configuration = 78
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What a command says to a platform that asks for a key and was shown none that it knows.
    public static let noKey = StartError(
        .noPermission, "the platform asks for a key, and none was shown that it knows: set NAUTILUS_API_KEY_FILE or "
            + "NAUTILUS_API_KEY as it is set there")

    /// The line and code for whatever stopped the start.
    public init(_ error: any Error) {
        switch error {
        case let error as StartError: self = error
        case let error as ConfigurationError: self.init(.configuration, error.description)
        case let error as KeyFileError: self.init(.configuration, error.description)
        case RedisBusError.url:
            self.init(.configuration, "NAUTILUS_REDIS_URL is no redis://[[user]:password@]host[:port][/database]")
        case RedisBusError.spool(let reason): self.init(.cannotCreate, "the bus's spool cannot be used: \(reason)")
        case let error as HTTPServerError: self.init(.unavailable, error.description)
        case let error as StoreError:
            let code: Code = switch error.code {
            case .locked: .temporary
            case .readOnly: .noPermission
            default: .cannotCreate
            }
            self.init(code, error.description)
        default: self.init(.software, "\(error)")
        }
    }
}
