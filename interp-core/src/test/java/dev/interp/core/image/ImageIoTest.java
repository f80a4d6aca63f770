package dev.interp.core.image;

import static dev.interp.core.image.PictureFiles.encode;
import static dev.interp.core.image.PictureFiles.exif;
import static dev.interp.core.image.PictureFiles.jpegOfSamples;
import static dev.interp.core.image.PictureFiles.noisy;
import static dev.interp.core.image.PictureFiles.read;
import static dev.interp.core.image.PictureFiles.withAdobe;
import static dev.interp.core.image.PictureFiles.withSegment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageIoTest {

  @TempDir Path folder;

  private static BufferedImage ofModel(ComponentColorModel model, int width, int... samples) {
    WritableRaster raster =
        model.createCompatibleWritableRaster(
            width, samples.length / width / model.getNumComponents());
    raster.setPixels(0, 0, width, raster.getHeight(), samples);
    return new BufferedImage(model, raster, false, null);
  }

  // --- PNG -----------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "tiff"})
  void lossless_colour_files_give_their_exact_pixels(String format) throws IOException {
    BufferedImage picture = noisy(13, 7, BufferedImage.TYPE_INT_RGB);
    assertThat(read(encode(picture, format))).isEqualTo(Image.of(picture));
  }

  @Test
  void a_gif_is_read() throws IOException {
    byte[] level = {0, (byte) 200};
    IndexColorModel palette = new IndexColorModel(1, 2, level, new byte[2], new byte[2]);
    BufferedImage picture = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    picture.getRaster().setSample(2, 0, 0, 1);
    Image image = read(encode(picture, "gif"));
    assertThat(image.values()).containsExactly(0, 0, 200 / 255f, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void a_grey_png_is_not_brightened() throws IOException {
    BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setPixels(0, 0, 2, 1, new int[] {100, 17});
    Image image = read(encode(grey, "png"));
    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.values()).containsExactly(100 / 255f, 17 / 255f);
  }

  @Test
  void a_grey_png_with_alpha_lies_on_white() throws IOException {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_GRAY),
            true,
            false,
            Transparency.TRANSLUCENT,
            DataBuffer.TYPE_BYTE);
    Image image = read(encode(ofModel(model, 3, 0, 0, 100, 255, 0, 51), "png"));
    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.value(0, 0, 0)).isEqualTo(1);
    assertThat(image.value(0, 0, 1)).isEqualTo(100 / 255f);
    assertThat(image.value(0, 0, 2)).isCloseTo(0.8f, within(1e-6f));
  }

  @Test
  void an_rgba_png_lies_on_white() throws IOException {
    BufferedImage picture = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, 0x0000FF00);
    picture.setRGB(1, 0, 0xFF204060);
    Image image = read(encode(picture, "png"));
    assertThat(image.values()).containsExactly(1, 0x20 / 255f, 1, 0x40 / 255f, 1, 0x60 / 255f);
  }

  @Test
  void sixteen_bit_grey_keeps_its_levels() throws IOException {
    BufferedImage grey = new BufferedImage(3, 1, BufferedImage.TYPE_USHORT_GRAY);
    grey.getRaster().setPixels(0, 0, 3, 1, new int[] {1, 32768, 65535});
    assertThat(read(encode(grey, "png")).values()).containsExactly(1 / 65535f, 32768 / 65535f, 1);
  }

  @Test
  void sixteen_bit_rgb_keeps_its_levels() throws IOException {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    Image image = read(encode(ofModel(model, 1, 257, 1000, 65535), "png"));
    assertThat(image.values()).containsExactly(1 / 255f, 1000 / 65535f, 1);
  }

  @Test
  void a_palette_png_gives_its_colours() throws IOException {
    byte[] red = {(byte) 200, 0, 7, 0};
    byte[] green = {10, 0, 7, (byte) 255};
    byte[] blue = {20, 0, 9, 0};
    IndexColorModel palette = new IndexColorModel(2, 4, red, green, blue, 1);
    BufferedImage picture = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
    picture.getRaster().setPixels(0, 0, 4, 1, new int[] {0, 1, 2, 3});
    Image image = read(encode(picture, "png"));
    assertThat(image.plane(0)).containsExactly(200 / 255f, 1, 7 / 255f, 0); // 1 is transparent
    assertThat(image.plane(1)).containsExactly(10 / 255f, 1, 7 / 255f, 1);
    assertThat(image.plane(2)).containsExactly(20 / 255f, 1, 9 / 255f, 0);
  }

  @Test
  void a_one_bit_png_is_grey() throws IOException {
    BufferedImage picture = new BufferedImage(9, 1, BufferedImage.TYPE_BYTE_BINARY);
    picture.getRaster().setSample(8, 0, 0, 1);
    Image image = read(encode(picture, "png"));
    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.values()).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "bmp"})
  void one_pixel_is_a_picture(String format) throws IOException {
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(0, 0, 0xFFFFFF);
    assertThat(read(encode(picture, format))).isEqualTo(Image.of(3, 1, 1, new float[] {1, 1, 1}));
  }

  // --- JPEG ----------------------------------------------------------------------------------

  @Test
  void a_grey_jpeg_has_one_channel() throws IOException {
    Image image = read(jpegOfSamples(16, 16, 100));
    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.value(0, 8, 8)).isCloseTo(100 / 255f, within(0.005f));
  }

  @ParameterizedTest
  @CsvSource({
    // inverted inks C, M, Y, K: 255 = none
    "255,255,255,255, 1,1,1",
    "255,255,255,0,   0,0,0",
    "0,255,255,255,   0,1,1",
    "255,0,255,255,   1,0,1",
    "255,255,0,255,   1,1,0",
  })
  void a_cmyk_jpeg_has_about_the_colours_of_its_inks(
      int c, int m, int y, int k, float red, float green, float blue) throws IOException {
    Image image = read(withAdobe(jpegOfSamples(16, 16, c, m, y, k), 0));
    assertThat(image.channels()).isEqualTo(3);
    // Real inks are not ideal: a printing profile gives cyan some green and blue missing.
    assertThat(image.value(0, 8, 8)).isCloseTo(red, within(0.35f));
    assertThat(image.value(1, 8, 8)).isCloseTo(green, within(0.45f));
    assertThat(image.value(2, 8, 8)).isCloseTo(blue, within(0.45f));
  }

  @Test
  void a_ycck_jpeg_has_the_colours_of_the_same_cmyk_jpeg() throws IOException {
    // YCCK holds the YCbCr of 255 minus each stored ink: of red for (0,255,255), 76.2, 85.0, 255.5.
    Image cmyk = read(withAdobe(jpegOfSamples(16, 16, 0, 255, 255, 255), 0));
    Image ycck = read(withAdobe(jpegOfSamples(16, 16, 76, 85, 255, 255), 2));
    for (int c = 0; c < 3; c++) {
      assertThat(ycck.value(c, 8, 8)).isCloseTo(cmyk.value(c, 8, 8), within(0.03f));
    }
    assertThat(ycck.value(2, 8, 8)).isGreaterThan(ycck.value(0, 8, 8) + 0.3f);
  }

  @Test
  void an_embedded_profile_does_not_change_the_samples() throws IOException {
    byte[] jpeg = encode(noisy(32, 24, BufferedImage.TYPE_INT_RGB), "jpeg");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes("ICC_PROFILE\0\1\1".getBytes(StandardCharsets.ISO_8859_1));
    body.writeBytes(ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData());
    assertThat(read(withSegment(jpeg, 0xE2, body.toByteArray()))).isEqualTo(read(jpeg));
  }

  /** Left to right, top to bottom: where 2x3 blocks (0 to 5, row by row) end up when upright. */
  @ParameterizedTest
  @CsvSource({
    "1, 3, 0 1 2 3 4 5",
    "2, 3, 2 1 0 5 4 3",
    "3, 3, 5 4 3 2 1 0",
    "4, 3, 3 4 5 0 1 2",
    "5, 2, 0 3 1 4 2 5",
    "6, 2, 3 0 4 1 5 2",
    "7, 2, 5 2 4 1 3 0",
    "8, 2, 2 5 1 4 0 3",
  })
  void exif_orientation_is_applied(int orientation, int columns, String order) throws IOException {
    BufferedImage picture = new BufferedImage(48, 32, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 48; x++) {
        picture.setRGB(x, y, (y / 16 * 3 + x / 16) * 40 * 0x010101);
      }
    }
    byte[] jpeg = encode(picture, "jpeg");
    for (boolean littleEndian : new boolean[] {true, false}) {
      Image image = read(withSegment(jpeg, 0xE1, exif(littleEndian, orientation)));
      assertThat(image.width()).isEqualTo(16 * columns);
      assertThat(image.height()).isEqualTo(96 / columns);
      StringBuilder seen = new StringBuilder();
      for (int b = 0; b < 6; b++) {
        float value = image.value(1, b / columns * 16 + 8, b % columns * 16 + 8);
        seen.append(b == 0 ? "" : " ").append(Math.round(value * 255 / 40));
      }
      assertThat(seen).hasToString(order);
    }
  }

  @Test
  void orientation_of_asymmetric_pixels_is_exact() {
    float[] stored = {0, 1, 2, 3, 4, 5}; // 3 wide, 2 high
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
    picture.getRaster().setPixels(0, 0, 3, 2, stored);
    Image turned = Image.of(picture, 6); // stored top row becomes the right column
    assertThat(turned.width()).isEqualTo(2);
    assertThat(turned.plane(0))
        .containsExactly(3 / 255f, 0, 4 / 255f, 1 / 255f, 5 / 255f, 2 / 255f);
  }

  @Test
  void senseless_exif_means_upright() throws IOException {
    byte[] jpeg = encode(noisy(16, 8, BufferedImage.TYPE_INT_RGB), "jpeg");
    byte[] good = exif(true, 6);
    assertThat(ExifOrientation.of(withSegment(jpeg, 0xE1, good))).isEqualTo(6);
    assertThat(ExifOrientation.of(jpeg)).isEqualTo(1);
    for (int orientation : new int[] {0, 9, 0xFFFF}) {
      assertThat(ExifOrientation.of(withSegment(jpeg, 0xE1, exif(true, orientation)))).isEqualTo(1);
    }
    for (int cut = 0; cut < 6 + 8 + 2 + 24; cut++) {
      assertThat(ExifOrientation.of(withSegment(jpeg, 0xE1, Arrays.copyOf(good, cut))))
          .isEqualTo(1);
    }
    Random random = new Random(3);
    byte[] file = withSegment(jpeg, 0xE1, good);
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = file.clone();
      for (int k = 0; k < 3; k++) {
        damaged[random.nextInt(60)] = (byte) random.nextInt();
      }
      assertThat(ExifOrientation.of(Arrays.copyOf(damaged, random.nextInt(file.length))))
          .isBetween(1, 8);
    }
  }

  @Test
  void twenty_megapixels_are_read_upright() throws IOException {
    BufferedImage picture = new BufferedImage(5000, 4000, BufferedImage.TYPE_3BYTE_BGR);
    byte[] pixels = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
    Arrays.fill(pixels, 0, 5000 * 16 * 3, (byte) 255); // 16 white rows on top
    Image image = read(withSegment(encode(picture, "jpeg"), 0xE1, exif(false, 6)));
    assertThat(image.width()).isEqualTo(4000);
    assertThat(image.height()).isEqualTo(5000);
    assertThat(image.value(0, 2500, 3999)).isEqualTo(1);
    assertThat(image.value(2, 4999, 0)).isZero();
  }

  // --- Refusals --------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "bmp", "tiff", "gif"})
  void a_truncated_file_is_refused_wherever_it_ends(String format) throws IOException {
    byte[] file = encode(noisy(64, 48, BufferedImage.TYPE_INT_RGB), format);
    // The last chunk of a PNG (12 bytes and the check sum before it) and the last byte of a GIF say
    // nothing about pixels.
    int needed = file.length - 25;
    for (int length = 1; length < needed; length += 1 + length / 40) {
      byte[] part = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> read(part))
          .as("%d of %d bytes", length, file.length)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("memory.bin ")
          .satisfies(
              e ->
                  assertThat(e.getMessage())
                      .containsAnyOf("truncated", "not an image this JVM can read"));
    }
  }

  @Test
  void a_half_jpeg_is_called_truncated() throws IOException {
    byte[] file = encode(noisy(64, 48, BufferedImage.TYPE_INT_RGB), "jpeg");
    Path path = folder.resolve("half.jpg");
    Files.write(path, Arrays.copyOf(file, file.length * 3 / 4));
    assertThatThrownBy(() -> ImageIo.read(path))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(path + " is truncated");
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "jpeg", "bmp", "tiff", "gif"})
  void damage_gives_a_picture_or_an_io_exception_and_nothing_else(String format)
      throws IOException {
    byte[] file = encode(noisy(40, 30, BufferedImage.TYPE_INT_RGB), format);
    Random random = new Random(11);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] damaged = file.clone();
      for (int k = 0; k < 4; k++) {
        damaged[random.nextInt(i % 2 == 0 ? file.length : 100)] = (byte) random.nextInt();
      }
      try {
        read(damaged);
      } catch (IOException e) {
        assertThat(e.getMessage()).startsWith("memory.bin ");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void a_file_that_is_no_picture_is_named_with_the_known_formats() throws IOException {
    Path path = folder.resolve("page.png");
    Files.writeString(path, "<!doctype html><p>404");
    assertThatThrownBy(() -> ImageIo.read(path))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            path + " is not an image this JVM can read (known formats: bmp, gif")
        .hasMessageContaining("looks like HTML");
    Files.write(path, "RIFF\0\0\0\0WEBPVP8 ".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ImageIo.read(path)).hasMessageContaining("WebP");
    Files.write(path, "\0\0\0\30ftypheic".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ImageIo.read(path)).hasMessageContaining("HEIF");
    Files.write(path, new byte[] {1, 2, (byte) 0xAB});
    assertThatThrownBy(() -> ImageIo.read(path))
        .hasMessageContaining("starts with the bytes 01 02 ab");
  }

  @Test
  void an_empty_a_missing_file_and_a_folder_are_told_apart() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.png"));
    assertThatThrownBy(() -> ImageIo.read(empty))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(empty + " is empty (0 bytes)");
    Path missing = folder.resolve("missing.png");
    assertThatThrownBy(() -> ImageIo.read(missing))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("no such picture file");
    assertThatThrownBy(() -> ImageIo.read(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a folder");
  }

  @Test
  void a_header_of_gigapixels_is_refused_before_memory_is_asked_for() throws IOException {
    byte[] file = encode(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "png");
    ByteBuffer.wrap(file).putInt(16, 100_000).putInt(20, 100_000);
    CRC32 crc = new CRC32();
    crc.update(file, 12, 17);
    ByteBuffer.wrap(file).putInt(29, (int) crc.getValue());
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("memory.bin says it has 100000x100000 pixels");
  }

  @Test
  void a_stream_is_read_but_not_closed() throws IOException {
    byte[] file = encode(noisy(4, 3, BufferedImage.TYPE_INT_RGB), "png");
    boolean[] closed = new boolean[1];
    Image image =
        ImageIo.read(
            new ByteArrayInputStream(file) {
              @Override
              public void close() {
                closed[0] = true;
              }
            },
            "stream");
    assertThat(image.width()).isEqualTo(4);
    assertThat(closed[0]).isFalse();
  }

  @Test
  void reading_in_parallel_gives_the_same_pictures() throws IOException {
    byte[] jpeg = encode(noisy(64, 48, BufferedImage.TYPE_INT_RGB), "jpeg");
    Image alone = read(jpeg);
    List<Image> images =
        Stream.generate(() -> jpeg)
            .limit(16)
            .parallel()
            .map(
                file -> {
                  try {
                    return read(file);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .toList();
    assertThat(images).allMatch(alone::equals);
  }

  // --- Writing ---------------------------------------------------------------------------------

  @Test
  void a_written_png_reads_back_equal_and_replaces_the_old_file() throws IOException {
    Path path = folder.resolve("out.png");
    Files.writeString(path, "old");
    Image colour = Image.of(noisy(13, 7, BufferedImage.TYPE_INT_RGB));
    ImageIo.writePng(colour, path);
    assertThat(ImageIo.read(path)).isEqualTo(colour);
    byte[] first = Files.readAllBytes(path);
    ImageIo.writePng(colour, path);
    assertThat(Files.readAllBytes(path)).isEqualTo(first);
    Image grey = Image.of(1, 1, 2, new float[] {100 / 255f, 1});
    ImageIo.writePng(grey, path);
    assertThat(ImageIo.read(path)).isEqualTo(grey);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void a_failed_write_leaves_the_old_file_and_nothing_else() throws IOException {
    Path path = folder.resolve("out.png");
    Files.writeString(path, "old");
    ComponentColorModel floats =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_FLOAT);
    BufferedImage picture =
        new BufferedImage(floats, floats.createCompatibleWritableRaster(1, 1), false, null);
    assertThatThrownBy(() -> ImageIo.writePng(picture, path))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("PNG cannot hold");
    assertThat(path).hasContent("old");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void a_missing_folder_is_named() {
    Path path = folder.resolve("nowhere").resolve("out.png");
    assertThatThrownBy(() -> ImageIo.writePng(Image.of(1, 1, 1, new float[1]), path))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("folder does not exist");
    assertThatThrownBy(() -> ImageIo.writePng(Image.of(1, 1, 1, new float[1]), folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a folder");
  }
}
