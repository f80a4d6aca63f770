package dev.interp.bench.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.core.data.PartDataset;
import dev.interp.visual.gallery.GalleryLayer;
import dev.interp.visual.gallery.GalleryPage;
import dev.interp.visual.gallery.NetworkGallery;
import dev.interp.visual.report.Fact;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The page of a gallery in Chromium, by keys that are really pressed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GalleryInBrowserTest {
  private static final String FOCUS = "document.activeElement.getAttribute('popovertarget') ?? ''";
  private static final String OPEN =
      "[...document.querySelectorAll('.detail:popover-open')].map(d => d.id)";

  /** How many levels of red each picture has: one level would be an empty picture. */
  private static final String LEVELS =
      """
      Promise.all([...document.images].map(async image => {
        image.loading = 'eager';
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const pen = canvas.getContext('2d');
        pen.drawImage(image, 0, 0);
        const all = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(all.filter((v, i) => i % 4 < 3)).size;
      }))
      """;

  private Optional<Browser> browser = Optional.empty();
  private Path page = Path.of("");

  @BeforeAll
  void draw(@TempDir Path folder) throws Exception {
    Optional<Path> program = Browser.find();
    assumeTrue(program.isPresent(), "no Chromium or Chrome is on the PATH");
    DemoModel demo = DemoModel.load();
    int first = demo.firstDemoBird();
    PartDataset birds = demo.birds().withSize(first + 12).slice(first, first + 12);
    List<GalleryLayer> layers =
        NetworkGallery.withDefaults()
            .withLayers(List.of("conv1", "conv2", demo.network().logits()))
            .withDrawing(2, 20)
            .withFieldPictures(2)
            .withLabels(Map.of("conv2", Map.of(3, "beak (part)")))
            .of(demo.network(), demo.preprocessor(), birds);
    page = folder.resolve("gallery.html");
    Files.writeString(
        page,
        new GalleryPage(
                "Gallery of birds",
                List.of(new Fact("Model", "birds")),
                List.of("a note"),
                List.of("bad.png: cannot be read"),
                List.of(new Fact("Seed", "0")))
            .html(demo.network(), layers));
    browser = Optional.of(Browser.start(program.get()));
  }

  @AfterAll
  void close() throws IOException {
    if (browser.isPresent()) {
      browser.get().close();
    }
  }

  @BeforeEach
  void open() throws IOException {
    browser().see(1280, 900, false);
    browser().open(page);
  }

  private Browser browser() {
    return browser.orElseThrow();
  }

  private String text(String expression) throws IOException {
    return browser().evaluate(expression).asText();
  }

  private List<String> opened() throws IOException {
    List<String> ids = new ArrayList<>();
    browser().evaluate(OPEN).forEach(id -> ids.add(id.asText()));
    return ids;
  }

  @Test
  void it_asks_for_nothing_and_complains_of_nothing() throws IOException {
    browser().press("Tab", "Tab", "Enter");
    assertThat(browser().requests()).containsExactly(page.toUri().toString());
    assertThat(browser().console()).isEmpty();
    assertThat(text("document.title")).isEqualTo("Gallery of birds");
  }

  @Test
  void no_picture_is_empty_or_without_words() throws IOException {
    JsonNode levels = browser().evaluate(LEVELS);
    assertThat(levels.size()).isGreaterThan(200);
    for (JsonNode count : levels) {
      assertThat(count.asInt()).isGreaterThan(3);
    }
    assertThat(text("[...document.images].filter(i => !i.alt.trim()).length")).isEqualTo("0");
    assertThat(text("document.querySelectorAll('.graph rect').length")).isEqualTo("4");
  }

  @Test
  void keys_lead_from_filter_to_filter_and_into_them() throws IOException {
    int pressed = 0;
    while (text(FOCUS).isEmpty() && pressed++ < 20) {
      browser().press("Tab");
    }
    assertThat(text(FOCUS)).as("after %d tabs", pressed).isEqualTo("layer-0-0");
    browser().press("ArrowRight", "ArrowRight", "ArrowLeft");
    assertThat(text(FOCUS)).isEqualTo("layer-0-1");
    assertThat(opened()).isEmpty();

    browser().press("Enter");
    assertThat(opened()).containsExactly("layer-0-1");
    JsonNode widths =
        browser()
            .evaluate(
                "Promise.all([...document.querySelectorAll('.detail:popover-open img')]"
                    + ".map(i => i.decode().then(() => i.naturalWidth)))");
    assertThat(widths).hasSize(5).allMatch(width -> width.asInt() > 100);
    browser().press("ArrowRight");
    assertThat(opened()).containsExactly("layer-0-2");
    assertThat(text(FOCUS)).isEqualTo("layer-0-2");
    browser().press("Escape");
    assertThat(opened()).isEmpty();
    assertThat(text(FOCUS)).isEqualTo("layer-0-2");

    browser().press("ArrowDown");
    String below = text(FOCUS);
    assertThat(below).startsWith("layer-0-").isNotEqualTo("layer-0-2");
    browser().press("ArrowUp");
    assertThat(text(FOCUS)).isEqualTo("layer-0-2");
    browser().press("End");
    assertThat(text(FOCUS)).isEqualTo("layer-2-9");
    browser().press("Home", "ArrowLeft");
    assertThat(text(FOCUS)).isEqualTo("layer-0-0");
    for (int i = 0; i < 16; i++) {
      browser().press("ArrowRight");
    }
    assertThat(text(FOCUS)).as("after the last of the layer").isEqualTo("layer-1-0");
    assertThat(browser().console()).isEmpty();
  }

  @Test
  void it_fits_a_narrow_screen_opened_or_not_and_has_dark_colours() throws IOException {
    String brightness = "getComputedStyle(document.body).backgroundColor";
    String light = text(brightness);
    browser().see(390, 844, true);
    assertThat(text(brightness)).isNotEqualTo(light);
    assertThat(text("(e => e.scrollWidth - e.clientWidth)(document.documentElement)"))
        .isEqualTo("0");
    browser().evaluate("document.querySelector('.filter').focus()");
    browser().press("Enter");
    JsonNode box =
        browser()
            .evaluate(
                "(r => [r.left, r.right, r.top, r.bottom])("
                    + "document.querySelector('.detail:popover-open').getBoundingClientRect())");
    assertThat(box.get(0).asDouble()).isNotNegative();
    assertThat(box.get(1).asDouble()).isLessThanOrEqualTo(390);
    assertThat(box.get(2).asDouble()).isNotNegative();
    assertThat(box.get(3).asDouble()).isLessThanOrEqualTo(844);
    BufferedImage seen = ImageIO.read(new ByteArrayInputStream(browser().screenshot()));
    assertThat(seen.getWidth()).isEqualTo(390);
  }
}
