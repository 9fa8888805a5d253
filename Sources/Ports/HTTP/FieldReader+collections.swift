public import Market
import Wire

extension FieldReader {
    // MARK: Objects

    public func object<T: RequestBody>(_ name: String, _ doc: String, _ type: T.Type) -> T? {
        read(name, doc, type, required: true)
    }

    public func optionalObject<T: RequestBody>(_ name: String, _ doc: String, _ type: T.Type) -> T? {
        read(name, doc, type, required: false)
    }

    private func read<T: RequestBody>(_ name: String, _ doc: String, _ type: T.Type, required: Bool) -> T? {
        if context.describing {
            declare(name, Self.schema(of: type), required: required, doc)
            return nil
        }
        guard let value = value(name, required: required) else { return nil }
        return element(name, value, type)
    }

    private func element<T: RequestBody>(_ name: String, _ value: JSONValue, _ type: T.Type) -> T? {
        nested(name) {
            guard value.kind == .object else {
                context.report("must be an object")
                return nil
            }
            let reader = FieldReader(context: context, object: value)
            let read = T.read(reader)
            reader.finish(type)
            return read
        }
    }

    /// An array of objects; empty when left out.
    public func array<T: RequestBody>(
        _ name: String, _ doc: String, _ type: T.Type, required: Bool = true, limit: Int = 100_000
    ) -> [T] {
        if context.describing {
            declare(name, .array(Self.schema(of: type)), required: required, doc)
            return []
        }
        return elements(name, required: required, limit: limit) { index, value in element("\(index)", value, type) }
    }

    /// An object whose member names are free, each an object; in the order written.
    public func map<T: RequestBody>(
        _ name: String, _ doc: String, _ type: T.Type, required: Bool = true, limit: Int = 10_000
    ) -> [(name: String, value: T)] {
        if context.describing {
            declare(name, .object([], additional: Self.schema(of: type)), required: required, doc)
            return []
        }
        return members(name, required: required, limit: limit) { key, value in element(key, value, type) }
    }

    // MARK: Columns

    /// An array of numbers. With `nulls` a null becomes NaN; without, it is an error.
    public func numbers(
        _ name: String, _ doc: String, required: Bool = true, nulls: Bool = false, limit: Int = 10_000_000
    ) -> [Double]? {
        declare(name, .array(.number(minimum: nil, exclusiveMinimum: false, maximum: nil)), required: required, doc)
        guard let value = value(name, required: required) else { return nil }
        return column(name, value, nulls: nulls, limit: limit)
    }

    private func column(_ name: String, _ value: JSONValue, nulls: Bool, limit: Int) -> [Double]? {
        guard value.kind == .array else {
            context.report("must be an array of numbers", at: [name])
            return nil
        }
        switch value.doubles(nulls: nulls) {
        case .failure(let error):
            context.report("must be a finite number", at: [name, "\(error.index)"])
            return nil
        case .success(let numbers):
            if numbers.count > limit {
                context.report("has \(numbers.count) elements, at most \(limit) are allowed", at: [name])
                return nil
            }
            return numbers
        }
    }

    /// Member names to arrays of numbers, in the order written; `nulls` as in `numbers`.
    public func numberColumns(
        _ name: String, _ doc: String, required: Bool = true, nulls: Bool = false
    ) -> [(name: String, values: [Double])] {
        declare(name, .object([], additional: .array(.number(minimum: nil, exclusiveMinimum: false, maximum: nil))),
                required: required, doc)
        var out: [(name: String, values: [Double])] = []
        visitMembers(name, required: required, limit: 10_000, prepare: { out.reserveCapacity($0) }) { key, value in
            guard let values = column(key, value, nulls: nulls, limit: 10_000_000) else { return false }
            out.append((key, values))
            return true
        }
        return out
    }

    /// Member names to numbers, in the order written.
    public func numberMap(_ name: String, _ doc: String, required: Bool = true) -> [(name: String, value: Double)] {
        declare(name, .object([], additional: .number(minimum: nil, exclusiveMinimum: false, maximum: nil)),
                required: required, doc)
        return members(name, required: required, limit: 10_000) { key, value in
            if let number = value.double { return number }
            context.report("must be a finite number", at: [key])
            return nil
        }
    }

    /// An array of times.
    public func times(_ name: String, _ doc: String, required: Bool = true) -> [Timestamp] {
        declare(name, .array(.string(format: "date-time", allowed: nil)), required: required, doc)
        return elements(name, required: required, limit: 10_000_000) { index, value in
            if let time = Self.time(value) { return time }
            context.report(Self.timeExpected, at: ["\(index)"])
            return nil
        }
    }

    /// An array of strings.
    public func strings(
        _ name: String, _ doc: String, required: Bool = true, limit: Int = 10_000, length: Int = 10_000
    ) -> [String] {
        strings(name, doc, required: required, limit: limit, length: length) { text, _ in text }
    }

    /// An array of strings, each made into something else; `convert` tells what is wrong with one and answers nil.
    public func strings<T>(
        _ name: String, _ doc: String, required: Bool = true, limit: Int = 10_000, length: Int = 10_000,
        _ convert: (_ text: String, _ refuse: (String) -> Void) -> T?
    ) -> [T] {
        declare(name, .array(.string(format: nil, allowed: nil, length: 1...length)), required: required, doc)
        return elements(name, required: required, limit: limit) { index, value in
            if let text = value.string, (1...length).contains(text.utf8.count) {
                if Self.hasNull(text) {
                    context.report(Self.nullRefused, at: ["\(index)"])
                    return nil
                }
                return convert(text) { context.report($0, at: ["\(index)"]) }
            }
            context.report("must be a string of 1 to \(length) characters", at: ["\(index)"])
            return nil
        }
    }

    /// An array of symbols.
    public func symbols(_ name: String, _ doc: String, required: Bool = true) -> [Symbol] {
        declare(name, .array(.symbol), required: required, doc)
        return elements(name, required: required, limit: 10_000) { index, value in
            if let symbol = value.string.flatMap({ Symbol($0) }) { return symbol }
            context.report("must be a symbol: 1 to 32 of A-Z a-z 0-9 . _ : / -", at: ["\(index)"])
            return nil
        }
    }

    /// Any JSON value, written again as bytes; nil when left out.
    public func json(_ name: String, _ doc: String, required: Bool = true) -> [UInt8]? {
        declare(name, .any, required: required, doc)
        allowNull(name)
        guard let value = value(name, required: required) else { return nil }
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    // MARK: Walking

    private func elements<T>(
        _ name: String, required: Bool, limit: Int, _ convert: (Int, JSONValue) -> T?
    ) -> [T] {
        guard let value = value(name, required: required) else { return [] }
        return nested(name) {
            guard value.kind == .array else {
                context.report("must be an array")
                return []
            }
            let count = value.count
            guard count <= limit else {
                context.report("has \(count) elements, at most \(limit) are allowed")
                return []
            }
            var out: [T] = []
            out.reserveCapacity(count)
            var index = 0
            value.forEachElement { element in
                if let converted = convert(index, element) { out.append(converted) }
                index += 1
            }
            return out
        }
    }

    private func members<T>(
        _ name: String, required: Bool, limit: Int, _ convert: (String, JSONValue) -> T?
    ) -> [(name: String, value: T)] {
        var out: [(name: String, value: T)] = []
        visitMembers(name, required: required, limit: limit, prepare: { out.reserveCapacity($0) }) { key, member in
            guard let converted = convert(key, member) else { return false }
            out.append((key, converted))
            return true
        }
        return out
    }

    /// Visits the members of an object; `prepare` hears how many there may be, `take` tells whether one counts towards
    /// the limit.
    private func visitMembers(
        _ name: String, required: Bool, limit: Int, prepare: (Int) -> Void, _ take: (String, JSONValue) -> Bool
    ) {
        guard let value = value(name, required: required) else { return }
        nested(name) {
            guard value.kind == .object else { return context.report("must be an object") }
            for key in value.repeatedMembers() { context.report("appears twice", at: [key]) }
            prepare(min(value.count, limit))
            var taken = 0
            value.forEachMember { key, member in
                if Self.hasNull(key) { context.report(Self.nullRefused, at: [key]) }
                if taken <= limit && take(key, member) { taken += 1 }
            }
            if taken > limit { context.report("has more than \(limit) members") }
        }
    }
}
