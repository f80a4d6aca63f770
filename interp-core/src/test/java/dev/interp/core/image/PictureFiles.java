package dev.interp.core.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Makes picture files, awkward ones too, in memory. */
final class PictureFiles {

  private PictureFiles() {}

  static Image read(byte[] file) throws IOException {
    return ImageIo.read(new ByteArrayInputStream(file), "memory.bin");
  }

  static byte[] encode(BufferedImage picture, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      if (!ImageIO.write(picture, format, stream)) {
        throw new IOException("No writer for " + format);
      }
    }
    return out.toByteArray();
  }

  /** A JPEG of bare components (4 of them: no marker says what they mean), best quality. */
  static byte[] jpegOfSamples(int width, int height, int... samples) throws IOException {
    WritableRaster raster = Raster.createInterleavedRaster(0, width, height, samples.length, null);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        raster.setPixel(x, y, samples);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg");
    while (writers.hasNext()) {
      ImageWriter writer = writers.next();
      if (writer.getClass().getName().startsWith("com.sun.")) {
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
          writer.setOutput(stream);
          writer.write(new IIOImage(raster, null, null));
        }
        writer.dispose();
        return out.toByteArray();
      }
    }
    throw new IOException("The JDK's own JPEG writer is missing");
  }

  /** Puts a marker segment behind the first two bytes. */
  static byte[] withSegment(byte[] jpeg, int marker, byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.write(0xFF);
    out.write(marker);
    out.write((body.length + 2) >> 8);
    out.write((body.length + 2) & 255);
    out.writeBytes(body);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  /** Adobe's marker: transform 0 = CMYK, 2 = YCCK; either way the inks are stored inverted. */
  static byte[] withAdobe(byte[] jpeg, int transform) {
    byte[] body = "Adobe\0\144\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
    body[11] = (byte) transform;
    return withSegment(jpeg, 0xEE, body);
  }

  /** An EXIF block with some other tag before the orientation. */
  static byte[] exif(boolean littleEndian, int orientation) {
    ByteBuffer body = ByteBuffer.allocate(6 + 8 + 2 + 2 * 12 + 4);
    body.put("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
    body.order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    body.putShort((short) (littleEndian ? 0x4949 : 0x4D4D)).putShort((short) 42).putInt(8);
    body.putShort((short) 2);
    body.putShort((short) 0x0100).putShort((short) 4).putInt(1).putInt(77);
    body.putShort((short) 0x0112).putShort((short) 3).putInt(1);
    body.putShort((short) orientation).putShort((short) 0);
    body.putInt(0);
    return body.array();
  }

  /** Ramps with noise, so that a lossless file is not tiny. */
  static BufferedImage noisy(int width, int height, int type) {
    Random random = new Random(5);
    BufferedImage picture = new BufferedImage(width, height, type);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int red = x * 255 / width;
        int green = y * 255 / height;
        picture.setRGB(x, y, red << 16 | green << 8 | (100 + random.nextInt(40)));
      }
    }
    return picture;
  }
}
