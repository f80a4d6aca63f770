package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.attribution.Progress;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Network;
import dev.interp.disentangle.dissect.Pictures;
import dev.interp.disentangle.tree.DecisionTree;
import dev.interp.disentangle.tree.PartAssignment;
import dev.interp.disentangle.tree.PartEffects;
import dev.interp.disentangle.tree.Rationale;
import dev.interp.disentangle.tree.Rationales;
import dev.interp.disentangle.tree.TreeLearning;
import dev.interp.disentangle.tree.TreeLevel;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decision trees (Q. Zhang, Y. Yang, H. Ma, Y. N. Wu, CVPR 2019) over the filters of an ordinary
 * and an interpretable net from the same first weights, on birds and, if there is a folder with it,
 * on one animal of a part of ILSVRC Animal-Part: accuracy, prediction error, fitness of
 * contributions of filters and error of contributions of parts, level by level, on pictures that
 * the tree was grown of and on others, beside the numbers that a re-implementation reports for
 * VGG-16 and 100 pictures of birds. With all filters and with those that the Lasso selects.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.FilterTrees RESULT.json [EPOCHS [BIRDS
 * [SHARED-DATA-FOLDER]]]</pre>
 *
 * <p>Default: 8 epochs, 2000 birds held back, of which those of class 0 are explained: a tree is
 * grown of one half of them and meets the other. The net of the animal tells it from the others;
 * its tree is grown of the pictures that the net was trained on, which are few.
 */
public final class FilterTrees {
  private static final int CLASS = 0;
  private static final int LEVELS = 7;
  private static final String ANIMAL = "giant panda";

  /** Accuracy, prediction error and fitness by level, then of the leaves. */
  private static final double[][] REPORTED = {
    {0.665, 0.278, 0.258},
    {0.660, 0.320, 0.302},
    {0.660, 0.317, 0.310},
    {0.569, 0.424, 0.254},
    {0.525, 0.511, 0.190},
    {0.500, 0.618, 0.106},
    {0.630, 0.392, 1.000},
  };

  private final PrintStream out;
  private final String commit;
  private final ArrayNode rows = new ObjectMapper().createArrayNode();

  private FilterTrees(PrintStream out) throws IOException, InterruptedException {
    this.commit = Surroundings.commit();
    this.out = out;
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, epochs of training, birds held back, the folder of shared
   *     data
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 1 || arguments.length > 4) {
      throw new IllegalArgumentException("give: RESULT.json [EPOCHS [BIRDS [SHARED-DATA-FOLDER]]]");
    }
    int epochs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8;
    int birds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 2000;
    FilterTrees run = new FilterTrees(System.out);
    Path file = Path.of(arguments[0]);
    BirdPair.train(epochs, birds, run::birds);
    run.write(file, arguments);
    if (arguments.length > 3) {
      run.animal(Path.of(arguments[3]));
      run.write(file, arguments);
    }
  }

  private void birds(String net, Network network, double accuracy, Pictures pictures) {
    List<Integer> of = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      (pictures.data().get(i).label() == CLASS ? of : others).add(i);
    }
    int half = of.size() / 2;
    List<Integer> fewer =
        IntStream.range(0, Math.min(others.size(), of.size() - half))
            .mapToObj(i -> others.get(i * others.size() / (of.size() - half)))
            .toList();
    grow(
        new Net("birds", net, network, accuracy, pictures),
        of.subList(0, half),
        of.subList(half, of.size()),
        fewer);
  }

  private void animal(Path shared) throws Exception {
    PartDataset animals = AnimalHeads.animals(shared);
    FilterData set = AnimalHeads.of(shared).single(ANIMAL, 0);
    // The pictures as they are come before their other views.
    int trained = set.train() / FilterSets.VIEWS;
    List<PartImage> shown = new ArrayList<>(set.pictures().subList(0, trained));
    shown.addAll(set.pictures().subList(set.train(), set.size()));
    Pictures pictures =
        Pictures.of(
            PartDataset.of(shown, animals.classNames(), animals.partNames()),
            FilterSets.imageNet(224));
    int label = animals.classNames().indexOf(ANIMAL);
    List<Integer> own = new ArrayList<>();
    List<Integer> fresh = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      boolean isOne = shown.get(i).label() == label;
      if (isOne) {
        (i < trained ? own : fresh).add(i);
      } else if (i >= trained) {
        others.add(i);
      }
    }
    for (String net : List.of("ordinary", "interpretable")) {
      FilterSettings settings =
          net.equals("ordinary") ? null : FilterTrial.settings(set, FilterLoss.SINGLE_TEMPLATE);
      FilterTrial.Outcome outcome = Icnn.ANIMALS.run(set, settings, 0, (done, total) -> true);
      Network network = set.whole(outcome.net());
      grow(new Net(set.name(), net, network, outcome.accuracy(), pictures), own, fresh, others);
    }
  }

  /** A net and the pictures that it is explained with. */
  private record Net(
      String data, String kind, Network network, double accuracy, Pictures pictures) {}

  private void grow(Net net, List<Integer> own, List<Integer> kept, List<Integer> others) {
    Network network = net.network();
    Pictures pictures = net.pictures();
    Rationales grown =
        Rationales.of(
                network,
                FilterTrial.MEASURED,
                Rationales.margin(network, CLASS),
                pictures,
                own,
                Progress.none())
            .named();
    Rationales fresh = grown.others(network, pictures, kept, Progress.none());
    List<Rationale> negatives = grown.others(network, pictures, others, Progress.none()).all();
    PartAssignment parts = PartAssignment.of(network, FilterTrial.MEASURED, pictures, own);
    Optional<PartEffects> ownEffects = Optional.of(PartEffects.of(network, pictures, grown, parts));
    Optional<PartEffects> freshEffects =
        Optional.of(PartEffects.of(network, pictures, fresh, parts));
    for (boolean selection : new boolean[] {false, true}) {
      long start = System.nanoTime();
      DecisionTree tree = TreeLearning.withDefaults().withSelection(selection).learn(grown);
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode row = rows.addObject();
      row.put("data", net.data());
      row.put("net", net.kind());
      row.put("filters", selection ? "selected" : "all");
      row.put("accuracy_of_net", net.accuracy());
      row.put("pictures", grown.all().size());
      row.put("modes", tree.modes().size());
      row.put("depth", tree.depth());
      row.put("seconds", seconds);
      out.printf(
          Locale.ROOT,
          "%s, %s net (accuracy %.1f %%), %s filters: %d pictures, %d modes, %d levels, %.1f s%n",
          net.data(),
          net.kind(),
          100 * net.accuracy(),
          selection ? "selected" : "all",
          grown.all().size(),
          tree.modes().size(),
          tree.depth(),
          seconds);
      levels("own", TreeLevel.of(tree, grown, negatives, ownEffects, LEVELS), row.putArray("own"));
      levels(
          "fresh",
          TreeLevel.of(tree, fresh, negatives, freshEffects, LEVELS),
          row.putArray("fresh"));
      double worst = 0;
      for (int i = 0; i < grown.all().size(); i++) {
        Rationale one = grown.all().get(i);
        double leaf = DecisionTree.at(tree.path(i), Integer.MAX_VALUE).score(one);
        worst = Math.max(worst, Math.abs(leaf - one.score()) / Math.abs(one.score()));
      }
      row.put("largest_relative_error_of_leaves", worst);
      out.printf(
          Locale.ROOT, "  leaves differ from the net's score by at most %.1e of it%n", worst);
    }
  }

  private void levels(String pictures, List<TreeLevel> levels, ArrayNode json) {
    out.println(
        "  "
            + pictures
            + " pictures: nodes, accuracy, prediction error, fitness, part error (reported:"
            + " accuracy, prediction error, fitness)");
    for (TreeLevel level : levels) {
      int at = level.isLeaves() ? REPORTED.length - 1 : level.level() - 2;
      double[] reported = REPORTED[at];
      out.printf(
          Locale.ROOT,
          "  %-7s %4d  %5.1f %%  %5.1f %%  %.3f  %.3f   (%.1f %%  %.1f %%  %.3f)%n",
          level.isLeaves() ? "leaves" : "level " + level.level(),
          level.nodes(),
          100 * level.accuracy(),
          100 * level.predictionError(),
          level.fitness(),
          level.partError().orElse(0),
          100 * reported[0],
          100 * reported[1],
          reported[2]);
      json.add(level.json());
    }
  }

  private void write(Path file, String[] arguments) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode result = json.createObjectNode();
    result.put("paper", "Zhang, Yang, Ma, Wu: Interpreting CNNs via decision trees, CVPR 2019");
    result.set("arguments", json.valueToTree(arguments));
    result.set("reported", json.valueToTree(REPORTED));
    Surroundings.describe(result, commit);
    result.set("rows", rows);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }
}
