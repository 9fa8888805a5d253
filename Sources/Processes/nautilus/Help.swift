import EngineKit
import Hosting

/// What the command line says of itself.
enum Help {
    static func overview() -> Int32 {
        ProcessRunner.writeOutput("""
            Nautilus \(Version.text): a self-hosted trading-analytics platform.

            usage: nautilus COMMAND [OPTIONS]     each command has --help

              up        starts the engines and the gateway in the foreground
              sample    loads sample prices into a running platform, and replays them
              status    how each engine is
              import    stores bars from a CSV file; import facts stores figures of filings
              backup    copies every store while the engines run
              restore   puts a backup in the place of the stores
              audit     tells whether the risk engine's log is as it was written
              bus       streams, groups, lag and dead letters
              bench     measures speed
              openapi   prints the OpenAPI document of all services
              doctor    tells what is missing on this machine
              catalog   prints every function, or every published factor
              config    prints every setting and its value
              version   prints the version
            """)
        return 0
    }

    static func version(_ arguments: ArraySlice<String>) throws -> Int32 {
        let options = try Options(arguments)
        try options.checkEnd("version")
        if options.wantsHelp {
            ProcessRunner.writeOutput("usage: nautilus version\nPrints the version.")
            return 0
        }
        ProcessRunner.writeOutput(Version.text)
        return 0
    }
}
