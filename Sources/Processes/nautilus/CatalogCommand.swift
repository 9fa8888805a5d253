import Hosting

/// `nautilus catalog`: what can be calculated, as a page of the documentation.
struct CatalogCommand {
    private let options: Options

    init(_ arguments: ArraySlice<String>) throws { options = try Options(arguments, flags: ["markdown"]) }

    func run() throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput("""
                usage: nautilus catalog features|factors [--markdown]
                Prints every function of the language, or every published formula, as a page in Markdown.
                """)
            return 0
        }
        switch options.rest {
        case ["features"]: ProcessRunner.writeOutput(CatalogPages.features)
        case ["factors"]: ProcessRunner.writeOutput(CatalogPages.factors)
        default: throw StartError(.usage, "catalog takes features or factors; see --help")
        }
        return 0
    }
}
