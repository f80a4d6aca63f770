package dev.interp.visual.optimize;

import dev.interp.core.attribution.Progress;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Inversion: a picture that a layer can hardly tell from a given one, found from noise. What it
 * lacks, the layer does not keep.
 *
 * <p>{@code ‖Φ(x) − Φ₀‖² / ‖Φ₀‖² + (λ_TV/2 · Σ TV_β(x) + λ_α/2 · Σ |x|^α) / σ²} becomes small,
 * where x are levels of 8-bit pixels less mid-grey, without bounds, and σ is the norm of the given
 * picture.
 *
 * <p>Cost: a forward and a backward pass per layer and step, and two forward passes per layer more.
 *
 * <p>Source: Mahendran, Vedaldi, Understanding deep image representations by inverting them (CVPR
 * 2015), with the settings and the descent of their program deep-goggle: α 6, λ_α 8e-10, β 2, 400
 * steps of momentum 0.9 at a rate of 0.004 that falls to a hundredth. Deviations: mid-grey stands
 * for the mean picture, σ is the norm of the picture that is inverted, not one of a data set, and
 * the rate is at most 0.1 / λ_TV, above which the descent overshoots and leaves all bounds.
 *
 * <p>Immutable; {@code withX} returns a copy. Safe for concurrent use.
 */
public final class Inversion {
  private static final double LEVELS = 255;
  private static final double GREY = 0.5;
  private static final double BY_DEPTH = -1;

  /** Above this product of rate and λ_TV the steps overshoot what smooths until nothing is left. */
  private static final double STABLE = 0.1;

  private static final double ALPHA = 6;
  private static final double ALPHA_WEIGHT = 8e-10;

  private final int steps;
  private final double rate;
  private final double smoothness; // below 0: by the depth of the layer
  private final double beta;
  private final long seed;
  private final Progress progress;

  private Inversion(
      int steps, double rate, double smoothness, double beta, long seed, Progress progress) {
    this.steps = steps;
    this.rate = rate;
    this.smoothness = smoothness;
    this.beta = beta;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * A picture that was found again.
   *
   * @param layer what it was found from
   * @param picture the picture, its values cut to [0, 1]
   * @param error the squared distance of its activations from those of the given picture, divided
   *     by their squared norm: 0 for the same, 1 for as far as nothing
   * @param distance of the two pictures as the network sees them, divided by that of the given one
   *     from mid-grey
   */
  public record Inverted(String layer, Image picture, double error, double distance) {}

  /**
   * The settings of the authors: λ_TV 1 for layers up to six twentieths of the way through the
   * network, 10 up to twelve, 100 above. Errors of layers can only be compared where λ_TV is the
   * same, and even then they tell how much smoothing costs a layer as much as what it keeps: the
   * lowest layers see the details that are smoothed away.
   *
   * @return the method
   */
  public static Inversion withDefaults() {
    return new Inversion(400, 0.004, BY_DEPTH, 2, 0, Progress.none());
  }

  /**
   * Sets the number of steps.
   *
   * @param count at least 1; the first quarter at the rate, half of them at a tenth, the rest at a
   *     hundredth of it
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public Inversion withSteps(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("the number of steps must be at least 1, was " + count);
    }
    return new Inversion(count, rate, smoothness, beta, seed, progress);
  }

  /**
   * Sets the size of a step.
   *
   * @param value above 0; for layers whose λ_TV is large, no more than 0.1 / λ_TV is taken
   * @return a copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public Inversion withRate(double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("the rate must be above 0 and finite, was " + value);
    }
    return new Inversion(steps, value, smoothness, beta, seed, progress);
  }

  /**
   * Sets how smooth the pictures shall be, the same for all layers.
   *
   * @param weight λ_TV, at least 0
   * @param exponent β, above 0; below 2 edges stay sharp and spikes appear
   * @return a copy
   * @throws IllegalArgumentException if a number is not legal
   */
  public Inversion withTotalVariation(double weight, double exponent) {
    if (!(weight >= 0) || !(exponent > 0) || Double.isInfinite(weight + exponent)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "total variation needs a weight of at least 0 and a β above 0, was %s and %s",
              weight,
              exponent));
    }
    return new Inversion(steps, rate, weight, exponent, seed, progress);
  }

  /**
   * Sets the seed of the noise.
   *
   * @param value any
   * @return a copy
   */
  public Inversion withSeed(long value) {
    return new Inversion(steps, rate, smoothness, beta, value, progress);
  }

  /**
   * Sets who is told of the progress, in steps of a layer.
   *
   * @param listener may cancel
   * @return a copy
   */
  public Inversion withProgress(Progress listener) {
    return new Inversion(steps, rate, smoothness, beta, seed, listener);
  }

  /**
   * Finds a picture again from each of several layers.
   *
   * @param network takes pictures
   * @param preprocessor how the picture goes into the network
   * @param picture the picture
   * @param layers names of tensors
   * @return a picture per layer
   * @throws IllegalArgumentException if the network lacks a tensor or does not take the picture, or
   *     a layer answers it with zeros everywhere
   * @throws ArithmeticException if the picture leaves all bounds, as it does when the rate is too
   *     large
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<Inverted> run(
      Network network, Preprocessor preprocessor, Image picture, List<String> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("inversion needs at least one layer");
    }
    layers.forEach(network::layer);
    INDArray x = preprocessor.apply(picture).castTo(network.precision());
    Network sized = network.withInput(x.size(1), x.size(2), x.size(3));
    double square = 0;
    float[] pixels = preprocessor.unapply(x, 0).values();
    for (float pixel : pixels) {
      square += (pixel - GREY) * (pixel - GREY);
    }
    square *= LEVELS * LEVELS;
    // A picture that is grey everywhere has no norm to compare with; any number serves.
    double variance = square > 0 ? square : pixels.length;
    List<Inverted> results = new ArrayList<>();
    try (Trace trace = sized.run(x, Hooks.none().keep(layers.toArray(String[]::new)))) {
      for (String layer : layers) {
        long before = (long) results.size() * steps;
        Objective wanted = Objective.same(layer, trace.activation(layer)).times(variance);
        Visualization found =
            ascent(variance, pixels.length, smoothness(sized, layer))
                .withProgress(
                    (done, total) -> progress.update(before + done, (long) layers.size() * steps))
                .run(sized, preprocessor, List.of(wanted))
                .get(0);
        double away = LEVELS * distance(pixels, found.picture().values());
        results.add(
            new Inverted(
                layer, found.picture(), -found.value() / variance, away / Math.sqrt(variance)));
      }
    }
    return List.copyOf(results);
  }

  private double smoothness(Network network, String layer) {
    if (smoothness != BY_DEPTH) {
      return smoothness;
    }
    List<String> names = network.nodes().stream().map(Node::name).toList();
    double depth = (double) names.indexOf(layer) / (names.size() - 1);
    return depth <= 0.3 ? 1 : depth <= 0.6 ? 10 : 100;
  }

  private ActivationMaximization ascent(double variance, int numbers, double smooth) {
    return ActivationMaximization.withDefaults()
        .withParameterization(Parameterization.pixels().correlated().unbounded(LEVELS))
        .withTransformations(Transformations.none())
        .withPenalties(
            Penalty.totalVariation(smooth / 2 * Math.pow(LEVELS, beta), beta),
            Penalty.alphaNorm(ALPHA_WEIGHT / 2 * Math.pow(LEVELS, ALPHA), ALPHA))
        .withNoise(Math.sqrt(variance / numbers))
        .withOpenSteps(0)
        .withSteps(steps)
        .withRate(smooth > 0 ? Math.min(rate, STABLE / smooth) : rate)
        .withSeed(seed)
        .withMomentum();
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return Math.sqrt(sum);
  }
}
