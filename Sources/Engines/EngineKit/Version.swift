/// The platform's version: one for all ten services.
public enum Version {
    public static let text = "0.1.0"
}
