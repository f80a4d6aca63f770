package dev.interp.core.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** More pictures than go into a batch. */
class FeaturesTest {
  private static final int COUNT = 19;
  private static final Network NETWORK =
      SmallNets.linear(
              Tensors.gaussian(DataType.DOUBLE, 1, 12, 5), Nd4j.zeros(DataType.DOUBLE, 5), 3, 2, 2)
          .withPrecision(DataType.FLOAT);
  private static final INDArray X = Tensors.gaussian(DataType.FLOAT, 2, COUNT, 3, 2, 2);

  private static INDArray picture(int i) {
    return X.slice(i).dup().reshape(1, 3, 2, 2);
  }

  @Test
  void they_are_what_a_run_gives() {
    Features vectors = new Features(NETWORK, NETWORK.logits());
    INDArray expected = NETWORK.logits(X);
    Tensors.assertClose(vectors.of(X), expected, 1e-6);
    Tensors.assertClose(vectors.of(COUNT, FeaturesTest::picture), expected, 1e-6);
    Tensors.assertClose(
        new Features(NETWORK, Network.INPUT).of(COUNT, FeaturesTest::picture), X, 0);
  }

  @Test
  void the_second_time_they_come_from_disk(@TempDir Path folder) throws IOException {
    Features features = new Features(NETWORK, Network.INPUT);
    AtomicInteger asked = new AtomicInteger();
    IntFunction<INDArray> counting =
        i -> {
          asked.incrementAndGet();
          return picture(i);
        };
    Tensors.assertSameBits(features.of(folder, "a", COUNT, counting), X);
    Tensors.assertSameBits(features.of(folder, "a", COUNT, counting), X);
    assertThat(asked).hasValue(COUNT);
    features.of(folder, "b", COUNT, counting);
    assertThat(asked).hasValue(2 * COUNT);
    Path file;
    try (var files = Files.list(folder)) {
      file = files.filter(f -> f.toString().contains("-a-")).findFirst().orElseThrow();
    }
    Files.write(file, new byte[7]);
    assertThatThrownBy(() -> features.of(folder, "a", COUNT, counting))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged; delete the file");
  }

  @Test
  void wrong_use_is_told(@TempDir Path folder) {
    Features features = new Features(NETWORK, Network.INPUT);
    assertThatThrownBy(() -> new Features(NETWORK, "c")).hasMessageContaining("'c'");
    assertThatThrownBy(() -> features.of(0, FeaturesTest::picture))
        .hasMessageContaining("at least one picture");
    assertThatThrownBy(() -> features.of(folder, "a/b", COUNT, FeaturesTest::picture))
        .hasMessageContaining("was 'a/b'");
    assertThatThrownBy(() -> features.of(folder.resolve("none"), "a", COUNT, FeaturesTest::picture))
        .isInstanceOf(NotDirectoryException.class);
  }
}
