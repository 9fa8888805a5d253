import Foundation
import Testing

/// A fixture made by Tests/Oracles.
struct Fixture {
    let root: [String: Any]

    init(_ name: String) throws {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
        root = try #require(object as? [String: Any])
    }

    /// A dictionary of columns, null as NaN.
    func columns(_ key: String) throws -> [String: [Double]] {
        try #require(root[key] as? [String: Any]).mapValues(Self.numbers)
    }

    /// A dictionary of dictionaries.
    func objects(_ key: String) throws -> [String: [String: Any]] {
        try #require(root[key] as? [String: [String: Any]])
    }

    static func numbers(_ value: Any) -> [Double] {
        (value as? [Any] ?? []).map { ($0 as? NSNumber)?.doubleValue ?? .nan }
    }

    static func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }
}
