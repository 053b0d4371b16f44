package tides;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.HexFormat;
import java.util.Locale;

/** Writes tables for people and programs. */
final class Text {
    private Text() {}

    static String plain(Tables.Harbour harbour) {
        StringBuilder text = new StringBuilder(harbour.name()).append('\n');
        for (Tables.Water water : harbour.waters()) {
            text.append(String.format(Locale.ROOT, "%s %5.2f m%n", water.at(), water.metres()));
        }
        return text.toString();
    }

    static String json(Tables.Harbour harbour, ZoneId zone, Locale language) {
        DateTimeFormatter day = DateTimeFormatter.ofLocalizedDateTime(FormatStyle.LONG, FormatStyle.SHORT)
                .withLocale(language).withZone(zone);
        StringBuilder text = new StringBuilder("{\"name\":\"").append(harbour.name()).append("\",\"waters\":[");
        String separator = "";
        for (Tables.Water water : harbour.waters()) {
            text.append(separator).append(String.format(language, "{\"at\":\"%s\",\"height\":\"%.2f m\"}", day.format(water.at()), water.metres()));
            separator = ",";
        }
        return text.append("]}\n").toString();
    }

    static String digest(String text) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sum) + "\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
