package dev.interp.disentangle.tree;

import java.awt.Color;

/** Colours that tell parts apart, for light and dark pages. */
final class PartColours {
  private static final int[] COLOURS = {
    0x4477aa, 0xee6677, 0x228833, 0xccbb44, 0x66ccee, 0xaa3377, 0x999933, 0xee8866
  };

  private PartColours() {}

  static Color of(int part) {
    return new Color(COLOURS[part % COLOURS.length]);
  }

  static String hex(int part) {
    return "#" + Integer.toHexString(COLOURS[part % COLOURS.length]);
  }
}
