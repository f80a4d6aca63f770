package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class PreprocessFileTest {
  @TempDir Path folder;

  @Test
  void every_entry_is_used() throws IOException {
    Preprocessor how =
        read(
            "{'resize': [6, 4], 'crop': [4, 2], 'channels': 'BGR', 'divisor': 2,"
                + " 'mean': [10, 20, 30], 'scale': [1, 2, 4]}");
    float[] pixels = new float[3 * 8 * 8];
    java.util.Arrays.fill(pixels, 0, 64, 1); // red
    java.util.Arrays.fill(pixels, 64, 192, 0);

    INDArray x = how.apply(Image.of(3, 8, 8, pixels));

    assertThat(x.shape()).containsExactly(1, 3, 2, 4);
    // Blue and green are 0, red is 255: (0/2 − 10)/1, (0/2 − 20)/2, (255/2 − 30)/4.
    assertThat(x.getDouble(0, 0, 1, 3)).isEqualTo(-10, Offset.offset(1e-5));
    assertThat(x.getDouble(0, 1, 1, 3)).isEqualTo(-10, Offset.offset(1e-5));
    assertThat(x.getDouble(0, 2, 1, 3)).isEqualTo(24.375, Offset.offset(1e-4));
  }

  @ParameterizedTest
  @CsvSource({
    "lenet_cifar10, 3, 32, -1",
    "lenet_mnist, 1, 28, 0",
    "resnet20_cifar10, 3, 32, -2.1179039478302",
    "squeezenet10_dc, 3, 227, -104",
    "squeezenet11, 3, 224, -2.1179039478302"
  })
  void published_files_give_the_size_and_the_black_they_state(
      String net, long channels, long side, double black) throws IOException {
    String shared = System.getenv("INTERP_SHARED");
    Assumptions.assumeTrue(shared != null, "INTERP_SHARED is not set: the folder with data/*");

    Preprocessor how =
        PreprocessFile.read(Path.of(String.valueOf(shared), "data", net, "preprocess.json"));

    assertThat(how.outputShape()).containsExactly(channels, side, side);
    assertThat(how.constant(0).getDouble(0, 0, 0, 0)).isEqualTo(black, Offset.offset(1e-5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'resize': [], 'mean': 1}",
        "{'resize': 'big'}",
        "{'crop': [1.5, 2]}",
        "{'channels': 'CMYK'}",
        "{'mean': ['a', 'b', 'c']}",
        "{'divisor': []}",
        "{'divisor': 0}",
        "{'scale': [1, 0, 1]}",
        "{'mean': [1, 2]}",
        "{'crop': 0}",
        "[1, 2]"
      })
  void what_makes_no_sense_is_wrong_use_and_names_the_file(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("p.json: ");
  }

  @Test
  void what_is_no_json_is_an_input_fault() {
    assertThatThrownBy(() -> read("{'resize'"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("p.json: not JSON");
  }

  private Preprocessor read(String json) throws IOException {
    return PreprocessFile.read(
        Files.writeString(folder.resolve("p.json"), json.replace('\'', '"')));
  }
}
