/// What was written: a tree without types, every branch with its offset in bytes.
indirect enum Syntax: Sendable {
    case number(Double, position: Int)
    case name(String, position: Int)
    case call(String, arguments: [Syntax], minPeriods: Syntax?, position: Int)
    case output(Syntax, String, position: Int)
    case unary(UnaryOperator, Syntax, position: Int)
    case binary(BinaryOperator, Syntax, Syntax, position: Int)

    var position: Int {
        switch self {
        case .number(_, let position), .name(_, let position), .call(_, _, _, let position),
            .output(_, _, let position), .unary(_, _, let position), .binary(_, _, _, let position):
            position
        }
    }
}

/// Operators of one operand.
enum UnaryOperator: String, Sendable {
    case negate = "-"
    case not
}

/// Operators of two operands, as they are written.
enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case and
    case or
}
