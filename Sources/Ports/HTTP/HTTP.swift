// HTTP: routes declared once, requests, responses, problems, and the OpenAPI document made from them. No sockets here.
