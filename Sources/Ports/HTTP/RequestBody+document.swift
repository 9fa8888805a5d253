import Wire

extension RequestBody {
    /// Reads a document that is nobody's request, such as a file. Throws `JSONError` where it is not JSON, and
    /// `Problem` 422 with every error at its JSON pointer.
    public static func document(_ bytes: [UInt8]) throws -> Self {
        try JSONParser().withDocument(bytes) { try FieldReader.decode(Self.self, from: $0) }
    }
}
