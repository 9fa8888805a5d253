/// Values that are made once and read for every number that is written, at a place that is known to be in it.
///
/// The one pointer here is unsafe because the compiler cannot know what is so: it is written before anyone has it, only
/// read afterwards and never given back. An array would count references and check bounds for every number.
struct LookupTable<Element: BitwiseCopyable & Sendable>: Sendable {
    nonisolated(unsafe) private let start: UnsafePointer<Element>

    init(_ elements: [Element]) {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        memory.initialize(from: elements, count: elements.count)
        start = UnsafePointer(memory)
    }

    /// The element at a place, which is not checked.
    @inline(__always)
    subscript(place: Int) -> Element { start[place] }
}
