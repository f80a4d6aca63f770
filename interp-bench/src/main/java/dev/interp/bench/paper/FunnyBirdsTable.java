package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.quality.Contestant;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.data.Birds;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartImage;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.metric.BirdInterventions;
import dev.interp.core.metric.Examples;
import dev.interp.core.metric.FunnyBirdsProtocol;
import dev.interp.core.metric.FunnyBirdsScores;
import dev.interp.core.metric.PartInterventions;
import dev.interp.core.metric.RemovalMetric;
import dev.interp.core.metric.Scores;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The FunnyBirds protocol on rendered birds, and on a folder of FunnyBirds: nets trained with
 * missing parts, methods judged by all eight scores, beside random numbers, an edge detector and
 * the truth about single removals. On rendered birds IDSDS too, with the same net fine-tuned on
 * missing cells.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.FunnyBirdsTable RESULT.json [BIRDS
 * [FUNNYBIRDS-FOLDER]]</pre>
 *
 * <p>Rows are written as they come; a run that was cut short goes on where it ended. Nets are kept
 * in {@code target/nets}. A result of other nets is refused.
 */
public final class FunnyBirdsTable {
  /** Cheap ones first. */
  static final List<String> METHODS =
      List.of(
          "random",
          "edges",
          "oracle",
          "gradient",
          "saliency",
          "input-x-gradient",
          "guided-backprop",
          "deconvnet",
          "lrp-epsilon",
          "lrp-epsilon-plus",
          "lrp-epsilon-plus-flat",
          "lrp-epsilon-gamma-box",
          "lrp-epsilon-alpha2-beta1-flat",
          "lrp-alpha1-beta0",
          "excitation-backprop",
          "contrastive-excitation-backprop",
          "deep-lift",
          "full-grad",
          "grad-cam",
          "grad-cam-plus-plus",
          "hires-cam",
          "layer-cam",
          "shapley-cam",
          "finer-cam",
          "guided-grad-cam",
          "integrated-gradients",
          "smoothgrad",
          "smoothgrad-squared",
          "occlusion",
          "score-cam",
          "xrai",
          "lime",
          "kernel-shap",
          "rise",
          "sobol");

  private static final long SEED = 0;
  private static final int FRESH = 1000;
  private static final int PICTURES = 60;

  private final Path file;
  private final PrintStream out;
  private final DemoModel demo = DemoModel.load();
  private final Preprocessor how = demo.preprocessor();
  private final String commit = Surroundings.commit();
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ObjectNode nets = json.createObjectNode();
  private final ArrayNode rows = json.createArrayNode();

  private FunnyBirdsTable(Path file, PrintStream out) throws IOException, InterruptedException {
    this.file = file;
    this.out = out;
    if (Files.exists(file)) {
      JsonNode old = json.readTree(file.toFile());
      nets.setAll((ObjectNode) old.get("nets"));
      rows.addAll((ArrayNode) old.get("rows"));
    }
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, how many birds, the folder of FunnyBirds
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 1 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json [BIRDS [FUNNYBIRDS-FOLDER]]");
    }
    FunnyBirdsTable run = new FunnyBirdsTable(Path.of(arguments[0]), System.out);
    run.birds(arguments.length > 1 ? Integer.parseInt(arguments[1]) : PICTURES);
    if (arguments.length > 2) {
      run.folder(Path.of(arguments[2]));
    }
    run.out.print(QualityTables.funnyBirds(run.rows));
  }

  /** Makes a net that is not there yet. */
  @FunctionalInterface
  private interface Training {
    MultiLayerNetwork run(DoubleConsumer share) throws IOException;
  }

  private void birds(int pictures) throws IOException {
    Birds birds = demo.birds().withSize(demo.firstDemoBird() + FRESH + pictures);
    MultiLayerNetwork net =
        net("birds", share -> PartNets.ofBirds(demo.net(), birds, how, SEED, share));
    MultiLayerNetwork tuned =
        net("birds-cells", share -> PartNets.ofCells(net, birds, how, SEED, share));
    BirdInterventions fresh = BirdInterventions.of(birds, demo.firstDemoBird(), FRESH, how);
    Network network = network(net);
    remember("birds", network, accuracy(network, fresh), FRESH);
    Network cells = network(tuned);
    remember("birds-cells", cells, accuracy(cells, fresh), FRESH);
    judge(
        "birds",
        network,
        how,
        BirdInterventions.of(birds, demo.firstDemoBird() + FRESH, pictures, how),
        cells);
  }

  private void folder(Path folder) throws IOException {
    int side = demo.birds().resolution();
    Preprocessor resized = how.withResize(side, side);
    FunnyBirdsFolder pictures = FunnyBirdsFolder.open(folder, resized);
    String name = String.valueOf(folder.getFileName());
    List<PartImage> train =
        new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN).open(folder).stream().toList();
    MultiLayerNetwork net =
        net(
            name,
            share ->
                PartNets.ofFolder(demo.net(), train, pictures.classes(), resized, SEED, share));
    Network network = network(net);
    remember(name, network, accuracy(network, pictures), pictures.size());
    judge(name, network, resized, pictures, null);
  }

  private Network network(MultiLayerNetwork net) {
    return Dl4j.standard().withInput(how.outputShape()).lower(net);
  }

  private MultiLayerNetwork net(String name, Training training) throws IOException {
    Path kept = Files.createDirectories(Path.of("target", "nets")).resolve(name + ".zip");
    if (!Files.exists(kept)) {
      int[] tenths = new int[1];
      MultiLayerNetwork net =
          training.run(
              share -> {
                if (share * 10 >= tenths[0] + 1) {
                  tenths[0] = (int) (share * 10);
                  out.println("net for " + name + ": " + 10 * tenths[0] + " %");
                }
              });
      Path part = kept.resolveSibling(name + ".tmp");
      ModelSerializer.writeModel(net, part.toFile(), false);
      Files.move(part, kept);
    }
    return ModelSerializer.restoreMultiLayerNetwork(kept.toFile(), false);
  }

  private static double accuracy(Network network, PartInterventions pictures) {
    int correct = 0;
    for (int i = 0; i < pictures.size(); i++) {
      int said = network.logits(pictures.without(i, new BitSet())).argMax(1).getInt(0);
      correct += said == pictures.label(i) ? 1 : 0;
    }
    return (double) correct / pictures.size();
  }

  private void remember(String name, Network network, double accuracy, int of) throws IOException {
    JsonNode before = nets.get(name);
    if (before != null && !before.get("fingerprint").asText().equals(network.fingerprint())) {
      throw new IllegalArgumentException(
          file + " has rows of another net for " + name + "; choose another file or delete it");
    }
    ObjectNode one = nets.putObject(name);
    one.put("fingerprint", network.fingerprint());
    one.put("accuracy", accuracy);
    one.put("measured_on", of);
    out.printf(Locale.ROOT, "%s: accuracy %.4f on %d birds%n", name, accuracy, of);
    write();
  }

  private void judge(
      String data,
      Network network,
      Preprocessor preprocessor,
      PartInterventions pictures,
      @Nullable Network cells)
      throws IOException {
    List<String> open =
        METHODS.stream()
            .filter(
                m ->
                    IntStream.range(0, rows.size())
                        .mapToObj(rows::get)
                        .noneMatch(
                            r ->
                                r.get("data").asText().equals(data)
                                    && r.get("method").asText().equals(m)))
            .toList();
    if (open.isEmpty()) {
      return;
    }
    FunnyBirdsProtocol protocol = FunnyBirdsProtocol.measure(network, pictures);
    for (String id : open) {
      ObjectNode row = json.createObjectNode();
      row.put("data", data);
      row.put("method", id);
      long start = System.nanoTime();
      try {
        if (id.equals("oracle")) {
          put(row, protocol.judge(protocol.oracle()));
        } else {
          Contestant method = Contestant.of(id, preprocessor, SEED, Map.of());
          row.set("settings", json.valueToTree(method.attributor().settings()));
          put(row, protocol.judge(protocol.explainer(method.attributor())));
          if (cells != null) {
            put(row, idsds(cells, pictures, method));
          }
        }
      } catch (NotApplicableException e) {
        row.put("refused", e.getMessage());
      }
      row.put("images", pictures.size());
      row.put("seconds", (System.nanoTime() - start) * 1e-9);
      rows.add(row);
      out.println(row);
      write();
    }
  }

  private static void put(ObjectNode row, FunnyBirdsProtocol.Outcome outcome) {
    FunnyBirdsScores s = outcome.scores();
    put(row, "accuracy", s.accuracy());
    put(row, "csdc", s.csdc());
    put(row, "preservation", s.preservation());
    put(row, "deletion", s.deletion());
    put(row, "distractibility", s.distractibility());
    put(row, "background_independence", s.backgroundIndependence());
    put(row, "single_deletion", s.singleDeletion());
    put(row, "target_sensitivity", s.targetSensitivity());
    put(row, "completeness", s.completeness());
    put(row, "correctness", s.correctness());
    put(row, "contrastivity", s.contrastivity());
    put(row, "overall", s.overall());
    put(row, "overall_low", outcome.low());
    put(row, "overall_high", outcome.high());
    put(row, "threshold", outcome.threshold());
  }

  private static void put(ObjectNode row, Scores idsds) {
    Scores.Interval interval = idsds.interval(0.95, SEED);
    put(row, "idsds", idsds.mean());
    put(row, "idsds_low", interval.low());
    put(row, "idsds_high", interval.high());
  }

  private static void put(ObjectNode row, String name, double value) {
    if (Double.isFinite(value)) {
      row.put(name, value);
    } else {
      row.putNull(name);
    }
  }

  private static Scores idsds(Network network, PartInterventions pictures, Contestant method) {
    int step = 20;
    Scores scores = Scores.none();
    for (int from = 0; from < pictures.size(); from += step) {
      int first = from;
      INDArray[] rows =
          IntStream.range(first, Math.min(pictures.size(), first + step))
              .mapToObj(i -> pictures.without(i, new BitSet()))
              .toArray(INDArray[]::new);
      INDArray x = Nd4j.concat(0, rows);
      int[] labels = IntStream.range(first, first + rows.length).map(pictures::label).toArray();
      INDArray values =
          method.attributor().attribute(network, x, Target.ofClasses(labels)).values();
      scores =
          scores.merge(
              Scores.of(
                  first,
                  RemovalMetric.idsds()
                      .scores(Examples.of(network, x, labels).withAttribution(values))));
    }
    return scores;
  }

  private void write() throws IOException {
    ObjectNode result = json.createObjectNode();
    result.put(
        "paper", "Hesse, Schaub-Meyer, Roth: FunnyBirds, ICCV 2023; IDSDS: the same, NeurIPS 2024");
    ObjectNode settings = result.putObject("settings");
    settings.put("seed", SEED);
    settings.put(
        "training",
        "from the demo net on, half of the birds lack each part with probability 1/2; equal shares"
            + " for the classes that fit");
    settings.put("trained_on", PartNets.BIRDS);
    settings.put("fine_tuned_on", PartNets.FINE_TUNING + ", half without one of 4 x 4 cells");
    settings.put("folder_epochs", PartNets.FOLDER_EPOCHS);
    settings.put("interval", "95 % percentile bootstrap over pictures");
    Surroundings.describe(result, commit);
    result.set("nets", nets);
    result.set("rows", rows);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }
}
