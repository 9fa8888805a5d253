/// The pages around Swagger UI and ReDoc. They name nothing outside this server, and their policy forbids it.
enum Pages {
    static let swaggerScript = "swagger-ui/swagger-ui-bundle.js"
    static let redocScript = "redoc/bundles/redoc.standalone.js"

    /// What the pages may load: this server, and images and workers that they make themselves.
    static let policy = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        + "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; "
        + "connect-src 'self'"

    /// Asks for the document, and for a key where one is wanted; the key is kept for this tab.
    private static let loading = """
        async function nautilusDocument() {
          for (;;) {
            const key = sessionStorage.getItem("nautilus-key");
            const answer = await fetch("/api/v1/openapi.json", { headers: key ? { "X-API-Key": key } : {} });
            if (answer.status !== 401) return { document: await answer.json(), key };
            const typed = window.prompt(key ? "This key is not known. API key:" : "API key (X-API-Key):");
            if (!typed) throw new Error("no key");
            sessionStorage.setItem("nautilus-key", typed.trim());
          }
        }
        """

    static let swagger = """
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>Nautilus API</title>
          <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
          <link rel="stylesheet" href="/docs/swagger-ui.css">
        </head>
        <body>
          <div id="swagger-ui"></div>
          <script src="/docs/swagger-ui-bundle.js"></script>
          <script src="/docs/swagger-ui-standalone-preset.js"></script>
          <script>
            \(loading)
            nautilusDocument().then(({ document, key }) => {
              window.ui = SwaggerUIBundle({
                spec: document, dom_id: "#swagger-ui", deepLinking: true, docExpansion: "none", filter: true,
                tryItOutEnabled: true, persistAuthorization: true, validatorUrl: null,
                presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "BaseLayout",
                onComplete: () => { if (key) window.ui.preauthorizeApiKey("apiKey", key); }
              });
            });
          </script>
        </body>
        </html>
        """

    /// ReDoc shows its maker's logo from elsewhere and has no option against that: the policy would refuse it and the
    /// browser say so.
    private static let withoutLogo = """
        const setAttribute = Element.prototype.setAttribute;
        Element.prototype.setAttribute = function (name, value) {
          const isOutside = this.tagName === "IMG" && name === "src" && /^\\w+:\\/\\//.test(value);
          return setAttribute.call(this, name, isOutside ? "data:," : value);
        };
        """

    static let redoc = """
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>Nautilus API reference</title>
          <link rel="icon" href="data:,">
          <style>body { margin: 0; font-family: sans-serif; }</style>
        </head>
        <body>
          <div id="redoc"></div>
          <script src="/redoc/redoc.standalone.js"></script>
          <script>
            \(withoutLogo)
            \(loading)
            nautilusDocument().then(loaded => Redoc.init(loaded.document, { disableSearch: false, hideDownloadButton: false,
              theme: { typography: { fontFamily: "sans-serif", headings: { fontFamily: "sans-serif" } } } },
              document.getElementById("redoc")));
          </script>
        </body>
        </html>
        """

    /// The media type of a file by its ending; nil for what is not served.
    static func mediaType(of file: String) -> String? {
        switch file.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "png": "image/png"
        case "html": "text/html; charset=utf-8"
        case "txt": "text/plain; charset=utf-8"
        default: nil
        }
    }
}
