import Foundation
import HTTP
import HTTPClient
import Runtime
import TestKit
import Testing
import Wire

/// Real processes in a folder of their own, on ports of their own, that a test may kill; asked over HTTP.
@LoopActor final class BadDay {
    let folder = TemporaryFolder()
    let settings: [String: String]
    let clock = SystemClock()
    private let peers: HTTPPeers
    private(set) var processes: [EngineName: ChildProcess] = [:]

    /// - Parameter engines: who is part of the platform.
    init(_ engines: [EngineName], _ more: [String: String] = [:]) throws {
        let names = engines.map(\.rawValue).joined(separator: ",")
        let named = ["NAUTILUS_ENGINES": names, "NAUTILUS_LOG_LEVEL": "warning"]
        settings = PlatformFixture.settings(folder.path + "/data", named.merging(more) { $1 })
        peers = HTTPPeers(try Configuration(environment: settings), clock: clock)
    }

    // MARK: Processes

    /// Its log goes to `<engine>.log`.
    func start(_ engine: EngineName) throws {
        let script = "exec \"$0\" 2>>'\(folder.path)/\(engine.rawValue).log'"
        processes[engine] = try ChildProcess(
            "/bin/sh", ["-c", script, "\(PlatformFixture.binaries)/\(engine.processName)"],
            environment: PlatformFixture.environment(settings), output: .inherited)
    }

    /// With SIGKILL: it has no time for anything.
    func kill(_ engine: EngineName) {
        processes[engine]?.kill()
        processes[engine] = nil
    }

    /// `nautilus` with its standard output in a file; see `lines`.
    func nautilus(_ arguments: [String]) throws -> ChildProcess {
        let script = "exec \"$0\" \"$@\" >'\(folder.path)/out' 2>'\(folder.path)/err'"
        return try ChildProcess(
            "/bin/sh", ["-c", script, PlatformFixture.binaries + "/nautilus"] + arguments,
            environment: PlatformFixture.environment(settings), output: .inherited)
    }

    /// What `nautilus` wrote to its standard output so far; or its standard error.
    func lines(_ file: String = "out") -> [String] {
        let text = (try? String(contentsOfFile: "\(folder.path)/\(file)", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    // MARK: Asking

    /// An answer: its status and what it says.
    struct Answer {
        let status: Int, text: String
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        }
        var items: [[String: Any]] { json["items"] as? [[String: Any]] ?? [] }
    }

    /// Nil where there is no answer: the connection was refused or broke.
    func ask(
        _ engine: EngineName, _ method: HTTP.Method, _ path: String, query: String = "", key: String? = nil,
        _ body: String = "", type: String = "application/json"
    ) async -> Answer? {
        var headers: Headers = ["Host": "localhost"]
        if !body.isEmpty { headers.add("Content-Type", type) }
        if let key { headers.add("Idempotency-Key", key) }
        let request = Request(method: method, path: path, query: query, headers: headers, body: Array(body.utf8))
        let response = try? await peers.send(request, to: engine, deadlineNanoseconds: 10_000_000_000)
        return response.map { Answer(status: $0.status, text: String(decoding: $0.body, as: UTF8.self)) }
    }

    /// All items of a list, page after page.
    func list(_ engine: EngineName, _ path: String) async throws -> [[String: Any]] {
        var items: [[String: Any]] = [], cursor: String?
        repeat {
            let query = "limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")
            let page = try #require(await ask(engine, .get, path, query: query))
            try #require(page.status == 200, "\(page.text)")
            items += page.items
            cursor = page.json["next_cursor"] as? String
        } while cursor != nil
        return items
    }

    // MARK: Waiting

    /// Whether a condition holds within so many seconds; looked at every 20 ms.
    func eventually(_ seconds: Int, _ condition: @LoopActor () async -> Bool) async -> Bool {
        let deadline = clock.monotonic + Int64(seconds) * 1_000_000_000
        while clock.monotonic < deadline {
            if await condition() { return true }
            await clock.sleep(nanoseconds: 20_000_000)
        }
        return await condition()
    }

    /// Whether an engine is ready within so many seconds.
    func ready(_ engine: EngineName, within seconds: Int = 15) async -> Bool {
        await eventually(seconds) { await self.ask(engine, .get, "/health/ready")?.status == 200 }
    }

    func end() {
        for engine in Array(processes.keys) { kill(engine) }
        peers.close()
    }
}
