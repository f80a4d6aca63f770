package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.paper.FilterData;
import dev.interp.bench.paper.FilterSets;
import dev.interp.bench.paper.FilterTrial;
import dev.interp.core.data.DatasetFormat;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.network.Network;
import dev.interp.training.filter.FilterLoss;
import dev.interp.training.filter.FilterReport;
import dev.interp.training.filter.FilterSettings;
import dev.interp.training.filter.InterpretableHead;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.deeplearning4j.util.ModelSerializer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains an ordinary net and one with interpretable filters, and holds them side by side. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description =
        "Trains an ordinary and an interpretable net from the same first weights and order of"
            + " pictures, and compares their filters.")
final class Train implements Callable<Integer> {
  private static final int STEPS = 20;
  private static final int BIRDS = 2000;
  private static final int ROWS = 12;
  private static final int CELL = 72;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--data",
      arity = "1..2",
      paramLabel = "KIND",
      description =
          "birds (default), 'animalpart DIR' or 'images DIR' (a folder of pictures per class).")
  private List<String> data = List.of("birds");

  @Option(
      names = "--backbone",
      paramLabel = "F",
      description = "Pretrained model whose features the nets stand on (not for birds).")
  private @Nullable Path backbone;

  @Option(
      names = "--layer",
      paramLabel = "NAME",
      description =
          "Tensor of the backbone that the nets stand on, or its top convolution (default: the last"
              + " one with spatial extent).")
  private @Nullable String layer;

  @Option(
      names = "--preprocess",
      paramLabel = "JSON",
      description = "How the backbone takes pictures (default: ImageNet's way).")
  private @Nullable Path preprocess;

  @Option(
      names = "--filter-loss",
      paramLabel = "FORM",
      description = "approximate (default), mutual-information or none.")
  private String filterLoss = "approximate";

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the pictures.")
  private int epochs = 8;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of weights, order and birds.")
  private long seed;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Birds to train on; half as many are kept back.")
  private int images = BIRDS;

  @Override
  public Integer call() throws IOException {
    FilterLoss loss =
        switch (filterLoss) {
          case "mutual-information" -> FilterLoss.MUTUAL_INFORMATION;
          case "approximate" -> FilterLoss.SINGLE_TEMPLATE;
          case "none" -> FilterLoss.NONE;
          default ->
              throw new IllegalArgumentException(
                  "--filter-loss must be approximate, mutual-information or none, was "
                      + filterLoss);
        };
    if (epochs < 1 || images < 64) {
      throw new IllegalArgumentException(
          "--epochs must be at least 1 and --images at least 64, was " + epochs + " and " + images);
    }
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      FilterData set = read(folder);
      FilterTrial trial = new FilterTrial(epochs);
      FilterSettings settings = FilterTrial.settings(set, loss);
      FilterTrial.Outcome ordinary = trial.run(set, null, seed, progress("ordinary"));
      FilterTrial.Outcome interpretable = trial.run(set, settings, seed, progress("interpretable"));
      ModelSerializer.writeModel(ordinary.net(), folder.file("ordinary.zip").toFile(), true);
      ModelSerializer.writeModel(
          interpretable.net(), folder.file("interpretable.zip").toFile(), true);
      ObjectNode result = new ObjectMapper().createObjectNode();
      result.put("data", set.name());
      result.put("seed", seed);
      result.put("epochs", epochs);
      result.put("filter_loss", filterLoss);
      result.put("layer", FilterTrial.MEASURED);
      put(result.putObject("ordinary"), ordinary);
      put(result.putObject("interpretable"), interpretable);
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), result);
      report(set, ordinary, interpretable).write(folder.file("report.html"));
      folder.commit();
      PrintWriter lines = spec.commandLine().getOut();
      line(lines, "ordinary", ordinary);
      line(lines, "interpretable", interpretable);
      lines.flush();
    }
    return 0;
  }

  private dev.interp.core.attribution.Progress progress(String net) {
    PrintWriter err = spec.commandLine().getErr();
    return (done, total) -> {
      if (!output.quiet && done * STEPS / total != (done - 1) * STEPS / total) {
        err.printf(Locale.ROOT, "%s net: step %d of %d%n", net, done, total);
        err.flush();
      }
      return true;
    };
  }

  private FilterData read(OutputFolder folder) throws IOException {
    String kind = data.get(0);
    boolean needsFolder = kind.equals("animalpart") || kind.equals("images");
    if ((!needsFolder && !kind.equals("birds")) || data.size() != (needsFolder ? 2 : 1)) {
      throw new IllegalArgumentException(
          "--data must be 'birds', 'animalpart DIR' or 'images DIR', was '"
              + String.join(" ", data)
              + "'");
    }
    Path file = backbone;
    if (kind.equals("birds")) {
      if (file != null) {
        throw new IllegalArgumentException("--backbone is for pictures from a folder, not birds");
      }
      return FilterSets.birds(seed, images, images / 2);
    }
    DatasetFormat format =
        kind.equals("images") ? new DatasetFormat.ImageFolder() : new DatasetFormat.AnimalPart();
    PartDataset set = format.open(Path.of(data.get(1)));
    List<String> classes = set.classNames();
    if (classes.size() < 2) {
      throw new IllegalArgumentException(
          data.get(1) + ": at least 2 classes are needed, one has no negatives, was " + classes);
    }
    List<PartImage> pictures = set.stream().toList();
    if (file == null) {
      return FilterSets.small(kind, pictures, classes, seed);
    }
    Network network = ModelFile.read(file);
    String tensor = layer == null ? network.lastSpatial() : layer;
    long[] input = network.typicalInput();
    Path how = preprocess;
    INDArray features =
        FilterSets.features(
            pictures,
            network,
            tensor,
            how == null ? FilterSets.imageNet((int) input[1]) : PreprocessFile.read(how),
            Files.createTempDirectory(folder.file("features").getParent(), "features"),
            kind);
    return FilterSets.classes(
        kind,
        pictures,
        classes,
        features,
        InterpretableHead.on(network, tensor, classes.size()),
        input,
        seed);
  }

  private static void put(ObjectNode node, FilterTrial.Outcome outcome) {
    node.put("accuracy", outcome.accuracy());
    if (!Double.isNaN(outcome.instability())) {
      node.put("instability", outcome.instability());
    }
    outcome.partInterpretability().ifPresent(v -> node.put("part_interpretability", v));
    node.put("seconds_per_epoch", outcome.secondsPerEpoch());
  }

  private static void line(PrintWriter lines, String net, FilterTrial.Outcome outcome) {
    lines.printf(
        Locale.ROOT,
        "%-13s accuracy %.2f %%, location instability %s, part interpretability %s, %.1f s per"
            + " epoch%n",
        net,
        100 * outcome.accuracy(),
        number(outcome.instability()),
        number(outcome.partInterpretability().orElse(Double.NaN)),
        outcome.secondsPerEpoch());
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.4f", value);
  }

  private Report report(
      FilterData set, FilterTrial.Outcome ordinary, FilterTrial.Outcome interpretable) {
    return new Report(
        "Ordinary and interpretable filters",
        "Two nets from the same first weights, shown the same pictures in the same order.",
        List.of(
            new Fact("Data", set.name()),
            new Fact("Trained on", set.train() + " pictures"),
            new Fact("Filter loss", filterLoss),
            new Fact("Epochs", Integer.toString(epochs))),
        null,
        List.of(),
        List.of(card("Ordinary net", ordinary), card("Interpretable net", interpretable)),
        List.of(new Fact("Seed", Long.toString(seed)), new Fact("Layer", FilterTrial.MEASURED)));
  }

  private static Card card(String title, FilterTrial.Outcome outcome) {
    return Card.of(
            title,
            "Each row is a filter, with the pictures in which it is strongest; the ring is the"
                + " middle of what its strongest unit sees.")
        .withSource("Zhang, Wu, Zhu: Interpretable convolutional neural networks, CVPR 2018")
        .withPictures(
            List.of(
                new Picture(
                    sheet(outcome), "", "Pictures in which the filters of the net are strongest")))
        .withFacts(
            List.of(
                new Fact(
                    "Accuracy", String.format(Locale.ROOT, "%.2f %%", 100 * outcome.accuracy())),
                new Fact("Location instability", number(outcome.instability())),
                new Fact(
                    "Part interpretability",
                    number(outcome.partInterpretability().orElse(Double.NaN))),
                new Fact(
                    "Seconds per epoch",
                    String.format(Locale.ROOT, "%.1f", outcome.secondsPerEpoch()))));
  }

  /** The filters that fire strongest, spread over those that fire at all. */
  private static BufferedImage sheet(FilterTrial.Outcome outcome) {
    List<List<FilterReport.Shot>> live =
        outcome.strongest().stream().filter(shots -> shots.get(0).activation() > 0).toList();
    int rows = Math.max(1, Math.min(ROWS, live.size()));
    int columns = outcome.strongest().get(0).size();
    BufferedImage sheet =
        new BufferedImage(columns * CELL, rows * CELL, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    for (int row = 0; row < Math.min(rows, live.size()); row++) {
      List<FilterReport.Shot> shots = live.get(row * live.size() / rows);
      for (int column = 0; column < shots.size(); column++) {
        FilterReport.Shot shot = shots.get(column);
        BufferedImage picture = outcome.pictures().get(shot.picture()).image().toBufferedImage();
        g.drawImage(picture, column * CELL + 1, row * CELL + 1, CELL - 2, CELL - 2, null);
        int x = (int) (column * CELL + shot.x() * CELL) - CELL / 8;
        int y = (int) (row * CELL + shot.y() * CELL) - CELL / 8;
        g.setStroke(new BasicStroke(3.5f));
        g.setColor(Color.BLACK);
        g.drawOval(x, y, CELL / 4, CELL / 4);
        g.setStroke(new BasicStroke(1.8f));
        g.setColor(Color.WHITE);
        g.drawOval(x, y, CELL / 4, CELL / 4);
      }
    }
    g.dispose();
    return sheet;
  }
}
