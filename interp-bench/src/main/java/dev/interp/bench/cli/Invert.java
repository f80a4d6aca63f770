package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.quality.DotPlot;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.visual.optimize.Inversion;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what layers keep of a picture. */
@Command(
    name = "invert",
    mixinStandardHelpOptions = true,
    description =
        "Inversion: finds a picture again from what each layer keeps of it, by descent or with"
            + " --decoder by nets that learn it.")
final class Invert implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private VisionOptions vision = new VisionOptions();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(names = "--image", paramLabel = "F", description = "PNG, JPEG, … Default: a bird.")
  private @Nullable Path image;

  @Option(
      names = "--layers",
      required = true,
      split = ",",
      paramLabel = "L",
      description = "Layers to invert (see interp layers).")
  private List<String> layers = new ArrayList<>();

  @Option(names = "--steps", paramLabel = "N", description = "Steps of each layer. Default: 400.")
  private int steps = 400;

  @Option(names = "--rate", paramLabel = "R", description = "Size of the steps. Default: 0.004.")
  private double rate = 0.004;

  @Option(
      names = "--smoothness",
      paramLabel = "W",
      description =
          "Weight of the total variation. Default: 1 for low, 10 for middle, 100 for high layers.")
  private @Nullable Double smoothness;

  @ArgGroup(exclusive = false)
  private @Nullable DecoderOptions decoder;

  @Override
  public Integer call() throws IOException {
    Inversion method =
        Inversion.withDefaults().withSteps(steps).withRate(rate).withSeed(vision.seed);
    Double smooth = smoothness;
    if (smooth != null) {
      method = method.withTotalVariation(smooth, 2);
    }
    DecoderOptions learning = decoder;
    if (learning != null) {
      return learned(learning, method);
    }
    Network network = vision.network();
    List<String> notes = new ArrayList<>();
    Preprocessor preprocessor = vision.preprocessor(network, notes);
    Image picture = picture();
    PrintWriter lines = spec.commandLine().getOut();
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      long start = System.nanoTime();
      List<Inversion.Inverted> results =
          method
              .withProgress(output.progress(spec.commandLine().getErr(), "steps"))
              .run(network, preprocessor, picture, layers);
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("model", vision.model.name());
      json.put("fingerprint", network.fingerprint());
      json.put("steps", steps);
      json.put("rate", rate);
      json.put("smoothness", smoothness);
      json.put("seed", vision.seed);
      json.put("seconds", seconds);
      ArrayNode entries = json.putArray("layers");
      List<Picture> pictures = new ArrayList<>();
      List<List<String>> rows = new ArrayList<>();
      for (Inversion.Inverted result : results) {
        String error = String.format(Locale.ROOT, "%.4f", result.error());
        String file = result.layer().replaceAll("[^A-Za-z0-9_.-]", "-") + ".png";
        entries
            .addObject()
            .put("layer", result.layer())
            .put("error", result.error())
            .put("picture_distance", result.distance())
            .put("file", file);
        ImageIo.writePng(result.picture(), folder.file(file));
        pictures.add(
            new Picture(
                result.picture().toBufferedImage(),
                result.layer() + ", error " + error,
                "What " + result.layer() + " keeps of the picture"));
        String distance = String.format(Locale.ROOT, "%.3f", result.distance());
        rows.add(List.of(result.layer(), error, distance));
        lines.println(result.layer() + ": error " + error + ", picture " + distance);
      }
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), json);
      Card kept =
          Card.of(
                  "What is left in each layer",
                  "Each picture was changed step by step from noise until the layer answered as it"
                      + " does to the given picture.")
              .withSource("Mahendran, Vedaldi: Understanding deep image representations, CVPR 2015")
              .withPictures(pictures)
              .withNotes(notes);
      Card errors =
          Card.of(
                  "Error by layer",
                  "The error is the squared distance of the two answers, divided by the square of"
                      + " the given one; the distance of the two pictures is divided by that of"
                      + " the given one from mid-grey.")
              .withPictures(
                  List.of(
                      new Picture(
                          DotPlot.of(
                              results.stream().map(Invert::line).toList(),
                              "error, lower is better"),
                          "",
                          "The errors of the table as dots on a line")))
              .withTables(
                  List.of(
                      new Table(
                          "Errors and distances",
                          List.of("Layer", "Error", "Distance of pictures"),
                          rows)));
      new Report(
              "What layers keep of a picture",
              "Pictures that a layer can hardly tell from the given one.",
              List.of(
                  new Fact("Model", vision.model.name()),
                  new Fact("Steps", Integer.toString(steps))),
              new Picture(picture.toBufferedImage(), "", "The given picture"),
              List.of(),
              List.of(kept, errors),
              List.of(
                  new Fact("Model fingerprint", network.fingerprint()),
                  new Fact("Seed", Long.toString(vision.seed)),
                  new Fact("Java", Runtime.version().toString())))
          .write(folder.file("report.html"));
      folder.commit();
    }
    output.tell(lines, "Open", "report.html");
    return 0;
  }

  private int learned(DecoderOptions learning, Inversion method) throws IOException {
    if (image != null) {
      throw new IllegalArgumentException(
          "--decoder shows pictures of --data that it did not learn on; leave --image out");
    }
    if (learning.epochs < 1) {
      throw new IllegalArgumentException("--epochs must be at least 1, was " + learning.epochs);
    }
    FilterSubject subject = vision.subject(learning.data, learning.images, DecoderOptions.BIRDS);
    layers.forEach(subject.network()::layer);
    PrintWriter lines = spec.commandLine().getOut();
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      new LearnedInversion(
              subject, learning, method, vision.seed, output, spec.commandLine().getErr())
          .write(folder, layers, lines);
      folder.commit();
    }
    output.tell(lines, "Open", "report.html");
    return 0;
  }

  private static DotPlot.Line line(Inversion.Inverted result) {
    return new DotPlot.Line(result.layer(), result.error(), result.error(), result.error(), false);
  }

  private Image picture() throws IOException {
    Path file = image;
    if (file != null) {
      return ImageIo.read(file);
    }
    DemoModel demo = vision.model.demo();
    if (demo == null) {
      throw new IllegalArgumentException("give --image for the model " + vision.model.name());
    }
    return demo.picture(demo.demoBird());
  }
}
