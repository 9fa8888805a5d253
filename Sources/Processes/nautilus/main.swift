import Hosting

let arguments = Array(CommandLine.arguments.dropFirst())

switch arguments.first {
case "up": ProcessRunner.run("nautilus") { try await UpCommand(arguments.dropFirst()).run() }
case "sample": ProcessRunner.run("nautilus") { try await SampleCommand(arguments.dropFirst()).run() }
case "status": ProcessRunner.run("nautilus") { try await StatusCommand(arguments.dropFirst()).run() }
case "import" where arguments.dropFirst().first == "facts":
    ProcessRunner.run("nautilus") { try await ImportFactsCommand(arguments.dropFirst(2)).run() }
case "import": ProcessRunner.run("nautilus") { try await ImportCommand(arguments.dropFirst()).run() }
case "backup": ProcessRunner.run("nautilus") { try BackupCommand(arguments.dropFirst(), restores: false).run() }
case "restore": ProcessRunner.run("nautilus") { try BackupCommand(arguments.dropFirst(), restores: true).run() }
case "audit": ProcessRunner.run("nautilus") { try await AuditCommand(arguments.dropFirst()).run() }
case "bus": ProcessRunner.run("nautilus") { try await BusCommand(arguments.dropFirst()).run() }
case "bench": ProcessRunner.run("nautilus") { try await BenchCommand(arguments.dropFirst()).run() }
case "openapi": ProcessRunner.run("nautilus") { try await OpenAPICommand(arguments.dropFirst()).run() }
case "doctor": ProcessRunner.run("nautilus") { try await DoctorCommand(arguments.dropFirst()).run() }
case "catalog": ProcessRunner.run("nautilus") { try CatalogCommand(arguments.dropFirst()).run() }
case "config": ProcessRunner.run("nautilus") { try ConfigCommand(arguments.dropFirst()).run() }
case "version", "--version": ProcessRunner.run("nautilus") { try Help.version(arguments.dropFirst()) }
case nil, "help", "--help", "-h": ProcessRunner.run("nautilus") { Help.overview() }
case .some(let other):
    ProcessRunner.run("nautilus") { throw StartError(.usage, "there is no command \(other); see nautilus --help") }
}
