import Testing
import Wire

struct JSONTextTests {
    private func member(_ name: String, _ text: String) -> String? {
        JSONText.member(name, of: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        "1.0000000000000000000001", #""\u0041\/\"}""#, #"{"a":[1,{"b":"]}"}],"data":2}"#, "[ 1 ,\n2 ]", "null", "-0.0e0",
        #"{}"#, #""""#, #"{"é":"\\"}"#,
    ]) func aValueIsFoundAsItWasWritten(_ value: String) {
        #expect(member("data", "{\"data\":\(value)}") == value)
        #expect(member("data", " { \"x\" : {\"data\":7}, \"data\" :\t\(value)\n , \"y\":\"data\" } ") == value)
    }

    @Test func whatIsNotThereIsNotFound() {
        #expect(member("data", "{}") == nil)
        #expect(member("data", "[1]") == nil)
        #expect(member("data", #"{"x":{"data":1},"y":"data"}"#) == nil)
        #expect(member("data", #"{"d\u0061ta":1}"#) == nil)
    }
}
