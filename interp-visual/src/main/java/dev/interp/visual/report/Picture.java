package dev.interp.visual.report;

import java.awt.image.BufferedImage;

/**
 * A picture with its words. It is embedded as PNG at its own resolution and shown as wide as the
 * page has room.
 *
 * @param image the pixels, kept by reference: they must not change until the page is written
 * @param caption what is read beneath it; may be empty
 * @param alt what it shows, for those who cannot see it; not blank
 */
public record Picture(BufferedImage image, String caption, String alt) {
  /**
   * Checks the words.
   *
   * @throws IllegalArgumentException if {@code alt} is blank
   */
  public Picture {
    if (alt.isBlank()) {
      throw new IllegalArgumentException(
          "the picture captioned '"
              + caption
              + "' needs an alt text: one sentence saying what it shows");
    }
  }
}
