import Hosting
import Runtime

ProcessRunner.run("nautilus") {
    let configuration = try Configuration(environment: ProcessRunner.environment)
    let folder = try DataFolder(configuration, environment: ProcessRunner.environment)
    let platform = Platform(configuration, EngineName.allCases, folder: folder)
    try await platform.start()
    await platform.ready()
    ProcessRunner.writeOutput("ready")
    await ProcessRunner.untilSignal()
    await platform.stop()
    return 0
}
