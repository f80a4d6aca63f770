package dev.interp.visual.optimize;

import dev.interp.core.network.Network;
import dev.interp.visual.relevance.Numbers;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A number that a picture shall make large: a function of the tensors of a network, differentiated
 * by hand. Objectives can be added, subtracted and weighted. Immutable.
 *
 * <p>Tensors are named as in {@link Network#layers()}; an index into a vector {@code [F]} counts as
 * a channel with one position.
 *
 * <p>Source: lucid's {@code optvis.objectives} (Olah, Mordvintsev, Schubert, Feature visualization,
 * Distill 2017).
 */
public final class Objective {
  /** Stands for the logits, whatever a network calls them. */
  private static final String LOGITS = "";

  /** Keeps a norm from zero. */
  private static final double LEAST = 1e-10;

  /** A tensor of one picture. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares two of them.
  record Maps(double[] values, int channels, int height, int width) {
    int positions() {
      return height * width;
    }
  }

  /** A function of a tensor. */
  private interface Measure {
    /** The value; {@code factor} times the gradient is added to {@code seed}. */
    double add(Maps maps, double factor, double[] seed);
  }

  private record Term(String tensor, int channels, double weight, Measure measure) {
    String tensor(Network network) {
      return tensor.equals(LOGITS) ? network.logits() : tensor;
    }
  }

  private final String name;
  private final List<Term> terms;

  private Objective(String name, List<Term> terms) {
    this.name = name;
    this.terms = List.copyOf(terms);
  }

  /** Terms that need at least so many channels. */
  private static Objective of(String name, String tensor, int channels, Measure measure) {
    return new Objective(name, List.of(new Term(tensor, channels, 1, measure)));
  }

  /**
   * The mean of a channel over its positions.
   *
   * @param tensor its name
   * @param channel zero-based
   * @return the objective
   */
  public static Objective channel(String tensor, int channel) {
    return of(
        tensor + "[" + notNegative(channel) + "]",
        tensor,
        channel + 1,
        (maps, factor, seed) -> {
          int n = maps.positions();
          double sum = 0;
          for (int k = channel * n; k < (channel + 1) * n; k++) {
            sum += maps.values[k];
            seed[k] += factor / n;
          }
          return sum / n;
        });
  }

  /**
   * The unit of a channel in the middle of the map, or below and right of the middle where there
   * are two.
   *
   * @param tensor its name
   * @param channel zero-based
   * @return the objective
   */
  public static Objective neuron(String tensor, int channel) {
    return neuron("the middle of " + tensor + "[" + channel + "]", tensor, channel, -1, -1);
  }

  /**
   * One unit.
   *
   * @param tensor its name
   * @param channel zero-based
   * @param row zero-based
   * @param column zero-based
   * @return the objective
   */
  public static Objective neuron(String tensor, int channel, int row, int column) {
    String name = tensor + List.of(channel, notNegative(row), notNegative(column));
    return neuron(name, tensor, channel, row, column);
  }

  private static Objective neuron(String name, String tensor, int channel, int row, int column) {
    return of(
        name,
        tensor,
        notNegative(channel) + 1,
        (maps, factor, seed) -> {
          int i = row < 0 ? maps.height / 2 : row;
          int j = column < 0 ? maps.width / 2 : column;
          if (i >= maps.height || j >= maps.width) {
            throw new IllegalArgumentException(
                "the unit must lie in the map of "
                    + maps.height
                    + " × "
                    + maps.width
                    + ", was "
                    + name);
          }
          int k = (channel * maps.height + i) * maps.width + j;
          seed[k] += factor;
          return maps.values[k];
        });
  }

  /**
   * The logit of a class.
   *
   * @param index zero-based
   * @return the objective
   */
  public static Objective logit(int index) {
    return channel(LOGITS, index).named("class " + index);
  }

  /**
   * The logit of a class less the logarithm of the sum of the exponentials of all others: of a
   * softmax, the log odds of the class. A logit alone may grow while another one outgrows it.
   *
   * @param index zero-based
   * @return the objective
   */
  public static Objective logOdds(int index) {
    return of(
        "log odds of class " + notNegative(index),
        LOGITS,
        index + 1,
        (maps, factor, seed) -> {
          double[] logits = maps.values;
          double most = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < logits.length; k++) {
            most = k == index ? most : Math.max(most, logits[k]);
          }
          double sum = 0;
          for (int k = 0; k < logits.length; k++) {
            sum += k == index ? 0 : Math.exp(logits[k] - most);
          }
          for (int k = 0; k < logits.length; k++) {
            seed[k] += factor * (k == index ? 1 : -Math.exp(logits[k] - most) / sum);
          }
          return logits[index] - most - Math.log(sum);
        });
  }

  /**
   * The mean over all positions of the product with a direction in the space of channels.
   *
   * @param tensor its name
   * @param direction a number per channel; copied
   * @return the objective
   */
  public static Objective direction(String tensor, double... direction) {
    double[] v = direction.clone();
    return of(
        "a direction of " + tensor,
        tensor,
        -v.length,
        (maps, factor, seed) -> {
          int n = maps.positions();
          double sum = 0;
          for (int c = 0; c < v.length; c++) {
            for (int k = c * n; k < (c + 1) * n; k++) {
              sum += v[c] * maps.values[k];
              seed[k] += factor * v[c] / n;
            }
          }
          return sum / n;
        });
  }

  /**
   * The mean square of all units: whatever is there becomes more (Mordvintsev, Olah, Tyka,
   * Inceptionism, 2015).
   *
   * @param tensor its name
   * @return the objective
   */
  public static Objective deepDream(String tensor) {
    return of(
        "everything in " + tensor,
        tensor,
        0,
        (maps, factor, seed) -> {
          double sum = 0;
          for (int k = 0; k < seed.length; k++) {
            sum += maps.values[k] * maps.values[k];
            seed[k] += factor * 2 * maps.values[k] / seed.length;
          }
          return sum / seed.length;
        });
  }

  /**
   * Minus the squared distance from given activations, divided by their squared norm: 0 for the
   * same, −1 for all zero. With this a picture is found again from what a layer keeps of it
   * (Mahendran and Vedaldi 2015, equation 2).
   *
   * @param tensor its name
   * @param activation {@code [1, C, H, W]} or {@code [1, F]} as a run of the network gives it, not
   *     all zero; copied
   * @return the objective
   * @throws IllegalArgumentException if the activation is zero everywhere
   */
  public static Objective same(String tensor, INDArray activation) {
    double[] wanted = numbers(activation);
    double norm = square(wanted);
    return of(
        "as in " + tensor,
        tensor,
        -(int) activation.size(1),
        (maps, factor, seed) -> {
          length(tensor, wanted, seed);
          double sum = 0;
          for (int k = 0; k < seed.length; k++) {
            double d = maps.values[k] - wanted[k];
            sum += d * d;
            seed[k] -= factor * 2 * d / norm;
          }
          return -sum / norm;
        });
  }

  /**
   * The product with given activations times the cosine of the angle between them: what is there is
   * exaggerated (a caricature).
   *
   * @param tensor its name
   * @param activation {@code [1, C, H, W]} or {@code [1, F]}, not all zero; copied
   * @return the objective
   * @throws IllegalArgumentException if the activation is zero everywhere
   */
  public static Objective caricature(String tensor, INDArray activation) {
    double[] wanted = numbers(activation);
    double norm = Math.sqrt(square(wanted));
    return of(
        "a caricature of " + tensor,
        tensor,
        -(int) activation.size(1),
        (maps, factor, seed) -> {
          length(tensor, wanted, seed);
          double dot = 0;
          double own = LEAST * LEAST;
          for (int k = 0; k < seed.length; k++) {
            dot += maps.values[k] * wanted[k];
            own += maps.values[k] * maps.values[k];
          }
          double size = Math.sqrt(own) * norm;
          for (int k = 0; k < seed.length; k++) {
            seed[k] +=
                factor * (2 * dot / size * wanted[k] - dot * dot / size / own * maps.values[k]);
          }
          return dot * dot / size;
        });
  }

  /**
   * Minus the mean squared distance from the Gram matrix of given activations, products of channels
   * as a mean over positions: the same textures at any place (Gatys, Ecker, Bethge 2016).
   *
   * @param tensor its name
   * @param activation {@code [1, C, H, W]}, of any size of map; copied
   * @return the objective
   */
  public static Objective style(String tensor, INDArray activation) {
    int channels = (int) activation.size(1);
    double[] given = numbers(activation);
    double[] wanted = Gram.of(given, channels);
    Gram.scale(wanted, (double) channels / given.length);
    return of(
        "the style of " + tensor,
        tensor,
        -channels,
        (maps, factor, seed) -> {
          double[] gram = Gram.of(maps.values, channels);
          double sum = 0;
          for (int k = 0; k < gram.length; k++) {
            double d = gram[k] / maps.positions() - wanted[k];
            sum += d * d;
            gram[k] = -factor * 2 * d / maps.positions() / gram.length;
          }
          Gram.addGradient(maps.values, gram, channels, seed);
          return -sum / gram.length;
        });
  }

  /**
   * The sum.
   *
   * @param other what is added
   * @return both together
   */
  public Objective plus(Objective other) {
    return new Objective(
        name + " + " + other.name, Stream.concat(terms.stream(), other.terms.stream()).toList());
  }

  /**
   * The difference.
   *
   * @param other what shall become small
   * @return this one against the other
   */
  public Objective minus(Objective other) {
    return new Objective(name + " − " + other.name, plus(other.times(-1)).terms);
  }

  /**
   * A multiple.
   *
   * @param factor finite
   * @return this objective so many times
   * @throws IllegalArgumentException if the factor is not finite
   */
  public Objective times(double factor) {
    if (!Double.isFinite(factor)) {
      throw new IllegalArgumentException("the factor must be finite, was " + factor);
    }
    List<Term> scaled =
        terms.stream()
            .map(t -> new Term(t.tensor, t.channels, factor * t.weight, t.measure))
            .toList();
    return new Objective(String.format(Locale.ROOT, "%.4g · (%s)", factor, name), scaled);
  }

  private Objective named(String newName) {
    return new Objective(newName, terms);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Names of the tensors that are read. */
  List<String> tensors(Network network) {
    return terms.stream().map(t -> t.tensor(network)).distinct().toList();
  }

  /** Refuses tensors and channels that the network does not have. */
  void check(Network network) {
    for (Term term : terms) {
      long channels = network.layer(term.tensor(network)).shape().get(0);
      boolean fits = term.channels < 0 ? -term.channels == channels : term.channels <= channels;
      if (!fits) {
        throw new IllegalArgumentException(
            name
                + ": '"
                + term.tensor(network)
                + "' has "
                + channels
                + (term.channels < 0
                    ? " channels, but " + -term.channels + " numbers were given"
                    : " channels, the index must be below that (it is zero-based)"));
      }
    }
  }

  /** What the terms of a tensor give; their gradient is added to {@code seed}. */
  double add(Network network, String tensor, Maps maps, double[] seed) {
    double sum = 0;
    for (Term term : terms) {
      if (term.tensor(network).equals(tensor)) {
        sum += term.weight * term.measure.add(maps, term.weight, seed);
      }
    }
    return sum;
  }

  private static int notNegative(int index) {
    if (index < 0) {
      throw new IllegalArgumentException("an index must be at least 0, was " + index);
    }
    return index;
  }

  private static double[] numbers(INDArray activation) {
    if (activation.rank() < 2 || activation.size(0) != 1) {
      throw new IllegalArgumentException(
          "the activation must be that of one picture, [1, C, H, W] or [1, F], was "
              + Arrays.toString(activation.shape()));
    }
    return Numbers.of(activation);
  }

  private static double square(double[] numbers) {
    double sum = Arrays.stream(numbers).map(a -> a * a).sum();
    if (!(sum > 0)) {
      throw new IllegalArgumentException(
          "the activation must not be zero everywhere: nothing of the picture is left to find");
    }
    return sum;
  }

  private static void length(String tensor, double[] wanted, double[] seed) {
    if (wanted.length != seed.length) {
      throw new IllegalArgumentException(
          "'"
              + tensor
              + "' has "
              + seed.length
              + " units for this size of picture, but the activation given has "
              + wanted.length);
    }
  }
}
