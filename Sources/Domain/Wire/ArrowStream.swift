/// Apache Arrow's IPC streaming format: a schema message, one record batch, an end mark.
/// Layout: the Arrow columnar specification, version 1.x (metadata V5), little-endian, uncompressed.
public enum ArrowStream {
    private static let metadataVersion: Int16 = 4
    private static let schemaHeader: UInt8 = 1, recordBatchHeader: UInt8 = 3
    private static let floatingPoint: UInt8 = 3, timestamp: UInt8 = 10

    /// A table of `ts` (timestamp in nanoseconds, UTC) and nullable doubles; a value that is not finite is null.
    public static func encode(times: [Int64], columns: [(name: String, values: [Double])]) -> [UInt8] {
        var out: [UInt8] = []
        appendMessage(schema(columns.map(\.name)), body: [], to: &out)
        let (metadata, body) = batch(times: times, columns: columns)
        appendMessage(metadata, body: body, to: &out)
        out.append(contentsOf: [255, 255, 255, 255, 0, 0, 0, 0])
        return out
    }

    private static func appendMessage(_ metadata: [UInt8], body: [UInt8], to out: inout [UInt8]) {
        let padded = (metadata.count + 7) / 8 * 8
        out.append(contentsOf: [255, 255, 255, 255])
        withUnsafeBytes(of: Int32(padded).littleEndian) { out.append(contentsOf: $0) }
        out.append(contentsOf: metadata)
        out.append(contentsOf: repeatElement(0, count: padded - metadata.count))
        out.append(contentsOf: body)
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

    private static func batch(
        times: [Int64], columns: [(name: String, values: [Double])]
    ) -> (metadata: [UInt8], body: [UInt8]) {
        var body: [UInt8] = [], buffers: [(Int64, Int64)] = [], nodes: [(Int64, Int64)] = []
        func add(_ bytes: UnsafeRawBufferPointer) {
            buffers.append((Int64(body.count), Int64(bytes.count)))
            body.append(contentsOf: bytes)
            body.append(contentsOf: repeatElement(0, count: (8 - body.count % 8) % 8))
        }
        add(UnsafeRawBufferPointer(start: nil, count: 0))
        times.withUnsafeBytes { add($0) }
        nodes.append((Int64(times.count), 0))
        for column in columns {
            var bits = [UInt8](repeating: 0, count: (times.count + 7) / 8), missing = 0
            for (row, value) in column.values.enumerated() {
                if value.isFinite { bits[row >> 3] |= 1 << UInt8(row & 7) } else { missing += 1 }
            }
            if missing == 0 { add(UnsafeRawBufferPointer(start: nil, count: 0)) } else { bits.withUnsafeBytes { add($0) } }
            column.values.withUnsafeBytes { add($0) }
            nodes.append((Int64(times.count), Int64(missing)))
        }
        var builder = FlatBufferBuilder()
        let bufferList = builder.vector(pairs: buffers), nodeList = builder.vector(pairs: nodes)
        let record = builder.table([
            .long(slot: 0, Int64(times.count)), .offset(slot: 2, bufferList), .offset(slot: 1, nodeList),
        ])
        return (message(&builder, recordBatchHeader, record, bodyLength: body.count), body)
    }
}
