package dev.interp.bench.page;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.data.PartDataset;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.visual.gallery.GalleryLayer;
import dev.interp.visual.gallery.GalleryPage;
import dev.interp.visual.gallery.NetworkGallery;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How soon the page of a gallery with 500 filters is there, all of them drawn: the filters are
 * random and the drawings of few steps, which changes nothing of the number and size of pictures.
 *
 * <pre>java -cp interp.jar dev.interp.bench.page.GalleryLoad RESULT.json</pre>
 */
public final class GalleryLoad {
  private static final int FILTERS = 250;
  private static final int LOWER = 32;
  private static final int BIRDS = 60;
  private static final int RUNS = 5;

  private GalleryLoad() {}

  /**
   * Measures.
   *
   * @param arguments the file of results
   * @throws Exception if there is no browser or a file cannot be written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("give: RESULT.json");
    }
    Path program =
        Browser.find().orElseThrow(() -> new IOException("no Chromium or Chrome is on the PATH"));
    run(Path.of(arguments[0]), program, System.out);
  }

  private static void run(Path file, Path program, PrintStream out) throws Exception {
    String commit = Surroundings.commit();
    DemoModel demo = DemoModel.load();
    int first = demo.firstDemoBird();
    PartDataset birds = demo.birds().withSize(first + BIRDS).slice(first, first + BIRDS);
    Network network = network(demo.birds().resolution());
    List<GalleryLayer> layers =
        NetworkGallery.withDefaults()
            .withLayers(List.of("middle", "high"))
            .withDrawing(4, FILTERS)
            .withFieldPictures(4)
            .of(network, demo.preprocessor(), birds);
    Path page = Files.createTempFile("gallery", ".html");
    try {
      Files.writeString(
          page,
          new GalleryPage("Gallery", List.of(), List.of(), List.of(), List.of())
              .html(network, layers));
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      ObjectNode result = json.createObjectNode();
      Surroundings.describe(result, commit);
      result.put("filters", layers.stream().mapToInt(l -> l.filters().size()).sum());
      result.put("bytes", Files.size(page));
      ArrayNode runs = result.putArray("runs");
      double[] loads = new double[RUNS];
      for (int i = 0; i < RUNS; i++) {
        try (Browser browser = Browser.start(program)) {
          browser.see(1280, 900, false);
          browser.open(page);
          loads[i] =
              browser
                  .evaluate(
                      "new Promise(r => setTimeout(() => r("
                          + "performance.getEntriesByType('navigation')[0].loadEventEnd)))")
                  .asDouble();
          double painted =
              browser
                  .evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                  .asDouble();
          runs.addObject().put("loaded_ms", loads[i]).put("first_paint_ms", painted);
        }
      }
      Arrays.sort(loads);
      result.put("median_loaded_ms", loads[RUNS / 2]);
      ResultFile.write(file, json.writeValueAsString(result) + "\n");
      out.printf(
          Locale.ROOT,
          "%d filters, %.1f MB: loaded after %.0f ms (median of %d fresh browsers), %.0f at most%n",
          result.get("filters").asInt(),
          Files.size(page) / 1e6,
          loads[RUNS / 2],
          RUNS,
          loads[RUNS - 1]);
    } finally {
      Files.deleteIfExists(page);
    }
  }

  private static Network network(int side) {
    return Network.builder(3, side, side)
        .add("lower", convolution(1, LOWER, 3, 2))
        .add("low", new Op.Activation(new ActivationReLU()))
        .add("between", convolution(2, FILTERS, LOWER, 2))
        .add("middle", new Op.Activation(new ActivationReLU()))
        .add("upper", convolution(3, FILTERS, FILTERS, 2))
        .add("high", new Op.Activation(new ActivationReLU()))
        .build();
  }

  private static Op convolution(long seed, int out, int in, int stride) {
    int kernel = 3;
    Random random = new Random(seed);
    float[] weights = new float[out * in * kernel * kernel];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (random.nextGaussian() * Math.sqrt(2.0 / (in * kernel * kernel)));
    }
    INDArray array = Nd4j.createFromArray(weights).reshape(out, in, kernel, kernel);
    return new Op.Convolution(array, null, Window.of(kernel, stride, kernel / 2), 1);
  }
}
