package dev.interp.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The orientation tag of a JPEG file (EXIF 2.3, tag 0x0112 of IFD 0). */
final class ExifOrientation {

  private static final int UPRIGHT = 1;
  private static final int TAG = 0x0112;
  private static final int TYPE_SHORT = 3;
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

  private ExifOrientation() {}

  /** Returns 1 to 8; 1 also where there is no tag, or one that makes no sense. */
  static int of(byte[] file) {
    if (file.length < 4 || (file[0] & 255) != 0xFF || (file[1] & 255) != 0xD8) {
      return UPRIGHT;
    }
    int at = 2;
    while (at + 4 <= file.length && (file[at] & 255) == 0xFF) {
      int marker = file[at + 1] & 255;
      if (marker == 0xFF) { // a fill byte
        at++;
        continue;
      }
      if (marker == 0xDA || marker == 0xD9) { // pixels or the end: no header follows
        return UPRIGHT;
      }
      int length = (file[at + 2] & 255) << 8 | (file[at + 3] & 255); // counts its own two bytes
      int end = at + 2 + length;
      if (length < 2 || end > file.length) {
        return UPRIGHT;
      }
      int body = at + 4;
      if (marker == 0xE1
          && body + EXIF.length <= end
          && Arrays.equals(file, body, body + EXIF.length, EXIF, 0, EXIF.length)) {
        return ofTiff(ByteBuffer.wrap(file, body + EXIF.length, end - body - EXIF.length).slice());
      }
      at = end;
    }
    return UPRIGHT;
  }

  private static int ofTiff(ByteBuffer tiff) {
    if (tiff.limit() < 8) {
      return UPRIGHT;
    }
    short order = tiff.getShort(0);
    if (order == 0x4949) { // "II"
      tiff.order(ByteOrder.LITTLE_ENDIAN);
    } else if (order != 0x4D4D) { // "MM"
      return UPRIGHT;
    }
    long directory = tiff.getInt(4) & 0xFFFFFFFFL;
    if (tiff.getShort(2) != 42 || directory + 2 > tiff.limit()) {
      return UPRIGHT;
    }
    int entries = tiff.getShort((int) directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + 12L * i;
      if (entry + 12 > tiff.limit()) {
        return UPRIGHT;
      }
      int from = (int) entry;
      if (tiff.getShort(from) == TAG) {
        int value = tiff.getShort(from + 8);
        boolean legal = tiff.getShort(from + 2) == TYPE_SHORT && value >= 1 && value <= 8;
        return legal ? value : UPRIGHT;
      }
    }
    return UPRIGHT;
  }
}
