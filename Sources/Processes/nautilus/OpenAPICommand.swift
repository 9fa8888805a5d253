import EngineKit
import HTTP
import Hosting
import Runtime

/// `nautilus openapi`: the document of all services, without starting any.
struct OpenAPICommand {
    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments, flags: ["count"])
        try options.checkEnd("openapi")
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput("""
                usage: nautilus openapi [--count]
                Prints the OpenAPI document of all services; --count prints how many routes of the contract answer 501.
                """)
            return 0
        }
        let configuration = try Configuration(environment: ProcessRunner.environment)
        let sections = allRoutes(configuration)
        if options.has("count") {
            let contract = EngineName.allCases.reduce(0) { $0 + Contract.promises(of: $1).count }
            let missing = sections.reduce(0) { total, section in total + section.1.filter { $0.missing != nil }.count }
            ProcessRunner.writeOutput("\(missing) of \(contract) routes of the contract answer 501")
            return 0
        }
        let bytes = OpenAPIDocument.render(
            title: "Nautilus", version: Version.text, description: "All services behind the gateway.",
            sections.map { .init(tag: $0.0.rawValue, routes: $0.1) })
        ProcessRunner.writeOutput(String(decoding: bytes, as: UTF8.self))
        return 0
    }
}
