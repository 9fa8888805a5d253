/// Apache Arrow's IPC streaming format: a schema message, one record batch, an end mark.
/// Layout: the Arrow columnar specification, version 1.x (metadata V5), little-endian, uncompressed.
public enum ArrowStream {
    private static let metadataVersion: Int16 = 4
    private static let schemaHeader: UInt8 = 1, recordBatchHeader: UInt8 = 3
    private static let floatingPoint: UInt8 = 3, timestamp: UInt8 = 10

    /// A table of `ts` (timestamp in nanoseconds, UTC) and nullable doubles; a value that is not finite is null.
    ///
    /// The numbers are copied once, into their place in an answer of the right size.
    public static func encode(times: [Int64], columns: [(name: String, values: [Double])]) -> [UInt8] {
        let missing = columns.map { column in column.values.count { !$0.isFinite } }
        let layout = Layout(rows: times.count, missing: missing)
        let head = schema(columns.map(\.name))
        let metadata = batch(layout, rows: times.count, missing)
        var out: [UInt8] = []
        out.reserveCapacity(head.count + metadata.count + layout.bodyLength + 48)
        appendHead(head, to: &out)
        appendHead(metadata, to: &out)
        times.withUnsafeBytes { append($0, to: &out) }
        for (column, missing) in zip(columns, missing) {
            if missing > 0 { appendBits(column.values, to: &out) }
            column.values.withUnsafeBytes { append($0, to: &out) }
        }
        out.append(contentsOf: [255, 255, 255, 255, 0, 0, 0, 0])
        return out
    }

    /// Where the buffers of a batch lie: for each column which values are there, where any is missing, and the values.
    private struct Layout {
        private(set) var buffers: [(Int64, Int64)] = []
        private(set) var bodyLength = 0

        init(rows: Int, missing: [Int]) {
            add(0)
            add(rows * 8)
            for count in missing {
                add(count == 0 ? 0 : (rows + 7) / 8)
                add(rows * 8)
            }
        }

        private mutating func add(_ count: Int) {
            buffers.append((Int64(bodyLength), Int64(count)))
            bodyLength += (count + 7) / 8 * 8
        }
    }

    /// A message without its body.
    private static func appendHead(_ metadata: [UInt8], to out: inout [UInt8]) {
        let padded = (metadata.count + 7) / 8 * 8
        out.append(contentsOf: [255, 255, 255, 255])
        withUnsafeBytes(of: Int32(padded).littleEndian) { out.append(contentsOf: $0) }
        out.append(contentsOf: metadata)
        out.append(contentsOf: repeatElement(0, count: padded - metadata.count))
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        out.append(contentsOf: bytes)
        out.append(contentsOf: repeatElement(0, count: (8 - bytes.count % 8) % 8))
    }

    /// One bit a row, set where there is a value.
    private static func appendBits(_ values: [Double], to out: inout [UInt8]) {
        for start in stride(from: 0, to: values.count, by: 8) {
            var bits: UInt8 = 0
            for row in start..<min(start + 8, values.count) where values[row].isFinite { bits |= 1 << UInt8(row - start) }
            out.append(bits)
        }
        out.append(contentsOf: repeatElement(0, count: (8 - (values.count + 7) / 8 % 8) % 8))
    }

    private static func message(
        _ builder: inout FlatBufferBuilder, _ type: UInt8, _ header: Int, bodyLength: Int
    ) -> [UInt8] {
        let root = builder.table([
            .long(slot: 3, Int64(bodyLength)), .offset(slot: 2, header), .short(slot: 0, metadataVersion),
            .byte(slot: 1, type),
        ])
        return builder.finish(root: root)
    }

    private static func schema(_ names: [String]) -> [UInt8] {
        var builder = FlatBufferBuilder()
        let zone = builder.string("UTC")
        let time = builder.table([.offset(slot: 1, zone), .short(slot: 0, 3)])
        var fields = [field(&builder, "ts", timestamp, time, nullable: false)]
        for name in names {
            let double = builder.table([.short(slot: 0, 2)])
            fields.append(field(&builder, name, floatingPoint, double, nullable: true))
        }
        let list = builder.vector(offsets: fields)
        let schema = builder.table([.offset(slot: 1, list), .short(slot: 0, 0)])
        return message(&builder, schemaHeader, schema, bodyLength: 0)
    }

    private static func field(
        _ builder: inout FlatBufferBuilder, _ name: String, _ kind: UInt8, _ type: Int, nullable: Bool
    ) -> Int {
        let text = builder.string(name)
        let children = builder.vector(offsets: [])
        return builder.table([
            .offset(slot: 5, children), .offset(slot: 3, type), .offset(slot: 0, text),
            .byte(slot: 2, kind), .byte(slot: 1, nullable ? 1 : 0),
        ])
    }

    /// Metadata of the one record batch.
    private static func batch(_ layout: Layout, rows: Int, _ missing: [Int]) -> [UInt8] {
        let nodes = [(Int64(rows), Int64(0))] + missing.map { (Int64(rows), Int64($0)) }
        var builder = FlatBufferBuilder()
        let bufferList = builder.vector(pairs: layout.buffers), nodeList = builder.vector(pairs: nodes)
        let record = builder.table([
            .long(slot: 0, Int64(rows)), .offset(slot: 2, bufferList), .offset(slot: 1, nodeList),
        ])
        return message(&builder, recordBatchHeader, record, bodyLength: layout.bodyLength)
    }
}
