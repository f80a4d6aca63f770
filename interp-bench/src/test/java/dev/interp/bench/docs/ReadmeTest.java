package dev.interp.bench.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Target;
import dev.interp.visual.Method;
import dev.interp.visual.MethodOptions;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.render.Heatmap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {
  private static final int ZEBRA = 340;

  @Test
  void the_lines_of_java_explain_a_keras_net(@TempDir Path out) throws Exception {
    String shared = System.getenv("INTERP_SHARED");
    assumeTrue(shared != null, "INTERP_SHARED names no folder with the SqueezeNet of Keras");
    String h5 = shared + "/data/squeezenet11/squeezenet11_keras2.h5";
    Path photo = Path.of(shared, "data/photos/crop224/zebra.png");
    Path png = out.resolve("zebra.png");
    // begin java
    var network = Dl4j.network(KerasModelImport.importKerasModelAndWeights(h5, false));
    var image = ImageIo.read(photo);
    var map = Cam.gradCam().attribute(network, IMAGENET.apply(image), Target.predicted());
    var places = Heatmap.signed(map.values().ravel().toFloatVector(), 13, 13);
    ImageIo.writePng(places.overlay(image.toBufferedImage(), 0.6), png);
    // end java
    assertThat(map.classes()).containsExactly(ZEBRA);
    assertThat(map.values().shape()).containsExactly(1, 1, 13, 13);
    assertThat(Files.size(png)).isPositive();
  }

  // begin preprocessor
  static final Preprocessor IMAGENET =
      Preprocessor.none()
          .withResizeShorter(256)
          .withCrop(224, 224)
          .withDivisor(255)
          .withMean(0.485, 0.456, 0.406)
          .withScale(0.229, 0.224, 0.225);

  // end preprocessor

  @Test
  void the_method_table_is_the_catalogue() throws IOException {
    String text = Doc.read("README.md");
    String table =
        text.substring(
            text.indexOf("<!-- methods:begin -->"), text.indexOf("<!-- methods:end -->"));
    assertThat(table.substring(table.indexOf('\n')).strip()).isEqualTo(methods());
  }

  @Test
  void it_shows_the_code_of_this_class() throws IOException {
    Doc.assertShows("README.md", ReadmeTest.class, "java");
    Doc.assertShows("README.md", ReadmeTest.class, "preprocessor");
  }

  private static String methods() {
    return Method.all().stream()
        .map(ReadmeTest::row)
        .collect(
            Collectors.joining(
                "\n", "| `--method` | Paper | Cost | Class |\n|---|---|---|---|\n", ""));
  }

  private static String row(Method method) {
    Attributor attributor = method.with(MethodOptions.defaults());
    String type = attributor.getClass().getName().substring("dev.interp.".length());
    return "| `"
        + method.id()
        + "` | "
        + method.paper()
        + " | "
        + method.cost()
        + " | `"
        + type
        + "` |";
  }
}
