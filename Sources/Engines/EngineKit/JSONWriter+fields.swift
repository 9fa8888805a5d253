public import Market
public import Wire

extension JSONWriter {
    public mutating func field(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    public mutating func field(_ name: String, _ value: Int) {
        key(name)
        int(value)
    }

    public mutating func field(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    public mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

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
    public mutating func array<S: Sequence>(_ name: String, _ values: S, _ write: (inout JSONWriter, S.Element) -> Void) {
        key(name)
        beginArray()
        for value in values { write(&self, value) }
        endArray()
    }

    /// A member that is an array of strings.
    public mutating func strings(_ name: String, _ values: some Sequence<String>) {
        array(name, values) { $0.string($1) }
    }
}
