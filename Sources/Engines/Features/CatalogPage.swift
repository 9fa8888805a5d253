import EngineKit
import HTTP
import Quant
import Wire

/// A page of the function catalogue.
struct CatalogPage: ResponseBody {
    let items: [FunctionDefinition], next: String?

    /// Functions by name, after the cursor's.
    static func make(_ query: CatalogQuery) -> CatalogPage {
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
        json.beginObject()
        json.page(items, next: next) { Self.write($1, &$0) }
        json.endObject()
    }

    private static func write(_ function: FunctionDefinition, _ json: inout JSONWriter) {
        json.beginObject()
        for (name, text) in [
            ("name", function.name), ("category", function.category), ("reference", function.reference),
            ("stability", function.stability().rawValue),
        ] {
            json.key(name)
            json.string(text)
        }
        json.key("formula")
        if let formula = function.formula { json.string(formula) } else { json.null() }
        for (name, list) in [("inputs", function.inputs), ("outputs", function.outputs)] {
            json.key(name)
            json.beginArray()
            for text in list { json.string(text) }
            json.endArray()
        }
        json.key("parameters")
        json.beginArray()
        for parameter in function.parameters {
            json.beginObject()
            json.key("name")
            json.string(parameter.name)
            json.key("default")
            if let value = parameter.defaultValue { json.double(value) } else { json.null() }
            json.key("min")
            json.double(parameter.min)
            json.key("max")
            json.double(parameter.max)
            json.endObject()
        }
        json.endArray()
        json.key("look_back")
        json.int(function.lookBack())
        json.endObject()
    }
}
