import EngineKit
import HTTP
import Market
import Wire

/// How grave an alert is.
enum AlertSeverity: String, CaseIterable, Sendable { case info, warning, critical }

/// What became of an alert.
enum AlertState: String, CaseIterable, Sendable { case open, acknowledged, resolved }

/// Something that somebody should look at.
struct Alert: Sendable {
    var id: String
    var name: String
    var severity: AlertSeverity
    var message: String
    var component: String
    var state = AlertState.open
    var note = ""
    var created: Timestamp
    var updated: Timestamp

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("alert_id", id)
            json.field("name", name)
            json.field("severity", severity.rawValue)
            json.field("message", message)
            json.field("component", component)
            json.field("state", state.rawValue)
            json.field("note", note)
            json.field("created", created)
            json.field("updated", updated)
        }
    }

    /// The alert as JSON bytes, for the bus.
    var bytes: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}

/// An alert to raise.
struct RaiseBody: RequestBody {
    let name: String, severity: AlertSeverity, message: String, component: String

    static func read(_ fields: FieldReader) -> RaiseBody {
        RaiseBody(name: fields.string("name", "What it is called.", length: 1...200),
                  severity: fields.optionalChoice("severity", "How grave; warning unless said.", AlertSeverity.self) ?? .warning,
                  message: fields.string("message", "What happened.", length: 1...4000),
                  component: fields.optionalString("component", "The part it is about.", length: 0...200) ?? "platform")
    }
}

/// A change of an alert.
struct AlertChangeBody: RequestBody {
    let id: String, state: AlertState, note: String?

    static func read(_ fields: FieldReader) -> AlertChangeBody {
        AlertChangeBody(id: fields.string("alert_id", "The alert.", length: 1...64),
                        state: fields.choice("state", "acknowledged, resolved, or open again.", AlertState.self),
                        note: fields.optionalString("note", "What was done.", length: 0...4000))
    }
}

/// Which alerts are asked for.
struct AlertQuery: RequestParameters {
    let severity: AlertSeverity?, state: AlertState?, component: String?, page: PageParameters

    static func read(_ parameters: ParameterReader) -> AlertQuery {
        AlertQuery(severity: parameters.choice("severity", "Only these.", AlertSeverity.self),
                   state: parameters.choice("state", "Only these.", AlertState.self),
                   component: parameters.optionalText("component", "Only of this part."), page: .read(parameters))
    }
}
