import Glibc
import Market
import SeriesLMDB
import Store
import TestKit
import Testing

/// What the LMDB store does with much data and on bad days.
@Suite struct LMDBBadDayTests {
    private func rows(_ range: Range<Int64>, step: Int64 = 10, columns: Int = 2) -> SeriesColumns {
        let ts = range.map { $0 * step }
        return SeriesColumns(
            ts: ts, names: (0..<columns).map { "c\($0)" },
            values: (0..<columns).map { column in ts.map { Double($0 + Int64(column)) } })
    }

    private func configuration(_ folder: String, mapBytes: Int = 1 << 30) -> LMDBSeriesConfiguration {
        LMDBSeriesConfiguration(path: folder + "/series.lmdb", mapBytes: mapBytes)
    }

    @Test func manyChunksAndAMapThatGrows() async throws {
        let folder = TemporaryFolder()
        let small = configuration(folder.path, mapBytes: 256 << 10)
        var store = try await LMDBSeriesStore.open(small)
        for start in stride(from: Int64(0), to: 300_000, by: 50_000) {
            try await store.write(apple, rows(start..<start + 50_000), recordedAt: someTime)
        }
        // Late rows in the middle of the first chunk, over the end of one, and restated ones.
        let late = SeriesColumns(
            ts: [15, 655_335, 655_345, 655_346, 2_000_000], names: ["c1"], values: [[1, 2, 3, 4, 5]])
        let written = try await store.write(apple, late, recordedAt: someTime)
        #expect(written == SeriesWrite(inserted: 4, restated: 1, version: 7))
        await store.close()
        store = try await LMDBSeriesStore.open(small)
        let all = try await store.read(apple, range: .all, columns: nil)
        #expect(all.count == 300_004)
        #expect(zip(all.ts, all.ts.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try await store.visited(apple, .all, ["c0", "c1"]) == all)
        let around = SeriesRange(from: Timestamp(nanoseconds: 655_330), to: Timestamp(nanoseconds: 655_350))
        let found = try await store.read(apple, range: around, columns: ["c1"])
        #expect(found == SeriesColumns(
            ts: [655_330, 655_335, 655_340, 655_345, 655_346, 655_350], names: ["c1"],
            values: [[655_331, 2, 655_341, 3, 4, 655_351]]))
        let newest = try await store.read(apple, range: .newest(100_000), columns: [])
        #expect(newest.ts == all.ts.suffix(100_000))
        await store.close()
    }

    @Test func aFileThatWasTakenAwayIsNotWrittenTo() async throws {
        let folder = TemporaryFolder(), settings = configuration(folder.path)
        let store = try await LMDBSeriesStore.open(settings)
        try await store.write(apple, rows(0..<10), recordedAt: someTime)
        #expect(rename(settings.path, settings.path + ".away") == 0)
        #expect(store.isAvailable == false)
        await #expect(throws: StoreError.self) { try await store.write(apple, rows(10..<20), recordedAt: someTime) }
        #expect(rename(settings.path + ".away", settings.path) == 0)
        try await store.write(apple, rows(10..<20), recordedAt: someTime)
        #expect(store.isAvailable)
        #expect(try await store.read(apple, range: .all, columns: nil).count == 20)
        await store.close()
    }

    @Test func rowsThatComeAloneFoldIntoFewChunks() async throws {
        let folder = TemporaryFolder()
        let store = try await LMDBSeriesStore.open(LMDBSeriesConfiguration(
            path: folder.path + "/series.lmdb", durability: .lazy))
        for index in 0..<Int64(1_500) {
            try await store.write(apple, SeriesColumns(close: [index]), recordedAt: someTime)
        }
        let chunks = try await store.visit(apple, range: .all, columns: [], into: 0) { count, _ in count += 1 }
        #expect(chunks <= 5)
        #expect(try await store.info(apple)?.rows == 1_500)
        await store.close()
    }

    @Test func writesThatWaitTogetherAllLand() async throws {
        let folder = TemporaryFolder()
        let store = try await LMDBSeriesStore.open(configuration(folder.path, mapBytes: 128 << 10))
        await withTaskGroup(of: StoreError.Code?.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let key = SeriesKey(collection: "bars", name: "S\(index)")
                    let rows = SeriesColumns(close: [1, 2, 3])
                    return await code { try await store.write(key, rows, recordedAt: someTime) }
                }
            }
            for await failure in group { #expect(failure == nil) }
        }
        #expect(try await store.list(collection: "bars", prefix: "", limit: 1_000, after: nil).count == 100)
        await store.close()
    }

    @Test(.enabled(if: TemporaryMount.isPossible, "needs the right to mount"))
    func aFullDeviceKeepsTheOldState() async throws {
        let mount = try TemporaryMount(kilobytes: 1_024)
        let store = try await LMDBSeriesStore.open(configuration(mount.path))
        let small = rows(0..<1_000)
        try await store.write(apple, small, recordedAt: someTime)
        let failed = await code { try await store.write(apple, rows(1_000..<200_000), recordedAt: someTime) }
        #expect(failed == .diskFull)
        #expect(store.isAvailable == false)
        #expect(try await store.read(apple, range: .all, columns: nil) == small)
        try mount.resize(kilobytes: 65_536)
        try await store.write(apple, rows(1_000..<200_000), recordedAt: someTime)
        #expect(try await store.read(apple, range: .all, columns: nil) == rows(0..<200_000))
        #expect(store.isAvailable)
        await store.close()
    }

    @Test(.enabled(if: TemporaryMount.isPossible, "needs the right to mount"))
    func aReadOnlyFolderIsToldSo() async throws {
        let mount = try TemporaryMount(kilobytes: 512)
        try mount.makeReadOnly()
        let refused = await code { _ = try await LMDBSeriesStore.open(configuration(mount.path)) }
        #expect(refused == .readOnly)
    }

    @Test func damagedFilesAreToldSo() async throws {
        let folder = TemporaryFolder()
        let store = try await LMDBSeriesStore.open(configuration(folder.path))
        try await store.write(apple, rows(0..<100_000), recordedAt: someTime)
        await store.close()
        #expect(truncate(folder.path + "/series.lmdb", 100_000) == 0)
        let short = await code { _ = try await LMDBSeriesStore.open(configuration(folder.path)) }
        #expect(short == .corrupted)
        let file = try #require(fopen(folder.path + "/series.lmdb", "w"))
        fputs(String(repeating: "this is no series file\n", count: 1_000), file)
        fclose(file)
        let foreign = await code { _ = try await LMDBSeriesStore.open(configuration(folder.path)) }
        #expect(foreign == .corrupted)
        let nowhere = await code { _ = try await LMDBSeriesStore.open(configuration(folder.path + "/none")) }
        #expect(nowhere == .notFound)
    }

    @Test(arguments: 1...5)
    func aKillLeavesTheOldOrTheNewState(_ round: Int) async throws {
        let folder = TemporaryFolder()
        let environment = ["NAUTILUS_VICTIM": folder.path]
        let child = try ChildProcess.test("StoreTests.KillVictims/series", environment: environment)
        var answered = 0
        func take(_ line: String) { if line.hasPrefix("answered ") { answered = Int(line.dropFirst(9)) ?? 0 } }
        while answered < 9 * round, let line = child.readLine() { take(line) }
        child.signal(SIGKILL)
        while let line = child.readLine() { take(line) }
        child.wait()
        #expect(answered >= 9 * round)
        let store = try await LMDBSeriesStore.open(configuration(folder.path))
        let info = try #require(try await store.info(KillVictims.key))
        // The version counts the writes: all answered ones are there, and perhaps the one that was under way.
        #expect(info.version == answered || info.version == answered + 1)
        let plain = MemorySeriesStore()
        for index in max(0, info.version - 4)..<info.version {
            try await plain.write(KillVictims.key, KillVictims.block(index), recordedAt: someTime)
        }
        let wanted = try await plain.read(KillVictims.key, range: .all, columns: nil)
        let from = SeriesRange(from: wanted.ts.first.map(Timestamp.init(nanoseconds:)))
        #expect(try await store.read(KillVictims.key, range: from, columns: nil) == wanted)
        #expect(info.rows == (info.version + 1) / 2 * KillVictims.rows + info.version / 2)
        await store.close()
    }

    /// What is written together is there together.
    @Test func aKillLeavesAllOrNoneOfABatch() async throws {
        let folder = TemporaryFolder()
        let child = try ChildProcess.test(
            "StoreTests.KillVictims/together", environment: ["NAUTILUS_VICTIM": folder.path])
        var answered = 0
        func take(_ line: String) { if line.hasPrefix("answered ") { answered = Int(line.dropFirst(9)) ?? 0 } }
        while answered < 20, let line = child.readLine() { take(line) }
        child.signal(SIGKILL)
        while let line = child.readLine() { take(line) }
        child.wait()
        #expect(answered >= 20)
        let store = try await LMDBSeriesStore.open(configuration(folder.path))
        let infos = try await store.list(collection: KillVictims.key.collection, prefix: "s", limit: 100, after: nil)
        let versions = Set(infos.map(\.version))
        #expect(infos.count == KillVictims.names.count && versions.count == 1)
        #expect(versions.allSatisfy { $0 == answered || $0 == answered + 1 })
        #expect(infos.allSatisfy { $0.rows == $0.version })
        await store.close()
    }
}
