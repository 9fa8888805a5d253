public import HTTP
public import Market
public import Wire

extension JSONWriter {
    /// A member that is a string.
    public mutating func field(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    /// A member that is a whole number.
    public mutating func field(_ name: String, _ value: Int) {
        key(name)
        int(value)
    }

    /// A member that is a number; null where it is not finite.
    public mutating func field(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    /// A member that is true or false.
    public mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// A member that is a time, ISO 8601.
    public mutating func field(_ name: String, _ value: Timestamp) {
        key(name)
        time(value)
    }

    /// A member that is an object.
    public mutating func object(_ name: String, _ write: (inout JSONWriter) -> Void) {
        key(name)
        object(write)
    }

    /// An object as the next value.
    public mutating func object(_ write: (inout JSONWriter) -> Void) {
        beginObject()
        write(&self)
        endObject()
    }

    /// A member that is an array, one element a value.
    public mutating func array<S: Sequence>(
        _ name: String, _ values: S, _ write: (inout JSONWriter, S.Element) throws -> Void
    ) rethrows {
        key(name)
        beginArray()
        for value in values { try write(&self, value) }
        endArray()
    }

    /// The members of a list that is told page by page: `items`, and `next_cursor`, which is null on the last page.
    public mutating func page<S: Sequence>(
        _ items: S, next: String?, _ write: (inout JSONWriter, S.Element) throws -> Void
    ) rethrows {
        try array("items", items, write)
        key("next_cursor")
        if let next { string(next) } else { null() }
    }

    /// A member that is an array of strings.
    public mutating func strings(_ name: String, _ values: some Sequence<String>) {
        array(name, values) { $0.string($1) }
    }
}

extension JSONBody {
    /// One page of a list, and nothing beside it.
    public static func page<S: Sequence>(
        _ items: S, next: String? = nil, _ write: (inout JSONWriter, S.Element) throws -> Void
    ) rethrows -> JSONBody {
        var json = JSONWriter()
        json.beginObject()
        try json.page(items, next: next, write)
        json.endObject()
        return JSONBody(bytes: json.bytes)
    }
}
