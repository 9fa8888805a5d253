import Foundation
import HTTP
import Hosting
import Market
import Quant
import Runtime
import Synchronization
import TestKit
import Wire

/// What the tests of the whole platform share: ports nobody else has, settings, and the sample prices.
enum PlatformFixture {
    /// Below the ports that the kernel gives to callers (32,768 on Linux): one of those may be taken at any time.
    private static let nextPort = Mutex(10_000 + Int(getpid()) % 36 * 600)

    /// Settings for a platform of its own: a folder, and ten ports.
    static func settings(_ folder: String, _ more: [String: String] = [:]) -> [String: String] {
        let first = nextPort.withLock { port in
            defer { port += EngineName.allCases.count }
            return port
        }
        var settings = ["NAUTILUS_DATA_DIR": folder, "NAUTILUS_LOG_LEVEL": "error"]
        for (index, name) in EngineName.allCases.enumerated() {
            settings["NAUTILUS_\(name.rawValue.uppercased())_PORT"] = "\(first + index)"
        }
        return settings.merging(more) { $1 }
    }

    /// The folder with the built binaries; `TEST_BINARIES` names another one, of a release build say.
    static var binaries: String {
        if let folder = ProcessInfo.processInfo.environment["TEST_BINARIES"] { return folder }
        return URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    }

    /// Where the set-up put real prices; nil where it was not run.
    static var sample: String? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("assets/sample/GOOG.1d.csv").path
        return FileManager.default.fileExists(atPath: file) ? root.appendingPathComponent("assets").path : nil
    }

    /// The bars of a sample file.
    static func bars(_ path: String) throws -> Bars {
        var ts: [Int64] = [], columns: [[Double]] = Array(repeating: [], count: 5)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",")
            ts.append(Timestamp(iso8601: fields[0])?.nanoseconds ?? 0)
            for index in 0..<5 { columns[index].append(Double(fields[index + 1]) ?? .nan) }
        }
        return try Bars(ts: ts, open: columns[0], high: columns[1], low: columns[2], close: columns[3],
            volume: columns[4])
    }

    /// The environment of a child: ours without its settings, and these.
    static func environment(_ settings: [String: String]) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("NAUTILUS_") }
        for (name, value) in settings { environment[name] = value }
        return environment
    }
}
