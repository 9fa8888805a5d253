import Hosting
struct ImportCommand {
    init(_ arguments: ArraySlice<String>) throws {}
    func run() async throws -> Int32 { 0 }
}
