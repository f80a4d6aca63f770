package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.disentangle.graph.ExplanatoryGraph;
import dev.interp.disentangle.graph.FeatureMaps;
import dev.interp.disentangle.graph.GraphLayer;
import dev.interp.disentangle.graph.GraphLearner;
import dev.interp.disentangle.graph.GraphSettings;
import dev.interp.disentangle.graph.MapReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * How long an explanatory graph takes: 200 pictures, three layers of SqueezeNet, 20 iterations, by
 * layer and kind of work; and how that grows with pictures, filters and patterns, in numbers and as
 * a plot beside the file of results.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.GraphTimes RESULT.json SHARED-DATA-FOLDER
 * [PICTURES]</pre>
 *
 * <p>Growth is measured on two layers of 13 x 13 units with 8 iterations, the other two numbers
 * being as large as they get.
 */
public final class GraphTimes {
  private static final List<String> LAYERS =
      List.of("fire5_concat", "fire7_concat", "fire9_concat");
  private static final List<String> GROWING = List.of("fire6_concat", "fire7_concat");
  private static final int ITERATIONS = 8;
  private static final int FILTERS = 192;
  private static final int PATTERNS = 20;

  private final PrintStream out;
  private final int most;
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final ObjectNode result = json.createObjectNode();

  private GraphTimes(PrintStream out, int most) {
    this.out = out;
    this.most = most;
  }

  /**
   * Measures.
   *
   * @param arguments the file of results, the folder of shared data, the number of pictures
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2 || arguments.length > 3) {
      throw new IllegalArgumentException("give: RESULT.json SHARED-DATA-FOLDER [PICTURES]");
    }
    int pictures = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 200;
    new GraphTimes(System.out, pictures).run(Path.of(arguments[0]), Path.of(arguments[1]));
  }

  private void run(Path file, Path shared) throws Exception {
    Surroundings.describe(result, Surroundings.commit());
    Network network = AnimalHeads.squeezeNet(shared);
    PartDataset data = AnimalHeads.animals(shared);
    whole(network, data);
    write(file);
    growth(network, data, file);
  }

  private List<FeatureMaps> maps(Network network, PartDataset data, List<String> layers)
      throws IOException {
    Preprocessor way = FilterSets.imageNet(224);
    return MapReader.of(network, layers)
        .read(most, i -> way.apply(Image.of(data.get(i).image().toBufferedImage())))
        .stream()
        .map(FeatureMaps::normalised)
        .toList();
  }

  private void whole(Network network, PartDataset data) throws IOException {
    long start = System.nanoTime();
    List<FeatureMaps> maps = maps(network, data, LAYERS);
    double reading = seconds(start);
    TreeMap<String, Double> plain = new TreeMap<>();
    TreeMap<String, Double> wiring = new TreeMap<>();
    GraphSettings settings = GraphSettings.defaults();
    long[] last = {System.nanoTime(), 0};
    start = System.nanoTime();
    ExplanatoryGraph graph =
        GraphLearner.withDefaults()
            .withSettings(settings)
            .withListener(
                step -> {
                  // What lies between a step and the one before it is the step, but for merging.
                  double took = seconds(last[0]);
                  last[0] = System.nanoTime();
                  (step.rewired() > 0 ? wiring : plain).merge(step.layer(), took, Double::sum);
                })
            .learn(maps);
    double learning = seconds(start);
    ObjectNode row = result.putObject("whole");
    row.put("pictures", most);
    row.put("iterations", settings.iterations());
    row.put("seconds", learning);
    row.put("seconds_reading_maps", reading);
    row.put("nodes", graph.nodes().size());
    row.put("edges", graph.edges());
    ArrayNode layers = row.putArray("layers");
    for (FeatureMaps one : maps) {
      GraphLayer layer = one.layer();
      ObjectNode node = layers.addObject();
      node.put("name", layer.name());
      node.put("units", layer.filters() * layer.height() * layer.width());
      node.put("seconds_steps", plain.getOrDefault(layer.name(), 0.0));
      node.put("seconds_steps_with_new_neighbours", wiring.getOrDefault(layer.name(), 0.0));
    }
    out.println(row);
    out.printf(
        Locale.ROOT,
        "%d pictures, layers %s, %d iterations: %.1f s, and %.1f s for the maps%n",
        most,
        LAYERS,
        settings.iterations(),
        learning,
        reading);
    maps.forEach(FeatureMaps::close);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  private void growth(Network network, PartDataset data, Path file) throws IOException {
    List<FeatureMaps> maps = maps(network, data, GROWING);
    List<Line> lines = new ArrayList<>();
    learn(maps, most, FILTERS / 4, PATTERNS); // Until all is compiled.
    double[] shares = {0.25, 0.5, 0.75, 1};
    for (String what : List.of("pictures", "filters", "patterns")) {
      Line line = new Line(what, new ArrayList<>(), new ArrayList<>());
      for (double share : shares) {
        int pictures = what.equals("pictures") ? (int) (share * most) : most;
        int filters = what.equals("filters") ? (int) (share * FILTERS) : FILTERS;
        int patterns = what.equals("patterns") ? (int) (share * PATTERNS) : PATTERNS;
        double took = learn(maps, pictures, filters, patterns);
        line.sizes()
            .add(what.equals("pictures") ? pictures : what.equals("filters") ? filters : patterns);
        line.seconds().add(took);
        out.printf(
            Locale.ROOT,
            "%d pictures, %d filters, %d patterns: %.2f s%n",
            pictures,
            filters,
            patterns,
            took);
      }
      lines.add(line);
      ObjectNode row = result.withObject("/growth").putObject(what);
      row.set("sizes", json.valueToTree(line.sizes()));
      row.set("seconds", json.valueToTree(line.seconds()));
      row.put("largest_distance_from_a_straight_line", line.bend());
      out.printf(
          Locale.ROOT,
          "%s: at most %.1f %% of the largest time from a straight line%n",
          what,
          100 * line.bend());
      write(file);
    }
    String name = String.valueOf(file.getFileName()).replaceAll("\\.json$", "") + ".svg";
    ResultFile.write(file.resolveSibling(name), plot(lines));
  }

  /** The shorter of two runs. */
  private static double learn(List<FeatureMaps> maps, int pictures, int filters, int patterns)
      throws IOException {
    List<FeatureMaps> fewer = new ArrayList<>();
    for (FeatureMaps one : maps) {
      fewer.add(part(one, pictures, filters));
    }
    GraphLearner learner =
        GraphLearner.withDefaults()
            .withSettings(
                GraphSettings.defaults().withIterations(ITERATIONS).withPatterns(patterns));
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run < 2; run++) {
      long start = System.nanoTime();
      learner.learn(fewer);
      best = Math.min(best, seconds(start));
    }
    return best;
  }

  private static FeatureMaps part(FeatureMaps maps, int pictures, int filters) {
    GraphLayer all = maps.layer();
    GraphLayer layer =
        new GraphLayer(
            all.name(),
            filters,
            all.height(),
            all.width(),
            all.field(),
            all.inputHeight(),
            all.inputWidth());
    int cells = all.height() * all.width();
    float[] values = new float[pictures * filters * cells];
    float[] map = new float[cells];
    for (int i = 0; i < pictures; i++) {
      for (int f = 0; f < filters; f++) {
        maps.read(i, f, map);
        System.arraycopy(map, 0, values, (i * filters + f) * cells, cells);
      }
    }
    return FeatureMaps.of(layer, values);
  }

  /** Times of growing sizes. */
  private record Line(String what, List<Integer> sizes, List<Double> seconds) {
    /** How far a time is from the line of least squares, as a share of the largest time. */
    double bend() {
      int n = sizes.size();
      double meanX = sizes.stream().mapToDouble(x -> x).average().orElseThrow();
      double meanY = seconds.stream().mapToDouble(y -> y).average().orElseThrow();
      double square = 0;
      double product = 0;
      for (int i = 0; i < n; i++) {
        square += (sizes.get(i) - meanX) * (sizes.get(i) - meanX);
        product += (sizes.get(i) - meanX) * (seconds.get(i) - meanY);
      }
      double worst = 0;
      double largest = 0;
      for (int i = 0; i < n; i++) {
        double line = meanY + product / square * (sizes.get(i) - meanX);
        worst = Math.max(worst, Math.abs(seconds.get(i) - line));
        largest = Math.max(largest, seconds.get(i));
      }
      return worst / largest;
    }
  }

  private static String plot(List<Line> lines) {
    double largest =
        lines.stream().flatMap(l -> l.seconds().stream()).mapToDouble(s -> s).max().orElseThrow();
    StringBuilder svg =
        new StringBuilder(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 460 300\""
                + " font-family=\"sans-serif\" font-size=\"12\">\n"
                + "<rect width=\"460\" height=\"300\" fill=\"white\"/>\n"
                + "<path d=\"M50 20V260H350\" fill=\"none\" stroke=\"black\"/>\n"
                + "<text x=\"200\" y=\"292\" text-anchor=\"middle\">share of the largest"
                + " number</text>\n");
    String[] colours = {"#0072b2", "#d55e00", "#009e73"};
    for (int tick = 0; tick <= 4; tick++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"276\" text-anchor=\"middle\">%.2f</text>%n"
                  + "<text x=\"44\" y=\"%d\" text-anchor=\"end\">%.1f s</text>%n",
              50 + 75 * tick,
              tick / 4.0,
              264 - 60 * tick,
              largest * tick / 4));
    }
    for (int k = 0; k < lines.size(); k++) {
      Line line = lines.get(k);
      int last = line.sizes().get(line.sizes().size() - 1);
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < line.sizes().size(); i++) {
        double x = 50 + 300.0 * line.sizes().get(i) / last;
        double y = 260 - 240 * line.seconds().get(i) / largest;
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        svg.append(
            String.format(
                Locale.ROOT,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                x,
                y,
                colours[k]));
      }
      svg.append(
          String.format(
              Locale.ROOT,
              "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>%n"
                  + "<text x=\"360\" y=\"%d\" fill=\"%s\">%s, 1 = %d</text>%n",
              points.toString().strip(),
              colours[k],
              40 + 18 * k,
              colours[k],
              line.what(),
              last));
    }
    return svg.append("</svg>\n").toString();
  }

  private void write(Path file) throws IOException {
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }
}
