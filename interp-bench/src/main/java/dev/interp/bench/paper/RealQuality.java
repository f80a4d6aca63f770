package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.quality.Contestant;
import dev.interp.bench.quality.Evaluation;
import dev.interp.bench.quality.EvaluationReport;
import dev.interp.bench.quality.EvaluationResult;
import dev.interp.bench.quality.Gallery;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.metric.Metrics;
import dev.interp.core.metric.Randomisation;
import dev.interp.core.metric.Robustness;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Methods judged on photos with SqueezeNet: ILSVRC Animal-Part, where the head's box is the object,
 * and the photos of the shared data.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.RealQuality RESULT.json SHARED-DATA-FOLDER
 * [IMAGES]</pre>
 *
 * <p>What is finished is kept in {@code target/real-quality}; a run that was cut short goes on
 * where it ended.
 */
public final class RealQuality {
  private static final List<String> METHODS =
      List.of(
          "random",
          "edges",
          "gradient",
          "saliency",
          "input-x-gradient",
          "guided-backprop",
          "deconvnet",
          "lrp-epsilon-plus-flat",
          "lrp-epsilon-gamma-box",
          "excitation-backprop",
          "deep-lift",
          "full-grad",
          "grad-cam",
          "grad-cam-plus-plus",
          "hires-cam",
          "layer-cam",
          "guided-grad-cam",
          "smoothgrad",
          "integrated-gradients");

  private static final List<Metric> METRICS =
      List.of(
          Metrics.of("deletion"),
          Metrics.of("insertion"),
          Metrics.of("deletion-gap"),
          Metrics.of("pointing-game"),
          Metrics.of("energy-pointing"),
          Robustness.maxSensitivity().withSamples(3),
          Randomisation.topDown().withStages(2),
          Metrics.of("random-logit"));

  private static final int IMAGES = 12;
  private static final int BATCH = 4;

  private final Path file;
  private final PrintStream out;
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ObjectNode result = json.createObjectNode();

  private RealQuality(Path file, PrintStream out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, the folder of shared data, how many images of each set
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json SHARED-DATA-FOLDER [IMAGES]");
    }
    RealQuality run = new RealQuality(Path.of(arguments[0]), System.out);
    Path shared = Path.of(arguments[1]);
    int images = arguments.length > 2 ? Integer.parseInt(arguments[2]) : IMAGES;
    Surroundings.describe(run.result, Surroundings.commit());
    Network network = AnimalHeads.squeezeNet(shared);
    Preprocessor how = FilterSets.imageNet(224);
    run.judge(
        network,
        Gallery.dataset("animalpart", AnimalHeads.animals(shared), Set.of("head"), how),
        images);
    Gallery photos = Gallery.folder(shared.resolve("photos/crop224"), how);
    run.judge(
        network,
        new Gallery("photos", photos.size(), false, photos.pictures(), photos.masks(), how),
        images);
  }

  private void judge(Network network, Gallery gallery, int images) throws IOException {
    List<Metric> metrics =
        METRICS.stream()
            .filter(m -> gallery.hasMasks() || !m.info().needs().contains(Need.MASK))
            .toList();
    List<Contestant> contestants =
        METHODS.stream().map(id -> Contestant.of(id, gallery.preprocessor(), 0, Map.of())).toList();
    EvaluationResult found =
        new Evaluation(network, "SqueezeNet 1.1", gallery, images, BATCH, contestants, metrics, 0)
            .run(
                Files.createDirectories(Path.of("target", "real-quality", gallery.name())),
                (what, share, left) ->
                    out.printf(
                        Locale.ROOT, "%3.0f %%, %.0f s left: %s%n", 100 * share, left, what));
    EvaluationReport report = new EvaluationReport(found, found.refusals(), Map.of());
    JsonNode numbers = json.valueToTree(report.json());
    result.set(gallery.name(), numbers);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
    out.print(QualityTables.ranking(gallery.name(), numbers));
  }
}
