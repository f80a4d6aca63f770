package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.image.ImageIo;
import dev.interp.core.network.Network;
import dev.interp.disentangle.tree.DecisionTree;
import dev.interp.disentangle.tree.PartAssignment;
import dev.interp.disentangle.tree.PartEffects;
import dev.interp.disentangle.tree.Rationale;
import dev.interp.disentangle.tree.Rationales;
import dev.interp.disentangle.tree.TreeExport;
import dev.interp.disentangle.tree.TreeLearning;
import dev.interp.disentangle.tree.TreeLevel;
import dev.interp.disentangle.tree.TreePage;
import dev.interp.disentangle.tree.TreePicture;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.Table;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Grows a decision tree over the filters of a layer. */
@Command(
    name = "tree",
    mixinStandardHelpOptions = true,
    description =
        "Grows a decision tree that says which filters and parts made the network name a class.")
final class GrowTree implements Callable<Integer> {
  private static final int BIRDS = 1000;
  private static final int MOST = 200;
  private static final int LEVELS = 7;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private FilterOptions filters = new FilterOptions();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--layer",
      paramLabel = "L",
      description =
          "Layer whose filters explain, after its rectifier. Default: the last with extent; best"
              + " one of interpretable filters.")
  private @Nullable String layer;

  @Option(
      names = "--class",
      paramLabel = "N",
      description = "Output of the network that is explained. Default: 0.")
  private int target;

  @Option(
      names = "--label",
      paramLabel = "N",
      description = "Label of its pictures in the data set. Default: that of --class.")
  private @Nullable Integer label;

  @Option(
      names = "--data",
      paramLabel = "birds|DIR",
      description = "Rendered birds (the default), or a folder of pictures with classes.")
  private String data = "birds";

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Pictures of all classes. Default: 1000 birds, all of a folder.")
  private int images;

  @Option(
      names = "--select-filters",
      description = "Select filters of a node by the Lasso, as in the paper; else all are used.")
  private boolean selection;

  @Option(
      names = "--gain-per-picture",
      description = "Divide the gain of a merge by the number of pictures it covers.")
  private boolean perPicture;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of birds and choice.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    FilterSubject subject = filters.subject(data, images, BIRDS, seed);
    Network network = subject.network();
    String name = layer == null ? network.lastSpatial() : layer;
    var score = Rationales.margin(network, target);
    PrintWriter err = spec.commandLine().getErr();
    int shown = label == null ? target : label;
    List<Integer> of = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < subject.pictures().size(); i++) {
      (subject.pictures().data().get(i).label() == shown ? of : others).add(i);
    }
    if (of.size() < 2) {
      throw new IllegalArgumentException(
          "a tree needs at least 2 pictures of label "
              + shown
              + ", there are "
              + of.size()
              + "; give more --images, another --class or --label");
    }
    int border = Math.max(1, Math.min(MOST, of.size() * 7 / 10));
    List<Integer> kept = of.subList(border, Math.min(of.size(), border + MOST));
    List<Integer> negative = spread(others, Math.max(1, Math.min(others.size(), 2 * kept.size())));
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      var progress = output.progress(err, "rationales");
      Rationales grown =
          Rationales.of(network, name, score, subject.pictures(), of.subList(0, border), progress)
              .named();
      DecisionTree tree =
          TreeLearning.withDefaults()
              .withSelection(selection)
              .withGainPerPicture(perPicture)
              .withProgress(output.progress(err, "merges"))
              .learn(grown);
      Rationales fresh = grown.others(network, subject.pictures(), kept, progress);
      List<Rationale> negatives =
          negative.isEmpty()
              ? List.of()
              : grown.others(network, subject.pictures(), negative, progress).all();
      Optional<PartAssignment> parts =
          subject.pictures().data().partNames().isEmpty()
              ? Optional.empty()
              : Optional.of(
                  PartAssignment.of(network, name, subject.pictures(), of.subList(0, border)));
      List<TreeLevel> own = levels(subject, tree, grown, negatives, parts);
      List<TreeLevel> other =
          fresh.all().isEmpty() ? List.of() : levels(subject, tree, fresh, negatives, parts);
      TreeExport export = new TreeExport(tree, parts);
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("model", subject.modelName());
      json.put("fingerprint", network.fingerprint());
      json.put("data", subject.dataName());
      json.put("class", target);
      json.put("label", shown);
      json.put("seed", seed);
      json.put("select_filters", selection);
      json.put("gain_per_picture", perPicture);
      ArrayNode ownJson = json.putArray("levels_of_own_pictures");
      own.forEach(level -> ownJson.add(level.json()));
      ArrayNode freshJson = json.putArray("levels_of_fresh_pictures");
      other.forEach(level -> freshJson.add(level.json()));
      json.set("tree", export.json());
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), json);
      Files.writeString(folder.file("tree.graphml"), export.graphMl(), StandardCharsets.UTF_8);
      Files.writeString(folder.file("tree.dot"), export.dot(), StandardCharsets.UTF_8);
      Files.writeString(
          folder.file("tree.html"),
          TreePage.of(tree, parts, subject.pictures()),
          StandardCharsets.UTF_8);
      BufferedImage picture = TreePicture.of(tree, parts, subject.pictures());
      ImageIo.writePng(picture, folder.file("tree.png"));
      report(subject, name, tree, own, other, parts, picture).write(folder.file("report.html"));
      folder.commit();
      print(tree, own, other);
    }
    PrintWriter lines = spec.commandLine().getOut();
    output.tell(lines, "Open", "report.html");
    output.tell(lines, "Walk", "tree.html");
    return 0;
  }

  private static List<Integer> spread(List<Integer> all, int count) {
    return IntStream.range(0, Math.min(count, all.size()))
        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
        .toList();
  }

  private static List<TreeLevel> levels(
      FilterSubject subject,
      DecisionTree tree,
      Rationales positives,
      List<Rationale> negatives,
      Optional<PartAssignment> parts) {
    return TreeLevel.of(
        tree,
        positives,
        negatives,
        parts.map(p -> PartEffects.of(subject.network(), subject.pictures(), positives, p)),
        LEVELS);
  }

  private static List<List<String>> rows(List<TreeLevel> levels) {
    List<List<String>> rows = new ArrayList<>();
    for (TreeLevel level : levels) {
      rows.add(
          List.of(
              level.isLeaves() ? "leaves" : "level " + level.level(),
              Integer.toString(level.nodes()),
              number("%.1f %%", 100 * level.accuracy()),
              number("%.1f %%", 100 * level.predictionError()),
              number("%.3f", level.fitness()),
              level.partError().isEmpty() ? "–" : number("%.3f", level.partError().getAsDouble())));
    }
    return rows;
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void print(DecisionTree tree, List<TreeLevel> own, List<TreeLevel> fresh) {
    PrintWriter lines = spec.commandLine().getOut();
    lines.printf(
        Locale.ROOT,
        "%d pictures, %d modes, %d levels%n",
        tree.rationales().all().size(),
        tree.modes().size(),
        tree.depth());
    lines.println("own pictures:    nodes, accuracy, prediction error, fitness, part error");
    rows(own).forEach(row -> lines.println("  " + String.join("  ", row)));
    lines.println("fresh pictures:  nodes, accuracy, prediction error, fitness, part error");
    rows(fresh).forEach(row -> lines.println("  " + String.join("  ", row)));
    lines.flush();
  }

  private Report report(
      FilterSubject subject,
      String name,
      DecisionTree tree,
      List<TreeLevel> own,
      List<TreeLevel> fresh,
      Optional<PartAssignment> parts,
      BufferedImage picture) {
    List<String> columns =
        List.of("Level", "Nodes", "Accuracy", "Prediction error", "Fitness", "Error of parts");
    List<String> notes = new ArrayList<>(subject.notes());
    notes.add(
        "The tree is grown of pictures that the network names right. Own pictures are those that the tree was grown of, explained by the nodes that cover them;"
            + " fresh ones by the nodes that are most like them. Accuracy"
            + " counts pictures of other classes as well.");
    if (!tree.rationales().silent().isEmpty()) {
      notes.add(
          tree.rationales().silent().size()
              + " pictures have no rationale: no filter of the layer changes their score.");
    }
    List<Table> tables = new ArrayList<>();
    tables.add(new Table("Own pictures", columns, rows(own)));
    if (!fresh.isEmpty()) {
      tables.add(new Table("Fresh pictures", columns, rows(fresh)));
    }
    Card whole =
        Card.of(
                "Tree",
                "From left to right: decision modes that many pictures share, and those that they"
                    + " were merged of. Bars show what the filters of each part add to the score.")
            .withSource("Zhang, Yang, Ma, Wu: Interpreting CNNs via decision trees, CVPR 2019")
            .withPictures(
                List.of(
                    new Picture(
                        picture, "", "Decision tree with pictures and bars of parts in its nodes")))
            .withNotes(notes);
    Card numbers =
        Card.of("Levels", "How well the nodes of each level explain pictures.")
            .withTables(tables)
            .withFacts(
                List.of(
                    new Fact("Modes", Integer.toString(tree.modes().size())),
                    new Fact("Levels", Integer.toString(tree.depth())),
                    new Fact("Filters", Integer.toString(tree.rationales().filters())),
                    new Fact(
                        "Dead filters", Integer.toString(tree.rationales().deadFilters().size())),
                    new Fact(
                        "Parts",
                        parts.map(p -> String.join(", ", p.parts())).orElse("not known"))));
    List<Fact> facts = new ArrayList<>(subject.facts());
    facts.add(new Fact("Class", subject.label(target)));
    facts.add(new Fact("Layer", name));
    return new Report(
        "What made the network decide",
        "A decision tree over the filters of a layer.",
        facts,
        null,
        List.of(),
        List.of(whole, numbers),
        subject.provenance(seed));
  }
}
