import com.sun.net.httpserver.HttpServer;
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Properties;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A store that answers what it holds. */
public class Store {
    public static void main(String[] args) throws Exception {
        if (args.length == 1 && args[0].equals("--version")) {
            System.out.println("store 1");
            return;
        }
        Properties p = new Properties();
        try (FileInputStream in = new FileInputStream("store.properties")) {
            p.load(in);
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(args[1])), 0);
        server.createContext("/", e -> {
            String text;
            int status = 200;
            try {
                text = answer(e.getRequestURI().getPath(), p);
            } catch (Exception x) {
                text = x.toString();
                status = 500;
            }
            if (text == null) {
                status = 404;
                text = "no such page";
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            e.sendResponseHeaders(status, body.length);
            e.getResponseBody().write(body);
            e.close();
        });
        server.start();
    }

    private static String answer(String path, Properties p) throws Exception {
        switch (path) {
            case "/":
                return p.getProperty("stock") + " " + System.getenv("STORE_UNIT") + "; see /zone and /roots";
            case "/zone":
                return Instant.ofEpochSecond(0).atZone(ZoneId.of("Asia/Kathmandu")).toString();
            case "/roots":
                TrustManagerFactory f = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                f.init((KeyStore) null);
                return String.valueOf(((X509TrustManager) f.getTrustManagers()[0]).getAcceptedIssuers().length);
            default:
                return null;
        }
    }
}
