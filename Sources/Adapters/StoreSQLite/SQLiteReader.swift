import Store

/// One query and its caller.
struct SQLiteRead: Sendable {
    let statement: Statement
    let answer: Answer<ResultSet>
}

/// A connection that only reads. In WAL mode it sees the last commit and waits for no writer.
struct SQLiteReader: BatchWorker {
    private let connection: SQLiteConnection
    private let health: SQLiteHealth

    init(_ configuration: SQLiteConfiguration, health: SQLiteHealth) throws(StoreError) {
        connection = try SQLiteConnection(path: configuration.path, configuration: configuration, readOnly: true)
        self.health = health
    }

    func run(_ batch: [SQLiteRead]) {
        for request in batch {
            do throws(StoreError) {
                let result = try connection.run(request.statement, readOnly: true)
                request.answer.resume(returning: .success(result))
            } catch {
                health.note(error)
                request.answer.resume(returning: .failure(error))
            }
        }
    }

    func finish() { connection.close() }
}
