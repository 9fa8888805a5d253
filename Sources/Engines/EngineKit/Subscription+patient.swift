import Bus
import HTTP
public import Store

extension Subscription {
    /// The same, with a handler that waits for whatever is away: a database that restarts, a peer that is not there yet.
    /// Only what is wrong with the message itself counts as a failed attempt and leads to the dead letters.
    var patient: Subscription {
        var out = self
        let handler = handler
        out.handler = { batch in
            do {
                try await handler(batch)
            } catch let error as StoreError where error.isOutage {
                throw Postponed(error.description)
            } catch let problem as Problem where problem.status == 503 {
                throw Postponed("\(problem)")
            }
        }
        return out
    }
}

extension StoreError {
    /// Whether the store cannot work now, whatever it is asked.
    public var isOutage: Bool {
        switch code {
        case .unavailable, .busy, .outcomeUnknown, .readOnly, .diskFull, .locked, .closed, .io: true
        case .conflict, .constraint, .corrupted, .invalidStatement, .invalidInput, .notFound, .typeMismatch, .migration: false
        }
    }
}
