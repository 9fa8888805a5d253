import Foundation
import Runtime
import TestKit
import Testing

/// What stops a start: one line on standard error and a code of sysexits.
@Suite(.serialized) struct StartTests {
    /// Runs a binary to its end; its code, and what it wrote on standard error.
    private func run(
        _ binary: String, _ arguments: [String] = [], _ settings: [String: String], user: String = ""
    ) throws -> (code: Int32, lines: [String]) {
        let program = user.isEmpty ? "exec" : "exec setpriv --reuid=\(user) --regid=\(user) --clear-groups"
        let script = "\(program) \"$0\" \"$@\" 2>&1 >/dev/null"
        let path = binary.hasPrefix("/") ? binary : "\(PlatformFixture.binaries)/\(binary)"
        let child = try ChildProcess(
            "/bin/sh", ["-c", script, path] + arguments,
            environment: PlatformFixture.environment(settings), output: .lines)
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        return (child.wait(), lines)
    }

    private func expect(_ result: (code: Int32, lines: [String]), _ code: ClosedRange<Int32>, _ words: String) {
        #expect(code.contains(result.code), "\(result)")
        #expect(result.lines.count == 1, "\(result.lines)")
        #expect(result.lines.first?.contains(words) ?? false, "\(result.lines)")
    }

    @Test(.timeLimit(.minutes(1))) func takenPortIsToldAndExits69() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path + "/data")
        let port = try #require(Int(settings["NAUTILUS_RISK_PORT"] ?? ""))
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(fd, 1) == 0)
        expect(try run("risk-engine", [], settings), 69...69, "\(port)")
        expect(try run("nautilus", ["up"], settings), 69...69, "\(port)")
    }

    @Test(.timeLimit(.minutes(1))) func unusableDataFolderIsTold() throws {
        let folder = TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        let file = folder.path + "/file"
        expect(try run("nautilus", ["up"], PlatformFixture.settings(file)), 64...78, file)
        expect(try run("risk-engine", [], PlatformFixture.settings(file + "/in")), 64...78, file)
    }

    @Test(.enabled(if: getuid() == 0, "only root can be somebody else"), .timeLimit(.minutes(1)))
    func readOnlyDataFolderIsTold() throws {
        let folder = TemporaryFolder()
        chmod(folder.path, 0o555)
        // The binaries may lie where nobody else can look.
        let copy = TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: PlatformFixture.binaries + "/risk-engine", toPath: copy.path + "/risk-engine")
        chmod(copy.path, 0o755)
        let result = try run(copy.path + "/risk-engine", [], PlatformFixture.settings(folder.path), user: "65534")
        expect(result, 64...78, folder.path)
    }

    @Test(.timeLimit(.minutes(1))) func misspeltSettingAndOpenDoorAreTold() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path)
        let misspelt = settings.merging(["NAUTILUS_RISK_PROT": "1"]) { $1 }
        expect(try run("risk-engine", [], misspelt), 78...78, "NAUTILUS_RISK_PROT")
        let open = settings.merging(["NAUTILUS_HOST": "0.0.0.0"]) { $1 }
        expect(try run("nautilus", ["up"], open), 78...78, "NAUTILUS_HOST")
    }

    /// Rules of a user's own are refused at the start, with the place and the reason.
    @Test(.timeLimit(.minutes(1))) func faultyFactorRulesAreTold() throws {
        let folder = TemporaryFolder(), path = folder.path + "/rules.json"
        let settings = PlatformFixture.settings(folder.path + "/data").merging(["NAUTILUS_FACTOR_RULES": path]) { $1 }
        expect(try run("factor-engine", [], settings), 66...66, path)
        try Data("{\n  \"rules\": [}\n".utf8).write(to: URL(fileURLWithPath: path))
        expect(try run("factor-engine", [], settings), 78...78, "line 2, column 13")
        let rule = #"{"rules": [{"series": ["bars"], "formulas": ["mine"]}]}"#
        try Data(rule.utf8).write(to: URL(fileURLWithPath: path))
        expect(try run("nautilus", ["up"], settings), 78...78, "/rules/0/formulas/0: there is no set of formulas 'mine'")
    }

    /// A secret has no default, and a device that is not there is not claimed.
    @Test(.timeLimit(.minutes(1)), arguments: [
        ("NAUTILUS_REDIS_URL", "redis://:@redis:6379"), ("NAUTILUS_DATABASE_URL", "postgresql://nautilus:@db/nautilus"),
        ("NAUTILUS_AUTH", "on"), ("NAUTILUS_METAL", "on"),
        ("NAUTILUS_REDIS_URL", "rediss://x"), ("NAUTILUS_REDIS_URL", "redis://h:x"),
        ("NAUTILUS_HOST", "999.1.1.1"), ("NAUTILUS_ACCELERATION", "on"),
    ])
    func emptySecretsAndAbsentDevicesAreRefused(_ name: String, _ value: String) throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path, [name: value])
        expect(try run("risk-engine", [], settings), 78...78, name)
    }

    /// A shell's variable that is not set must not mean the user's own folder.
    @Test(.timeLimit(.minutes(1))) func emptyValuesAreRefused() throws {
        let folder = TemporaryFolder(), home = folder.path + "/home"
        var settings = PlatformFixture.settings(folder.path + "/data")
        settings["HOME"] = home
        settings["XDG_DATA_HOME"] = ""
        for command in [["up", "--data-dir", ""], ["up", "--sample", "--data-dir="], ["backup", "b", "--data-dir", ""],
                        ["restore", "b", "--force", "--data-dir", ""], ["audit", "verify", "--data-dir", ""]] {
            expect(try run("nautilus", command, settings), 64...64, "--data-dir needs a value")
        }
        expect(try run("nautilus", ["up", "--engines", ""], settings), 64...64, "--engines needs a value")
        settings["NAUTILUS_DATA_DIR"] = ""
        for command in [["up"], ["up", "--sample"], ["backup", "b"], ["restore", "b", "--force"]] {
            expect(try run("nautilus", command, settings), 78...78, "NAUTILUS_DATA_DIR is empty")
        }
        expect(try run("risk-engine", [], settings), 78...78, "NAUTILUS_DATA_DIR is empty")
        #expect(!FileManager.default.fileExists(atPath: home))
    }

    @Test(.timeLimit(.minutes(1))) func whatACommandDoesNotTakeIsRefused() throws {
        let folder = TemporaryFolder(), settings = PlatformFixture.settings(folder.path + "/data")
        for command in ["version", "doctor", "config", "status", "openapi"] {
            expect(try run("nautilus", [command, "x"], settings), 64...64, "\(command) takes no argument x")
            expect(try run("nautilus", [command, "--x"], settings), 64...64, "there is no option --x")
        }
        #expect(try run("nautilus", ["version"], settings).code == 0)
        for name in ["risk.nope", "indicators.nope", "indicators.stream.nope"] {
            expect(try run("nautilus", ["bench", name], settings), 64...64, "there is no benchmark \(name)")
        }
        let output = ["bench", "--output", "/nowhere/x", "risk.pretrade", "--folder", folder.path]
        expect(try run("nautilus", output, settings), 73...73, "/nowhere/x cannot be written")
    }

    /// Another address than the usual one: the platform reaches itself there, without a key.
    @Test(.timeLimit(.minutes(1)), arguments: ["127.0.0.2"] + (Loopback6.isThere ? ["::1"] : []), [false, true])
    func everyAddressOfThisMachineIsItsOwn(_ host: String, _ separately: Bool) throws {
        let folder = TemporaryFolder(), redis = separately ? try RedisServer() : nil
        var more = ["NAUTILUS_ENGINES": "risk", "NAUTILUS_HOST": host]
        if let redis { more["NAUTILUS_REDIS_URL"] = redis.url }
        let settings = PlatformFixture.settings(folder.path, more)
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"] + (separately ? ["--processes"] : []),
            environment: PlatformFixture.environment(settings), output: .lines)
        let line = platform.readLine() ?? "", written = host.contains(":") ? "[\(host)]" : host
        #expect(line.contains("\"risk\":\"http://\(written):\(settings["NAUTILUS_RISK_PORT"] ?? "")\""), "\(line)")
        #expect(try run("nautilus", ["status"], settings).code == 0)
        #expect(try run("risk-engine", ["--health"], settings).code == 0)
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func healthAsksTheRunningService() throws {
        let folder = TemporaryFolder()
        let more = ["NAUTILUS_ENGINES": "risk", "NAUTILUS_AUTH": "on", "NAUTILUS_API_KEY": "0123456789abcdef"]
        let settings = PlatformFixture.settings(folder.path, more)
        #expect(try run("risk-engine", ["--health"], settings).code == 1)
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"], environment: PlatformFixture.environment(settings),
            output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        // Whoever follows the ready line finds all healthy, the gateway too.
        #expect(try run("nautilus", ["status"], settings).code == 0)
        #expect(try run("risk-engine", ["--health"], settings).code == 0)
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func secondSupervisorRefusesAndFirstEndsInTime() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path, ["NAUTILUS_ENGINES": "risk"])
        let first = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"], environment: PlatformFixture.environment(settings),
            output: .lines)
        #expect(first.readLine()?.contains("\"ready\":true") ?? false)
        let others = PlatformFixture.settings(folder.path, ["NAUTILUS_ENGINES": "risk"])
        expect(try run("nautilus", ["up"], others), 64...78, folder.path)
        let began = ContinuousClock.now
        first.signal(SIGTERM)
        #expect(first.wait() == 0)
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    /// What no other start would change ends the supervisor, with the code of the process that said it.
    @Test(.timeLimit(.minutes(1)), arguments: [
        ("NAUTILUS_METAL", "on", 78), ("NAUTILUS_SMTP_URL", "mail:25", 78), ("NAUTILUS_HOST", "192.0.2.1", 69),
    ] as [(String, String, Int32)])
    func aProcessThatCannotStartEndsItsSupervisor(_ name: String, _ value: String, _ code: Int32) throws {
        let redis = try RedisServer(), folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path, [
            "NAUTILUS_ENGINES": "risk", "NAUTILUS_LOG_LEVEL": "error", "NAUTILUS_REDIS_URL": redis.url,
            "NAUTILUS_AUTH": "off", name: value,
        ])
        let result = try run("nautilus", ["up", "--processes"], settings)
        #expect(result.code == code, "\(result)")
        #expect(result.lines.last?.contains("before it was ready") == true, "\(result)")
    }

    /// What may pass by itself is tried again, but not without end.
    @Test(.timeLimit(.minutes(1))) func aStoreThatCannotBeOpenedIsTriedFiveTimes() throws {
        let redis = try RedisServer(), folder = TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/risk/records.sqlite", withIntermediateDirectories: true)
        let settings = PlatformFixture.settings(folder.path, [
            "NAUTILUS_ENGINES": "risk", "NAUTILUS_LOG_LEVEL": "error", "NAUTILUS_REDIS_URL": redis.url,
        ])
        let result = try run("nautilus", ["up", "--processes"], settings)
        #expect(result.code == 73, "\(result)")
        #expect(result.lines.count { $0.hasPrefix("risk-engine: ") } == 5, "\(result)")
        #expect(result.lines.last?.contains("before it was ready") == true, "\(result)")
    }

    @Test(.timeLimit(.minutes(1))) func twoServicesHaveTwoPorts() throws {
        let folder = TemporaryFolder(), settings = PlatformFixture.settings(folder.path)
        let one = settings.merging(["NAUTILUS_RISK_PORT": settings["NAUTILUS_PORTFOLIO_PORT"] ?? ""]) { $1 }
        expect(try run("nautilus", ["up"], one), 78...78, "risk and portfolio have the same port")
    }

    @Test(.timeLimit(.minutes(1))) func aSampleStaysOutOfTheUsersDatabase() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path + "/data", ["NAUTILUS_ASSETS_DIR": try assets(folder)])
        let database = settings.merging(["NAUTILUS_DATABASE_URL": "postgresql://me:x@127.0.0.1:1/mine"]) { $1 }
        expect(try run("nautilus", ["up", "--sample"], database), 78...78, "NAUTILUS_DATABASE_URL")
        // Nor does it read what waits on the user's bus.
        let redis = try RedisServer()
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up", "--sample"], environment: PlatformFixture.environment(
                settings.merging(["NAUTILUS_REDIS_URL": redis.url]) { $1 }), output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        #expect(try redis.command("DBSIZE").hasPrefix(":0"))
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    /// A database's backup without the bars is no backup of the platform, unless that is asked for.
    @Test(.timeLimit(.minutes(1))) func aBackupThatWouldLackTheBarsIsRefused() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(
            folder.path + "/data", ["NAUTILUS_DATABASE_URL": "postgresql://me:x@127.0.0.1:1/mine"])
        expect(try run("nautilus", ["backup", folder.path + "/copy"], settings), 66...66, "marketdata/series")
        let alone = try run("nautilus", ["backup", folder.path + "/copy", "--without-series"], settings)
        #expect(alone.code != 0 && alone.lines.first?.contains("marketdata/series") == false)
    }

    /// A terminal's signal goes to the supervisor and to its processes, the supervisor's comes after it.
    @Test(.timeLimit(.minutes(1))) func furtherSignalsDoNotCutAStopOff() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path, ["NAUTILUS_ENGINES": "risk,portfolio"])
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"], environment: PlatformFixture.environment(settings),
            output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        platform.signal(SIGINT)
        while !platform.hasEnded { platform.signal(SIGTERM) }
        #expect(platform.wait() == 0)
    }

    private static let bars = "ts,close\n2024-01-02,10\n2024-01-03,11\n"

    /// Assets with a sample file, or with none.
    private func assets(_ folder: TemporaryFolder, isEmpty: Bool = false) throws -> String {
        let path = folder.path + "/assets"
        try FileManager.default.createDirectory(atPath: path + "/sample", withIntermediateDirectories: true)
        if !isEmpty { try Data(Self.bars.utf8).write(to: URL(fileURLWithPath: path + "/sample/KO.1d.csv")) }
        return path
    }

    /// What `up` was started for cannot be done: it ends, with one line and a code, and keeps no port.
    @Test(.timeLimit(.minutes(1))) func aSampleOrReplayThatIsNotThereEndsTheStart() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(
            folder.path + "/data", ["NAUTILUS_ASSETS_DIR": try assets(folder, isEmpty: true)])
        expect(try run("nautilus", ["up", "--sample"], settings), 66...66, "no sample prices")
        let replay = ["up", "--replay", "NOPE:1d", "--speed", "0"]
        expect(try run("nautilus", replay, settings), 65...65, "NOPE")
        for speed in ["1e-11", "1e-320", "-1", "inf", "1e9"] {
            expect(try run("nautilus", ["up", "--replay", "KO:1d", "--speed", speed], settings), 64...64, "--speed")
        }
    }

    /// Whoever says where the own data is does not want a sample among it.
    @Test(.timeLimit(.minutes(1))) func theSampleIsNeverAmongTheUsersStores() throws {
        let folder = TemporaryFolder(), data = folder.path + "/data"
        let settings = PlatformFixture.settings(data, ["NAUTILUS_ASSETS_DIR": try assets(folder)])
        for (arguments, home) in [(["up", "--sample"], data + "/sample"),
                                  (["up", "--sample", "--data-dir", folder.path + "/named"], folder.path + "/named")] {
            let platform = try ChildProcess(
                PlatformFixture.binaries + "/nautilus", arguments,
                environment: PlatformFixture.environment(settings), output: .lines)
            #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
            platform.signal(SIGTERM)
            #expect(platform.wait() == 0)
            #expect(FileManager.default.fileExists(atPath: home + "/portfolio/records.sqlite"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["sample"])
        }
    }

    /// What is wrong with a file is told by the code: 65 for what is in it, 66 where it cannot be read.
    @Test(.timeLimit(.minutes(1))) func filesThatCannotBeImportedAreTold() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path + "/data", ["NAUTILUS_ENGINES": "marketdata"])
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"], environment: PlatformFixture.environment(settings),
            output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        for (text, more, code) in [("", [], 65), (Self.bars + "2024-01-04,-1\n", ["--strict"], 65), ("ts\n1\n", [], 65),
                                   (Self.bars, [], 0)] as [(String, [String], Int32)] {
            let path = folder.path + "/bars.csv"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let result = try run("nautilus", ["import", path, "--symbol", "KO"] + more, settings)
            #expect(result.code == code && result.lines.count == (code == 0 ? 0 : 1), "\(result)")
        }
        for command in [["import", "/nowhere.csv", "--symbol", "KO"], ["import", "facts", "/nowhere.csv"]] {
            expect(try run("nautilus", command, settings), 66...66, "/nowhere.csv")
        }
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    /// A sample goes into four engines: who leaves one out is told before anything starts.
    @Test(.timeLimit(.minutes(1))) func aSampleWithoutItsEnginesIsRefused() throws {
        let folder = TemporaryFolder()
        let settings = PlatformFixture.settings(folder.path + "/data", ["NAUTILUS_ASSETS_DIR": try assets(folder)])
        expect(try run("nautilus", ["up", "--engines", "risk", "--sample"], settings), 64...64,
               "marketdata, strategy, portfolio not in --engines")
        let some = settings.merging(["NAUTILUS_ENGINES": "risk,portfolio"]) { $1 }
        expect(try run("nautilus", ["up", "--sample"], some), 78...78, "marketdata, strategy not in NAUTILUS_ENGINES")
        expect(try run("nautilus", ["up", "--replay", "KO:1d"], some), 78...78, "--replay needs marketdata")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/data"))
    }

    /// The sample's stores are where nobody looks who was not told.
    @Test(.timeLimit(.minutes(1))) func whereTheSampleIsIsTold() throws {
        let folder = TemporaryFolder(), data = folder.path + "/data", target = folder.path + "/backup"
        let settings = PlatformFixture.settings(data, ["NAUTILUS_ASSETS_DIR": try assets(folder)])
        let none = try run("nautilus", ["backup", target], settings)
        expect(none, 66...66, "nothing to back up in \(data)")
        #expect(!none.lines.joined().contains("sample"))
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up", "--sample"],
            environment: PlatformFixture.environment(settings), output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        expect(try run("nautilus", ["backup", target], settings), 66...66,
               "nautilus backup \(target) --data-dir \(data)/sample")
        expect(try run("nautilus", ["audit", "verify"], settings), 66...66,
               "nautilus audit verify --data-dir \(data)/sample")
        #expect(try run("nautilus", ["backup", target, "--data-dir", data + "/sample"], settings).code == 0)
        #expect(try run("nautilus", ["audit", "verify", "--data-dir", data + "/sample"], settings).code == 0)
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func commandsWithoutTheKeyAreTold() throws {
        let folder = TemporaryFolder()
        let key = ["NAUTILUS_AUTH": "on", "NAUTILUS_API_KEY": "0123456789abcdef"]
        let settings = PlatformFixture.settings(
            folder.path + "/data", key.merging(["NAUTILUS_ASSETS_DIR": try assets(folder)]) { $1 })
        let platform = try ChildProcess(
            PlatformFixture.binaries + "/nautilus", ["up"], environment: PlatformFixture.environment(settings),
            output: .lines)
        #expect(platform.readLine()?.contains("\"ready\":true") ?? false)
        let path = folder.path + "/bars.csv"
        try Data(Self.bars.utf8).write(to: URL(fileURLWithPath: path))
        let keyless = settings.filter { !["NAUTILUS_AUTH", "NAUTILUS_API_KEY"].contains($0.key) }
        let wrong = keyless.merging(["NAUTILUS_API_KEY": "fedcba9876543210"]) { $1 }
        for settings in [keyless, wrong] {
            for command in [["sample"], ["import", path, "--symbol", "KO"], ["import", "facts", path]] {
                let result = try run("nautilus", command, settings)
                expect(result, 77...77, "NAUTILUS_API_KEY_FILE or NAUTILUS_API_KEY")
            }
            // Health asks for none.
            #expect(try run("nautilus", ["status"], settings).code == 0)
        }
        platform.signal(SIGTERM)
        #expect(platform.wait() == 0)
    }
}
