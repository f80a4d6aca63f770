package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.visual.optimize.ActivationMaximization;
import dev.interp.visual.optimize.Objective;
import dev.interp.visual.optimize.Visualization;
import dev.interp.visual.report.Card;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Picture;
import dev.interp.visual.report.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws what channels look for. */
@Command(
    name = "visualize",
    mixinStandardHelpOptions = true,
    description = "Feature visualisation: draws the picture that each channel of a layer likes.")
final class Visualize implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private VisionOptions vision = new VisionOptions();

  @Mixin private ResultOptions output = new ResultOptions();

  @Option(
      names = "--layer",
      required = true,
      paramLabel = "L",
      description = "The layer (see interp layers); the tensor of the logits for classes.")
  private String layer = "";

  @Option(
      names = "--channels",
      paramLabel = "C",
      description = "Such as 0,3,7, or all. Default: all.")
  private String channels = "all";

  @Option(names = "--steps", paramLabel = "N", description = "Steps of Adam. Default: 512.")
  private int steps = 512;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures at once. Default: 8.")
  private int batch = 8;

  @Override
  public Integer call() throws IOException {
    Network network = vision.network();
    List<String> notes = new ArrayList<>();
    Preprocessor preprocessor = vision.preprocessor(network, notes);
    int[] wanted = channels(network.layer(layer).shape().get(0));
    ActivationMaximization method =
        ActivationMaximization.withDefaults()
            .withSteps(steps)
            .withBatchSize(batch)
            .withSeed(vision.seed)
            .withProgress(output.progress(spec.commandLine().getErr(), "steps"));
    List<Objective> objectives =
        Arrays.stream(wanted).mapToObj(c -> Objective.channel(layer, c)).toList();
    try (OutputFolder folder = OutputFolder.open(output.out)) {
      long start = System.nanoTime();
      List<Visualization> results = method.run(network, preprocessor, objectives);
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode json = new ObjectMapper().createObjectNode();
      json.put("model", vision.model.name());
      json.put("fingerprint", network.fingerprint());
      json.put("layer", layer);
      json.put("steps", steps);
      json.put("seed", vision.seed);
      json.put("seconds", seconds);
      ArrayNode entries = json.putArray("channels");
      List<Picture> pictures = new ArrayList<>();
      List<String> dead = new ArrayList<>();
      for (int i = 0; i < wanted.length; i++) {
        Visualization result = results.get(i);
        ObjectNode entry = entries.addObject();
        entry.put("channel", wanted[i]);
        entry.put("value", result.value());
        entry.put("at_first", result.history().get(0));
        entry.put("dead", result.dead());
        if (result.dead()) {
          dead.add(Integer.toString(wanted[i]));
          continue;
        }
        String file = String.format(Locale.ROOT, "channel-%04d.png", wanted[i]);
        entry.put("file", file);
        ImageIo.writePng(result.picture(), folder.file(file));
        String name = vision.channelName(network, layer, wanted[i]);
        pictures.add(
            new Picture(
                result.picture().toBufferedImage(),
                String.format(Locale.ROOT, "%s: %.3g", name, result.value()),
                "The picture that " + name + " of " + layer + " likes best"));
      }
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .writeValue(folder.file("result.json").toFile(), json);
      report(network, pictures, dead, notes).write(folder.file("report.html"));
      folder.commit();
      PrintWriter lines = spec.commandLine().getOut();
      lines.printf(
          Locale.ROOT,
          "%s: %d pictures of %d channels, %d dead%s; %.1f s%n",
          layer,
          pictures.size(),
          wanted.length,
          dead.size(),
          dead.isEmpty() ? "" : " (" + String.join(", ", dead) + ")",
          seconds);
    }
    output.tell(spec.commandLine().getOut(), "Open", "report.html");
    return 0;
  }

  private int[] channels(long count) {
    if (channels.equals("all")) {
      return IntStream.range(0, (int) count).toArray();
    }
    int[] wanted = new int[0];
    try {
      wanted = Arrays.stream(channels.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--channels must be numbers such as 0,3,7, or all; was '" + channels + "'", e);
    }
    for (int channel : wanted) {
      if (channel < 0 || channel >= count) {
        throw new IllegalArgumentException(
            "--channels must lie in [0, " + count + ") of '" + layer + "', was " + channel);
      }
    }
    return wanted;
  }

  private Report report(
      Network network, List<Picture> pictures, List<String> dead, List<String> notes) {
    List<String> warnings =
        dead.isEmpty()
            ? List.of()
            : List.of(
                "Nothing that was done to a picture moved these channels, so none is drawn: "
                    + String.join(", ", dead)
                    + ".");
    Card card =
        Card.of(
                "Layer " + layer,
                "Each picture was changed step by step from noise until its channel answered as"
                    + " strongly as it would, in the mean over all positions. The number is that"
                    + " mean.")
            .withSource("Olah, Mordvintsev, Schubert: Feature visualization, Distill 2017")
            .withPictures(pictures)
            .withNotes(notes)
            .withWarnings(warnings);
    return new Report(
        "What channels look for",
        "Pictures that make a channel answer strongly.",
        List.of(
            new Fact("Model", vision.model.name()),
            new Fact("Steps", Integer.toString(steps)),
            new Fact("Pixels", network.typicalInput()[2] + " × " + network.typicalInput()[1])),
        null,
        List.of(),
        List.of(card),
        List.of(
            new Fact("Model fingerprint", network.fingerprint()),
            new Fact("Seed", Long.toString(vision.seed)),
            new Fact("Java", Runtime.version().toString())));
  }
}
