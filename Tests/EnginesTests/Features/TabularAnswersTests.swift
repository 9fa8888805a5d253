import Bus
import EngineKit
import Features
import Foundation
import HTTP
import Market
import Quant
import Runtime
import TestKit
import Testing

@Suite struct TabularAnswersTests {
    init() { EventLoop.runInBackground() }

    /// `NAUTILUS_TEST_PYTHON`, or the interpreter of `.venv`, where it has pyarrow.
    private static let python: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["NAUTILUS_TEST_PYTHON"]
        return [named, root.path + "/.venv/bin/python"].compactMap { $0 }.first { path in
            guard FileManager.default.isExecutableFile(atPath: path) else { return false }
            return (try? ChildProcess(path, ["-c", "import pyarrow"]))?.wait() == 0
        }
    }()

    private static let reader = """
        import json, sys, pyarrow as pa
        table = pa.ipc.open_stream(open(sys.argv[1], 'rb')).read_all()
        columns = {name: table[name].to_pylist() for name in table.column_names if name != 'ts'}
        print(json.dumps({'rows': table.num_rows, 'names': table.column_names, 'columns': columns}))
        """

    /// The Arrow stream, read by pyarrow, has the numbers of the JSON answer, nulls included.
    @Test(.enabled(if: python != nil, "no Python with pyarrow; run scripts/setup.sh test"))
    @LoopActor func pyarrowReadsWhatJSONSays() async throws {
        let fixture = try await EngineFixture.make([FeaturesEngine.self])
        let features = ["sma(close,20)", "macd(close)", "ts_stddev(returns,5)"]
        let list = features.map { "\"\($0)\"" }.joined(separator: ",")
        let body = "{\"bars\":\(BarColumns.walk(60).json),\"features\":[\(list)]}"
        let answer = try await fixture.json(.features, .post, "/features/calculate", body)
        let arrow = try await fixture.ask(.features, .post, "/features/calculate", body,
                                          accept: "application/vnd.apache.arrow.stream")
        let folder = TemporaryFolder(), path = folder.path + "/features.arrow"
        try Data(arrow.body).write(to: URL(fileURLWithPath: path))
        let child = try ChildProcess(try #require(Self.python), ["-c", Self.reader, path], output: .lines)
        let read = try JSONTree(Array(try #require(child.readLine()).utf8))
        #expect(child.wait() == 0 && read["rows"]?.int == 60)
        let names = try #require(answer["columns"]?.keys)
        #expect(names.count == 5 && Set(read["names"]?.elements.compactMap(\.text) ?? []) == Set(names + ["ts"]))
        for name in names { #expect(read["columns"]?[name] == answer["columns"]?[name], "\(name)") }
        await fixture.stop()
    }

    /// An engine that was killed and starts again streams from the stored bars: every later vector has the same bits.
    @Test @LoopActor func aRestartChangesNoLaterVector() async throws {
        let bars = BarColumns.walk(120)
        var told: [[JSONTree?]] = []
        for first in [40, 90] {
            let fixture = try await EngineFixture.make([FeaturesEngine.self])
            try fixture.listen([Topics.feature])
            try await fixture.write(bars.prefix(first), "GOOG")
            for row in first..<120 {
                try await fixture.write(bars.prefix(row + 1).suffix(1), "GOOG")
                try await fixture.publish(bars.bar(row, "GOOG"))
            }
            await fixture.until("every vector came") { fixture.published.count == 120 - first }
            told.append(try fixture.published.suffix(30).map { try JSONTree($0.data)["values"] })
            await fixture.stop()
        }
        #expect(told[0] == told[1] && told[0].allSatisfy { $0 != nil })
    }
}
