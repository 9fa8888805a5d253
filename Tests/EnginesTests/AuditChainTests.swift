@testable import EngineKit
import HTTP
@testable import Risk
import Runtime
import Security
import Store
import TestKit
import Testing

/// The risk engine's trail as a chain: what was done to its rows is seen.
@Suite struct AuditChainTests {
    init() { EventLoop.runInBackground() }

    @LoopActor private func filled(_ records: EngineRecords, rows: Int = 5) async throws -> EngineFixture {
        let fixture = try await EngineFixture.make([RiskEngine.self], records: records)
        for index in 0..<rows {
            _ = try await fixture.json(.risk, .post, "/api/v1/risk/limits",
                #"{"id":"g\#(index)","type":"gross_exposure","threshold":\#(index + 1)}"#, status: 201)
        }
        return fixture
    }

    @LoopActor private func look(_ fixture: EngineFixture, known: String? = nil) async throws -> AuditLog.Finding {
        let records = try #require(fixture.hosts[.risk]).context.records
        return try await AuditLog.verify(records, known: known) { Digest.sha256($0) }
    }

    @LoopActor private func change(_ fixture: EngineFixture, _ statements: String...) async throws {
        let records = try #require(fixture.hosts[.risk]).context.records
        try await records.transaction(statements.map { Statement($0) })
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func whatWasWrittenIsWholeAndGoesOnInTheNextLife(_ records: EngineRecords) async throws {
        let fixture = try await filled(records)
        let before = try await look(fixture)
        #expect(before.rows == 5 && before.fault == nil && before.unchained == 0)
        let told = try await fixture.json(.risk, .get, "/api/v1/risk/audit/head")
        #expect(told["sequence"]?.double == 5 && told["hash"]?.text == before.head.hash)
        let engine = try #require(fixture.hosts[.risk]?.engine as? RiskEngine)
        await engine.stop()
        try await engine.start()
        _ = try await fixture.json(.risk, .post, "/api/v1/risk/kill-switch", #"{"state":"on","reason":"drill"}"#)
        // Requests side by side get places one after the other.
        async let first = fixture.ask(.risk, .delete, "/api/v1/risk/limits/g0")
        async let second = fixture.ask(.risk, .delete, "/api/v1/risk/limits/g1")
        #expect(try await [first.status, second.status] == [200, 200])
        let after = try await look(fixture, known: before.head.hash)
        #expect(after.rows == 8 && after.fault == nil && after.known == 5)
        await fixture.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func anEditedRowIsFound(_ records: EngineRecords) async throws {
        let fixture = try await filled(records)
        try await change(fixture, "UPDATE audit_events SET actor = 'somebody else' WHERE sequence = 3")
        let found = try await look(fixture)
        #expect(found.rows == 2 && found.fault?.sequence == 3)
        #expect(found.fault?.reason.hasPrefix("row 3 was changed") == true)
        await fixture.stop()
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func aDeletedRowIsFoundWhereverItWas(_ records: EngineRecords) async throws {
        for row in [1, 3] {
            let fixture = try await filled(records)
            try await change(fixture, "DELETE FROM audit_events WHERE sequence = \(row)")
            let found = try await look(fixture)
            #expect(found.fault?.sequence == Int64(row))
            #expect(found.fault?.reason == "row \(row) is missing; the next there is \(row + 1)")
            await fixture.stop()
        }
    }

    @Test(arguments: EngineRecords.here)
    @LoopActor func rowsThatChangedPlacesAreFound(_ records: EngineRecords) async throws {
        let fixture = try await filled(records)
        try await change(
            fixture, "UPDATE audit_events SET sequence = 99 WHERE sequence = 2",
            "UPDATE audit_events SET sequence = 2 WHERE sequence = 4",
            "UPDATE audit_events SET sequence = 4 WHERE sequence = 99")
        #expect(try await look(fixture).fault?.sequence == 2)
        await fixture.stop()
    }

    /// A row whose own hash was made anew fits itself; the next one does not follow it.
    @Test @LoopActor func aRowThatWasHashedAnewDoesNotFitTheNext() async throws {
        let fixture = try await filled(.sqlite)
        let records = try #require(fixture.hosts[.risk]).context.records
        let rows = try await records.query(Statement(
            "SELECT \(AuditRow.columns), sequence, previous, hash FROM audit_events WHERE sequence = 2"))
        var row = try AuditRow(try #require(rows.first))
        let previous = row.link.previous
        row.entry.actor = "somebody else"
        row.follow(AuditRow.Link(sequence: 1, previous: "", hash: previous)) { Digest.sha256($0) }
        try await change(
            fixture, "UPDATE audit_events SET actor = 'somebody else', hash = '\(row.link.hash)' WHERE sequence = 2")
        let found = try await look(fixture)
        #expect(found.rows == 2 && found.fault?.sequence == 3)
        #expect(found.fault?.reason.contains("follows a row with the hash") == true)
        await fixture.stop()
    }

    /// Rows cut off the end leave a chain that is whole: only a head noted before tells.
    @Test(arguments: EngineRecords.here)
    @LoopActor func rowsCutOffTheEndAreSeenAgainstAKnownHead(_ records: EngineRecords) async throws {
        let fixture = try await filled(records)
        let head = try await look(fixture).head.hash
        try await change(fixture, "DELETE FROM audit_events WHERE sequence > 3")
        let alone = try await look(fixture)
        #expect(alone.fault == nil && alone.rows == 3)
        let known = try await look(fixture, known: head)
        #expect(known.fault?.sequence == 4)
        #expect(known.fault?.reason.contains("cut off the end") == true)
        await fixture.stop()
    }

    /// A commit that fails leaves no gap.
    @Test @LoopActor func aStepThatWasNotWrittenTakesNoPlace() async throws {
        let fixture = try await filled(.sqlite, rows: 2)
        try await change(fixture, "ALTER TABLE limits RENAME TO aside")
        let failed = try await fixture.ask(.risk, .post, "/api/v1/risk/limits", #"{"type":"leverage","threshold":2}"#)
        #expect(failed.status == 500)
        try await change(fixture, "ALTER TABLE aside RENAME TO limits")
        _ = try await fixture.json(
            .risk, .post, "/api/v1/risk/limits", #"{"type":"leverage","threshold":2}"#, status: 201)
        let found = try await look(fixture)
        #expect(found.rows == 3 && found.fault == nil)
        await fixture.stop()
    }
}
