@testable import HTTP
import Runtime
import Testing
import Wire

/// A body that changes something is read strictly: what nobody reads is refused, and null where it is no value.
@Suite struct StrictBodyTests {
    private struct Part: RequestBody {
        static func read(_ fields: FieldReader) -> Part {
            _ = fields.optionalNumber("size", "How much.")
            return Part()
        }
    }

    private struct Body: RequestBody {
        static func read(_ fields: FieldReader) -> Body {
            let kind = fields.string("kind", "Which.")
            if fields.isDescribing || kind == "limit" { _ = fields.optionalNumber("price", "For limit.") }
            _ = fields.optionalNumber("commission", "What it costs.")
            _ = fields.optionalObject("part", "A part.", Part.self)
            _ = fields.array("parts", "More parts.", Part.self, required: false)
            _ = fields.map("named", "Parts by name.", Part.self, required: false)
            _ = fields.json("data", "Anything.", required: false)
            fields.allowNull("cleared")
            _ = fields.optionalString("cleared", "May be null.")
            fields.passOver("told")
            return Body()
        }
    }

    private func faults(_ text: String, strictly: Bool = true) throws -> [String] {
        try JSONParser().withDocument(Array(text.utf8)) { root in
            do throws(Problem) {
                _ = try FieldReader.decode(Body.self, from: root, strictly: strictly)
                return []
            } catch {
                return error.errors.map { "\($0.pointer) \($0.message.prefix(12))" }
            }
        }
    }

    @Test func whatNobodyReadsIsRefusedAtEveryDepth() throws {
        let text = """
            {"kind":"market","comission":1,"part":{"sise":1},"parts":[{"size":1},{"sise":2}],
             "named":{"a":{"sise":3}},"data":{"x":1},"told":1,"price":2}
            """
        #expect(Set(try faults(text)) == [
            "/comission is not a mem", "/part/sise is not a mem", "/parts/1/sise is not a mem", "/named/a/sise is not a mem",
        ])
        #expect(try faults(text, strictly: false).isEmpty)
    }

    @Test func nullIsRefusedWhereItIsNoValue() throws {
        let text = """
            {"kind":null,"commission":null,"price":null,"part":{"size":null},"parts":null,"data":null,"cleared":null}
            """
        #expect(try faults(text) == [
            "/part/size is null: lea", "/kind is null: lea", "/commission is null: lea", "/price is null: lea",
            "/parts is null: lea",
        ])
        #expect(try faults(text, strictly: false) == ["/kind is required"])
    }

    /// What is refused is told, of the parts too; not so of a body that a question has, or that has undeclared members.
    @Test func theDocumentTellsWhatIsRefusedAndHowLongTextMayBe() {
        struct Closed: RequestBody {
            static func read(_ fields: FieldReader) -> Closed {
                _ = fields.optionalString("name", "Its name.", length: 2...30)
                _ = fields.array("parts", "Parts.", Part.self)
                return Closed()
            }
        }
        func document(_ route: Route) -> String {
            String(decoding: OpenAPIDocument.render(
                title: "", version: "", description: "", [.init(tag: "t", routes: [route.declaration])]), as: UTF8.self)
        }
        let route = Route.json(.post, "/x", "X.", answer: "{}") { (_: NoParameters, _: Closed, _) in
            JSONBody { $0.null() }
        }
        let told = document(route)
        #expect(told.ranges(of: #""additionalProperties":false"#).count == 2)
        #expect(told.contains(#""type":"string","minLength":2,"maxLength":30"#) && told.contains(#""400":{"#))
        #expect(!document(route.calculation).contains("additionalProperties"))
        let open = Route.json(.post, "/x", "X.", answer: "{}") { (_: NoParameters, _: Body, _) in
            JSONBody { $0.null() }
        }
        #expect(document(open).ranges(of: #""additionalProperties":false"#).count == 3, "the parts alone")
    }

    @Test func anObjectMayBeStrictByItself() throws {
        struct Hand: RequestBody {
            static func read(_ fields: FieldReader) -> Hand {
                fields.refuseOthers(than: "name", "old")
                _ = fields.optionalString("name", "What it is called.")
                _ = fields.optionalObject("part", "A part.", Part.self)
                return Hand()
            }
        }
        do throws(Problem) {
            _ = try read(Hand.self, #"{"name":null,"old":1,"nmae":"a","part":{"sise":1,"size":null}}"#)
            Issue.record("taken")
        } catch {
            #expect(Set(error.errors.map(\.pointer)) == ["/name", "/nmae"])
        }
    }

    private func read<T: RequestBody>(_ type: T.Type, _ text: String) throws(Problem) -> T {
        do {
            return try JSONParser().withDocument(Array(text.utf8)) { try FieldReader.decode(type, from: $0) }
        } catch {
            throw error as? Problem ?? Problem(500, "\(error)")
        }
    }

    @Test @LoopActor func aRouteIsStrictUnlessItOnlyAnswers() async throws {
        EventLoop.runInBackground()
        let route = Route.json(.post, "/x", "X.", answer: "{}") { (_: NoParameters, _: Body, _) in JSONBody { $0.raw(Array("{}".utf8)) } }
        func status(_ route: Route) async throws -> Int {
            let request = Request(method: .post, path: "/x", headers: [:], body: Array(#"{"kind":"a","other":null}"#.utf8))
            do {
                switch try route.handler(request, []) {
                case .done(let response): return response.status
                case .later(let rest): return try await rest().status
                }
            } catch let problem as Problem {
                return problem.status
            }
        }
        #expect(try await status(route) == 422)
        #expect(try await status(route.alias("/y")) == 422)
        #expect(try await status(route.tolerant) == 200)
        #expect(try await status(route.calculation) == 200)
        #expect(try await status(route.alias("/y").calculation) == 200)
    }
}
