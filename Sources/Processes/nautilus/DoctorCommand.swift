import Glibc
import Hosting
import Runtime

/// `nautilus doctor`: what is missing on this machine, and the command that installs it.
struct DoctorCommand {
    private struct Finding {
        let name: String, isFine: Bool, isNeeded: Bool, detail: String
    }

    private let options: Options

    init(_ arguments: ArraySlice<String>) throws {
        options = try Options(arguments)
        try options.checkEnd("doctor")
    }

    @LoopActor func run() async throws -> Int32 {
        if options.wantsHelp {
            ProcessRunner.writeOutput("usage: nautilus doctor\nTells what is missing here and how to get it; exit 1 where something needed is.")
            return 0
        }
        let environment = ProcessRunner.environment
        var findings: [Finding] = []
        do throws(ConfigurationError) {
            let configuration = try Configuration(environment: environment)
            findings.append(Finding(name: "settings", isFine: true, isNeeded: true,
                detail: "every NAUTILUS_ variable is known"))
            findings += try await look(configuration, environment)
        } catch {
            findings.append(Finding(name: "settings", isFine: false, isNeeded: true, detail: error.description))
        }
        for finding in findings {
            let mark = finding.isFine ? "ok  " : finding.isNeeded ? "FAIL" : "note"
            ProcessRunner.writeOutput("\(mark)  \(finding.name): \(finding.detail)")
        }
        return findings.contains { !$0.isFine && $0.isNeeded } ? 1 : 0
    }

    @LoopActor private func look(
        _ configuration: Configuration, _ environment: [String: String]
    ) async throws(ConfigurationError) -> [Finding] {
        var findings: [Finding] = []
        do {
            let folder = try DataFolder(configuration, environment: environment)
            findings.append(Finding(name: "data folder", isFine: true, isNeeded: true,
                detail: "\(folder.path) can be written"))
        } catch {
            findings.append(Finding(name: "data folder", isFine: false, isNeeded: true, detail: "\(error)"))
        }
        let assets = Assets(configuration)
        let hasSample = !assets.list("sample").isEmpty, hasPages = assets.read("swagger-ui/swagger-ui.css") != nil
        findings.append(Finding(name: "sample prices", isFine: hasSample, isNeeded: false,
                                detail: hasSample ? "\(assets.list("sample").count) files" : "none; run scripts/setup.sh run"))
        findings.append(Finding(name: "documentation pages", isFine: hasPages, isNeeded: false,
                                detail: hasPages ? "present" : "none; run scripts/setup.sh run"))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        findings.append(Finding(name: "open files", isFine: limit.rlim_max >= 16_384, isNeeded: false,
                                detail: "at most \(limit.rlim_max); 15,000 sockets want 16,384: ulimit -Hn"))
        for (name, package) in [("redis-server", "redis-server"), ("postgres", "postgresql")] {
            let found = Self.find(name)
            findings.append(Finding(
                name: name, isFine: found != nil, isNeeded: false,
                detail: found ?? "not here; only for processes of their own: apt-get install \(package)"))
        }
        for name in EngineName.allCases {
            let port = configuration.port(of: name)
            if Self.isTaken(port, configuration.bindAddress) {
                findings.append(Finding(name: "port \(port)", isFine: false, isNeeded: false,
                                        detail: "in use; a running platform, or set NAUTILUS_\(name.rawValue.uppercased())_PORT"))
            }
        }
        return findings
    }

    private static func find(_ program: String) -> String? {
        var folders = (ProcessRunner.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        folders += (13...18).map { "/usr/lib/postgresql/\($0)/bin" }
        return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    private static func isTaken(_ port: Int, _ host: String) -> Bool {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var one: Int32 = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return false }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0 && errno == EADDRINUSE
            }
        }
    }
}
