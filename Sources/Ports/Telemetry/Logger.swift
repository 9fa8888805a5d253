public import Market
import Wire
import Glibc
import Synchronization

/// How grave a log line is.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, warning, error

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// Where log lines go. One call is one whole line, newline included.
public protocol LogSink: Sendable {
    func write(line: [UInt8])
}

/// Lines to standard error.
public struct StandardErrorSink: LogSink {
    public init() {}

    public func write(line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(2, bytes.baseAddress! + sent, bytes.count - sent)
                if count > 0 { sent += count } else if errno != EINTR { return }
            }
        }
    }
}

/// Keeps lines, for tests.
public final class MemoryLogSink: LogSink {
    private let lines = Mutex<[String]>([])
    public init() {}
    public func write(line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    /// All lines so far.
    public var all: [String] { lines.withLock { $0 } }
}

/// A field of a log line.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String), int(Int), double(Double), bool(Bool)
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
}

/// Writes structured lines: one JSON object with `time level engine message`, `request_id` and `trace_id` where known,
/// and the caller's fields. Secrets are never passed to it: configuration prints them as `***`.
public struct Logger: Sendable {
    /// The engine or part that speaks.
    public let engine: String
    public let level: LogLevel
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp
    private var requestID: String?
    private var traceID: String?

    public init(engine: String, level: LogLevel, sink: any LogSink, now: @escaping @Sendable () -> Timestamp) {
        self.engine = engine
        self.level = level
        self.sink = sink
        self.now = now
    }

    /// A logger whose lines bear a request's ids.
    public func with(requestID: String?, traceID: String?) -> Logger {
        var copy = self
        copy.requestID = requestID
        copy.traceID = traceID
        return copy
    }

    /// The same sink and level under another name.
    public func named(_ engine: String) -> Logger { Logger(engine: engine, level: level, sink: sink, now: now) }

    public func debug(_ message: String, _ fields: KeyValuePairs<String,
        LogValue> = [:]) { log(.debug, message, fields) }
    public func info(_ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]) { log(.info, message, fields) }
    public func warning(_ message: String, _ fields: KeyValuePairs<String,
        LogValue> = [:]) { log(.warning, message, fields) }
    public func error(_ message: String, _ fields: KeyValuePairs<String,
        LogValue> = [:]) { log(.error, message, fields) }

    private func log(_ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, LogValue>) {
        if level < self.level { return }
        var json = JSONWriter()
        json.beginObject()
        json.key("time")
        json.time(now())
        json.key("level")
        json.string(level.rawValue)
        json.key("engine")
        json.string(engine)
        json.key("message")
        json.string(message)
        if let requestID { json.key("request_id"); json.string(requestID) }
        if let traceID { json.key("trace_id"); json.string(traceID) }
        for (name, value) in fields {
            json.key(name)
            switch value {
            case .string(let text): json.string(text)
            case .int(let number): json.int(number)
            case .double(let number): json.double(number)
            case .bool(let flag): json.bool(flag)
            }
        }
        json.endObject()
        sink.write(line: json.bytes + [10])
    }
}
