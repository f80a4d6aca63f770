package dev.interp.bench.cli;

import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.quality.Contestant;
import dev.interp.bench.quality.Evaluation;
import dev.interp.bench.quality.EvaluationReport;
import dev.interp.bench.quality.EvaluationResult;
import dev.interp.bench.quality.Gallery;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.metric.Metric;
import dev.interp.core.metric.MetricInfo.Need;
import dev.interp.core.network.Network;
import dev.interp.visual.Method;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Ranks methods. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Judges attribution methods by metrics and ranks them. A run that was ended goes on from"
            + " what it had finished when it is started again with the same --out.")
final class Evaluate implements Callable<Integer> {
  /** One or two of each family, cheap enough for every method. */
  static final List<String> USUAL =
      List.of(
          "deletion-gap",
          "insertion",
          "road-gap",
          "sensitivity-n",
          "infidelity",
          "pointing-game",
          "relevance-rank",
          "max-sensitivity",
          "sparseness",
          "random-logit");

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--preprocess",
      paramLabel = "F.json",
      description = "Resize, crop, channels, divisor, mean and scale of the model's pictures.")
  @Nullable Path preprocess;

  @Option(
      names = "--data",
      paramLabel = "birds|DIR",
      description =
          "Rendered birds with exact masks (the default), a folder of pictures, or a folder of"
              + " ILSVRC Animal-Part (heads are the objects), FunnyBirds, CUB-200 or PASCAL-Part,"
              + " MNIST or CIFAR files, of which the test pictures are taken in a random order.")
  String data = "birds";

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "a,b|all",
      description = "Methods (see interp methods), random and edges among them. Default: all.")
  List<String> methods = List.of("all");

  @Option(
      names = "--metrics",
      split = ",",
      paramLabel = "x,y|all",
      description = "Metrics (see interp metrics). Default: ten of them.")
  @Nullable List<String> metrics;

  @Option(names = "--images", paramLabel = "N", description = "Pictures. Default: 50.")
  int images = 50;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Pictures judged at a time; at most so many are lost when a run is ended.")
  int batch = 10;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of methods and intervals.")
  long seed;

  @Option(
      names = "--set",
      paramLabel = "METHOD.OPTION=VALUE",
      description = "A setting of one method (see interp methods --verbose).")
  Map<String, String> set = new LinkedHashMap<>();

  @Override
  public Integer call() throws IOException {
    List<String> notes = new ArrayList<>();
    DemoModel demo = model.demo();
    Network network = model.network();
    Gallery gallery = gallery(demo, network, notes);
    List<Metric> judges = judges(gallery, notes);
    Evaluation evaluation =
        new Evaluation(
            network,
            model.name(),
            gallery,
            images,
            batch,
            contestants(network, gallery, notes),
            judges,
            seed);
    EvaluationResult result = evaluation.run(output.out, this::tell);
    notes.addAll(result.refusals());
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      EvaluationReport report = new EvaluationReport(result, notes, versions());
      report.writeJson(folder.file("result.json"));
      report.page().write(folder.file("report.html"));
      folder.commit();
    }
    PrintWriter lines = spec.commandLine().getOut();
    for (EvaluationResult.Place place : result.ranking()) {
      lines.printf(
          Locale.ROOT,
          "%6.2f  (%.2f – %.2f)  %s%n",
          place.rank(),
          place.low(),
          place.high(),
          place.contestant().attributor().id());
    }
    output.tell(lines, "Open", "report.html");
    return 0;
  }

  private Gallery gallery(@Nullable DemoModel demo, Network network, List<String> notes)
      throws IOException {
    Path file = preprocess;
    Preprocessor how;
    if (file != null) {
      how = PreprocessFile.read(file);
    } else if (demo != null) {
      how = demo.preprocessor();
    } else {
      how = Subject.guess(network);
      notes.add(
          "No --preprocess was given: pictures were resized and cropped to the network's input and"
              + " their pixels divided by 255. If the network was trained with another"
              + " preprocessing, the scores mean little.");
    }
    if (!data.equals("birds")) {
      return folder(Path.of(data), how);
    }
    if (demo != null) {
      return Gallery.birds(demo);
    }
    long[] shape = network.typicalInput();
    if (shape.length != 3 || shape[1] != shape[2]) {
      throw new IllegalArgumentException(
          "birds are square pictures, the model takes "
              + java.util.Arrays.toString(shape)
              + "; give --data a folder of pictures");
    }
    notes.add("The birds are of other classes than those the model knows, unless it knows them.");
    return Gallery.birds(DemoModel.load().birds().withResolution((int) shape[1]), how);
  }

  private static Gallery folder(Path folder, Preprocessor how) throws IOException {
    Optional<DatasetFormat> format = DatasetFormat.detect(folder);
    if (format.isEmpty()) {
      return Gallery.folder(folder, how);
    }
    PartDataset pictures = format.get().open(folder);
    // Feet are annotated on some animals only.
    Set<String> parts =
        format.get() instanceof DatasetFormat.AnimalPart
            ? Set.of("head")
            : Set.copyOf(pictures.partNames());
    return Gallery.dataset(String.valueOf(folder.getFileName()), pictures, parts, how);
  }

  private List<Metric> judges(Gallery gallery, List<String> notes) {
    List<String> asked = metrics;
    boolean all = asked == null || asked.equals(List.of("all"));
    List<Metric> chosen =
        asked == null
            ? USUAL.stream().map(dev.interp.core.metric.Metrics::of).toList()
            : all
                ? dev.interp.core.metric.Metrics.all()
                : asked.stream()
                    .map(String::strip)
                    .distinct()
                    .map(dev.interp.core.metric.Metrics::of)
                    .toList();
    if (!all || gallery.hasMasks()) {
      return chosen;
    }
    List<Metric> possible =
        chosen.stream().filter(m -> !m.info().needs().contains(Need.MASK)).toList();
    notes.add(
        "The pictures have no masks of their objects, so these metrics were left out: "
            + String.join(
                ", ",
                chosen.stream()
                    .filter(m -> !possible.contains(m))
                    .map(m -> m.info().id())
                    .toList()));
    return possible;
  }

  private List<Contestant> contestants(Network network, Gallery gallery, List<String> notes) {
    List<String> ids =
        methods.stream()
            .map(String::strip)
            .flatMap(
                m ->
                    m.equals("all")
                        ? Stream.concat(
                            Contestant.extras().stream(), Method.all().stream().map(Method::id))
                        : Stream.of(m))
            .distinct()
            .toList();
    for (String key : set.keySet()) {
      if (ids.stream().noneMatch(id -> key.startsWith(id + '.'))) {
        throw new IllegalArgumentException(
            "--set must name one of the methods that run, as METHOD.OPTION=VALUE, was '"
                + key
                + "'");
      }
    }
    List<Contestant> contestants = new ArrayList<>();
    for (String id : ids) {
      try {
        Contestant contestant = Contestant.of(id, gallery.preprocessor(), seed, set);
        contestant.tryOut(network, gallery);
        contestants.add(contestant);
      } catch (NotApplicableException e) {
        if (methods.contains(id)) {
          throw e;
        }
        notes.add(id + " was left out: " + e.getMessage());
      }
    }
    return contestants;
  }

  private static Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }

  private void tell(String what, double share, double secondsLeft) {
    if (output.quiet) {
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    String left =
        Double.isNaN(secondsLeft)
            ? ""
            : String.format(
                Locale.ROOT, ", %d:%02d left", (int) secondsLeft / 60, (int) secondsLeft % 60);
    err.printf(Locale.ROOT, "%3.0f %%%s  %s%n", 100 * share, left, what);
    err.flush();
  }
}
