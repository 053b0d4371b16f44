package tides;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.logging.Logger;

/** Reads the tables and serves them, or prints one harbour. */
public final class Main {
    private static final Logger LOG = Logger.getLogger("tides");

    private Main() {}

    public static void main(String[] args) throws IOException {
        Tables tables = Tables.read(Path.of(System.getenv().getOrDefault("TIDES_DATA", "data")));
        int port = 8080;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--port" -> port = Integer.parseInt(args[++i]);
                case "--print" -> {
                    System.out.print(Text.plain(tables.harbour(args[++i]).orElseThrow()));
                    return;
                }
                default -> {
                    System.err.println("usage: tides [--port N] [--print HARBOUR]");
                    System.exit(2);
                }
            }
        }
        serve(tables, port);
    }

    private static void serve(Tables tables, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/", new Handler(tables));
        server.setExecutor(Executors.newFixedThreadPool(4));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
        server.start();
        LOG.info("listening");
    }
}
