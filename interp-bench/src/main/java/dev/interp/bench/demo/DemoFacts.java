package dev.interp.bench.demo;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.interp.core.data.Birds;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Preprocessor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is known about a demo model: the JSON file beside the net. Dates are left out on purpose, so
 * that the same training writes the same bytes.
 *
 * @param accuracy share of the fresh birds that are classified correctly, 0 to 1
 * @param freshBirds number of those birds; none was trained on, and none steered the training
 * @param seed of the birds, their classes and the net's first weights
 * @param resolution columns, and rows, of a bird
 * @param trainedOn the birds 0 to {@code trainedOn - 1} were trained on; those that measured the
 *     accuracy follow
 * @param epochs passes, each over birds of its own
 * @param batch birds of one step
 * @param learningRate of the first step; it falls to 0 in a straight line
 * @param parameters numbers in the net
 * @param demoBird index of a bird that shows well and is classified correctly
 * @param preprocess from pixels to the net's input
 * @param classes names and kinds of parts
 * @param versions of what trained the net
 */
@JsonPropertyOrder({
  "accuracy",
  "freshBirds",
  "seed",
  "resolution",
  "trainedOn",
  "epochs",
  "batch",
  "learningRate",
  "parameters",
  "demoBird",
  "preprocess",
  "classes",
  "versions"
})
record DemoFacts(
    double accuracy,
    int freshBirds,
    long seed,
    int resolution,
    int trainedOn,
    int epochs,
    int batch,
    double learningRate,
    long parameters,
    int demoBird,
    Preprocess preprocess,
    List<BirdClass> classes,
    Map<String, String> versions) {

  /** Birds behind those that measured the accuracy, for demonstrations. */
  private static final int DEMO_BIRDS = 1000;

  private static final double DIVISOR = 255;
  private static final double MEAN = 0.5;
  private static final double SCALE = 0.25;

  /** The order in which parts are used for a name: what shows best comes first. */
  private static final List<String> NAMING = List.of("wing", "beak", "tail", "eye", "foot");

  /** One class: a short name and the kind of each part that makes it. */
  record BirdClass(String name, Map<String, String> kinds) {}

  /** The settings of {@link Preprocessor}. */
  record Preprocess(
      int width, int height, String order, double divisor, double mean, double scale) {
    static Preprocess of(int resolution) {
      return new Preprocess(resolution, resolution, ChannelOrder.RGB.name(), DIVISOR, MEAN, SCALE);
    }

    Preprocessor preprocessor() {
      return Preprocessor.none()
          .withResize(width, height)
          .withOrder(ChannelOrder.valueOf(order))
          .withDivisor(divisor)
          .withMean(mean)
          .withScale(scale);
    }
  }

  /** The birds of the training, then the fresh ones, then those for demonstrations. */
  static Birds birds(long seed, int resolution, int classes, int trainedOn, int freshBirds) {
    return Birds.withDefaults()
        .withSeed(seed)
        .withClasses(classes)
        .withResolution(resolution)
        .withSize(trainedOn + freshBirds + DEMO_BIRDS);
  }

  Birds birds() {
    return birds(seed, resolution, classes.size(), trainedOn, freshBirds);
  }

  /** The first demonstration bird. */
  int firstDemoBird() {
    return trainedOn + freshBirds;
  }

  /** Names the classes by as few parts as tell them apart. */
  static List<BirdClass> classes(Birds birds) {
    int count = birds.classNames().size();
    List<String> names = List.of();
    for (int parts = 1; parts <= NAMING.size(); parts++) {
      names = names(birds, NAMING.subList(0, parts));
      Set<String> distinct = new LinkedHashSet<>(names);
      if (distinct.size() == count) {
        break;
      }
    }
    List<BirdClass> classes = new ArrayList<>();
    for (int label = 0; label < count; label++) {
      classes.add(new BirdClass(names.get(label), birds.classKinds(label)));
    }
    return List.copyOf(classes);
  }

  private static List<String> names(Birds birds, List<String> parts) {
    List<String> names = new ArrayList<>();
    for (int label = 0; label < birds.classNames().size(); label++) {
      Map<String, String> kinds = birds.classKinds(label);
      names.add(
          String.join(", ", parts.stream().map(part -> kinds.get(part) + " " + part).toList()));
    }
    return names;
  }
}
