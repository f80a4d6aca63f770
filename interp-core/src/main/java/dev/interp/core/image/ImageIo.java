package dev.interp.core.image;

import dev.interp.core.file.WholeFile;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads picture files and writes PNG.
 *
 * <p>Every format of the JVM's ImageIO plug-ins can be read, CMYK and YCCK JPEG among them (by a
 * plug-in that comes with this library). The EXIF orientation of a JPEG is applied. How colours,
 * grey and transparency are taken is said at {@link Image#of(BufferedImage)}. Of a file with
 * several pictures the first is read. No file of ImageIO's disk cache is made and no global setting
 * is changed.
 */
public final class ImageIo {

  /** Decoding needs about 16 bytes a pixel; a header that asks for more is taken for damage. */
  private static final long MAX_PIXELS = 1L << 27;

  private static final Pattern TRUNCATION =
      Pattern.compile("premature|truncat|unexpected end|\\beof\\b|\\beoi\\b|end of file");

  private ImageIo() {}

  /**
   * Reads a picture file.
   *
   * @param path a file
   * @return the picture, upright
   * @throws IOException if there is no such file, or it is empty, truncated, damaged, larger than
   *     2^27 pixels or no image that this JVM can read; the message names the file and the likely
   *     cause
   */
  public static Image read(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new IOException(path + " is a folder; a picture file was expected");
    }
    byte[] file;
    try (InputStream in = Files.newInputStream(path)) {
      file = in.readAllBytes();
    } catch (NoSuchFileException e) {
      NoSuchFileException named =
          new NoSuchFileException(path.toString(), null, "no such picture file");
      named.initCause(e);
      throw named;
    }
    return decode(file, path.toString());
  }

  /**
   * Reads a picture from a stream to its end.
   *
   * @param in read to its end, not closed
   * @param name how messages call it, for example the path or address it comes from
   * @return the picture, upright
   * @throws IOException as {@link #read(Path)}
   */
  public static Image read(InputStream in, String name) throws IOException {
    return decode(in.readAllBytes(), name);
  }

  private static Image decode(byte[] file, String name) throws IOException {
    if (file.length == 0) {
      throw new IOException(name + " is empty (0 bytes); was its download or copy cut short?");
    }
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new IOException(
            "%s is not an image this JVM can read (known formats: %s); %s"
                .formatted(name, knownFormats(), likelyKind(file)));
      }
      ImageReader reader = readers.next();
      try {
        return Image.of(decode(reader, in, name), ExifOrientation.of(file));
      } finally {
        reader.dispose();
      }
    }
  }

  private static BufferedImage decode(ImageReader reader, ImageInputStream in, String name)
      throws IOException {
    BufferedImage picture = null;
    String[] truncation = new String[1];
    try {
      reader.setInput(in, true, true);
      reader.addIIOReadWarningListener(
          (source, warning) -> {
            if (tellsTruncation(warning)) {
              truncation[0] = warning;
            }
          });
      if ((long) reader.getWidth(0) * reader.getHeight(0) <= MAX_PIXELS) {
        picture = reader.read(0, withoutProfile(reader));
      }
    } catch (IOException | RuntimeException e) {
      // Decoders answer damaged data with run-time exceptions of all kinds, too.
      throw new IOException(failure(name, e), e);
    }
    if (picture == null) {
      throw new IOException(
          "%s says it has %dx%d pixels; at most %d pixels are read. Scale it down first, unless it is damaged"
              .formatted(name, reader.getWidth(0), reader.getHeight(0), MAX_PIXELS));
    }
    if (truncation[0] != null) {
      throw new IOException(
          "%s is truncated or damaged: the decoder says \"%s\"".formatted(name, truncation[0]));
    }
    return picture;
  }

  /** Asks for the samples as stored where the decoder would convert them to sRGB by a profile. */
  private static ImageReadParam withoutProfile(ImageReader reader) throws IOException {
    ImageReadParam param = reader.getDefaultReadParam();
    ImageTypeSpecifier stored = reader.getRawImageType(0);
    if (stored != null) {
      ColorSpace space = stored.getColorModel().getColorSpace();
      boolean profiled = space.getType() == ColorSpace.TYPE_RGB && !space.isCS_sRGB();
      if (profiled || space.getType() == ColorSpace.TYPE_GRAY) {
        param.setDestinationType(stored);
      }
    }
    return param;
  }

  private static String failure(String name, Exception e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof EOFException || tellsTruncation(t.getMessage())) {
        return name + " is truncated: the file ends before the picture does";
      }
    }
    return "%s cannot be decoded: %s. It is damaged, truncated, or of a variant that this JVM's decoder does not know"
        .formatted(name, e.getMessage() == null ? e : e.getMessage());
  }

  private static boolean tellsTruncation(@Nullable String message) {
    return message != null && TRUNCATION.matcher(message.toLowerCase(Locale.ROOT)).find();
  }

  private static String knownFormats() {
    return Arrays.stream(ImageIO.getReaderFileSuffixes())
        .map(suffix -> suffix.toLowerCase(Locale.ROOT))
        .filter(suffix -> !suffix.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .collect(Collectors.joining(", "));
  }

  private static String likelyKind(byte[] file) {
    String start = new String(file, 0, Math.min(16, file.length), StandardCharsets.ISO_8859_1);
    if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
      return "it is a WebP picture: convert it to PNG or JPEG";
    }
    if (start.startsWith("ftyp", 4)) {
      return "it looks like HEIF, AVIF or a film: convert it to PNG or JPEG";
    }
    if (start.stripLeading().startsWith("<")) {
      return "it looks like HTML, SVG or XML text (an error page saved as a picture?)";
    }
    return "it starts with the bytes "
        + HexFormat.ofDelimiter(" ").formatHex(file, 0, Math.min(8, file.length));
  }

  /**
   * Writes a picture as 8-bit PNG: to a temporary file in the same folder, which is then moved into
   * place, so that no reader sees half a file.
   *
   * @param picture the picture; values are rounded to the nearest of 256 levels
   * @param path the file, replaced if it exists; its folder must exist
   * @throws IOException if the folder is missing or writing fails; the old file is then untouched
   */
  public static void writePng(Image picture, Path path) throws IOException {
    writePng(picture.toBufferedImage(), path);
  }

  /**
   * Writes an AWT picture as PNG, otherwise as {@link #writePng(Image, Path)}.
   *
   * @param picture the picture; read only
   * @param path the file, replaced if it exists; its folder must exist
   * @throws IOException if the folder is missing, writing fails or PNG cannot hold this kind of
   *     picture; the old file is then untouched
   */
  public static void writePng(BufferedImage picture, Path path) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(path)) {
      throw new IOException(path + " is a folder; the name of a PNG file was expected");
    }
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(
          path.toString(), null, "its folder does not exist; create it first");
    }
    WholeFile.write(
        path,
        temporary -> {
          try (OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW);
              ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(picture, "png", stream)) {
              throw new IOException(
                  path + ": PNG cannot hold a picture of the kind " + picture.getColorModel());
            }
          }
        });
  }
}
