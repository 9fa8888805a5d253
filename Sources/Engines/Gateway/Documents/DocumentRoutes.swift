import EngineKit
import HTTP
import Runtime

/// A file beside a page.
struct FilePath: RequestParameters {
    let file: String

    static func read(_ parameters: ParameterReader) -> FilePath {
        FilePath(file: parameters.rest("file", "A file of the page."))
    }
}

extension GatewayEngine {
    var documentRoutes: [Route] {
        [
            .document("/api/v1/openapi.json", "The OpenAPI document of all services.") { [unowned self] _ in
                Response(headers: ["Cache-Control": "no-cache"], body: mergedDocument)
            },
            .document("/docs", "Swagger UI over all routes.", errors: [503], produces: ["text/html"]) {
                [unowned self] _ in try page(Pages.swagger, needs: Pages.swaggerScript)
            },
            .document("/redoc", "ReDoc over all routes.", errors: [503], produces: ["text/html"]) {
                [unowned self] _ in try page(Pages.redoc, needs: Pages.redocScript)
            },
            .raw(.get, "/docs/{file*}", "A file of Swagger UI.", errors: [404, 503], produces: ["text/javascript", "text/css", "image/png"]) {
                [unowned self] (path: FilePath, _) in
                path.file.isEmpty ? try page(Pages.swagger, needs: Pages.swaggerScript)
                    : try asset("swagger-ui/\(path.file)", of: Pages.swaggerScript)
            },
            .raw(.get, "/redoc/{file*}", "A file of ReDoc.", errors: [404, 503], produces: ["text/javascript"]) {
                [unowned self] (path: FilePath, _) in
                path.file.isEmpty ? try page(Pages.redoc, needs: Pages.redocScript)
                    : try asset("redoc/bundles/\(path.file)", of: Pages.redocScript)
            },
        ]
    }

    private func page(_ html: String, needs script: String) throws -> Response {
        guard context.assets(script) != nil else { throw Self.notFetched }
        return Response(contentType: "text/html; charset=utf-8",
                        headers: ["Content-Security-Policy": Pages.policy, "X-Content-Type-Options": "nosniff"],
                        body: Array(html.utf8))
    }

    private func asset(_ file: String, of script: String) throws -> Response {
        guard let type = Pages.mediaType(of: file), let bytes = context.assets(file) else {
            if context.assets(script) == nil { throw Self.notFetched }
            throw Problem.notFound("there is no file \(file)")
        }
        return Response(contentType: type, headers: ["Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"],
                        body: bytes)
    }

    private static var notFetched: Problem {
        .unavailable("documentation", "the pages were not fetched; run scripts/setup.sh run")
    }
}
