package dev.interp.visual.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.visual.render.Heatmap;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

final class ReportTest {
  private static final Report SAMPLE = SampleReport.of(photo());

  @Test
  void page_is_well_formed_with_one_title_and_unique_ids() throws Exception {
    Document page = parse(SAMPLE.html());
    assertThat(page.getElementsByTagName("h1").getLength()).isEqualTo(1);
    List<String> ids = new ArrayList<>();
    for (Element element : elements(page, "*")) {
      if (element.hasAttribute("id")) {
        ids.add(element.getAttribute("id"));
      }
    }
    assertThat(ids).doesNotHaveDuplicates().contains("main", "card-1", "card-2", "card-3");
    for (Element element : elements(page, "*")) {
      if (element.hasAttribute("aria-labelledby")) {
        assertThat(ids).contains(element.getAttribute("aria-labelledby"));
      }
    }
  }

  @Test
  void page_asks_nobody_for_anything_and_runs_nothing() throws Exception {
    Document page = parse(SAMPLE.html());
    List<String> ids = new ArrayList<>();
    for (Element element : elements(page, "*")) {
      ids.add(element.getAttribute("id"));
    }
    for (Element element : elements(page, "*")) {
      assertThat(element.getTagName()).isNotIn("script", "link", "iframe", "object", "base");
      if (element.hasAttribute("src")) {
        assertThat(element.getAttribute("src")).startsWith("data:image/png;base64,");
      }
      if (element.hasAttribute("href")) {
        assertThat(element.getAttribute("href")).startsWith("#");
        assertThat(ids).contains(element.getAttribute("href").substring(1));
      }
      assertThat(element.hasAttribute("srcset")).isFalse();
      assertThat(element.getAttribute("style")).doesNotContain("url(");
    }
    assertThat(elements(page, "style").get(0).getTextContent())
        .doesNotContain("url(")
        .doesNotContain("@import")
        .contains("prefers-color-scheme: dark")
        .contains("@media print")
        .contains(":focus-visible");
    assertThat(SAMPLE.html()).doesNotContain("http://").doesNotContain("https://");
  }

  @Test
  void every_picture_says_what_it_shows_and_decodes_at_its_size() throws Exception {
    List<Element> images = elements(parse(SAMPLE.html()), "img");
    assertThat(images).hasSize(1 + 3 + 3 + 5);
    for (Element image : images) {
      assertThat(image.getAttribute("alt")).isNotBlank();
      String src = image.getAttribute("src");
      byte[] png = Base64.getDecoder().decode(src.substring(src.indexOf(',') + 1));
      BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(png));
      assertThat(image.getAttribute("width")).isEqualTo("" + decoded.getWidth());
      assertThat(image.getAttribute("height")).isEqualTo("" + decoded.getHeight());
    }
  }

  @Test
  void embedded_pixels_are_the_pixels_given() throws Exception {
    BufferedImage photo = photo();
    Element image =
        elements(parse(empty("t", new Picture(photo, "", "noise"), List.of()).html()), "img")
            .get(0);
    String src = image.getAttribute("src");
    BufferedImage decoded =
        ImageIO.read(
            new ByteArrayInputStream(
                Base64.getDecoder().decode(src.substring(src.indexOf(',') + 1))));
    for (int y = 0; y < photo.getHeight(); y++) {
      for (int x = 0; x < photo.getWidth(); x++) {
        assertThat(decoded.getRGB(x, y)).isEqualTo(photo.getRGB(x, y));
      }
    }
  }

  @Test
  void every_word_is_escaped() throws Exception {
    String evil = "<script>alert('x')</script>&\"\u0000";
    String shown = "<script>alert('x')</script>&\"\uFFFD";
    Heatmap map = Heatmap.signed(new float[] {1}, 1, 1);
    Card card =
        new Card(
            evil,
            evil,
            evil,
            List.of(evil),
            List.of(new Picture(photo(), evil, evil)),
            List.of(Legend.of(map, evil)),
            List.of(new Table(evil, List.of(evil, evil), List.of(List.of(evil, evil)))),
            List.of(new Fact(evil, evil)),
            List.of(new Fact(evil, evil)),
            List.of(evil),
            List.of(evil));
    Report report =
        new Report(
            evil,
            evil,
            List.of(new Fact(evil, evil)),
            new Picture(photo(), evil, evil),
            List.of(new Prediction(1, evil, 0.5, 1)),
            List.of(card, card, card),
            List.of(new Fact(evil, evil)));
    Document page = parse(report.html());
    assertThat(report.html()).doesNotContain("<script").doesNotContain("\u0000");
    assertThat(elements(page, "h1").get(0).getTextContent()).isEqualTo(shown);
    assertThat(elements(page, "img").get(0).getAttribute("alt")).isEqualTo(shown);
    int head = 1 + 1 + 1 + 2;
    int overview = 1 + 1;
    int contents = 3;
    int table = 5;
    int cards = 3 * (12 + table);
    int foot = 2;
    assertThat(page.getDocumentElement().getTextContent().split("alert", -1))
        .hasSize(1 + head + overview + contents + cards + foot);
  }

  @Test
  void predictions_show_what_they_are_and_never_round_to_certainty() throws Exception {
    Report report =
        new Report(
            "t",
            "",
            List.of(),
            null,
            List.of(
                new Prediction(3, "sure", 0.99999, 20.126),
                new Prediction(1, "half", 0.5, Double.NaN),
                new Prediction(2, "hardly", 1e-9, -3.5),
                new Prediction(0, "never", 0, -1e3)),
            List.of(),
            List.of());
    List<Element> rows = elements(parse(report.html()), "li");
    assertThat(rows.stream().map(Element::getTextContent))
        .containsExactly(
            "sure #3logit 20.13> 99.9 %",
            "half #1logit –50.0 %",
            "hardly #2logit \u22123.50< 0.1 %",
            "never #0logit \u22121000.000.0 %");
    assertThat(report.html()).contains("width:50.00%").contains("width:0.00%");
  }

  @Test
  void what_is_empty_takes_no_room() throws Exception {
    Document page = parse(empty("Title alone", null, List.of()).html());
    for (String tag : List.of("img", "dl", "ul", "ol", "article", "section", "nav", "h2")) {
      assertThat(elements(page, tag)).as(tag).isEmpty();
    }
    Document words = parse(empty("t", null, List.of(Card.of("Card", ""))).html());
    assertThat(elements(words, "article")).hasSize(1);
    assertThat(elements(words, "h3")).isEmpty();
  }

  @Test
  void cards_keep_facts_settings_notes_and_warnings_apart() throws Exception {
    Card card =
        Card.of("Method", "What it does.")
            .withSource("Paper 2020")
            .withBadges(List.of("fast"))
            .withFacts(List.of(new Fact("Time", "1 s")))
            .withSettings(List.of(new Fact("Steps", "64")))
            .withNotes(List.of("Read with care."))
            .withWarnings(List.of("Gap is large."));
    String html = empty("t", null, List.of(card)).html();
    assertThat(html)
        .contains("<dt>Time</dt><dd>1 s</dd>")
        .contains("<h3>Settings</h3>")
        .contains("<dt>Steps</dt><dd>64</dd>")
        .contains("Paper 2020")
        .contains("<li>fast</li>")
        .containsSubsequence("Warning ", "Gap is large.", "Note ", "Read with care.");
  }

  @Test
  void legends_carry_the_scale_as_text() throws Exception {
    Heatmap map = Heatmap.signed(new float[] {-8, 2, 1}, 1, 3).withLimit(2);
    String html =
        empty(
                "t",
                null,
                List.of(Card.of("c", "").withLegends(List.of(Legend.of(map, "share of logit")))))
            .html();
    assertThat(html).contains("≤ \u22122").contains("share of logit · limit: fixed limit");
    assertThat(html).contains("Colour bar: ≤ \u22122 to 0 to 2");
  }

  @Test
  void same_report_same_bytes_in_any_locale() {
    String first = SAMPLE.html();
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertThat(SampleReport.of(photo()).html()).isEqualTo(first);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void write_replaces_the_file_and_leaves_nothing_else(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("report.html");
    Files.writeString(file, "old");
    SAMPLE.write(file);
    assertThat(Files.readString(file, StandardCharsets.UTF_8)).isEqualTo(SAMPLE.html());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void write_says_which_folder_is_missing(@TempDir Path folder) {
    assertThatThrownBy(() -> SAMPLE.write(folder.resolve("none/report.html")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none")
        .hasMessageContaining("create it first");
    assertThatThrownBy(() -> SAMPLE.write(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("add a file name");
  }

  @Test
  void lists_are_copied() {
    List<Card> cards = new ArrayList<>(List.of(Card.of("a", "")));
    Report report = empty("t", null, cards);
    cards.clear();
    assertThat(report.cards()).hasSize(1);
  }

  @Test
  void misuse_is_explained() {
    assertThatThrownBy(() -> new Picture(photo(), "cat", " ")).hasMessageContaining("alt");
    assertThatThrownBy(() -> new Prediction(0, "cat", 73, 2)).hasMessageContaining("percentage");
    assertThatThrownBy(() -> new Prediction(-1, "cat", 0.1, 2)).hasMessageContaining("-1");
    assertThatThrownBy(() -> new Fact("", "5")).hasMessageContaining("'5'");
    assertThatThrownBy(() -> Card.of(" ", "")).hasMessageContaining("title");
    assertThatThrownBy(() -> empty("", null, List.of())).hasMessageContaining("title");
    assertThatThrownBy(() -> Legend.of(Heatmap.signed(new float[1], 1, 1), ""))
        .hasMessageContaining("unit");
  }

  private static Report empty(String title, @Nullable Picture input, List<Card> cards) {
    return new Report(title, "", List.of(), input, List.of(), cards, List.of());
  }

  private static BufferedImage photo() {
    BufferedImage photo = new BufferedImage(24, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 24 * 16; i++) {
      photo.setRGB(i % 24, i / 24, 0x9E3779B1 * i);
    }
    return photo;
  }

  private static Document parse(String html)
      throws ParserConfigurationException, IOException, SAXException {
    assertThat(html).startsWith("<!DOCTYPE html>\n<html lang=\"en\">");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static List<Element> elements(Document page, String tag) {
    NodeList nodes = page.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
