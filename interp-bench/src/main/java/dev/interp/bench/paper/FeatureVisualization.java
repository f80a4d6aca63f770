package dev.interp.bench.paper;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.bench.results.ResultFile;
import dev.interp.bench.results.Surroundings;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.visual.invert.Decoder;
import dev.interp.visual.invert.DecoderTraining;
import dev.interp.visual.optimize.ActivationMaximization;
import dev.interp.visual.optimize.Inversion;
import dev.interp.visual.optimize.Objective;
import dev.interp.visual.optimize.Transformations;
import dev.interp.visual.optimize.Visualization;
import dev.interp.visual.perturbation.PartCorrespondence;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Whether pictures of what a network sees do what they are for: channels of SqueezeNet against the
 * strongest of 400 pictures of Animal-Part, class models of the bird net, inversions of three
 * photos, decoders from every layer of the bird net, and how a layer relates parts of birds.
 *
 * <pre>java -cp interp.jar dev.interp.bench.paper.FeatureVisualization RESULT.json
 * SHARED-DATA-FOLDER STEPS EVERY [PART ...]</pre>
 *
 * <p>STEPS of each picture; of each layer every EVERYth channel is taken. A PART is one of {@code
 * class_models}, {@code part_correspondence}, {@code decoders}, {@code channels}, {@code
 * inversions}; all of them if none is named. What the file has of other parts stays. With 200 steps
 * of every 4th channel, some 20 minutes of a core, half of them for the decoders.
 */
public final class FeatureVisualization {
  private static final String CLASS_MODELS = "class_models";
  private static final String PART_CORRESPONDENCE = "part_correspondence";
  private static final String DECODERS = "decoders";
  private static final String CHANNELS = "channels";
  private static final String INVERSIONS = "inversions";
  private static final List<String> PARTS =
      List.of(CLASS_MODELS, PART_CORRESPONDENCE, DECODERS, CHANNELS, INVERSIONS);
  private static final int TOLD = 20;
  private static final int SIDE = 128;
  private static final int PICTURES = 400;
  private static final int BATCH = 16;
  private static final int JITTER = 4;
  private static final double WEIGHT = 0.01;
  private static final List<String> LAYERS =
      List.of("fire3_concat", "fire5_concat", "fire9_concat");
  private static final List<String> FIRES =
      List.of(
          "fire2_concat",
          "fire3_concat",
          "fire4_concat",
          "fire5_concat",
          "fire6_concat",
          "fire7_concat",
          "fire8_concat",
          "fire9_concat");
  private static final List<String> PHOTOS = List.of("zebra", "siamese", "swan");

  private static final int INVERSION_STEPS = 400;

  private static final List<String> BIRD_LAYERS =
      List.of("conv1", "conv2", "conv3", "conv4", "conv5", "mean", "output:preactivation");
  private static final int LEARNED = 1000;
  private static final int EPOCHS = 6;
  private static final int HELD_OUT = 100;
  private static final List<String> PART_LAYERS = List.of("conv3", "conv5", "mean");
  private static final int GROUPS = 20;
  private static final int GROUP = 5;
  private static final int WINDOW = 15;
  private static final String ANYWHERE = "any place";

  private final Path file;
  private final PrintStream out;
  private final int steps;
  private final int every;
  private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final String commit = Surroundings.commit();

  private FeatureVisualization(Path file, PrintStream out, int steps, int every)
      throws IOException, InterruptedException {
    this.file = file;
    this.out = out;
    this.steps = steps;
    this.every = every;
  }

  /**
   * Runs the experiment.
   *
   * @param arguments the file of results, the folder of shared data, steps, every how many
   *     channels, and which parts
   * @throws Exception if a file cannot be read or written
   */
  public static void main(String[] arguments) throws Exception {
    List<String> parts =
        List.of(arguments).subList(Math.min(4, arguments.length), arguments.length);
    if (arguments.length < 4 || !PARTS.containsAll(parts)) {
      throw new IllegalArgumentException(
          "give: RESULT.json SHARED-DATA-FOLDER STEPS EVERY [PART ...] with parts of " + PARTS);
    }
    FeatureVisualization run =
        new FeatureVisualization(
            Path.of(arguments[0]),
            System.out,
            Integer.parseInt(arguments[2]),
            Integer.parseInt(arguments[3]));
    Path shared = Path.of(arguments[1]);
    for (String part : parts.isEmpty() ? PARTS : parts) {
      switch (part) {
        case CLASS_MODELS -> run.birds();
        case PART_CORRESPONDENCE -> run.parts();
        case DECODERS -> run.decoders();
        case CHANNELS -> run.channels(AnimalHeads.squeezeNet(shared), shared);
        default -> run.photos(AnimalHeads.squeezeNet(shared), shared);
      }
    }
  }

  private ObjectNode row(ArrayNode rows) {
    return rows.addObject().put("commit", commit);
  }

  /** Tells of every twentieth of long work. */
  private Progress progress(String what) {
    long start = System.nanoTime();
    return (done, total) -> {
      if (done * TOLD / total != (done - 1) * TOLD / total) {
        double left = (System.nanoTime() - start) / 1e9 * (total - done) / done;
        out.printf(Locale.ROOT, "%s: %d of %d, %.0f s left%n", what, done, total, left);
      }
      return true;
    };
  }

  /** Class models of the bird net by log odds, as they are and moved. */
  private void birds() throws IOException {
    DemoModel demo = DemoModel.load();
    Network network = demo.network();
    Preprocessor preprocessor = demo.preprocessor();
    ArrayNode rows = json.createArrayNode();
    double least = 1;
    double leastMoved = 1;
    for (int label = 0; label < demo.labels().size(); label++) {
      Visualization model =
          ActivationMaximization.classModel(WEIGHT)
              .withTransformations(Transformations.none().jitter(2 * JITTER))
              .withNoise(0.02)
              .run(network, preprocessor, List.of(Objective.logOdds(label)))
              .get(0);
      double own = probability(network, preprocessor.apply(model.picture()), label);
      double moved = 1;
      for (int down = -JITTER; down <= JITTER; down += 2) {
        for (int right = -JITTER; right <= JITTER; right += 2) {
          Image shifted = shifted(model.picture(), down, right);
          moved = Math.min(moved, probability(network, preprocessor.apply(shifted), label));
        }
      }
      row(rows)
          .put("class", demo.labels().get(label))
          .put("probability", own)
          .put("least_probability_moved", moved);
      least = Math.min(least, own);
      leastMoved = Math.min(leastMoved, moved);
    }
    write(CLASS_MODELS, rows);
    out.printf(
        Locale.ROOT,
        "class models of %d birds: probability at least %.4f, moved by up to %d pixels %.4f%n",
        demo.labels().size(),
        least,
        JITTER,
        leastMoved);
  }

  private static double probability(Network network, INDArray x, int label) {
    return network.probabilities(network.logits(x)).getDouble(0, label);
  }

  /** The picture moved; what comes in is its own edge. */
  private static Image shifted(Image image, int down, int right) {
    int h = image.height();
    int w = image.width();
    float[] values = new float[image.channels() * h * w];
    for (int c = 0; c < image.channels(); c++) {
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          int row = Math.min(h - 1, Math.max(0, i - down));
          int column = Math.min(w - 1, Math.max(0, j - right));
          values[(c * h + i) * w + j] = image.value(c, row, column);
        }
      }
    }
    return Image.of(image.channels(), h, w, values);
  }

  /** Channels against the strongest of real pictures of the same size. */
  private void channels(Network whole, Path shared) throws IOException {
    Network network = whole.withInput(3, SIDE, SIDE);
    Preprocessor preprocessor = FilterSets.imageNet(SIDE);
    double[][] strongest = strongest(network, preprocessor, shared);
    ArrayNode rows = json.createArrayNode();
    for (int l = 0; l < LAYERS.size(); l++) {
      String layer = LAYERS.get(l);
      List<Objective> objectives = new ArrayList<>();
      for (int c = 0; c < strongest[l].length; c += every) {
        objectives.add(Objective.channel(layer, c));
      }
      long start = System.nanoTime();
      List<Visualization> pictures =
          ActivationMaximization.withDefaults()
              .withSteps(steps)
              .withProgress(progress(layer + ", steps of a batch"))
              .run(network, preprocessor, objectives);
      int dead = 0;
      int better = 0;
      double ratio = 0;
      for (int i = 0; i < pictures.size(); i++) {
        double real = strongest[l][i * every];
        dead += pictures.get(i).dead() ? 1 : 0;
        better += !pictures.get(i).dead() && pictures.get(i).value() > real ? 1 : 0;
        ratio += pictures.get(i).dead() ? 0 : pictures.get(i).value() / Math.max(1e-9, real);
      }
      int live = pictures.size() - dead;
      row(rows)
          .put("layer", layer)
          .put("steps", steps)
          .put("channels", pictures.size())
          .put("dead", dead)
          .put("beat_all_pictures", better)
          .put("mean_ratio", ratio / Math.max(1, live))
          .put("seconds", (System.nanoTime() - start) / 1e9);
      write(CHANNELS, rows);
      out.printf(
          Locale.ROOT,
          "%s: %d of %d live channels beat the strongest of %d pictures, %.1f times on average; %d"
              + " dead%n",
          layer,
          better,
          live,
          PICTURES,
          ratio / Math.max(1, live),
          dead);
    }
  }

  /** The largest mean of each channel. */
  private static double[][] strongest(Network network, Preprocessor preprocessor, Path shared)
      throws IOException {
    PartDataset all = AnimalHeads.animals(shared);
    PartDataset data = all.shuffled(0).slice(0, Math.min(PICTURES, all.size()));
    double[][] strongest = new double[LAYERS.size()][];
    for (int from = 0; from < data.size(); from += BATCH) {
      List<Image> some = new ArrayList<>();
      for (int i = from; i < Math.min(data.size(), from + BATCH); i++) {
        some.add(Image.of(data.get(i).image().toBufferedImage()));
      }
      try (INDArray x = preprocessor.apply(some);
          Trace trace = network.run(x, Hooks.none().keep(LAYERS.toArray(String[]::new)))) {
        for (int l = 0; l < LAYERS.size(); l++) {
          INDArray means = trace.activation(LAYERS.get(l)).mean(2, 3);
          double[] most = means.max(0).toDoubleVector();
          double[] before = strongest[l];
          for (int c = 0; before != null && c < most.length; c++) {
            most[c] = Math.max(most[c], before[c]);
          }
          strongest[l] = most;
        }
      }
    }
    return strongest;
  }

  /** Three photos from every fire module. */
  private void photos(Network network, Path shared) throws IOException {
    Preprocessor preprocessor = FilterSets.imageNet(224);
    ArrayNode rows = json.createArrayNode();
    // As the authors have it, smoother for higher layers; and the same for all.
    photos(network, preprocessor, shared, rows, -1);
    photos(network, preprocessor, shared, rows, 1);
  }

  private void photos(
      Network network, Preprocessor preprocessor, Path shared, ArrayNode rows, double smoothness)
      throws IOException {
    String what = smoothness < 0 ? "by depth" : Double.toString(smoothness);
    double[][] errors = new double[2][FIRES.size()];
    for (String photo : PHOTOS) {
      Image picture = ImageIo.read(shared.resolve("photos/crop224/" + photo + ".png"));
      Inversion inversion =
          Inversion.withDefaults()
              .withSteps(INVERSION_STEPS)
              .withProgress(progress(photo + ", smoothness " + what + ", steps"));
      if (smoothness >= 0) {
        inversion = inversion.withTotalVariation(smoothness, 2);
      }
      List<Inversion.Inverted> found = inversion.run(network, preprocessor, picture, FIRES);
      for (int l = 0; l < FIRES.size(); l++) {
        Inversion.Inverted one = found.get(l);
        row(rows)
            .put("photo", photo)
            .put("layer", one.layer())
            .put("smoothness", what)
            .put("steps", INVERSION_STEPS)
            .put("error", one.error())
            .put("picture_distance", one.distance());
        errors[0][l] += one.error() / PHOTOS.size();
        errors[1][l] += one.distance() / PHOTOS.size();
      }
      write(INVERSIONS, rows);
    }
    for (int l = 0; l < FIRES.size(); l++) {
      out.printf(
          Locale.ROOT,
          "%s, smoothness %s: error %.4f, distance of pictures %.3f%n",
          FIRES.get(l),
          what,
          errors[0][l],
          errors[1][l]);
    }
  }

  /** Decoders from the layers of the bird net. */
  private void decoders() throws IOException {
    DemoModel demo = DemoModel.load();
    Network network = demo.network();
    PartDataset learned = demo.birds().slice(0, LEARNED);
    int first = demo.firstDemoBird();
    PartDataset heldOut = demo.birds().slice(first, first + HELD_OUT);
    ArrayNode rows = json.createArrayNode();
    for (String layer : BIRD_LAYERS) {
      long start = System.nanoTime();
      Decoder.Score score =
          DecoderTraining.withDefaults()
              .withEpochs(EPOCHS)
              .withProgress(progress("decoder from " + layer + ", steps"))
              .train(network, demo.preprocessor(), layer, learned)
              .score(heldOut);
      row(rows)
          .put("layer", layer)
          .put("learned_on", LEARNED)
          .put("epochs", EPOCHS)
          .put("held_out", score.pictures())
          .put("error", score.error())
          .put("error_of_mean_picture", score.meanError())
          .put("feature_error", score.featureError())
          .put("recognised", score.recognised())
          .put("seconds", (System.nanoTime() - start) / 1e9);
      write(DECODERS, rows);
      out.printf(
          Locale.ROOT,
          "decoder from %s: error %.3f (mean picture %.3f), features %.3f, recognised %.2f%n",
          layer,
          score.error(),
          score.meanError(),
          score.featureError(),
          score.recognised());
    }
  }

  /**
   * Groups of five birds whose same part is hidden, and groups with windows anywhere: as they are,
   * and moved so that what is hidden lies in the middle. Signs are compared unit by unit, so where
   * a layer has places, only the latter tell of parts.
   */
  private void parts() throws IOException {
    DemoModel demo = DemoModel.load();
    List<String> names = new ArrayList<>(demo.birds().partNames());
    names.add(ANYWHERE);
    ArrayNode rows = json.createArrayNode();
    for (boolean aligned : new boolean[] {false, true}) {
      for (String layer : PART_LAYERS) {
        for (String part : names) {
          part(demo, layer, part, aligned, row(rows));
        }
        write(PART_CORRESPONDENCE, rows);
      }
    }
  }

  private void part(DemoModel demo, String layer, String part, boolean aligned, ObjectNode row) {
    Network network = demo.network();
    SplittableRandom random = new SplittableRandom(1);
    int bird = demo.firstDemoBird();
    double sum = 0;
    double square = 0;
    for (int group = 0; group < GROUPS; group++) {
      List<Image> pictures = new ArrayList<>();
      List<IntPredicate> hidden = new ArrayList<>();
      while (pictures.size() < GROUP) {
        PartImage picture = demo.birds().get(bird);
        Landmark place = place(picture, part, random);
        if (place.visible()) {
          Image image = demo.picture(bird);
          int down = (int) Math.round(image.height() / 2.0 - place.y());
          int right = (int) Math.round(image.width() / 2.0 - place.x());
          pictures.add(aligned ? shifted(image, down, right) : image);
          double y = aligned ? place.y() + down : place.y();
          double x = aligned ? place.x() + right : place.x();
          hidden.add(window(picture, y, x, network.typicalInput()));
        }
        bird++;
      }
      double difference =
          PartCorrespondence.difference(
              network, layer, demo.preprocessor().apply(pictures), hidden, Baseline.zero());
      sum += difference / GROUPS;
      square += difference * difference / GROUPS;
    }
    double deviation = Math.sqrt(Math.max(0, square - sum * sum));
    row.put("layer", layer)
        .put("part", part)
        .put("aligned", aligned)
        .put("groups", GROUPS)
        .put("pictures_in_a_group", GROUP)
        .put("window", WINDOW)
        .put("difference", sum)
        .put("deviation", deviation);
    out.printf(
        Locale.ROOT,
        "%s, %s hidden%s: signs differ in %.4f ± %.4f%n",
        layer,
        part,
        aligned ? " in the middle" : "",
        sum,
        deviation);
  }

  /** A part of a bird, or any place on it. */
  private static Landmark place(PartImage picture, String part, SplittableRandom random) {
    if (!part.equals(ANYWHERE)) {
      return picture.landmark(part);
    }
    Box box = picture.box();
    return new Landmark(
        part,
        box.left() + random.nextDouble() * (box.right() - box.left()),
        box.top() + random.nextDouble() * (box.bottom() - box.top()),
        true);
  }

  /** The pixels of the network's input around a place in the picture. */
  private static IntPredicate window(PartImage picture, double atY, double atX, long[] input) {
    double y = atY * input[1] / picture.image().height();
    double x = atX * input[2] / picture.image().width();
    int width = (int) input[2];
    return k -> {
      int row = k / width;
      int column = k % width;
      return Math.abs(row + 0.5 - y) < WINDOW / 2.0 && Math.abs(column + 0.5 - x) < WINDOW / 2.0;
    };
  }

  /** Puts the rows of a part into the file; what it has of other parts stays. */
  private void write(String part, ArrayNode rows) throws IOException {
    ObjectNode result =
        Files.exists(file) && json.readTree(file.toFile()) instanceof ObjectNode old
            ? old
            : json.createObjectNode();
    Surroundings.describe(result, commit);
    result.set(part, rows);
    ResultFile.write(file, json.writeValueAsString(result) + "\n");
  }
}
