package tides;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Locale;
import java.util.StringJoiner;

/** Answers requests. */
final class Handler implements HttpHandler {
    private final Tables tables;

    Handler(Tables tables) {
        this.tables = tables;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            send(exchange, 405, "text/plain", "only GET\n");
            return;
        }
        String path = exchange.getRequestURI().getPath();
        switch (path) {
            case "/", "/healthz" -> send(exchange, 200, "text/plain", "tides\n");
            case "/harbours" -> send(exchange, 200, "application/json", names());
            case "/digest" -> send(exchange, 200, "text/plain", Text.digest(names()));
            default -> harbour(exchange, path.replaceFirst("^/harbours/", ""));
        }
    }

    private void harbour(HttpExchange exchange, String name) throws IOException {
        var found = tables.harbour(name);
        if (found.isEmpty()) {
            send(exchange, 404, "text/plain", "no such harbour\n");
            return;
        }
        ZoneId zone = ZoneId.of(parameter(exchange, "zone", "UTC"));
        Locale language = Locale.forLanguageTag(parameter(exchange, "lang", "en"));
        send(exchange, 200, "application/json; charset=utf-8", Text.json(found.get(), zone, language));
    }

    private String names() {
        StringJoiner names = new StringJoiner("\",\"", "[\"", "\"]\n");
        tables.all().forEach(harbour -> names.add(harbour.name()));
        return names.toString();
    }

    private static String parameter(HttpExchange exchange, String name, String otherwise) {
        String query = exchange.getRequestURI().getQuery();
        for (String part : query == null ? new String[0] : query.split("&")) {
            if (part.startsWith(name + "=")) {
                return part.substring(name.length() + 1);
            }
        }
        return otherwise;
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
