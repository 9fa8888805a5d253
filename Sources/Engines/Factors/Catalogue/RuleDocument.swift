import HTTP

/// A rule file as it is written, before its names are looked up.
struct RuleDocument: RequestBody {
    /// Names under a name.
    struct List: RequestBody {
        let name: String
        /// Each some names with blanks between; `@other` stands for a list.
        let words: [String]

        static func read(_ fields: FieldReader) -> List {
            fields.refuseOthers(than: "name", "about", "words")
            return List(name: fields.string("name", "Stands behind @."), words: fields.strings("words", "Names."))
        }
    }

    /// All series of a source, or a part of them under a name.
    struct Series: RequestBody {
        let name: String?, source: String
        /// An item an axis, as in a list.
        let axes: [String]

        static func read(_ fields: FieldReader) -> Series {
            fields.refuseOthers(than: "name", "about", "source", "axes")
            return Series(name: fields.optionalString("name", "Of a selection.", length: 1...100),
                          source: fields.string("source", "Whose series."), axes: fields.strings("axes", "Names."))
        }
    }

    /// A formula of a set.
    struct Formula: RequestBody {
        let set: String, name: String, category: String?, text: String
        let windows: [Double]

        static func read(_ fields: FieldReader) -> Formula {
            fields.refuseOthers(than: "set", "name", "about", "category", "text", "windows")
            return Formula(
                set: fields.string("set", "What rules name it by."), name: fields.string("name", "Stands in ids."),
                category: fields.optionalString("category", "Unless the rule says it.", length: 1...100),
                text: fields.string("text", "With {a} to {d} and {w}.", length: 1...10_000),
                windows: fields.numbers("windows", "Bars.", required: false, limit: 100) ?? [])
        }
    }

    /// A product of series, formulas and transforms.
    struct Rule: RequestBody {
        let series: [String], formulas: [String], category: String?, transforms: [String]

        static func read(_ fields: FieldReader) -> Rule {
            fields.refuseOthers(than: "series", "about", "formulas", "category", "transforms")
            return Rule(
                series: fields.strings("series", "Selections or sources."),
                formulas: fields.strings("formulas", "Sets, or set.formula."),
                category: fields.optionalString("category", "Of formulas without one.", length: 1...100),
                transforms: fields.strings("transforms", "raw, rank, zscore, demean.", required: false))
        }
    }

    let lists: [List], series: [Series], selections: [Series], formulas: [Formula], rules: [Rule]

    static func read(_ fields: FieldReader) -> RuleDocument {
        fields.refuseOthers(than: "about", "lists", "series", "selections", "formulas", "rules")
        return RuleDocument(
            lists: fields.array("lists", "Names.", List.self, required: false, limit: 1000),
            series: fields.array("series", "What sources have.", Series.self, required: false, limit: 100),
            selections: fields.array("selections", "Parts of sources.", Series.self, required: false, limit: 1000),
            formulas: fields.array("formulas", "Formulas.", Formula.self, required: false, limit: 1000),
            rules: fields.array("rules", "What is made.", Rule.self, limit: 1000))
    }
}
