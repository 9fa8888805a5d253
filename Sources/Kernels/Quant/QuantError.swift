/// Why a feature, an expression or a computation was refused.
public struct QuantError: Error, Sendable, Equatable {
    /// What kind of refusal it is.
    public enum Code: String, Sendable, Equatable {
        /// The text does not follow the grammar.
        case syntax
        /// A name is not known.
        case unknownName
        /// A function has too many or too few arguments.
        case arguments
        /// A parameter is outside its range.
        case parameter
        /// A value would be taken from the future.
        case lookAhead
        /// A number stands where a condition is needed.
        case type
        /// Too deep, too many nodes or too costly.
        case limit
        /// The data do not fit: unequal lengths, too few values, a number that is not finite.
        case data
        /// A cross-sectional operator in a stream of one instrument.
        case crossSection
    }

    /// Kind of refusal.
    public let code: Code
    /// One sentence for a person.
    public let message: String
    /// Offset in bytes from the start of the text, where there is a text.
    public let position: Int?
    /// The nearest known name, for an unknown one.
    public let suggestion: String?
    /// The cost that was over the limit, for a limit.
    public let cost: Int?

    /// A refusal.
    public init(
        _ code: Code, _ message: String, position: Int? = nil, suggestion: String? = nil, cost: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.position = position
        self.suggestion = suggestion
        self.cost = cost
    }

    /// The message with where in the text and at what cost, for an answer to a caller.
    public var explanation: String {
        var text = message
        if let position { text += " (at character \(position + 1))" }
        if let cost, !message.contains("\(cost)") { text += " (cost \(cost))" }
        if let suggestion, !message.contains(suggestion) { text += "; did you mean '\(suggestion)'?" }
        return text
    }
}
