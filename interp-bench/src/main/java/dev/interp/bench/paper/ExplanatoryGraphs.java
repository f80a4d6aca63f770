package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.graph.ExplanatoryGraph;
import dev.interp.disentangle.graph.Facing;
import dev.interp.disentangle.graph.FeatureMaps;
import dev.interp.disentangle.graph.GraphLearner;
import dev.interp.disentangle.graph.GraphSettings;
import dev.interp.disentangle.graph.MapReader;
import dev.interp.disentangle.graph.PartLocator;
import dev.interp.disentangle.graph.Placements;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Explanatory graphs against the filters they were found in, on ILSVRC Animal-Part with SqueezeNet
 * and on rendered birds with the demo net: location instability, and how well a part is found from
 * 1, 3 and 5 boxes.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.ExplanatoryGraphs RESULT.json SHARED-DATA-FOLDER
 * [CATEGORIES]</pre>
 *
 * <p>The highest layer has no neighbours and serves as the root of the graph; it is measured beside
 * the others, but the numbers of a row are those of the layers below it, for graph and filters
 * alike. Nodes are the 167 clearest of each layer, each in its 20 clearest pictures; so are the
 * pictures of each filter. Landmarks: the centre of the head box; beak and eye of birds.
 *
 * <p>Pictures are turned by {@link Facing} before a graph is learned of them, and places of nodes
 * are turned back before they are measured. Filters are measured in the pictures as they are, and
 * beside that in the turned ones.
 */
public final class ExplanatoryGraphs {
  private static final int TOP = 167;
  private static final int BEST = 20;
  private static final int VOTERS = 60;
  private static final int DRAWS = 20;
  private static final int BIRDS = 60;

  private final Path file;
  private final PrintStream out;
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ObjectNode result = json.createObjectNode();
  private final ArrayNode rows = result.putArray("rows");
  private final ArrayNode localisation = result.putArray("localisation");
  private final GraphSettings settings = GraphSettings.defaults();

  private ExplanatoryGraphs(Path file, PrintStream out) throws IOException, InterruptedException {
    this.file = file;
    this.out = out;
    result.put(
        "paper",
        "Zhang, Cao, Shi, Wu, Zhu: Interpreting CNN knowledge via an explanatory graph, AAAI 2018");
    result.put("settings", settings.toString());
    Surroundings.describe(result, Surroundings.commit());
    result.put(
        "instability",
        "of the "
            + TOP
            + " clearest nodes (all filters) of each layer in the "
            + BEST
            + " pictures each is clearest in, mean over layers; in diagonals");
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, the folder of shared data, how many categories
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json SHARED-DATA-FOLDER [CATEGORIES]");
    }
    ExplanatoryGraphs run = new ExplanatoryGraphs(Path.of(arguments[0]), System.out);
    int limit = arguments.length > 2 ? Integer.parseInt(arguments[2]) : Integer.MAX_VALUE;
    run.animals(Path.of(arguments[1]), limit);
    run.birds();
    run.summary();
  }

  private void animals(Path shared, int limit) throws Exception {
    Network network = AnimalHeads.squeezeNet(shared);
    PartDataset data = AnimalHeads.animals(shared);
    List<PartImage> pictures =
        data.stream().map(p -> with(p, List.of(p.landmark("head")))).toList();
    List<String> layers =
        IntStream.rangeClosed(4, 9).mapToObj(fire -> "fire" + fire + "_concat").toList();
    for (int c = 0; c < Math.min(limit, data.classNames().size()); c++) {
      category(
          data.classNames().get(c), c, pictures, network, FilterSets.imageNet(224), layers, "head");
    }
  }

  private void birds() throws IOException {
    DemoModel demo = DemoModel.load();
    Network network = demo.network();
    List<String> layers = List.of("conv2", "conv3", "conv4", "conv5");
    List<PartImage> pictures =
        IntStream.range(0, 10 * BIRDS)
            .parallel()
            .mapToObj(i -> demo.birds().get(demo.firstDemoBird() + i))
            .map(p -> with(p, List.of(p.landmark("beak"), p.landmark("eye"))))
            .toList();
    category(
        "birds " + demo.labels().get(0), 0, pictures, network, demo.preprocessor(), layers, "beak");
  }

  private static PartImage seen(PartImage p, RgbImage image) {
    return new PartImage(image, p.label(), p.box(), List.of(), Optional.empty(), p.attributes());
  }

  private static List<PartImage> turned(List<PartImage> pictures, boolean[] which) {
    return IntStream.range(0, which.length)
        .mapToObj(i -> which[i] ? mirrored(pictures.get(i)) : pictures.get(i))
        .toList();
  }

  private static PartImage mirrored(PartImage p) {
    double width = p.image().width();
    List<Landmark> landmarks =
        p.landmarks().stream()
            .map(l -> new Landmark(l.part(), width - l.x(), l.y(), l.visible()))
            .toList();
    return with(seen(p, p.image().mirrored()), landmarks);
  }

  private static PartImage with(PartImage p, List<Landmark> landmarks) {
    return new PartImage(p.image(), p.label(), p.box(), landmarks, p.mask(), p.attributes());
  }

  private void category(
      String name,
      int label,
      List<PartImage> pictures,
      Network network,
      Preprocessor preprocessor,
      List<String> layers,
      String part)
      throws IOException {
    List<PartImage> own = pictures.stream().filter(p -> p.label() == label).toList();
    List<PartImage> others = pictures.stream().filter(p -> p.label() != label).toList();
    List<FeatureMaps> maps = new ArrayList<>(maps(network, layers, preprocessor, own));
    maps.addAll(
        maps(
            network,
            layers,
            preprocessor,
            own.stream().map(p -> seen(p, p.image().mirrored())).toList()));
    List<FeatureMaps> negatives = maps(network, layers, preprocessor, others);
    List<FeatureMaps> straight = new ArrayList<>();
    List<FeatureMaps> mirrored = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      straight.add(maps.get(l).normalisedBy(negatives.get(l)));
      mirrored.add(maps.get(l + layers.size()).normalisedBy(negatives.get(l)));
    }
    negatives.forEach(FeatureMaps::close);
    boolean[] turned = Facing.turned(straight, mirrored);
    List<FeatureMaps> normalised = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      normalised.add(straight.get(l).turned(mirrored.get(l), turned));
    }
    long start = System.nanoTime();
    ExplanatoryGraph graph = GraphLearner.withDefaults().withSettings(settings).learn(normalised);
    double seconds = (System.nanoTime() - start) * 1e-9;
    int judged = layers.size() - 1;
    Placements nodes = graph.placements().turned(turned);
    ObjectNode row = rows.addObject();
    row.put("category", name);
    ArrayNode named = row.putArray("layers");
    graph.layers().subList(0, judged).forEach(l -> named.add(l.name()));
    row.put("root", graph.layers().get(judged).name());
    row.put("images", own.size());
    int mirrors = (int) IntStream.range(0, turned.length).filter(i -> turned[i]).count();
    row.put("images_turned", mirrors);
    double[] ofGraph = new double[layers.size()];
    double[] ofFilters = new double[layers.size()];
    double[] ofStrongest = new double[layers.size()];
    double[] ofTurned = new double[layers.size()];
    for (int l = 0; l < layers.size(); l++) {
      Placements peaks = Placements.ofPeaks(straight.get(l));
      int[] all = IntStream.range(0, peaks.patterns()).toArray();
      Placements other = Placements.ofPeaks(normalised.get(l)).turned(turned);
      ofTurned[l] = mean(other.instability(all, BEST, own));
      ofGraph[l] = mean(nodes.instability(graph.strongest(l, TOP), BEST, own));
      ofFilters[l] = mean(peaks.instability(all, BEST, own));
      ofStrongest[l] = mean(peaks.instability(peaks.strongest(all, TOP, BEST), BEST, own));
    }
    row.put("instability_graph", mean(Arrays.copyOf(ofGraph, judged)));
    row.put("instability_filters", mean(Arrays.copyOf(ofFilters, judged)));
    row.put("instability_strongest_filters", mean(Arrays.copyOf(ofStrongest, judged)));
    row.put("instability_filters_turned", mean(Arrays.copyOf(ofTurned, judged)));
    row.put("instability_fixed_places", fixedPlaces(own));
    row.put("instability_fixed_places_turned", fixedPlaces(turned(own, turned)));
    row.put("instability_graph_with_root", mean(ofGraph));
    row.put("instability_filters_with_root", mean(ofFilters));
    put(row.putArray("graph_by_layer"), ofGraph);
    put(row.putArray("filters_by_layer"), ofFilters);
    row.put("nodes", graph.nodes().size());
    row.put("edges", graph.edges());
    row.put("seconds", seconds);
    out.println(row);
    locate(name, part, own, turned, graph, straight, normalised, judged);
    maps.forEach(FeatureMaps::close);
    write();
  }

  private static void put(ArrayNode node, double[] values) {
    Arrays.stream(values).forEach(node::add);
  }

  private static List<FeatureMaps> maps(
      Network network, List<String> layers, Preprocessor preprocessor, List<PartImage> pictures)
      throws IOException {
    return MapReader.of(network, layers)
        .read(
            pictures.size(),
            i -> preprocessor.apply(Image.of(pictures.get(i).image().toBufferedImage())));
  }

  /** What a pattern would have that fires at the same place of every picture. */
  private static double fixedPlaces(List<PartImage> pictures) {
    int side = 10;
    int count = pictures.size();
    float[] places = new float[side * side * count * side * side];
    for (int i = 0; i < count; i++) {
      for (int f = 0; f < side * side; f++) {
        places[(i * side * side + f) * side * side + f] = 1;
      }
    }
    int width = pictures.get(0).image().width();
    int height = pictures.get(0).image().height();
    dev.interp.core.network.ReceptiveField field =
        new dev.interp.core.network.ReceptiveField(
            new dev.interp.core.network.ReceptiveField.Axis(
                1, (double) height / side, height / 2.0 / side - 0.5),
            new dev.interp.core.network.ReceptiveField.Axis(
                1, (double) width / side, width / 2.0 / side - 0.5));
    FeatureMaps maps =
        FeatureMaps.of(
            new dev.interp.disentangle.graph.GraphLayer(
                "places", side * side, side, side, field, height, width),
            places);
    Placements fixed = Placements.ofPeaks(maps);
    return mean(fixed.instability(IntStream.range(0, side * side).toArray(), count, pictures));
  }

  /** Boxes are turned with their pictures; distances are the same on both sides of a mirror. */
  private void locate(
      String name,
      String part,
      List<PartImage> own,
      boolean[] turned,
      ExplanatoryGraph graph,
      List<FeatureMaps> straight,
      List<FeatureMaps> seen,
      int judged) {
    int[] ids = IntStream.range(0, judged).flatMap(l -> Arrays.stream(graph.idsOf(l))).toArray();
    // Nodes, peaks of filters in pictures as they are, and in turned ones.
    List<Placements> finders =
        List.of(
            graph.placements().ofPatterns(ids),
            peaks(straight.subList(0, judged)),
            peaks(seen.subList(0, judged)));
    double width = finders.get(0).inputWidth();
    double height = finders.get(0).inputHeight();
    double diagonal = Math.hypot(width, height);
    List<PartLocator.Centre> truth = new ArrayList<>();
    List<PartLocator.Centre> turnedTruth = new ArrayList<>();
    for (int i = 0; i < own.size(); i++) {
      PartImage p = own.get(i);
      double x = p.landmark(part).x() * width / p.image().width();
      double y = p.landmark(part).y() * height / p.image().height();
      truth.add(new PartLocator.Centre(x, y));
      turnedTruth.add(new PartLocator.Centre(turned[i] ? width - x : x, y));
    }
    List<List<PartLocator.Centre>> truths = List.of(turnedTruth, truth, turnedTruth);
    for (int shots : new int[] {1, 3, 5}) {
      double[] errors = new double[5];
      int judgedPictures = 0;
      SplittableRandom random = new SplittableRandom(shots);
      for (int draw = 0; draw < DRAWS; draw++) {
        int[] order = FilterTrial.shuffled(own.size(), random);
        int[] annotated = Arrays.copyOf(order, shots);
        List<PartLocator> locators = new ArrayList<>();
        for (int k = 0; k < finders.size(); k++) {
          List<PartLocator.Centre> centres =
              Arrays.stream(annotated).mapToObj(truths.get(k)::get).toList();
          locators.add(PartLocator.of(finders.get(k), annotated, centres, VOTERS));
        }
        PartLocator.Centre mean = mean(Arrays.stream(annotated).mapToObj(truth::get).toList());
        for (int k = shots; k < order.length; k++) {
          int picture = order[k];
          for (int f = 0; f < locators.size(); f++) {
            errors[f] += distance(locators.get(f).locate(picture), truths.get(f).get(picture));
          }
          PartLocator.Centre guess =
              new PartLocator.Centre(width * random.nextDouble(), height * random.nextDouble());
          errors[3] += distance(mean, truth.get(picture));
          errors[4] += distance(guess, truth.get(picture));
          judgedPictures++;
        }
      }
      ObjectNode row = localisation.addObject();
      row.put("category", name);
      row.put("part", part);
      row.put("boxes", shots);
      row.put("distance_graph", errors[0] / judgedPictures / diagonal);
      row.put("distance_filters", errors[1] / judgedPictures / diagonal);
      row.put("distance_filters_turned", errors[2] / judgedPictures / diagonal);
      row.put("distance_mean_box", errors[3] / judgedPictures / diagonal);
      row.put("distance_random", errors[4] / judgedPictures / diagonal);
      out.println(row);
    }
  }

  private static Placements peaks(List<FeatureMaps> maps) {
    Placements all = Placements.ofPeaks(maps.get(0));
    for (FeatureMaps one : maps.subList(1, maps.size())) {
      all = all.plus(Placements.ofPeaks(one));
    }
    return all;
  }

  private static PartLocator.Centre mean(List<PartLocator.Centre> centres) {
    return new PartLocator.Centre(
        centres.stream().mapToDouble(PartLocator.Centre::x).average().orElseThrow(),
        centres.stream().mapToDouble(PartLocator.Centre::y).average().orElseThrow());
  }

  private static double distance(PartLocator.Centre a, PartLocator.Centre b) {
    return Math.hypot(a.x() - b.x(), a.y() - b.y());
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
  }

  private void write() throws IOException {
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }

  private void summary() {
    double graph = 0;
    double filters = 0;
    for (var row : rows) {
      double own = row.get("instability_graph").asDouble();
      double raw = row.get("instability_filters").asDouble();
      graph += own / rows.size();
      filters += raw / rows.size();
      out.printf(
          Locale.ROOT,
          "%-24s %.4f against %.4f: %+.1f %%, %.1f s%n",
          row.get("category").asText(),
          own,
          raw,
          100 * (own / raw - 1),
          row.get("seconds").asDouble());
    }
    out.printf(
        Locale.ROOT,
        "%-24s %.4f against %.4f: %+.1f %%%n",
        "mean",
        graph,
        filters,
        100 * (graph / filters - 1));
    for (int boxes : new int[] {1, 3, 5}) {
      out.printf(Locale.ROOT, "%d boxes:", boxes);
      for (String by : List.of("graph", "filters", "filters_turned", "mean_box", "random")) {
        double sum = 0;
        int count = 0;
        for (var row : localisation) {
          if (row.get("boxes").asInt() == boxes) {
            sum += row.get("distance_" + by).asDouble();
            count++;
          }
        }
        out.printf(Locale.ROOT, " %s %.3f", by.replace('_', ' '), sum / count);
      }
      out.println();
    }
  }
}
