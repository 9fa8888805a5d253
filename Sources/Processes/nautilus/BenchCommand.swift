import Hosting
struct BenchCommand {
    init(_ arguments: ArraySlice<String>) throws {}
    func run() async throws -> Int32 { 0 }
}
