/// Arithmetic over a portfolio's metrics, as a limit's value: numbers, names, `+ - * /`, parentheses, `abs(x)`, `max(a, b)`
/// and `min(a, b)`.
struct MetricExpression: Sendable, Equatable {
    /// Why a text is no expression.
    struct Fault: Error, Equatable { let message: String }

    private enum Step: Sendable, Equatable {
        case number(Double), metric(String), negate, add, subtract, multiply, divide, absolute, larger, smaller
    }

    /// Most steps an expression may have.
    private static let limit = 200

    let text: String
    /// Names it reads, each once, in the order of their first use.
    private(set) var metrics: [String] = []
    /// In the order they are carried out on a stack.
    private var steps: [Step] = []

    init(_ text: String) throws(Fault) {
        self.text = text
        var parser = Parser(text)
        steps = try parser.whole()
        guard steps.count <= Self.limit else { throw Fault(message: "has more than \(Self.limit) steps") }
        for case .metric(let name) in steps where !metrics.contains(name) { metrics.append(name) }
        if metrics.isEmpty { throw Fault(message: "names no metric") }
    }

    /// Its value where `metric` gives each name's.
    func value(_ metric: (String) throws -> Double) throws -> Double {
        var stack: [Double] = []
        for step in steps {
            switch step {
            case .number(let value): stack.append(value)
            case .metric(let name): stack.append(try metric(name))
            case .negate: stack[stack.count - 1] = -stack[stack.count - 1]
            case .absolute: stack[stack.count - 1] = abs(stack[stack.count - 1])
            default:
                let right = stack.removeLast(), left = stack[stack.count - 1]
                stack[stack.count - 1] = Self.combine(step, left, right)
            }
        }
        return stack[0]
    }

    private static func combine(_ step: Step, _ left: Double, _ right: Double) -> Double {
        switch step {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        // What is not a number stays so.
        case .larger: left.isNaN || right.isNaN ? .nan : max(left, right)
        case .smaller: left.isNaN || right.isNaN ? .nan : min(left, right)
        default: .nan
        }
    }

    /// Recursive descent over the text's bytes.
    private struct Parser {
        private let text: [UInt8]
        private var place = 0, depth = 0
        private var steps: [Step] = []

        init(_ text: String) { self.text = Array(text.utf8) }

        mutating func whole() throws(Fault) -> [Step] {
            try sum()
            skip()
            if place < text.count { throw Fault(message: "is not understood from character \(place + 1) on") }
            return steps
        }

        private mutating func sum() throws(Fault) {
            try product()
            while let sign = next(of: "+-") {
                try product()
                steps.append(sign == UInt8(ascii: "+") ? .add : .subtract)
            }
        }

        private mutating func product() throws(Fault) {
            try factor()
            while let sign = next(of: "*/") {
                try factor()
                steps.append(sign == UInt8(ascii: "*") ? .multiply : .divide)
            }
        }

        private mutating func factor() throws(Fault) {
            depth += 1
            defer { depth -= 1 }
            if depth > 50 { throw Fault(message: "is nested too deeply") }
            if next(of: "-") != nil {
                try factor()
                steps.append(.negate)
            } else if next(of: "(") != nil {
                try sum()
                try expect(")")
            } else if let word = word() {
                try named(word)
            } else {
                try number()
            }
        }

        private mutating func named(_ word: String) throws(Fault) {
            guard next(of: "(") != nil else {
                guard word == "equity" || word == "cash" || LimitType(rawValue: word).map({ $0 != .expression }) == true
                else { throw Fault(message: "names \(word), which is no metric") }
                steps.append(.metric(word))
                return
            }
            try sum()
            switch word {
            case "abs": steps.append(.absolute)
            case "max", "min":
                try expect(",")
                try sum()
                steps.append(word == "max" ? .larger : .smaller)
            default: throw Fault(message: "calls \(word), which is no function")
            }
            try expect(")")
        }

        private mutating func number() throws(Fault) {
            skip()
            let start = place
            while place < text.count, isPartOfNumber(place, start) { place += 1 }
            let digits = String(decoding: text[start..<place], as: UTF8.self)
            guard let value = Double(digits), value.isFinite else {
                throw Fault(message: "wants a number or a metric at character \(start + 1)")
            }
            steps.append(.number(value))
        }

        private func isPartOfNumber(_ place: Int, _ start: Int) -> Bool {
            let byte = text[place]
            if (48...57).contains(byte) || byte == UInt8(ascii: ".") { return true }
            guard place > start else { return false }
            let isExponent = byte | 0x20 == UInt8(ascii: "e"), before = text[place - 1] | 0x20
            return isExponent || ((byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")) && before == UInt8(ascii: "e"))
        }

        private mutating func word() -> String? {
            skip()
            let start = place
            while place < text.count, text[place] == UInt8(ascii: "_") || (97...122).contains(text[place]) { place += 1 }
            return place > start ? String(decoding: text[start..<place], as: UTF8.self) : nil
        }

        private mutating func expect(_ sign: StaticString) throws(Fault) {
            if next(of: sign) == nil { throw Fault(message: "wants \(sign) at character \(place + 1)") }
        }

        private mutating func next(of signs: StaticString) -> UInt8? {
            skip()
            guard place < text.count else { return nil }
            let isOne = signs.withUTF8Buffer { $0.contains(text[place]) }
            guard isOne else { return nil }
            place += 1
            return text[place - 1]
        }

        private mutating func skip() { while place < text.count, text[place] == UInt8(ascii: " ") { place += 1 } }
    }
}
