/// Puts statistics of one window of one series into one node, so that the window is kept once: `ts_quantile` and
/// `ts_rank`; `ts_slope`, `ts_rsquare`, `ts_resi` and `ts_stddev`. The bits are those of the nodes alone.
enum SharedWindows {
    /// Statistics that can share.
    private enum Family: Hashable {
        case order, line
    }

    /// A window of a series.
    private struct Window: Hashable {
        let family: Family
        let input: Int
        let period: Int
        let minPeriods: Int?
    }

    private static let families: [String: Family] = [
        "ts_quantile": .order, "ts_rank": .order,
        "ts_slope": .line, "ts_rsquare": .line, "ts_resi": .line, "ts_stddev": .line,
    ]
    private static let lineNames = ["ts_slope", "ts_rsquare", "ts_resi", "ts_stddev"]

    /// One node for several: which they are, by the number of the output that each becomes.
    private struct Merger {
        let members: [(node: Int, output: Int)]
        let stage: Stage
    }

    /// The same program with fewer nodes.
    static func merge(_ source: Program) -> Program {
        var windows: [Window: [Int]] = [:]
        for (index, node) in source.nodes.enumerated() {
            guard case .stage = node.work, let family = families[node.key.name] else { continue }
            let arguments = node.key.arguments
            let window = Window(
                family: family, input: node.inputs[0], period: arguments.int(0), minPeriods: arguments.minPeriods)
            windows[window, default: []].append(index)
        }
        var mergers: [Int: Merger] = [:]
        var merged: Set<Int> = []
        for (window, nodes) in windows where nodes.count > 1 {
            for merger in window.family == .order ? order(window, nodes, source) : [line(window, nodes, source)] {
                mergers[merger.members.map(\.node).min()!] = merger
                merged.formUnion(merger.members.map(\.node))
            }
        }
        return mergers.isEmpty ? source : rewrite(source, mergers, merged)
    }

    private static func rewrite(_ source: Program, _ mergers: [Int: Merger], _ merged: Set<Int>) -> Program {
        var program = source
        program.nodes = []
        var moved: [Int: Int] = [:]
        for (index, node) in source.nodes.enumerated() {
            let inputs = node.inputs.map { moved[$0] ?? $0 }
            if let merger = mergers[index] {
                for member in merger.members {
                    moved[source.nodes[member.node].slot] = program.slotCount + member.output
                }
                program.nodes.append(
                    Program.Node(
                        key: node.key, work: .stage(merger.stage), inputs: inputs, slot: program.slotCount,
                        width: merger.stage.outputWidth, cost: node.cost))
                program.slotCount += merger.stage.outputWidth
            } else if !merged.contains(index) {
                program.nodes.append(
                    Program.Node(
                        key: node.key, work: node.work, inputs: inputs, slot: node.slot, width: node.width,
                        cost: node.cost))
            }
        }
        program.outputs = source.outputs.map { output in
            Program.Output(name: output.name, slot: moved[output.slot] ?? output.slot, lookBack: output.lookBack)
        }
        return program
    }

    /// Quantiles two by two, the rank with the first of them.
    private static func order(_ window: Window, _ nodes: [Int], _ program: Program) -> [Merger] {
        let quantiles = nodes.filter { program.nodes[$0].key.name == "ts_quantile" }
        let rank = nodes.first { program.nodes[$0].key.name == "ts_rank" }
        return stride(from: 0, to: quantiles.count, by: 2).compactMap { start in
            let pair = quantiles[start..<min(start + 2, quantiles.count)]
            var members = pair.enumerated().map { (node: $1, output: $0) }
            if start == 0, let rank { members.append((node: rank, output: 2)) }
            guard members.count > 1 else { return nil }
            let fractions = pair.map { program.nodes[$0].key.arguments.values[1] }
            let family = OrderFamily(period: window.period, fractions[0], fractions[fractions.count - 1])
            return Merger(members: members, stage: stage(family, window))
        }
    }

    private static func line(_ window: Window, _ nodes: [Int], _ program: Program) -> Merger {
        let members = nodes.map { node in
            (node: node, output: lineNames.firstIndex(of: program.nodes[node].key.name)!)
        }
        return Merger(members: members, stage: stage(LineFamily(period: window.period), window))
    }

    private static func stage(_ family: some WindowFamily, _ window: Window) -> Stage {
        guard let needed = window.minPeriods else { return Stage(family) }
        return Stage(LenientFamily(family, period: window.period, minPeriods: needed))
    }
}
