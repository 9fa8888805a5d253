import Glibc
public import Runtime

/// Files that the set-up fetched: sample prices and documentation pages.
public struct Assets: Sendable {
    /// Nil where there are none.
    public let folder: String?

    /// `NAUTILUS_ASSETS_DIR`, or a folder `assets` beside the binary or above it.
    public init(_ configuration: Configuration) {
        let named = configuration.text("ASSETS_DIR")
        if !named.isEmpty {
            folder = named
            return
        }
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let binary = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var parts = binary.split(separator: "/").dropLast()
        while true {
            let candidate = "/" + (parts + ["assets"]).joined(separator: "/")
            if access(candidate, R_OK) == 0 {
                folder = candidate
                return
            }
            if parts.isEmpty { break }
            parts = parts.dropLast()
        }
        folder = nil
    }

    /// A file's bytes, or nil. The path is inside the folder and has no `..`.
    public func read(_ path: String) -> [UInt8]? {
        guard let folder, !path.split(separator: "/").contains("..") else { return nil }
        return Self.read(file: "\(folder)/\(path)")
    }

    /// Names in a sub-folder, sorted.
    public func list(_ path: String) -> [String] {
        guard let folder, let handle = opendir("\(folder)/\(path)") else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Any file's bytes, or nil.
    public static func read(file path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var out: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? out : nil }
            out.append(contentsOf: buffer[0..<count])
        }
    }
}
