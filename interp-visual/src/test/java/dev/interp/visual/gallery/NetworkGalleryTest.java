package dev.interp.visual.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.data.Box;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import dev.interp.visual.report.Fact;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NetworkGalleryTest {
  private static final int SIDE = 16;
  private static final Preprocessor WAY = Preprocessor.none().withDivisor(255);
  private static final NetworkGallery SHORT =
      NetworkGallery.withDefaults().withDrawing(2, 3).withFieldPictures(2);

  private static PartDataset pictures(int count, int classes) {
    Random random = new Random(1);
    List<PartImage> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(
          new PartImage(
              RgbImage.of(SIDE, SIDE, random.ints(SIDE * SIDE, 0, 1 << 24).toArray()),
              i % classes,
              new Box(0, 0, SIDE, SIDE),
              List.of(),
              Optional.empty(),
              Map.of()));
    }
    return PartDataset.of(all, List.of("a", "b").subList(0, classes), List.of());
  }

  private static Op convolution(int seed, int out, int in, int kernel, Window window) {
    INDArray weights = Tensors.gaussian(DataType.FLOAT, seed, out, in, kernel, kernel);
    INDArray bias = Nd4j.zeros(out);
    if (out > 4) {
      // Filter 4 is never open.
      weights.slice(4).assign(0);
      bias.putScalar(4, -1);
    }
    return new Op.Convolution(weights, bias, window, 1);
  }

  private static Op relu() {
    return new Op.Activation(new ActivationReLU());
  }

  /** Two branches that meet, a layer of one channel, maps of 1 × 1, and two classes. */
  private static Network network() {
    return Network.builder(3, SIDE, SIDE)
        .add("first", convolution(1, 6, 3, 3, Window.of(3, 1, 1)))
        .add("open", relu())
        .add("left", convolution(2, 2, 6, 1, Window.of(1, 1, 0)), "open")
        .add("right", convolution(3, 2, 6, 3, Window.of(3, 1, 1)), "open")
        .add("both", new Op.Concat(), "left", "right")
        .add("one", convolution(4, 1, 4, 4, Window.of(4, 4, 0)))
        .add("tiny", convolution(5, 3, 1, 4, Window.of(4, 4, 0)))
        .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("class", new Op.Dense(Tensors.gaussian(DataType.FLOAT, 6, 3, 2), null))
        .add("probability", new Op.Softmax())
        .build();
  }

  private static String html(Network network, List<GalleryLayer> layers) {
    return new GalleryPage("Gallery", List.of(), List.of(), List.of(), List.of())
        .html(network, layers);
  }

  @Test
  void every_layer_with_filters_is_shown() {
    List<GalleryLayer> layers =
        SHORT
            .withLabels(Map.of("left", Map.of(1, "<beak>"), "elsewhere", Map.of(0, "x")))
            .of(network(), WAY, pictures(6, 2));

    assertThat(layers)
        .extracting(l -> l.info().name())
        .containsExactly("open", "left", "right", "one", "tiny", "class");
    assertThat(layers).extracting(l -> l.filters().size()).containsExactly(6, 2, 2, 1, 3, 2);
    GalleryLayer first = layers.get(0);
    GalleryFilter filter = first.filters().get(1);
    assertThat(filter.figures())
        .extracting(GalleryFilter.Figure::caption)
        .startsWith("Weights", "Likes best", "Strongest patches", "Their projections")
        .hasSize(5);
    assertThat(filter.figures()).allMatch(f -> f.address().startsWith("data:image/jpeg;base64,"));
    assertThat(filter.figures()).noneMatch(f -> f.alt().isBlank());
    assertThat(filter.field().orElseThrow()).isPositive().isLessThanOrEqualTo(3);
    assertThat(filter.drawing()).isEqualTo(GalleryFilter.Drawing.DRAWN);
    assertThat(first.filters().get(5).drawing()).isEqualTo(GalleryFilter.Drawing.NOT_DRAWN);
    assertThat(first.semantics().orElseThrow().directions()).hasSizeBetween(1, 32);
    assertThat(layers.get(1).filters().get(1).label()).isEqualTo("<beak>");
    assertThat(layers.get(1).filters().get(1).figures())
        .extracting(GalleryFilter.Figure::caption)
        .doesNotContain("Weights");

    String page = html(network(), layers);
    assertThat(page)
        .contains("&lt;beak&gt;", "Only the first 3 filters were drawn")
        .contains("1 of 6 filters are dead", "They are 4.")
        .doesNotContain("<beak>", " NaN", ">NaN");
    // Six layers, the input and where branches meet; the rectifier is part of an edge.
    assertThat(count(page, "<rect ")).isEqualTo(8);
    assertThat(count(page, "class=\"edge\"")).isEqualTo(8);
    assertThat(count(page, "class=\"filter\"")).isEqualTo(16);
    assertThat(count(page, "popover=\"auto\"")).isEqualTo(16);
  }

  private static int count(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    int count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  @Test
  void dead_filters_are_told_and_not_drawn() {
    GalleryFilter dead =
        SHORT
            .withDrawing(2, 6)
            .withLayers(List.of("open"))
            .of(network(), WAY, pictures(3, 1))
            .get(0)
            .filters()
            .get(4);

    assertThat(dead.silent()).isTrue();
    assertThat(dead.drawing()).isEqualTo(GalleryFilter.Drawing.DEAD);
    assertThat(dead.value()).isEmpty();
    assertThat(dead.field()).isEmpty();
    assertThat(dead.figures()).extracting(GalleryFilter.Figure::caption).containsExactly("Weights");
  }

  @Test
  void filters_that_pictures_excite_but_noise_does_not_are_told() {
    GalleryFilter.Figure patch = new GalleryFilter.Figure("data:,", 1, 1, "", "a patch");
    List<GalleryFilter> filters = new ArrayList<>();
    for (int f = 0; f < 6; f++) {
      filters.add(
          new GalleryFilter(
              f,
              "",
              List.of(new TopPictures.Shot(0, 1, 0)),
              false,
              f % 2 == 0 ? GalleryFilter.Drawing.DRAWN : GalleryFilter.Drawing.DEAD,
              OptionalDouble.empty(),
              OptionalDouble.empty(),
              patch,
              List.of()));
    }
    GalleryLayer layer = new GalleryLayer(network().layer("open"), filters, Optional.empty());
    assertThat(layer.dead()).isZero();
    assertThat(html(network(), List.of(layer)))
        .contains("none could be drawn from noise", "stands for them: 1, 3, 5.")
        .doesNotContain("filters are dead");
  }

  @Test
  void equal_seeds_give_equal_pages_whatever_the_batch() {
    List<GalleryLayer> layers = SHORT.of(network(), WAY, pictures(6, 2));
    String page = html(network(), layers);
    assertThat(html(network(), SHORT.withBatchSize(4).of(network(), WAY, pictures(6, 2))))
        .isEqualTo(page);
    assertThat(html(network(), SHORT.withSeed(2).of(network(), WAY, pictures(6, 2))))
        .isNotEqualTo(page);
  }

  @Test
  void two_thousand_filters_are_all_there_and_the_page_says_how_many_were_drawn() {
    Network network =
        Network.builder(1, SIDE, SIDE)
            .add("narrow", convolution(1, 2, 1, 4, Window.of(4, 4, 0)))
            .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("wide", new Op.Dense(Tensors.gaussian(DataType.FLOAT, 6, 2, 2000), null))
            .add("relu", relu())
            .build();
    List<GalleryLayer> layers = SHORT.of(network, WAY.withOrder(ChannelOrder.GREY), pictures(2, 1));

    assertThat(layers.get(1).info().name()).isEqualTo("relu");
    assertThat(layers.get(1).filters()).hasSize(2000);
    assertThat(layers.get(0).semantics()).isEmpty();
    String page = html(network, layers);
    assertThat(count(page, "class=\"filter\"")).isEqualTo(2000 + 2);
    assertThat(page)
        .contains("Only the first 3 filters were drawn by activation maximisation")
        .doesNotContain("Classes within top pictures");
  }

  @Test
  void notes_and_unreadable_pictures_are_on_the_page() {
    List<GalleryLayer> layers =
        SHORT.withLayers(List.of("class")).of(network(), WAY, pictures(2, 1));
    String page =
        new GalleryPage(
                "Gallery of <x>",
                List.of(new Fact("Model", "m")),
                List.of("a note"),
                List.of("bad.png: not a picture", "worse.png: empty"),
                List.of(new Fact("Seed", "0")))
            .html(network(), layers);
    assertThat(page)
        .contains("Gallery of &lt;x&gt;", "a note", "bad.png: not a picture", "worse.png: empty")
        .contains("2 pictures could not be read and were left out.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GalleryPage(" ", List.of(), List.of(), List.of(), List.of()));
  }

  @Test
  void progress_goes_up_to_its_end_and_can_cancel() {
    List<Long> told = new ArrayList<>();
    long[] total = {0};
    SHORT
        .withProgress(
            (done, of) -> {
              told.add(done);
              total[0] = of;
              return true;
            })
        .of(network(), WAY, pictures(4, 2));
    assertThat(told).isSorted();
    assertThat(told.get(told.size() - 1)).isEqualTo(total[0]);
    for (int stop : List.of(0, told.size() / 2, told.size() - 1)) {
      int[] calls = {0};
      assertThatThrownBy(
              () ->
                  SHORT
                      .withProgress((done, of) -> calls[0]++ < stop)
                      .of(network(), WAY, pictures(4, 2)))
          .isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void wrong_use_is_told() {
    assertThatIllegalArgumentException().isThrownBy(() -> SHORT.withDrawing(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> SHORT.withDrawing(1, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> SHORT.withFieldPictures(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> SHORT.withBatchSize(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SHORT.withLayers(List.of("opn")).of(network(), WAY, pictures(1, 1)))
        .withMessageContaining("did you mean 'open'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SHORT.of(network(), WAY.withOrder(ChannelOrder.GREY), pictures(1, 1)))
        .withMessageContaining("1 channels, but it takes [3, 16, 16]");
    Network none =
        Network.builder(3, SIDE, SIDE)
            .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SHORT.of(none, WAY, pictures(1, 1)))
        .withMessageContaining("no convolution or dense layer");
  }

  /** Zero is grey, the largest white or black, and blue comes first where a network takes it so. */
  @Test
  void signed_numbers_are_colours_around_grey() {
    float[] values = {2, 0, -2, 0, 1, 0};
    BufferedImage rgb = Drawings.signed(values, 3, 1, 2, 2, ChannelOrder.RGB);
    assertThat(rgb.getRGB(0, 0) & 0xffffff).isEqualTo(0xff00bf);
    assertThat(rgb.getRGB(1, 0) & 0xffffff).isEqualTo(0x808080);
    assertThat(Drawings.signed(values, 3, 1, 2, 2, ChannelOrder.BGR).getRGB(0, 0) & 0xffffff)
        .isEqualTo(0xbf00ff);
    assertThat(Drawings.signed(new float[1], 1, 1, 1, 0, ChannelOrder.GREY).getRGB(0, 0) & 0xffffff)
        .isEqualTo(0x808080);
  }

  @Test
  void the_limit_leaves_out_zeros_and_the_largest() {
    float[] values = {0, -3, 0, 1, 2, -4, 0, 100};
    assertThat(Drawings.limit(values, 1)).isEqualTo(100);
    assertThat(Drawings.limit(values, 0.75)).isEqualTo(4);
    assertThat(Drawings.limit(new float[3], 1)).isZero();
  }

  /** Weights and projections lie in any order in memory, and a patch is cut out of all planes. */
  @Test
  void weights_and_projections_are_drawn_where_they_are() {
    INDArray weights = Nd4j.zeros(DataType.FLOAT, 2, 3, 3, 2).permute(3, 2, 0, 1);
    weights.putScalar(new int[] {1, 2, 0, 1}, 5);
    BufferedImage drawn =
        Drawings.weights(
            new Op.Convolution(weights, null, Window.of(2, 1, 0), 1), 1, ChannelOrder.RGB);
    assertThat(drawn.getRGB(1, 0) & 0xffffff).isEqualTo(0x8080ff);
    assertThat(drawn.getRGB(0, 1) & 0xffffff).isEqualTo(0x808080);
    INDArray values = Nd4j.zeros(DataType.FLOAT, 3, 4, 5);
    values.putScalar(new int[] {1, 2, 3}, -1);
    BufferedImage projected =
        Drawings.projection(
            new Deconvnet.Projection(new Deconvnet.Unit(0, 0, 0), 1, values, new Patch(1, 2, 2, 3)),
            ChannelOrder.RGB);
    assertThat(projected.getWidth()).isEqualTo(3);
    assertThat(projected.getRGB(1, 1) & 0xffffff).isEqualTo(0x800080);
    assertThat(projected.getRGB(1, 0) & 0xffffff).isEqualTo(0x808080);
  }

  @Test
  void a_sheet_has_nine_places_and_keeps_few_pixels_square() {
    BufferedImage sheet = Drawings.sheet();
    BufferedImage two = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    two.setRGB(0, 0, 0xff0000);
    two.setRGB(1, 0, 0x00ff00);
    Drawings.put(sheet, 8, two);
    assertThat(sheet.getRGB(92, 114) & 0xffffff).isEqualTo(0xff0000);
    assertThat(sheet.getRGB(113, 114) & 0xffffff).isEqualTo(0xff0000);
    assertThat(sheet.getRGB(114, 114) & 0xffffff).isEqualTo(0x00ff00);
    assertThat(sheet.getRGB(114, 94) & 0xffffff).isEqualTo(0x808080);
    assertThat(Drawings.fit(new BufferedImage(900, 300, BufferedImage.TYPE_INT_RGB), 100))
        .extracting(BufferedImage::getWidth, BufferedImage::getHeight)
        .containsExactly(100, 33);
  }
}
