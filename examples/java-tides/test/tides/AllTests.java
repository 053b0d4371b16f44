package tides;

import java.time.ZoneId;
import java.util.List;
import java.util.Locale;

/** Runs without a framework: a failed expectation ends the build. */
public final class AllTests {
    private AllTests() {}

    public static void main(String[] args) {
        List<Tables.Water> waters = Tables.parse(List.of("# comment", "", "2026-03-01T04:12:00Z, 5.31"));
        expect(waters.size() == 1 && waters.get(0).metres() == 5.31, "one line is one water");
        Tables.Harbour harbour = new Tables.Harbour("x", waters);
        expect(Text.plain(harbour).equals("x\n2026-03-01T04:12:00Z  5.31 m\n"), "plain text");
        expect(Text.json(harbour, ZoneId.of("Europe/Berlin"), Locale.GERMAN).contains("1. März 2026"), "German dates");
        expect(Text.digest("").startsWith("e3b0c442"), "SHA-256");
        System.out.println("4 tests passed");
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
