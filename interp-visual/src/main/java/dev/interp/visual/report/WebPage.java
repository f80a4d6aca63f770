package dev.interp.visual.report;

import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.img;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.rawHtml;
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
import java.util.Base64;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** HTML documents that hold everything they show: they load nothing and run no script. */
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
                  meta().attr("http-equiv", "Content-Security-Policy").withContent(POLICY),
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
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", out)) {
        throw new IllegalArgumentException("no PNG writer takes a picture like " + image);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
