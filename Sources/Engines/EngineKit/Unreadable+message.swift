public import Bus
public import Market

extension Unreadable {
    /// A message whose data is JSON, but not what its family holds.
    public init(_ message: Message) { self.init("a message of \(message.topic) cannot be read") }
}
