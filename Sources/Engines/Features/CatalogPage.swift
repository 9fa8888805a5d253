import EngineKit
import HTTP
import Quant
import Wire

/// A page of the function catalogue.
struct CatalogPage: ResponseBody {
    let items: [FunctionDefinition], next: String?

    /// Functions by name, after the cursor's.
    static func make(_ query: CatalogQuery) throws(Problem) -> CatalogPage {
        if let cursor = query.page.cursor, !FunctionCatalog.all.contains(where: { $0.name == cursor }) {
            throw Problem.invalid("?cursor", "is not a cursor of this list")
        }
        let text = query.text?.lowercased()
        let found = FunctionCatalog.all.filter { function in
            if let category = query.category, function.category != category { return false }
            guard let text else { return true }
            return function.name.contains(text) || function.reference.lowercased().contains(text)
        }
        let rest = query.page.cursor.map { cursor in found.drop { $0.name <= cursor } } ?? found[...]
        let items = rest.prefix(query.page.limit)
        return CatalogPage(items: Array(items), next: items.count < rest.count ? items.last?.name : nil)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in json.page(items, next: next) { Self.write($1, &$0) } }
    }

    private static func write(_ function: FunctionDefinition, _ json: inout JSONWriter) {
        json.object { json in
            json.field("name", function.name)
            json.field("category", function.category)
            json.field("reference", function.reference)
            json.field("stability", function.stability().rawValue)
            json.key("formula")
            if let formula = function.formula { json.string(formula) } else { json.null() }
            json.strings("inputs", function.inputs)
            json.strings("outputs", function.outputs)
            json.array("parameters", function.parameters) { json, parameter in
                json.object { json in
                    json.field("name", parameter.name)
                    json.key("default")
                    if let value = parameter.defaultValue { json.double(value) } else { json.null() }
                    json.field("min", parameter.min)
                    json.field("max", parameter.max)
                }
            }
            json.field("look_back", function.lookBack())
        }
    }
}
