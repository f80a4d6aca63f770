package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.nets.BenchNets;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.dissect.ConceptSource;
import dev.interp.disentangle.dissect.Concepts;
import dev.interp.disentangle.dissect.Dissection;
import dev.interp.disentangle.dissect.LayerDissection;
import dev.interp.disentangle.dissect.Pictures;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Network dissection (Bau et al., CVPR 2017) of an ordinary and an interpretable net, trained on
 * birds from the same first weights, and of the embedded bird model: detectors and different
 * concepts, beside those of random directions. And how fast a dissection is beside the bare forward
 * pass, of the embedded model and of SqueezeNet at 224 by 224 pixels.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.Dissections RESULT.json [EPOCHS [PICTURES]]</pre>
 *
 * <p>Default: 8 epochs, 1000 pictures dissected.
 */
public final class Dissections {
  private static final int BATCH = 32;
  private static final int ROUNDS = 5;
  private static final int SIDE = 224;
  private static final String SQUEEZENET_LAYER = "fire9_concat";

  private final PrintStream out;
  private final String commit;
  private final ArrayNode rows = new ObjectMapper().createArrayNode();
  private final ArrayNode speed = new ObjectMapper().createArrayNode();

  private Dissections(PrintStream out) throws IOException, InterruptedException {
    this.commit = Surroundings.commit();
    this.out = out;
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, epochs of training, pictures to be dissected
   * @throws IOException if the file cannot be written
   * @throws InterruptedException if the thread is interrupted
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 1 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json [EPOCHS [PICTURES]]");
    }
    int epochs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8;
    int pictures = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1000;
    Dissections run = new Dissections(System.out);
    run.demo(pictures);
    run.speedOfSqueezeNet(pictures);
    if (epochs > 0) {
      BirdPair.train(
          epochs,
          pictures,
          (net, network, accuracy, kept) ->
              run.dissect(net, network, FilterTrial.MEASURED, kept, concepts(kept.data()))
                  .put("accuracy_of_net", accuracy));
    }
    run.write(Path.of(arguments[0]), arguments);
  }

  private void demo(int pictures) {
    DemoModel demo = DemoModel.load();
    int first = demo.firstDemoBird();
    PartDataset birds = demo.birds().withSize(first + pictures).slice(first, first + pictures);
    PartDataset data = inMemory(birds);
    Pictures shown = Pictures.of(data, demo.preprocessor());
    ConceptSource concepts = concepts(data);
    dissect("embedded bird model", demo.network(), "conv5", shown, concepts);
    time("embedded bird model", demo.network(), "conv5", shown, concepts);
  }

  /** Birds as large as photos usually are shown to networks, and one that takes such. */
  private void speedOfSqueezeNet(int pictures) {
    PartDataset birds = Birds.withDefaults().withResolution(SIDE).withSize(pictures);
    PartDataset data = inMemory(birds);
    Network network = Dl4j.network(BenchNets.graph(BenchNets.SQUEEZENET11));
    time(
        BenchNets.SQUEEZENET11,
        network,
        SQUEEZENET_LAYER,
        Pictures.of(data, FilterSets.imageNet(SIDE)),
        concepts(data));
  }

  /** So that a pass is not one of drawing birds. */
  private static PartDataset inMemory(PartDataset birds) {
    return PartDataset.of(
        birds.stream().parallel().toList(), birds.classNames(), birds.partNames());
  }

  private static ConceptSource concepts(PartDataset data) {
    return Concepts.parts(data.partNames())
        .plus(Concepts.colours())
        .plus(Concepts.objects("bird"))
        .plus(Concepts.kinds(Birds.kinds()));
  }

  private ObjectNode dissect(
      String net, Network network, String layer, Pictures pictures, ConceptSource concepts) {
    LayerDissection found =
        Dissection.withDefaults()
            .withRotation(0)
            .run(network, List.of(layer), pictures, concepts)
            .get(0);
    LayerDissection.Detectors rotated = found.rotated().orElseThrow();
    ObjectNode row = rows.addObject();
    row.put("net", net);
    row.put("layer", layer);
    row.put("pictures", pictures.size());
    row.put("filters", found.filters().size());
    row.put("dead", found.deadFilters());
    row.put("detectors", found.detectors().count());
    row.put("unique", found.detectors().unique());
    row.put("mean_best_iou", found.detectors().meanBest());
    row.put("part_interpretability", found.partInterpretability());
    row.put("detectors_rotated", rotated.count());
    row.put("unique_rotated", rotated.unique());
    row.put("mean_best_iou_rotated", rotated.meanBest());
    ObjectNode byCategory = row.putObject("by_category");
    found.detectors().byCategory().forEach(byCategory::put);
    out.println(row);
    return row;
  }

  /** Each round times both, so that a busy machine slows both. */
  private void time(
      String net, Network network, String name, Pictures pictures, ConceptSource concepts) {
    double[] bare = new double[ROUNDS];
    double[] quantiles = new double[ROUNDS];
    double[] overlaps = new double[ROUNDS];
    Dissection method = Dissection.withDefaults().withBatchSize(BATCH);
    List<String> layer = List.of(name);
    var thresholds = new java.util.LinkedHashMap<String, float[]>();
    method
        .quantiles(network, layer, pictures)
        .forEach((k, found) -> thresholds.put(k, found.quantiles(0.005)));
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      forward(network, pictures.preprocessor(), pictures.data());
      long middle = System.nanoTime();
      method.quantiles(network, layer, pictures);
      long third = System.nanoTime();
      method.overlaps(network, thresholds, pictures, concepts);
      bare[round] = pictures.size() / ((middle - start) / 1e9);
      quantiles[round] = pictures.size() / ((third - middle) / 1e9);
      overlaps[round] = pictures.size() / ((System.nanoTime() - third) / 1e9);
    }
    ObjectNode row = speed.addObject();
    row.put("net", net);
    row.put("layer", name);
    row.put("pictures", pictures.size());
    row.put("forward_per_second", median(bare));
    row.put("quantiles_per_second", median(quantiles));
    row.put("overlaps_per_second", median(overlaps));
    out.println(row);
    out.printf(
        Locale.ROOT,
        "of the bare forward's pictures per second: quantiles %.0f %%, overlaps %.0f %%%n",
        100 * median(quantiles) / median(bare),
        100 * median(overlaps) / median(bare));
  }

  /** What any use of a network on a data set costs: pictures prepared, and run. */
  private static void forward(Network network, Preprocessor way, PartDataset data) {
    for (int from = 0; from < data.size(); from += BATCH) {
      List<Image> images =
          IntStream.range(from, Math.min(data.size(), from + BATCH))
              .parallel()
              .mapToObj(data::get)
              .map(p -> Image.of(3, p.image().height(), p.image().width(), p.image().toPlanar()))
              .toList();
      INDArray logits = network.logits(way.apply(images));
      if (logits.size(0) != images.size()) {
        throw new IllegalStateException("a picture has no logits");
      }
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private void write(Path file, String[] arguments) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode result = json.createObjectNode();
    result.put("paper", "Bau et al.: Network dissection, CVPR 2017");
    result.set("arguments", json.valueToTree(arguments));
    Surroundings.describe(result, commit);
    result.set("rows", rows);
    result.set("speed", speed);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }
}
