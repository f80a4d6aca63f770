package dev.interp.visual.report;

import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.img;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.script;
import static j2html.TagCreator.style;
import static j2html.TagCreator.title;

import j2html.Config;
import j2html.rendering.FlatHtml;
import j2html.tags.specialized.BodyTag;
import j2html.tags.specialized.ImgTag;
import j2html.utils.EscapeUtil;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** HTML documents that hold everything they show: they load nothing, and run no foreign script. */
public final class WebPage {
  /** Characters no XML document may hold, escaped or not. */
  private static final Pattern FORBIDDEN =
      Pattern.compile("[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\uFFFE\\uFFFF]");

  /** Nothing may be fetched or run, whatever the words of the page are. */
  private static final String POLICY =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

  private WebPage() {}

  /**
   * The text of a page.
   *
   * @param title of the window
   * @param css rules, written as they are; for those of reports see {@link #look}
   * @param body what is seen
   * @return the document, in English; equal contents give equal text
   */
  public static String of(String title, String css, BodyTag body) {
    return page(title, css, POLICY, body);
  }

  /**
   * The text of a page with a script of its own, the only one that runs on it.
   *
   * @param title of the window
   * @param css rules, written as they are
   * @param script run as a module when all is there; a resource of the program, as it is written as
   *     it is
   * @param body what is seen
   * @return the document, in English; equal contents give equal text
   */
  public static String of(String title, String css, String script, BodyTag body) {
    String text = "\n" + script.strip() + "\n";
    return page(
        title,
        css,
        POLICY + "; script-src 'sha256-" + hash(text) + "'",
        body.with(script(rawHtml(text)).withType("module")));
  }

  private static String hash(String text) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String page(String title, String css, String policy, BodyTag body) {
    Config config =
        Config.defaults()
            .withEmptyTagsClosed(true)
            .withTextEscaper(
                text -> EscapeUtil.escape(FORBIDDEN.matcher(text).replaceAll("\uFFFD")));
    StringBuilder out = new StringBuilder("<!DOCTYPE html>\n");
    try {
      html(
              head(
                  meta().withCharset("utf-8"),
                  meta().attr("http-equiv", "Content-Security-Policy").withContent(policy),
                  meta().withName("viewport").withContent("width=device-width, initial-scale=1"),
                  meta().withName("color-scheme").withContent("light dark"),
                  title(title),
                  style(rawHtml(css))),
              body)
          .withLang("en")
          .render(FlatHtml.into(out, config));
    } catch (IOException e) {
      throw new UncheckedIOException("a StringBuilder does not fail", e);
    }
    return out.append('\n').toString();
  }

  /** Returns the CSS of a {@link Report}, for pages in its look. */
  public static String look() {
    try (InputStream in = WebPage.class.getResourceAsStream("report.css")) {
      if (in == null) {
        throw new IllegalStateException(
            "report.css is missing beside WebPage.class; was the jar repackaged without"
                + " resources?");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read report.css", e);
    }
  }

  /**
   * A picture inside of the page, in its own size.
   *
   * @param image any picture that PNG can hold
   * @param alt what it shows, for who cannot see it
   * @return the element
   * @throws IllegalArgumentException if PNG cannot hold the picture
   */
  public static ImgTag image(BufferedImage image, String alt) {
    return img()
        .withSrc(address(image))
        .withAlt(alt)
        .withWidth(Integer.toString(image.getWidth()))
        .withHeight(Integer.toString(image.getHeight()));
  }

  /**
   * A picture as an address that holds it.
   *
   * @param image any picture that PNG can hold
   * @return {@code data:image/png;base64,} and the file
   * @throws IllegalArgumentException if PNG cannot hold the picture
   */
  public static String address(BufferedImage image) {
    return "data:image/png;base64," + written(image, "png");
  }

  /**
   * A photo as an address that holds it, with a loss that is hard to see: a fraction of {@link
   * #address}.
   *
   * @param image any picture that JPEG can hold, so without transparency
   * @return {@code data:image/jpeg;base64,} and the file
   * @throws IllegalArgumentException if JPEG cannot hold the picture
   */
  public static String photo(BufferedImage image) {
    return "data:image/jpeg;base64," + written(image, "jpeg");
  }

  private static String written(BufferedImage image, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalArgumentException("no writer of " + format + " takes " + image);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
