import EngineKit
import HTTP
@testable import Risk
import Runtime
import Store
import Testing
import TestKit
import Wire

/// Changes of limits that come together are made one after the other.
@Suite struct LimitRaceTests {
    init() { EventLoop.runInBackground() }

    private static let path = "/api/v1/risk/limits"

    /// Asks all at once; the statuses in the order of the bodies.
    @LoopActor private func together(
        _ fixture: EngineFixture, _ method: HTTP.Method, _ path: String, _ bodies: [String]
    ) async throws -> [Int] {
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for (index, body) in bodies.enumerated() {
                group.addTask {
                    let headers: Headers = ["X-Actor": "ann"]
                    return (index, try await fixture.ask(.risk, method, path, body, headers: headers).status)
                }
            }
            var statuses = [Int](repeating: 0, count: bodies.count)
            for try await (index, status) in group { statuses[index] = status }
            return statuses
        }
    }

    private static func gross(_ threshold: Int, _ more: String = "") -> String {
        #"{"type":"gross_exposure","threshold":\#(threshold)\#(more)}"#
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func oneOfManyChangesOfOneVersionIsMade(_ records: EngineRecords) async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        let created = try await together(
            fixture, .post, Self.path, (1...4).map { Self.gross($0 * 100, #","id":"g""#) })
        #expect(created.sorted() == [201, 409, 409, 409])
        let changed = try await together(
            fixture, .put, Self.path + "/g", (1...4).map { Self.gross($0 * 1000, #","version":1"#) })
        #expect(changed.sorted() == [200, 409, 409, 409])
        let now = try await fixture.json(.risk, .get, Self.path + "/g")
        let winner = try #require(changed.firstIndex(of: 200))
        #expect(now["version"]?.double == 2 && now["threshold"]?.double == Double(winner + 1) * 1000)
        let versions = try await fixture.json(.risk, .get, Self.path + "/g/versions")
        #expect(versions["items"]?.elements.count == 2)
        #expect(try await together(fixture, .delete, Self.path + "/g", ["", ""]).sorted() == [200, 404])
        await fixture.stop()
    }

    @Test @LoopActor func nobodyLoosensALimitBesideItsTightening() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self]), approval = #","approval":"four-eyes""#
        for round in 0..<4 {
            let path = Self.path + "/g\(round)"
            let id = #","id":"g\#(round)""#
            _ = try await fixture.json(.risk, .post, Self.path, Self.gross(1_000_000, approval + id), status: 201)
            var thresholds = [10, 900_000]
            if round % 2 == 1 { thresholds.reverse() }
            // Each alone tightens; the larger one after the smaller loosens.
            let statuses = try await together(fixture, .put, path, thresholds.map { Self.gross($0, approval) })
            #expect(statuses == [200, 200] || statuses == [200, 202] || statuses == [202, 200])
            let now = try await fixture.json(.risk, .get, path)
            #expect(now["threshold"]?.double == 10, "\(statuses)")
        }
        await fixture.stop()
    }

    @Test @LoopActor func ofLimitsThatContradictEachOtherOneIsMade() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let statuses = try await together(fixture, .post, Self.path, [
            Self.gross(1000, #","minimum":500,"id":"a""#), Self.gross(100, #","id":"b""#),
        ])
        #expect(statuses.sorted() == [201, 422])
        await fixture.stop()
    }

    /// The records have a version that is not known here: nothing is written over it, and it is known afterwards.
    @Test @LoopActor func whatTheRecordsHaveIsReadAnewWhereTheyHaveMovedOn() async throws {
        let fixture = try await EngineFixture.make([RiskEngine.self])
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        _ = try await fixture.json(.risk, .post, Self.path, Self.gross(100, #","id":"g""#), status: 201)
        var other = try #require(engine.limits.first)
        other.threshold = 70
        other.version = 2
        try await engine.context.commit([LimitRows.update(other, from: 1)])
        _ = try await fixture.json(.risk, .put, Self.path + "/g", Self.gross(90), status: 409)
        #expect(try await fixture.json(.risk, .get, Self.path + "/g")["threshold"]?.double == 70)
        _ = try await fixture.json(.risk, .put, Self.path + "/g", Self.gross(60))
        await fixture.stop()
    }
}
