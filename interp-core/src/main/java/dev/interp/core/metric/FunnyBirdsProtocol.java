package dev.interp.core.metric;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The FunnyBirds protocol on a network (Hesse, Schaub-Meyer, Roth: FunnyBirds, 2023, as in the
 * authors' code): what the network says of each picture without any of its parts, and methods
 * judged against that. The single scores are those of {@link FunnyBirds}.
 *
 * <p>Completeness is about the class that the network predicts in the checks of preservation and
 * deletion, else about the true class. Deviations: pictures whose class has no two others for the
 * comparison of targets are left out of it; without background objects the background independence
 * is NaN.
 *
 * <p>Immutable; safe for concurrent use.
 */
public final class FunnyBirdsProtocol {
  private static final int BATCH = 64;
  private static final int RESAMPLES = 500;
  private static final double LEVEL = 0.95;

  private final Network network;
  private final PartInterventions pictures;
  private final int parts;
  private final List<Facts> facts;

  private FunnyBirdsProtocol(Network network, PartInterventions pictures, List<Facts> facts) {
    this.network = network;
    this.pictures = pictures;
    this.parts = pictures.kinds().get(0).length;
    this.facts = facts;
  }

  /** Something that calls pixels important. */
  @FunctionalInterface
  public interface Explainer {
    /**
     * Explains a picture.
     *
     * @param index of the picture
     * @param classes the classes to explain
     * @return for each class {@code H · W} values in row order
     */
    double[][] maps(int index, int... classes);
  }

  /**
   * What a method is worth.
   *
   * @param scores at the best threshold
   * @param threshold the best one
   * @param low the lower end of the 95 % interval of the overall score, pictures drawn again and
   *     the threshold chosen anew each time
   * @param high the upper end
   */
  public record Outcome(FunnyBirdsScores scores, double threshold, double low, double high) {}

  /**
   * Two classes that share two parts each with a third one, none of them the same.
   *
   * @param a a class
   * @param ofA the parts that it shares
   * @param b the other class
   * @param ofB the parts that it shares
   */
  private record Rivals(int a, BitSet ofA, int b, BitSet ofB) {}

  /** What the network says of a picture: the logits without each set of parts, and each object. */
  // Never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Facts(
      int label, double[][] without, double[][] withoutObject, List<boolean[]> masks, int width) {
    int predicted(int removed) {
      double[] logits = without[removed];
      return IntStream.range(0, logits.length)
          .reduce(0, (best, c) -> logits[c] > logits[best] ? c : best);
    }

    boolean isCorrect() {
      return predicted(0) == label;
    }

    /** How far the logit of the true class falls without each thing. */
    double[] without(int parts, int ofClass) {
      double[] rest = new double[parts + withoutObject.length];
      for (int i = 0; i < rest.length; i++) {
        rest[i] = i < parts ? without[1 << i][ofClass] : withoutObject[i - parts][ofClass];
      }
      return rest;
    }
  }

  /** Scores of one picture; NaN where it does not count. */
  // Never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Judged(
      double[] csdc,
      double[] preservation,
      double[] deletion,
      double[] distractibility,
      double singleDeletion,
      double targetSensitivity) {}

  /**
   * Asks the network about every picture without every set of parts and without every background
   * object.
   *
   * @param network a classifier
   * @param pictures its pictures, with at most 16 parts
   * @return the protocol, with which methods can be judged
   * @throws IllegalArgumentException if the network does not have the classes of the pictures
   */
  public static FunnyBirdsProtocol measure(Network network, PartInterventions pictures) {
    int parts = pictures.kinds().get(0).length;
    if (parts < 1 || parts > 16) {
      throw new IllegalArgumentException("there must be 1 to 16 parts, was " + parts);
    }
    List<Facts> facts = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      int index = i;
      List<BitSet> removals = new ArrayList<>();
      for (int bits = 0; bits < 1 << parts; bits++) {
        removals.add(BitSet.valueOf(new long[] {bits}));
      }
      for (int o = 0; o < pictures.backgroundObjects(i); o++) {
        BitSet one = new BitSet();
        one.set(parts + o);
        removals.add(one);
      }
      double[][] logits = Examples.outside(() -> logits(network, pictures, index, removals));
      if (logits[0].length != pictures.kinds().size()) {
        throw new IllegalArgumentException(
            "the network must have the "
                + pictures.kinds().size()
                + " classes of the pictures, was "
                + logits[0].length);
      }
      facts.add(
          new Facts(
              pictures.label(i),
              Arrays.copyOf(logits, 1 << parts),
              Arrays.copyOfRange(logits, 1 << parts, logits.length),
              IntStream.range(0, parts + pictures.backgroundObjects(i))
                  .mapToObj(thing -> pictures.mask(index, thing))
                  .toList(),
              (int) pictures.without(i, new BitSet()).size(3)));
    }
    return new FunnyBirdsProtocol(network, pictures, List.copyOf(facts));
  }

  private static double[][] logits(
      Network network, PartInterventions pictures, int index, List<BitSet> removals) {
    double[][] logits = new double[removals.size()][];
    for (int from = 0; from < logits.length; from += BATCH) {
      int to = Math.min(logits.length, from + BATCH);
      INDArray[] rows =
          IntStream.range(from, to)
              .parallel()
              .mapToObj(r -> pictures.without(index, removals.get(r)))
              .toArray(INDArray[]::new);
      INDArray values = network.logits(Nd4j.concat(0, rows).castTo(network.precision()));
      for (int r = from; r < to; r++) {
        logits[r] = values.getRow(r - from).castTo(DataType.DOUBLE).toDoubleVector();
      }
    }
    return logits;
  }

  /**
   * The share of the pictures that are classified correctly.
   *
   * @return 0 to 1
   */
  public double accuracy() {
    return (double) facts.stream().filter(Facts::isCorrect).count() / facts.size();
  }

  /**
   * The share of the background objects that the network ignores.
   *
   * @return 0 to 1; NaN without any
   */
  public double backgroundIndependence() {
    int ignored = 0;
    int all = 0;
    for (Facts one : facts) {
      double whole = one.without()[0][one.label()];
      for (double[] without : one.withoutObject()) {
        ignored += FunnyBirds.isIrrelevant(whole, without[one.label()]) ? 1 : 0;
        all++;
      }
    }
    return all == 0 ? Double.NaN : (double) ignored / all;
  }

  /**
   * A method as an explainer of these pictures.
   *
   * @param method the method
   * @return its maps, channels summed, in the size of the pictures
   */
  public Explainer explainer(Attributor method) {
    return (index, classes) ->
        Examples.outside(
            () -> {
              INDArray x = pictures.without(index, new BitSet()).castTo(network.precision());
              INDArray rows = Nd4j.concat(0, copies(x, classes.length));
              INDArray values = method.attribute(network, rows, Target.ofClasses(classes)).values();
              return PixelMaps.of(values, (int) x.size(2), (int) x.size(3));
            });
  }

  private static INDArray[] copies(INDArray x, int count) {
    INDArray[] copies = new INDArray[count];
    Arrays.fill(copies, x);
    return copies;
  }

  /**
   * The truth about single removals: over the pixels of each part and object spreads evenly how far
   * the logit falls without it. It is no upper bound of every score, as parts act together and the
   * pixels around a part count for it too.
   *
   * @return maps
   */
  public Explainer oracle() {
    return (index, classes) -> {
      Facts one = facts.get(index);
      double[][] maps = new double[classes.length][];
      for (int c = 0; c < classes.length; c++) {
        double[] rest = one.without(parts, classes[c]);
        for (int thing = 0; thing < rest.length; thing++) {
          boolean[] mask = one.masks().get(thing);
          double[] map = maps[c] == null ? new double[mask.length] : maps[c];
          maps[c] = map;
          int count = 0;
          for (boolean seen : mask) {
            count += seen ? 1 : 0;
          }
          double each = (one.without()[0][classes[c]] - rest[thing]) / Math.max(1, count);
          for (int p = 0; p < map.length; p++) {
            map[p] += mask[p] ? each : 0;
          }
        }
      }
      return maps;
    };
  }

  /**
   * Judges a method.
   *
   * @param explainer makes its maps
   * @return all scores
   */
  public Outcome judge(Explainer explainer) {
    List<Judged> judged = new ArrayList<>();
    for (int i = 0; i < facts.size(); i++) {
      judged.add(judge(explainer, i));
    }
    int[] all = IntStream.range(0, judged.size()).toArray();
    int best = FunnyBirds.best(byThreshold(judged, all));
    FunnyBirdsScores scores = byThreshold(judged, all).get(best);
    SplittableRandom random = new SplittableRandom(0);
    double[] draws = new double[RESAMPLES];
    for (int d = 0; d < RESAMPLES; d++) {
      int[] drawn = new int[all.length];
      Arrays.setAll(drawn, i -> random.nextInt(all.length));
      List<FunnyBirdsScores> again = byThreshold(judged, drawn);
      draws[d] = again.get(FunnyBirds.best(again)).overall();
    }
    Arrays.sort(draws);
    int cut = (int) (RESAMPLES * (1 - LEVEL) / 2);
    return new Outcome(
        scores, FunnyBirds.thresholds()[best], draws[cut], draws[RESAMPLES - 1 - cut]);
  }

  private Judged judge(Explainer explainer, int index) {
    Facts one = facts.get(index);
    int label = one.label();
    int predicted = one.predicted(0);
    Rivals rivals = rivals(one);
    int[] classes =
        rivals == null
            ? new int[] {label, predicted}
            : new int[] {label, predicted, rivals.a(), rivals.b()};
    int[] distinct = Arrays.stream(classes).distinct().toArray();
    double[][] maps = explainer.maps(index, distinct);
    int things = parts + one.withoutObject().length;
    double[][] importances = new double[distinct.length][things];
    for (int thing = 0; thing < things; thing++) {
      boolean[] mask = one.masks().get(thing);
      for (int c = 0; c < distinct.length; c++) {
        importances[c][thing] = FunnyBirds.importance(maps[c], mask, one.width());
      }
    }
    double[] ofLabel = importances[at(distinct, label)];
    double wholeLabel = Arrays.stream(maps[at(distinct, label)]).sum();
    double[] ofPredicted = Arrays.copyOf(importances[at(distinct, predicted)], parts);
    double wholePredicted = Arrays.stream(maps[at(distinct, predicted)]).sum();
    double[] rest = one.without(parts, label);
    double whole = one.without()[0][label];
    BitSet irrelevant = new BitSet();
    for (int thing = 0; thing < things; thing++) {
      irrelevant.set(thing, FunnyBirds.isIrrelevant(whole, rest[thing]));
    }
    double[] falls = new double[parts];
    Arrays.setAll(falls, p -> whole - rest[p]);
    List<BitSet> telling = FunnyBirds.tellingParts(pictures.kinds(), label);
    double[] thresholds = FunnyBirds.thresholds();
    double[][] scores = new double[4][thresholds.length];
    for (int t = 0; t < thresholds.length; t++) {
      BitSet important = FunnyBirds.important(ofPredicted, wholePredicted, thresholds[t]);
      BitSet others = new BitSet();
      others.set(0, parts);
      others.andNot(important);
      scores[0][t] = one.isCorrect() ? FunnyBirds.csdc(important, telling) : Double.NaN;
      scores[1][t] = one.predicted(bits(others)) == predicted ? 1 : 0;
      scores[2][t] = one.predicted(bits(important)) == predicted ? 0 : 1;
      scores[3][t] =
          FunnyBirds.distractibility(
              FunnyBirds.important(ofLabel, wholeLabel, thresholds[t]), irrelevant);
    }
    return new Judged(
        scores[0],
        scores[1],
        scores[2],
        scores[3],
        FunnyBirds.singleDeletion(Arrays.copyOf(ofLabel, parts), falls),
        rivals == null
            ? Double.NaN
            : FunnyBirds.targetSensitivity(
                rivals.ofA(),
                rivals.ofB(),
                importances[at(distinct, rivals.a())],
                importances[at(distinct, rivals.b())]));
  }

  private static int at(int[] values, int value) {
    return IntStream.range(0, values.length).filter(i -> values[i] == value).findFirst().orElse(-1);
  }

  private static int bits(BitSet set) {
    return set.isEmpty() ? 0 : (int) set.toLongArray()[0];
  }

  /** The first two classes that can be compared; null if there are none or the network ignores. */
  private @org.jspecify.annotations.Nullable Rivals rivals(Facts one) {
    List<int[]> kinds = pictures.kinds();
    for (int a = 0; a < kinds.size(); a++) {
      BitSet ofA = shared(kinds, one.label(), a);
      for (int b = a + 1; b < kinds.size() && ofA.cardinality() == 2; b++) {
        BitSet ofB = shared(kinds, one.label(), b);
        if (ofB.cardinality() == 2 && !ofA.intersects(ofB)) {
          double[] withoutA = one.without()[bits(ofA)];
          double[] withoutB = one.without()[bits(ofB)];
          return withoutA[a] < withoutB[a] && withoutB[b] < withoutA[b]
              ? new Rivals(a, ofA, b, ofB)
              : null;
        }
      }
    }
    return null;
  }

  private static BitSet shared(List<int[]> kinds, int label, int other) {
    BitSet shared = new BitSet();
    for (int part = 0; part < kinds.get(label).length; part++) {
      shared.set(part, other != label && kinds.get(label)[part] == kinds.get(other)[part]);
    }
    return shared;
  }

  private List<FunnyBirdsScores> byThreshold(List<Judged> judged, int[] drawn) {
    double single = mean(judged, drawn, Judged::singleDeletion);
    double target = mean(judged, drawn, Judged::targetSensitivity);
    double accuracy = accuracy();
    double background = backgroundIndependence();
    return IntStream.range(0, FunnyBirds.thresholds().length)
        .mapToObj(
            t ->
                new FunnyBirdsScores(
                    accuracy,
                    mean(judged, drawn, j -> j.csdc()[t]),
                    mean(judged, drawn, j -> j.preservation()[t]),
                    mean(judged, drawn, j -> j.deletion()[t]),
                    mean(judged, drawn, j -> j.distractibility()[t]),
                    background,
                    single,
                    target))
        .toList();
  }

  private static double mean(
      List<Judged> judged, int[] drawn, java.util.function.ToDoubleFunction<Judged> score) {
    double sum = 0;
    int count = 0;
    for (int i : drawn) {
      double value = score.applyAsDouble(judged.get(i));
      sum += Double.isNaN(value) ? 0 : value;
      count += Double.isNaN(value) ? 0 : 1;
    }
    return sum / count;
  }
}
