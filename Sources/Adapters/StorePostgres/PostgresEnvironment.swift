import CPostgres

/// How PostgreSQL's own programs are told where the database is: in their environment, where nobody else reads it.
public enum PostgresEnvironment {
    /// The variables for a connection URI or `key=value` string; nil for one libpq does not take.
    public static func variables(url: String) -> [String: String]? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var out: [String: String] = [:], option = options
        while option.pointee.keyword != nil {
            if let name = option.pointee.envvar, let value = option.pointee.val {
                out[String(cString: name)] = String(cString: value)
            }
            option += 1
        }
        return out
    }
}
