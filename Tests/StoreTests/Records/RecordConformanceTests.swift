import Store
import Testing

/// What every record store must do.
@Suite struct RecordConformanceTests {
    @Test(arguments: RecordBackend.allCases)
    func valuesComeBackAsTheyWent(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            let bytes: [UInt8] = [0, 1, 255, 39, 92]
            try await store.execute(Statement(
                "INSERT INTO accounts (id, name, balance, payload) VALUES ($1, $2, $3, $4)",
                values: Int64.max, "naïve 'quote' \\ 雪", 0.1 + 0.2, bytes))
            try await store.execute(Statement(
                "INSERT INTO accounts (id, name, balance, payload) VALUES ($1, $2, $3, $4)",
                [.integer(Int64.min), "", .real(.nan), .blob([])]))
            let result = try await store.query(Statement("SELECT id, name, balance, payload FROM accounts ORDER BY id"))
            #expect(result.columns == ["id", "name", "balance", "payload"])
            #expect(result.rows == [
                [.integer(.min), .text(""), .null, .blob([])],
                [.integer(.max), .text("naïve 'quote' \\ 雪"), .real(0.1 + 0.2), .blob(bytes)],
            ])
            #expect(result.changes == 0)
            let row = try #require(result.first)
            #expect(try row.value(2, as: Double?.self) == nil)
            #expect(throws: StoreError.self) { try row.value(2, as: Double.self) }
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func extremesOfDoublesSurvive(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            let values = [Double.leastNonzeroMagnitude, 1.7976931348623157e308, 1.0 / 3.0, 123456789.123456789, 5.0]
            try await store.transaction(values.enumerated().map { index, value in
                insertAccount(Int64(index), "a\(index)", balance: .real(value))
            })
            let result = try await store.query(Statement("SELECT balance FROM accounts ORDER BY id"))
            #expect(result.rows == values.map { [.real($0)] })
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func parametersMayRepeatAndComeInAnyOrder(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            try await store.transaction([insertAccount(1, "one", balance: 4), insertAccount(2, "two", balance: 6)])
            let found = try await store.query(Statement(
                "SELECT id FROM accounts WHERE balance > $2 AND name <> $1 AND $2 < balance ORDER BY id LIMIT $3",
                ["one", 3.0, 10]))
            #expect(found.rows == [[2]])
            let short = await code {
                _ = try await store.query(Statement("SELECT id FROM accounts WHERE id = $1"))
            }
            #expect(short == .invalidStatement)
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func aTransactionIsAllOrNothing(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            let failed = await code {
                try await store.transaction([insertAccount(1, "one"), insertAccount(2, "one")])
            }
            #expect(failed == .constraint(.unique))
            let sets = try await store.transaction([
                insertAccount(3, "three"),
                Statement("UPDATE accounts SET balance = balance + $1", [1.5]),
                Statement("SELECT balance FROM accounts"),
                Statement("INSERT INTO accounts (id, name) VALUES ($1, $2) RETURNING id, version", [4, "four"]),
            ])
            #expect(sets.map(\.changes) == [1, 1, 0, 1])
            #expect(sets[2].rows == [[1.5]])
            #expect(sets[3].rows == [[4, 1]])
            let count = try await store.query(Statement("SELECT count(*) FROM accounts"))
            #expect(count.rows == [[2]])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func constraintsAreToldApart(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            try await store.execute(insertAccount(1, "one"))
            let cases: [(Statement, StoreError.Constraint)] = [
                (insertAccount(1, "again"), .unique),
                (insertAccount(2, "one"), .unique),
                (insertAccount(3, "three", balance: -1.0), .check),
                (Statement("INSERT INTO accounts (id, name) VALUES ($1, $2)", [4, nil]), .notNull),
                (Statement("INSERT INTO entries (id, account) VALUES ($1, $2)", [1, 99]), .foreignKey),
            ]
            for (statement, kind) in cases {
                let broken = await code { try await store.execute(statement) }
                #expect(broken == .constraint(kind))
            }
            #expect(store.isAvailable)
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func anUnexpectedNumberOfChangesRollsBack(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            try await store.execute(insertAccount(1, "one"))
            let update = Statement(
                "UPDATE accounts SET version = version + 1 WHERE id = $1 AND version = $2", [1, 1], expectedChanges: 1)
            try await store.transaction([update, insertAccount(2, "two")])
            let stale = await code {
                try await store.transaction([insertAccount(3, "three"), update])
            }
            #expect(stale == .conflict)
            let rows = try await store.query(Statement("SELECT id, version FROM accounts ORDER BY id")).rows
            #expect(rows == [[1, 2], [2, 1]])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func badStatementsAreRefused(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            for sql in ["SELEKT 1", "SELECT nothing FROM nowhere", "BEGIN", " commit", "SELECT 1; SELECT 2", ""] {
                let refused = await code { try await store.transaction([Statement(sql)]) }
                #expect(refused == .invalidStatement, "\(sql)")
            }
            let writing = await code { _ = try await store.query(insertAccount(1, "one")) }
            #expect(writing == .invalidStatement)
            let zero = await code { try await store.execute(insertAccount(1, "a\0b")) }
            #expect(zero == .invalidInput)
            #expect(try await store.query(Statement("SELECT id FROM accounts")).rows == [])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func manyAtOnceAllCountAndFailuresStayAlone(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            try await store.migrate([accounts])
            try await store.execute(insertAccount(0, "sum", balance: 0.0))
            let failures = await withTaskGroup(of: Bool.self) { group in
                for id in 1...200 {
                    group.addTask {
                        // Every tenth breaks a rule after it has already counted itself.
                        let add = Statement("UPDATE accounts SET balance = balance + 1 WHERE id = 0")
                        let own = insertAccount(Int64(id), id % 10 == 0 ? "sum" : "a\(id)")
                        return await code { try await store.transaction([add, own]) } != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(failures == 20)
            let rows = try await store.query(Statement(
                "SELECT (SELECT balance FROM accounts WHERE id = 0), count(*) FROM accounts")).rows
            #expect(rows == [[180.0, 181]])
        }
    }

    @Test(arguments: RecordBackend.allCases)
    func aClosedStoreSaysSo(_ backend: RecordBackend) async throws {
        try await backend.withStore { store in
            await store.close()
            let refused = await code { _ = try await store.query(Statement("SELECT 1")) }
            #expect(refused == .closed)
        }
    }
}
