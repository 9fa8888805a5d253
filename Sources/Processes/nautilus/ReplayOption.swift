import Hosting
import Market

extension ReplayRequest {
    /// What `--replay SYMBOL:TIMEFRAME` and `--speed N` ask for; nil where nothing is.
    init?(option text: String?, speed: String?) throws {
        guard let text else {
            if speed != nil { throw StartError(.usage, "--speed goes with --replay") }
            return nil
        }
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count >= 2, let frame = parts.last.flatMap(Timeframe.init(rawValue:)),
              let symbol = Symbol(parts.dropLast().joined(separator: ":")) else {
            throw StartError(.usage, "--replay takes SYMBOL:TIMEFRAME, as GOOG:1d, not \(text)")
        }
        guard let rate = Double(speed ?? "10"), ReplaySpeed.isLegal(rate) else {
            throw StartError(.usage, "--speed takes \(ReplaySpeed.range), not \(speed ?? "")")
        }
        self.init(symbol: symbol, timeframe: frame, speed: rate)
    }
}
