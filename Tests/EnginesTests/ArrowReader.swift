import Foundation
import TestKit
import Testing

/// Arrow streams as pyarrow reads them.
enum ArrowReader {
    /// `NAUTILUS_TEST_PYTHON`, or the interpreter of `.venv`, where it has pyarrow.
    static let python: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["NAUTILUS_TEST_PYTHON"]
        return [named, root.path + "/.venv/bin/python"].compactMap { $0 }.first { path in
            guard FileManager.default.isExecutableFile(atPath: path) else { return false }
            return (try? ChildProcess(path, ["-c", "import pyarrow"]))?.wait() == 0
        }
    }()

    private static let script = """
        import json, sys, pyarrow as pa
        table = pa.ipc.open_stream(open(sys.argv[1], 'rb')).read_all()
        times = [time.isoformat() for time in table['ts'].to_pylist()]
        columns = {name: table[name].to_pylist() for name in table.column_names if name != 'ts'}
        print(json.dumps({'rows': table.num_rows, 'ts': times, 'names': table.column_names, 'columns': columns}))
        """

    /// The number of rows, the times as ISO 8601, the names of the columns in order, and the columns with null for what is not there.
    static func read(_ bytes: [UInt8]) throws -> JSONTree {
        let folder = TemporaryFolder(), path = folder.path + "/table.arrow"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let child = try ChildProcess(try #require(python), ["-c", script, path], output: .lines)
        let table = try JSONTree(Array(try #require(child.readLine()).utf8))
        #expect(child.wait() == 0)
        return table
    }
}
