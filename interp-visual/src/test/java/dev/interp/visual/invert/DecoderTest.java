package dev.interp.visual.invert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.testkit.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A net whose features are linear, on small birds. */
class DecoderTest {
  private static final Preprocessor PREPROCESSOR =
      Preprocessor.none().withDivisor(255).withMean(0.5);
  private static final PartDataset BIRDS = Birds.withDefaults().withResolution(16).withSize(64);
  private static final PartDataset SEEN = BIRDS.slice(0, 48);
  private static final PartDataset HELD_OUT = BIRDS.slice(48, 64);
  private static final DecoderTraining METHOD =
      DecoderTraining.withDefaults().withEpochs(3).withBatchSize(8);

  /** Colours mixed, then the size halved; then everything in one vector, and nothing. */
  private static Network network() {
    return Network.builder(3, 16, 16)
        .add(
            "mixed",
            new Op.Convolution(
                Tensors.gaussian(DataType.FLOAT, 1, 6, 3, 1, 1), null, Window.of(1, 1, 0), 1))
        .add(
            "halved",
            new Op.Convolution(
                Tensors.gaussian(DataType.FLOAT, 2, 24, 6, 2, 2), null, Window.of(2, 2, 0), 1))
        .add("vector", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .build();
  }

  @Test
  void linear_features_are_inverted() throws Exception {
    DecoderTraining longer = METHOD.withEpochs(30).withBatchSize(4).withRate(0.005);
    for (String layer : List.of("mixed", "halved")) {
      Decoder.Score score = longer.train(network(), PREPROCESSOR, layer, SEEN).score(HELD_OUT);
      assertThat(score.layer()).isEqualTo(layer);
      assertThat(score.pictures()).isEqualTo(16);
      // Rounding differs with the number of threads, and training with it.
      assertThat(score.error()).as(layer).isLessThan(0.6 * score.meanError());
      assertThat(score.featureError()).as(layer).isLessThan(0.3);
      // Two pictures lie further apart than each from the mean: the root of 2 if all are alike.
      assertThat(score.meanError()).isBetween(0.6, 0.85);
    }
  }

  @Test
  void a_vector_tells_more_than_the_mean_picture() throws Exception {
    Decoder decoder = METHOD.withEpochs(30).train(network(), PREPROCESSOR, "vector", SEEN);
    Decoder.Score score = decoder.score(HELD_OUT);
    assertThat(score.error()).isLessThan(score.meanError());
    List<Image> drawn = decoder.invert(Nd4j.zeros(DataType.FLOAT, 2, 24));
    assertThat(drawn).hasSize(2);
    assertThat(drawn.get(0)).isEqualTo(drawn.get(1));
    assertThat(drawn.get(0).height()).isEqualTo(16);
    assertThat(decoder.mean().width()).isEqualTo(16);
  }

  @Test
  void equal_seeds_give_equal_decoders_with_and_without_a_cache(@TempDir Path folder)
      throws Exception {
    DecoderTraining cached = METHOD.withCache(folder, "birds");
    List<Image> some = Decoder.pictures(HELD_OUT, 0, 3);
    List<Image> first = METHOD.train(network(), PREPROCESSOR, "halved", SEEN).redraw(some);
    assertThat(cached.train(network(), PREPROCESSOR, "halved", SEEN).redraw(some)).isEqualTo(first);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
    assertThat(cached.train(network(), PREPROCESSOR, "halved", SEEN).redraw(some)).isEqualTo(first);
    assertThat(METHOD.withSeed(1).train(network(), PREPROCESSOR, "halved", SEEN).redraw(some))
        .isNotEqualTo(first);
  }

  @Test
  void it_tells_how_far_it_is_and_can_be_cancelled() {
    List<Long> told = new ArrayList<>();
    DecoderTraining method =
        METHOD.withProgress(
            (done, total) -> {
              told.add(done);
              assertThat(total).isEqualTo(18);
              return done < 4;
            });
    assertThatThrownBy(() -> method.train(network(), PREPROCESSOR, "vector", SEEN))
        .isInstanceOf(CancellationException.class);
    assertThat(told).containsExactly(1L, 2L, 3L, 4L);
  }

  @Test
  void wrong_use_is_told() throws Exception {
    Network network = network();
    assertThatThrownBy(() -> METHOD.train(network, PREPROCESSOR, "c", SEEN))
        .hasMessageContaining("no tensor is named 'c'");
    assertThatThrownBy(() -> METHOD.train(network, PREPROCESSOR, "mixed", SEEN.slice(0, 1)))
        .hasMessageContaining("at least 2 pictures");
    assertThatThrownBy(() -> METHOD.withEpochs(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> METHOD.withBatchSize(0)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> METHOD.withRate(0)).hasMessageContaining("above 0");
    assertThatThrownBy(() -> METHOD.withRate(1e30).train(network, PREPROCESSOR, "vector", SEEN))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("smaller rate");
    Network shut = Network.builder(3, 16, 16).add("shut", new Op.Scale(0, 0)).build();
    assertThatThrownBy(() -> METHOD.train(shut, PREPROCESSOR, "shut", SEEN))
        .hasMessageContaining("nothing is left to draw from");
    Decoder decoder = METHOD.withEpochs(1).train(network, PREPROCESSOR, "vector", SEEN);
    INDArray wrong = Nd4j.zeros(DataType.FLOAT, 1, 23);
    assertThatThrownBy(() -> decoder.invert(wrong))
        .hasMessageContaining("must be those of 'vector', [N, 24], were [1, 23]");
    assertThatThrownBy(() -> decoder.score(SEEN.slice(0, 1)))
        .hasMessageContaining("at least 2 of them");
  }
}
