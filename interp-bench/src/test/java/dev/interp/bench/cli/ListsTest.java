package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.visual.Method;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListsTest {
  @Test
  void methods_are_listed_with_paper_cost_and_result() {
    Cli run = Cli.run("methods");

    assertThat(run.code()).isZero();
    for (Method method : Method.all()) {
      assertThat(run.out()).contains(method.id(), method.paper(), method.cost(), method.returns());
    }
  }

  @Test
  void layers_of_the_demo_model_are_listed() {
    Cli run = Cli.run("layers");

    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern("(?m)^conv1 +relu +16×48×48 +5 px, stride 2")
        // 5·5·3·16 weights and 16 biases
        .containsPattern("(?m)^conv1:preactivation +convolution .* 1,216$")
        .contains("89,962 parameters; input [3, 96, 96]; class targets read");
  }

  @Test
  void layers_of_a_model_file_are_listed(@TempDir Path folder) throws IOException {
    Cli run = Cli.run("layers", "--model", SmallNets.layers(folder));

    assertThat(run.err()).isEmpty();
    // 3·3·3·5 + 5 of the convolution and 5·10·10·4 + 4 of the output
    assertThat(run.out()).contains("140", "2,144 parameters");
  }

  @Test
  void layers_of_a_missing_file_are_an_input_fault() {
    Cli run = Cli.run("layers", "--model", "none.zip");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).isEqualToIgnoringNewLines("interp: no such file: none.zip");
  }
}
