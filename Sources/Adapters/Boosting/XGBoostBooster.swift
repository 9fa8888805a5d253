import CXGBoost
public import Models

/// Trees by the library XGBoost, on one thread, so that the same rows give the same bits.
public struct XGBoostBooster: TreeBooster {
    public init() {
        // Its warnings would go to the log as bare text.
        XGBSetGlobalConfig(#"{"verbosity":0}"#)
    }

    public var library: String {
        var major: Int32 = 0, minor: Int32 = 0, patch: Int32 = 0
        XGBoostVersion(&major, &minor, &patch)
        return "XGBoost \(major).\(minor).\(patch)"
    }

    public func fit(
        _ rows: FeatureRows, labels: [Bool], _ parameters: BoostingParameters
    ) throws(ModelError) -> any BoostedTrees {
        guard labels.count == rows.count, labels.contains(true), labels.contains(false) else {
            throw .invalid("as many labels as rows are needed, of both kinds")
        }
        let matrix = try XGBoostMatrix(rows)
        try matrix.setLabels(labels)
        let booster = try XGBoostHandle(matrix)
        for (name, value) in [
            ("objective", "binary:logistic"), ("tree_method", "hist"), ("nthread", "1"), ("seed", "0"),
            ("max_depth", "\(parameters.depth)"), ("eta", "\(parameters.rate)"),
            ("min_child_weight", "\(parameters.leastWeight)"), ("lambda", "\(parameters.ridge)"),
        ] {
            try check(XGBoosterSetParam(booster.handle, name, value))
        }
        for round in 0..<parameters.rounds {
            try check(XGBoosterUpdateOneIter(booster.handle, Int32(round), matrix.handle))
        }
        return XGBoostTrees(width: rows.width, bytes: try booster.saved())
    }

    public func load(_ bytes: [UInt8]) throws(ModelError) -> any BoostedTrees {
        let booster = try XGBoostHandle(loading: bytes)
        var width: bst_ulong = 0
        try check(XGBoosterGetNumFeature(booster.handle, &width))
        return XGBoostTrees(width: Int(width), bytes: bytes)
    }
}

/// Kept as bytes and taken up at each use: the library's handles are not for several threads, and a batch is asked for at
/// once.
struct XGBoostTrees: BoostedTrees {
    let width: Int
    let bytes: [UInt8]

    func probabilities(_ rows: FeatureRows) throws(ModelError) -> [Double] { try predict(rows, mask: 0) }

    func contributions(_ rows: FeatureRows) throws(ModelError) -> [[Double]] {
        let flat = try predict(rows, mask: 4), size = rows.width + 1
        return (0..<rows.count).map { Array(flat[$0 * size..<($0 + 1) * size]) }
    }

    private func predict(_ rows: FeatureRows, mask: Int32) throws(ModelError) -> [Double] {
        guard rows.width == width else {
            throw .invalid("the trees were fitted on \(width) columns, not on \(rows.width)")
        }
        if rows.count == 0 { return [] }
        let matrix = try XGBoostMatrix(rows), booster = try XGBoostHandle(loading: bytes)
        var count: bst_ulong = 0, found: UnsafePointer<Float>?
        try check(XGBoosterPredict(booster.handle, matrix.handle, mask, 0, 0, &count, &found))
        return (0..<Int(count)).map { Double(found?[$0] ?? .nan) }
    }
}

/// The library's copy of rows.
private final class XGBoostMatrix {
    private(set) var handle: DMatrixHandle?
    private let count: Int

    init(_ rows: FeatureRows) throws(ModelError) {
        count = rows.count
        try check(XGDMatrixCreateFromMat(
            rows.values, bst_ulong(rows.count), bst_ulong(rows.width), .nan, &handle))
    }

    func setLabels(_ labels: [Bool]) throws(ModelError) {
        let numbers = labels.map { Float($0 ? 1 : 0) }
        try check(XGDMatrixSetFloatInfo(handle, "label", numbers, bst_ulong(numbers.count)))
    }

    deinit { XGDMatrixFree(handle) }
}

/// The library's trees.
private final class XGBoostHandle {
    private(set) var handle: BoosterHandle?

    init(_ matrix: XGBoostMatrix) throws(ModelError) {
        var matrices: [DMatrixHandle?] = [matrix.handle]
        try check(XGBoosterCreate(&matrices, 1, &handle))
    }

    init(loading bytes: [UInt8]) throws(ModelError) {
        try check(XGBoosterCreate(nil, 0, &handle))
        try check(XGBoosterLoadModelFromBuffer(handle, bytes, bst_ulong(bytes.count)))
        try check(XGBoosterSetParam(handle, "nthread", "1"))
    }

    func saved() throws(ModelError) -> [UInt8] {
        var length: bst_ulong = 0, text: UnsafePointer<CChar>?
        try check(XGBoosterSaveModelToBuffer(handle, #"{"format":"ubj"}"#, &length, &text))
        guard let text else { return [] }
        return Array(UnsafeRawBufferPointer(start: text, count: Int(length)))
    }

    deinit { XGBoosterFree(handle) }
}

private func check(_ code: Int32) throws(ModelError) {
    guard code != 0 else { return }
    let lines = String(cString: XGBGetLastError()).split(separator: "\n")
    throw .failed("XGBoost: \(lines.first.map(String.init) ?? "it failed without a reason")")
}
