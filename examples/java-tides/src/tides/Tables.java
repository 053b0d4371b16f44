package tides;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The tables of all harbours, by name. */
public final class Tables {
    /** One high or low water: when, and metres above chart datum. */
    public record Water(Instant at, double metres) {}

    /** A harbour and its waters, in order of time. */
    public record Harbour(String name, List<Water> waters) {}

    private final Map<String, Harbour> harbours = new TreeMap<>();

    /** Reads every table of a directory: lines of time and height. */
    public static Tables read(Path dir) throws IOException {
        Tables tables = new Tables();
        try (var files = Files.newDirectoryStream(dir, "*.csv")) {
            for (Path file : files) {
                String name = file.getFileName().toString().replace(".csv", "");
                tables.harbours.put(name, new Harbour(name, parse(Files.readAllLines(file))));
            }
        }
        return tables;
    }

    static List<Water> parse(List<String> lines) {
        List<Water> waters = new ArrayList<>();
        for (String line : lines) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] parts = line.split(",");
            waters.add(new Water(Instant.parse(parts[0].strip()), Double.parseDouble(parts[1])));
        }
        return waters;
    }

    public Optional<Harbour> harbour(String name) {
        return Optional.ofNullable(harbours.get(name));
    }

    public Iterable<Harbour> all() {
        return harbours.values();
    }
}
