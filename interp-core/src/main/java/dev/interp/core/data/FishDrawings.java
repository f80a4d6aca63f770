package dev.interp.core.data;

import dev.interp.core.data.BirdCatalogue.Drawing;
import dev.interp.core.data.BirdCatalogue.Kind;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shapes and colours of fish, which look to the right in their own frame: 100 units from the
 * root of the tail to the mouth.
 */
final class FishDrawings {
  private static final int INK = 0x20222B;

  private FishDrawings() {}

  /** Where a part is joined to the fish, and how far it may turn. */
  static double[] joint(String part) {
    return switch (part) {
      case "eye" -> new double[] {32, -5, 0};
      case "back fin" -> new double[] {-4, -21, 0};
      case "side fin" -> new double[] {12, 8, 0.18};
      case "mark" -> new double[] {-8, -1, 0};
      case "tail" -> new double[] {-46, 0, 0.22};
      default -> new double[] {0, 0, 0};
    };
  }

  static Map<String, Map<String, Kind>> all(Map<String, Kind> eyes) {
    Map<String, Map<String, Kind>> all = new LinkedHashMap<>();
    all.put("body", bodies());
    all.put("eye", eyes);
    all.put("back fin", backFins());
    all.put("side fin", sideFins());
    all.put("mark", marks());
    all.put("tail", tails());
    return all;
  }

  private static Map<String, Kind> bodies() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put("silver", body(0xB9C4CE, 0xF0F3F6));
    map.put("sand", body(0xD9B982, 0xF6EBD2));
    map.put("rose", body(0xDB9AA0, 0xF8E3E4));
    map.put("lagoon", body(0x7FBFB4, 0xDFF2EE));
    return map;
  }

  private static Kind body(int back, int belly) {
    return new Drawing()
        .outlined(
            "M 50 1 C 40 -22 8 -34 -20 -19 C -31 -13 -40 -7 -48 -7 L -48 7 C -40 7 -31 13 -20 19"
                + " C 8 34 40 23 50 1 Z",
            back)
        .plain("M 46 5 C 32 16 4 20 -24 11 C -6 24 28 26 46 5 Z", belly)
        .line("M 22 -17 C 17 -6 17 7 22 17", 1.8, INK)
        .kind();
  }

  private static Map<String, Kind> backFins() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "sail",
        new Drawing()
            .outlined("M -22 9 C -20 -18 2 -38 26 -30 C 17 -20 19 -6 22 6 Z", 0x2C63C9)
            .line("M -10 4 L 2 -22 M 2 3 L 12 -24", 1.8, 0x163A80)
            .kind());
    map.put(
        "spines",
        new Drawing()
            .outlined(
                "M -24 10 L -22 -14 L -13 -5 L -8 -22 L 1 -8 L 7 -24 L 14 -7 L 21 -16 L 24 7 Z",
                0xD93A2B)
            .kind());
    map.put(
        "hook",
        new Drawing()
            .outlined("M -10 8 C -10 -10 -14 -22 -28 -32 C -2 -34 16 -18 18 6 Z", 0x2B3350)
            .kind());
    map.put(
        "ridge",
        new Drawing()
            .outlined("M -28 11 C -24 -9 22 -11 28 8 Z", 0xFAD02C)
            .plain("M -20 5 C -14 -4 14 -5 20 3 Z", 0xE87A1B)
            .kind());
    return map;
  }

  private static Map<String, Kind> sideFins() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "paddle",
        new Drawing()
            .outlined("M 6 -5 C -6 -10 -30 -4 -33 8 C -24 16 0 12 6 5 Z", 0xF4861F)
            .line("M 0 0 L -26 6", 1.8, 0x8A4307)
            .kind());
    map.put(
        "blade",
        new Drawing()
            .outlined("M 6 -4 C -4 8 -18 30 -38 38 C -36 20 -24 0 4 6 Z", 0x6A35A8)
            .kind());
    map.put(
        "fringe",
        new Drawing()
            .outlined(
                "M 6 -6 L -22 -8 L -16 -1 L -30 2 L -19 7 L -29 15 L -15 13 L -19 23 L 4 8 Z",
                0x2FA04A)
            .kind());
    map.put(
        "drop",
        new Drawing()
            .outlined("M 6 -4 C 12 12 8 30 -4 38 C -18 32 -14 8 -4 -4 Z", 0xE2479B)
            .plain("M 1 12 C 4 20 2 28 -4 32 C -10 26 -8 16 1 12 Z", 0xFFFFFF)
            .kind());
    return map;
  }

  private static Map<String, Kind> marks() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "band",
        new Drawing()
            .plain("M 8 -23 C 12 -8 12 8 8 22 L -6 22 C -2 8 -2 -8 -6 -22 Z", 0x7A1F2E)
            .plain("M 3 -22 C 6 -8 6 8 3 22 L -1 22 C 2 8 2 -8 -1 -22 Z", 0xFFFFFF)
            .kind());
    map.put(
        "spots",
        new Drawing()
            .plain(Outline.disc(-16, -6, 6), 0x1F4FA3)
            .plain(Outline.disc(0, -12, 6), 0x1F4FA3)
            .plain(Outline.disc(14, -5, 6), 0x1F4FA3)
            .plain(Outline.disc(-6, 4, 6), 0x1F4FA3)
            .kind());
    map.put(
        "stripe",
        new Drawing()
            .plain("M -32 -6 C -12 -14 14 -14 28 -6 L 28 4 C 14 -4 -12 -4 -32 3 Z", 0x139E8C)
            .plain("M -30 -3 C -12 -10 14 -10 28 -3 L 28 0 C 14 -7 -12 -7 -30 0 Z", 0xFFD23F)
            .kind());
    map.put(
        "patch",
        new Drawing()
            .plain(Outline.disc(-4, -3, 15), INK)
            .plain(Outline.disc(-4, -3, 11), 0xF2B90F)
            .plain(Outline.disc(-4, -3, 5), INK)
            .kind());
    return map;
  }

  private static Map<String, Kind> tails() {
    Map<String, Kind> map = new LinkedHashMap<>();
    map.put(
        "moon",
        new Drawing()
            .outlined(
                "M 5 -6 C -8 -10 -18 -24 -26 -38 C -24 -14 -24 14 -26 38 C -18 24 -8 10 5 6 Z",
                0x3B4254)
            .kind());
    map.put(
        "split",
        new Drawing()
            .outlined("M 5 -6 L -40 -30 L -18 0 L -40 30 L 5 6 Z", 0xC65A1E)
            .line("M -4 -4 L -28 -19 M -4 4 L -28 19", 1.8, 0x7E330A)
            .kind());
    map.put(
        "round",
        new Drawing()
            .outlined("M 5 -6 C -8 -26 -36 -26 -38 0 C -36 26 -8 26 5 6 Z", 0xFFC61A)
            .plain(Outline.disc(-20, 0, 8), 0xDE2B3F)
            .kind());
    map.put(
        "veil",
        new Drawing()
            .outlined(
                "M 5 -6 C -10 -26 -36 -34 -56 -22 C -46 -14 -50 -6 -42 0 C -50 8 -46 18 -56 26"
                    + " C -36 34 -10 24 5 6 Z",
                0x8FC1DA)
            .line("M -6 -4 L -40 -18 M -8 0 L -34 0 M -6 4 L -40 18", 1.8, 0x2E3A7A)
            .kind());
    return map;
  }
}
