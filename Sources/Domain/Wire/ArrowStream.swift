/// Apache Arrow's IPC streaming format: a schema message, record batches, an end mark.
/// Layout: the Arrow columnar specification, version 1.x (metadata V5), little-endian, uncompressed.
public enum ArrowStream {
    private static let metadataVersion: Int16 = 4
    private static let schemaHeader: UInt8 = 1, recordBatchHeader: UInt8 = 3
    private static let floatingPoint: UInt8 = 3, utf8: UInt8 = 5, timestamp: UInt8 = 10

    /// A table of `ts` (timestamp in nanoseconds, UTC) and nullable doubles, a record batch for each of its parts; with
    /// `symbol` (UTF-8) before them where `hasSymbol`: then every part must have one.
    ///
    /// The numbers are copied once, into their place in an answer of the right size.
    public static func encode(names: [String], hasSymbol: Bool = false, _ parts: [TableRows]) -> [UInt8] {
        let head = schema(names, hasSymbol)
        let batches = parts.map { Batch($0, hasSymbol) }
        var out: [UInt8] = []
        out.reserveCapacity(batches.reduce(head.count + 24) { $0 + $1.metadata.count + $1.layout.bodyLength + 16 })
        appendHead(head, to: &out)
        for (batch, rows) in zip(batches, parts) {
            appendHead(batch.metadata, to: &out)
            if hasSymbol { appendSymbol(rows, to: &out) }
            rows.times.withUnsafeBytes { append($0, to: &out) }
            for (values, missing) in zip(rows.values, batch.missing) {
                if missing > 0 { appendBits(values, to: &out) }
                values.withUnsafeBytes { append($0, to: &out) }
            }
        }
        out.append(contentsOf: [255, 255, 255, 255, 0, 0, 0, 0])
        return out
    }

    /// A record batch without its numbers.
    private struct Batch {
        let layout: Layout
        /// How many values of each column are null.
        let missing: [Int]
        let metadata: [UInt8]

        init(_ rows: TableRows, _ hasSymbol: Bool) {
            missing = rows.values.map { values in values.count { !$0.isFinite } }
            let symbol = hasSymbol ? rows.symbol ?? "" : nil
            layout = Layout(rows: rows.times.count, symbolBytes: symbol?.utf8.count, missing: missing)
            let whole = [Int](repeating: 0, count: hasSymbol ? 2 : 1)
            metadata = ArrowStream.batch(layout, rows: rows.times.count, whole + missing)
        }
    }

    /// Where the buffers of a batch lie: for each column which values are there, where any is missing, and the values;
    /// between them, for text, where each row's ends.
    private struct Layout {
        private(set) var buffers: [(Int64, Int64)] = []
        private(set) var bodyLength = 0

        init(rows: Int, symbolBytes: Int?, missing: [Int]) {
            if let symbolBytes {
                add(0)
                add((rows + 1) * 4)
                add(rows * symbolBytes)
            }
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

    /// The same text for every row: where each ends, then all of them.
    private static func appendSymbol(_ rows: TableRows, to out: inout [UInt8]) {
        let text = Array((rows.symbol ?? "").utf8)
        let ends = (0...rows.times.count).map { Int32($0 * text.count).littleEndian }
        ends.withUnsafeBytes { append($0, to: &out) }
        let bytes = repeatElement(text, count: rows.times.count).flatMap { $0 }
        bytes.withUnsafeBytes { append($0, to: &out) }
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

    private static func schema(_ names: [String], _ hasSymbol: Bool) -> [UInt8] {
        var builder = FlatBufferBuilder()
        var fields: [Int] = []
        if hasSymbol {
            let text = builder.table([])
            fields.append(field(&builder, "symbol", utf8, text, nullable: false))
        }
        let zone = builder.string("UTC")
        let time = builder.table([.offset(slot: 1, zone), .short(slot: 0, 3)])
        fields.append(field(&builder, "ts", timestamp, time, nullable: false))
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

    /// Metadata of a record batch: how many values of each column are null, and where its buffers lie.
    private static func batch(_ layout: Layout, rows: Int, _ missing: [Int]) -> [UInt8] {
        let nodes = missing.map { (Int64(rows), Int64($0)) }
        var builder = FlatBufferBuilder()
        let bufferList = builder.vector(pairs: layout.buffers), nodeList = builder.vector(pairs: nodes)
        let record = builder.table([
            .long(slot: 0, Int64(rows)), .offset(slot: 2, bufferList), .offset(slot: 1, nodeList),
        ])
        return message(&builder, recordBatchHeader, record, bodyLength: layout.bodyLength)
    }
}
