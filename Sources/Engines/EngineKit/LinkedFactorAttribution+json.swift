public import Quant
public import Wire

extension LinkedFactorAttribution {
    /// The members `by_factor`, each with its exposure and contribution, `specific` and `active_return`, which is the sum
    /// of all contributions and of what is specific.
    public func writeParts(of names: [String], to json: inout JSONWriter) {
        json.array("by_factor", names.indices) { json, index in
            json.object { json in
                json.field("factor", names[index])
                json.field("exposure", exposures[index])
                json.field("contribution", contributions[index])
            }
        }
        json.field("specific", specific)
        json.field("active_return", portfolioReturn - benchmarkReturn)
    }
}
