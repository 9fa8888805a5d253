/// Recursive descent over the grammar
///
///     or         = and { "or" and }
///     and        = not { "and" not }
///     not        = "not" not | comparison
///     comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
///     sum        = product { ("+" | "-") product }
///     product    = sign { ("*" | "/") sign }
///     sign       = ("-" | "+") sign | power
///     power      = output [ "^" sign ]                     binds tighter than the sign, groups from the right
///     output     = primary [ "." name ]
///     primary    = number | name | name "(" arguments ")" | "(" or ")"
///     arguments  = [ or { "," or } ] [ "," "min_periods" "=" sign ]
struct Parser {
    private let tokens: [Token]
    private let limits: ExpressionLimits
    private var index = 0
    private var depth = 0
    private var nodes = 0

    private init(_ text: String, _ limits: ExpressionLimits) throws(QuantError) {
        guard text.utf8.count <= limits.bytes else {
            throw QuantError(.limit, "longer than \(limits.bytes) bytes", cost: text.utf8.count)
        }
        tokens = try Lexer.tokens(of: text)
        self.limits = limits
    }

    /// The tree of a whole text.
    static func parse(_ text: String, limits: ExpressionLimits) throws(QuantError) -> Syntax {
        var parser = try Parser(text, limits)
        let tree = try parser.disjunction()
        guard parser.current.kind == .end else { throw parser.unexpected("an operator or the end") }
        return tree
    }

    private var current: Token { tokens[index] }

    private func unexpected(_ wanted: String) -> QuantError {
        let found =
            switch current.kind {
            case .end: "the end"
            case .name(let name): "'\(name)'"
            case .symbol(let symbol): "'\(symbol)'"
            case .number(let number): "'\(number)'"
            }
        return QuantError(.syntax, "expected \(wanted), found \(found)", position: current.position)
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard current.kind == .name(word) else { return false }
        index += 1
        return true
    }

    private mutating func node(_ tree: Syntax) throws(QuantError) -> Syntax {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw QuantError(
                .limit, "more than \(limits.nodes) nodes", position: tree.position, cost: nodes)
        }
        return tree
    }

    private mutating func enter() throws(QuantError) {
        depth += 1
        guard depth <= limits.depth else {
            throw QuantError(
                .limit, "nested deeper than \(limits.depth)", position: current.position, cost: depth)
        }
    }

    private mutating func disjunction() throws(QuantError) -> Syntax {
        try enter()
        defer { depth -= 1 }
        var left = try conjunction()
        while case let at = current.position, take(word: "or") {
            left = try node(.binary(.or, left, conjunction(), position: at))
        }
        return left
    }

    private mutating func conjunction() throws(QuantError) -> Syntax {
        var left = try negation()
        while case let at = current.position, take(word: "and") {
            left = try node(.binary(.and, left, negation(), position: at))
        }
        return left
    }

    private mutating func negation() throws(QuantError) -> Syntax {
        let at = current.position
        guard take(word: "not") else { return try comparison() }
        try enter()
        defer { depth -= 1 }
        return try node(.unary(.not, negation(), position: at))
    }

    private static let comparisons: Set<String> = ["<", "<=", ">", ">=", "==", "!="]

    private mutating func comparison() throws(QuantError) -> Syntax {
        let left = try sum()
        guard case .symbol(let symbol) = current.kind, Self.comparisons.contains(symbol),
            let comparison = BinaryOperator(rawValue: symbol)
        else { return left }
        let at = current.position
        index += 1
        let tree = try node(.binary(comparison, left, sum(), position: at))
        if case .symbol(let next) = current.kind, Self.comparisons.contains(next) {
            throw QuantError(.syntax, "comparisons do not chain: join them with 'and'", position: current.position)
        }
        return tree
    }

    private mutating func sum() throws(QuantError) -> Syntax {
        var left = try product()
        while true {
            let at = current.position
            if take("+") {
                left = try node(.binary(.add, left, product(), position: at))
            } else if take("-") {
                left = try node(.binary(.subtract, left, product(), position: at))
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(QuantError) -> Syntax {
        var left = try sign()
        while true {
            let at = current.position
            if take("*") {
                left = try node(.binary(.multiply, left, sign(), position: at))
            } else if take("/") {
                left = try node(.binary(.divide, left, sign(), position: at))
            } else {
                return left
            }
        }
    }

    private mutating func sign() throws(QuantError) -> Syntax {
        let at = current.position
        let negative = take("-")
        guard negative || take("+") else { return try power() }
        try enter()
        defer { depth -= 1 }
        let operand = try sign()
        return negative ? try node(.unary(.negate, operand, position: at)) : operand
    }

    private mutating func power() throws(QuantError) -> Syntax {
        let base = try output()
        let at = current.position
        guard take("^") else { return base }
        try enter()
        defer { depth -= 1 }
        return try node(.binary(.power, base, sign(), position: at))
    }

    private mutating func output() throws(QuantError) -> Syntax {
        let tree = try primary()
        guard take(".") else { return tree }
        guard case .name(let name) = current.kind else { throw unexpected("the name of an output") }
        let at = current.position
        index += 1
        return try node(.output(tree, name, position: at))
    }

    private mutating func primary() throws(QuantError) -> Syntax {
        let at = current.position
        switch current.kind {
        case .number(let value):
            index += 1
            return try node(.number(value, position: at))
        case .name(let name) where !["and", "or", "not"].contains(name):
            index += 1
            guard take("(") else { return try node(.name(name, position: at)) }
            return try call(name, at)
        case .symbol("("):
            index += 1
            let tree = try disjunction()
            guard take(")") else { throw unexpected("')'") }
            return tree
        default:
            throw unexpected("a number, a name or '('")
        }
    }

    private mutating func call(_ name: String, _ at: Int) throws(QuantError) -> Syntax {
        var arguments: [Syntax] = []
        var minPeriods: Syntax?
        if take(")") { return try node(.call(name, arguments: [], minPeriods: nil, position: at)) }
        repeat {
            if case .name(let word) = current.kind, tokens[index + 1].kind == .symbol("=") {
                guard word == "min_periods", minPeriods == nil else {
                    throw QuantError(
                        .arguments, "min_periods is the only argument given by name", position: current.position)
                }
                index += 2
                minPeriods = try sign()
            } else if minPeriods != nil {
                throw unexpected("')' after min_periods")
            } else {
                try arguments.append(disjunction())
            }
        } while take(",")
        guard take(")") else { throw unexpected("',' or ')'") }
        return try node(.call(name, arguments: arguments, minPeriods: minPeriods, position: at))
    }
}
