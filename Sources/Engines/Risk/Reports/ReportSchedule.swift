import EngineKit
import HTTP
import Market
import Runtime
import Store
import Telemetry
import Wire

/// A report that is made and kept every so many hours.
struct ReportSchedule: Sendable, Equatable {
    let id: String, type: ReportType, portfolio: String, period: ReportPeriod
    let hours: Int
    /// When it is due.
    var next: Timestamp

    /// The first time after `now` that is a whole number of intervals after the last; missed ones are not made up for, as a
    /// report is of the present.
    func following(_ now: Timestamp) -> Timestamp {
        let interval = Int64(hours) * 3_600_000_000_000
        guard now >= next else { return next.adding(nanoseconds: interval) }
        // A first time may lie more than the 292 years back that an integer holds; what comes out of the sum does not.
        let missed = UInt64(bitPattern: now.nanoseconds &- next.nanoseconds) / UInt64(interval)
        return next.adding(nanoseconds: Int64(bitPattern: (missed + 1) &* UInt64(interval)))
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [("id", id), ("report_type", type.rawValue), ("portfolio_id", portfolio), ("period", period.text),
                             ("next", next.iso8601)] {
            json.key(name)
            json.string(text)
        }
        json.key("every_hours")
        json.int(hours)
        json.endObject()
    }
}

/// A schedule as it is asked for.
struct ReportScheduleBody: RequestBody {
    let type: ReportType, portfolio: String, period: ReportPeriod, hours: Int, first: Timestamp?

    static func read(_ fields: FieldReader) -> ReportScheduleBody {
        ReportScheduleBody(
            type: fields.choice("report_type", "Which report.", ReportType.self),
            portfolio: fields.string("portfolio_id", "Of which portfolio.", length: 1...200), period: .read(fields),
            hours: fields.optionalInt("every_hours", "24 unless said.", 1...744) ?? 24,
            first: fields.optionalTime("first", "When it is made first; in one interval unless said."))
    }
}

/// Makes what is due, one after the other, looking every half minute. What fails is told in the log and tried again when it
/// is due next.
@LoopActor final class ReportScheduler {
    private static let everyNanoseconds: Int64 = 30_000_000_000
    private let context: EngineContext
    private weak var engine: RiskEngine?
    private(set) var schedules: [ReportSchedule] = []
    private let rounds: Rounds

    init(_ context: EngineContext, _ engine: RiskEngine) {
        self.context = context
        self.engine = engine
        rounds = Rounds(every: Self.everyNanoseconds, context.clock)
    }

    func start() async throws {
        schedules = try await ReportRecords.schedules(context.records)
        rounds.start { [weak self] in await self?.runDue() }
    }

    func stop() { rounds.stop() }

    func add(_ schedule: ReportSchedule) { schedules.append(schedule) }
    func remove(_ id: String) { schedules.removeAll { $0.id == id } }
    private func has(_ id: String) -> Bool { schedules.contains { $0.id == id } }

    /// Makes every report whose time has come; answers how many were kept.
    @discardableResult
    func runDue() async -> Int {
        let now = context.clock.now
        var kept = 0
        for var schedule in schedules where schedule.next <= now {
            guard let engine else { return kept }
            // One that was ended while others were made is not made.
            guard has(schedule.id) else { continue }
            schedule.next = schedule.following(now)
            do {
                // The next time is written with the report: a crash in between makes neither.
                let document = try await engine.report(schedule.type, of: schedule.portfolio, schedule.period)
                guard has(schedule.id) else { continue }
                _ = try await engine.keep(document, [ReportRecords.update(schedule)])
                kept += 1
            } catch {
                context.logger.warning("a scheduled report was not made", [
                    "schedule": .string(schedule.id), "report": .string(schedule.type.rawValue),
                    "portfolio": .string(schedule.portfolio), "error": .string("\(error)")])
                // A schedule that cannot be written now is due again at the next look.
                guard (try? await context.commit([ReportRecords.update(schedule)])) != nil else { continue }
            }
            if let index = schedules.firstIndex(where: { $0.id == schedule.id }) { schedules[index] = schedule }
        }
        return kept
    }
}
