package dev.interp.visual.optimize;

import dev.interp.core.attribution.Progress;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Activation maximisation: the picture that an {@link Objective} likes best, found by going up its
 * gradient from noise.
 *
 * <p>Cost: a forward and a backward pass per picture and step, up to the highest tensor that the
 * objective reads, and one forward pass more; a backward pass more for each further tensor.
 *
 * <p>Source: Erhan, Bengio, Courville, Vincent, Visualizing higher-layer features of a deep network
 * (2009); with the settings of Olah, Mordvintsev, Schubert, Feature visualization (Distill 2017)
 * and of their program lucid: a spectrum of decorrelated colours, random looks at it, 512 steps of
 * Adam at a rate of 0.05, and for the first 16 steps a gradient that passes closed rectifiers.
 * {@link #classModel} are the settings of Simonyan, Vedaldi, Zisserman (2014, section 2).
 * Deviations: see {@link Transformations}; mid-grey stands for the mean picture.
 *
 * <p>Equal seeds give equal pictures, whatever other objectives are asked for beside. Immutable;
 * {@code withX} returns a copy. Safe for concurrent use.
 */
public final class ActivationMaximization {

  /** Is shown the pictures while they come about. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Shows pictures.
     *
     * @param first the index of the first of them in the results
     * @param step how many steps they have had
     * @param pictures those that are optimised at once
     */
    void show(int first, int step, List<Image> pictures);
  }

  /** How the rate falls. */
  enum Schedule {
    FIXED,
    COSINE,
    /** A quarter of the steps at the rate, half of them at a tenth, a quarter at a hundredth. */
    FALLING;

    double rate(double rate, int step, int steps) {
      return switch (this) {
        case FIXED -> rate;
        case COSINE -> rate * (1 + Math.cos(Math.PI * step / steps)) / 2;
        case FALLING -> 4 * step < steps ? rate : 4 * step < 3 * steps ? rate / 10 : rate / 100;
      };
    }
  }

  Parameterization parameterization = Parameterization.fourier();
  Transformations transformations = Transformations.standard();
  List<Penalty> penalties = List.of();
  int steps = 512;
  double rate = 0.05;
  Schedule schedule = Schedule.FIXED;
  boolean momentum;
  int openSteps = 16;
  double noise = 0.01;
  double[] sizes = {1};
  long seed;
  @Nullable String separated;
  int copies = 1;
  double separation;
  private int batchSize = 8;
  private Progress progress = Progress.none();
  int every;
  Listener listener = (first, step, pictures) -> {};

  private ActivationMaximization() {}

  private ActivationMaximization with(Consumer<ActivationMaximization> change) {
    ActivationMaximization copy = new ActivationMaximization();
    copy.parameterization = parameterization;
    copy.transformations = transformations;
    copy.penalties = penalties;
    copy.steps = steps;
    copy.rate = rate;
    copy.schedule = schedule;
    copy.momentum = momentum;
    copy.openSteps = openSteps;
    copy.noise = noise;
    copy.sizes = sizes;
    copy.seed = seed;
    copy.separated = separated;
    copy.copies = copies;
    copy.separation = separation;
    copy.batchSize = batchSize;
    copy.progress = progress;
    copy.every = every;
    copy.listener = listener;
    change.accept(copy);
    return copy;
  }

  /**
   * The settings of lucid.
   *
   * @return the method
   */
  public static ActivationMaximization withDefaults() {
    return new ActivationMaximization();
  }

  /**
   * The class model of Simonyan et al.: from a grey picture without bounds, its squared distance
   * from grey the only penalty, no looks from elsewhere. To be used with {@link Objective#logit};
   * with {@link Objective#logOdds} if the network shall name the class, since a logit may grow
   * while another one outgrows it.
   *
   * @param weight of the penalty, at least 0
   * @return the method
   * @throws IllegalArgumentException if the weight is below 0
   */
  public static ActivationMaximization classModel(double weight) {
    return withDefaults()
        .withParameterization(Parameterization.pixels().correlated().unbounded(1))
        .withTransformations(Transformations.none())
        .withPenalties(Penalty.l2(weight))
        .withNoise(0)
        .withRate(0.02)
        .withSteps(200);
  }

  /** From an own start with momentum at a falling rate, as Mahendran and Vedaldi do. */
  ActivationMaximization withMomentum() {
    return with(
        copy -> {
          copy.momentum = true;
          copy.schedule = Schedule.FALLING;
        });
  }

  /**
   * Sets what numbers a picture is made of.
   *
   * @param what pixels or waves
   * @return a copy
   */
  public ActivationMaximization withParameterization(Parameterization what) {
    return with(copy -> copy.parameterization = what);
  }

  /**
   * Sets the random looks at the picture.
   *
   * @param what drawn anew in each step, the same for all pictures
   * @return a copy
   */
  public ActivationMaximization withTransformations(Transformations what) {
    return with(copy -> copy.transformations = what);
  }

  /**
   * Sets what a picture costs.
   *
   * @param what taken off the objective, all of them
   * @return a copy
   */
  public ActivationMaximization withPenalties(Penalty... what) {
    List<Penalty> all = List.of(what);
    return with(copy -> copy.penalties = all);
  }

  /**
   * Sets the number of steps.
   *
   * @param count at least 1
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public ActivationMaximization withSteps(int count) {
    atLeastOne("the number of steps", count);
    return with(copy -> copy.steps = count);
  }

  /**
   * Sets the size of a step.
   *
   * @param value above 0
   * @return a copy
   * @throws IllegalArgumentException if it is not above 0
   */
  public ActivationMaximization withRate(double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("the rate must be above 0 and finite, was " + value);
    }
    return with(copy -> copy.rate = value);
  }

  /**
   * Lets the rate fall to zero along a cosine.
   *
   * @return a copy
   */
  public ActivationMaximization withCosine() {
    return with(copy -> copy.schedule = Schedule.COSINE);
  }

  /**
   * Sets for how many steps the gradient passes rectifiers that would stop all of it.
   *
   * @param count at least 0
   * @return a copy
   * @throws IllegalArgumentException if it is below 0
   */
  public ActivationMaximization withOpenSteps(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("the open steps must be at least 0, were " + count);
    }
    return with(copy -> copy.openSteps = count);
  }

  /**
   * Sets the noise that a picture begins with.
   *
   * @param deviation standard deviation of every parameter, at least 0
   * @return a copy
   * @throws IllegalArgumentException if it is below 0
   */
  public ActivationMaximization withNoise(double deviation) {
    if (!(deviation >= 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException(
          "the deviation of the noise must be at least 0 and finite, was " + deviation);
    }
    return with(copy -> copy.noise = deviation);
  }

  /**
   * Sets a schedule of sizes: the picture begins small and is enlarged on the way, each size for an
   * equal part of the steps. The network sees it enlarged to its input.
   *
   * @param shares of the network's input, above 0 and up to 1, the last one 1
   * @return a copy
   * @throws IllegalArgumentException if a share is not legal or the last one is not 1
   */
  public ActivationMaximization withSizes(double... shares) {
    double[] own = shares.clone();
    boolean legal = own.length > 0 && own[own.length - 1] == 1;
    if (!legal || !Arrays.stream(own).allMatch(s -> s > 0 && s <= 1)) {
      throw new IllegalArgumentException(
          "sizes must be shares of the input above 0 and up to 1, the last one 1, were "
              + Arrays.toString(own));
    }
    return with(copy -> copy.sizes = own);
  }

  /**
   * Asks for several pictures of each objective that differ: how alike the textures of a tensor are
   * (the mean product of Gram matrices of length one) is taken off.
   *
   * @param tensor its name
   * @param count how many pictures, at least 2
   * @param weight at least 0
   * @return a copy
   * @throws IllegalArgumentException if a number is not legal
   */
  public ActivationMaximization withDiversity(String tensor, int count, double weight) {
    if (count < 2 || !(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "diversity needs at least 2 pictures and a weight of at least 0, was %d and %s",
              count,
              weight));
    }
    return with(
        copy -> {
          copy.separated = tensor;
          copy.copies = count;
          copy.separation = weight;
        });
  }

  /**
   * Sets the seed of noise and looks.
   *
   * @param value any
   * @return a copy
   */
  public ActivationMaximization withSeed(long value) {
    return with(copy -> copy.seed = value);
  }

  /**
   * Sets how many pictures are optimised at once; changes nothing else.
   *
   * @param pictures at least 1; the copies of an objective stay together
   * @return a copy
   * @throws IllegalArgumentException if it is below 1
   */
  public ActivationMaximization withBatchSize(int pictures) {
    atLeastOne("the batch size", pictures);
    return with(copy -> copy.batchSize = pictures);
  }

  /**
   * Sets who is told of the progress, in steps of a batch.
   *
   * @param listening may cancel
   * @return a copy
   */
  public ActivationMaximization withProgress(Progress listening) {
    return with(copy -> copy.progress = listening);
  }

  /**
   * Sets who is shown the pictures on their way.
   *
   * @param steps after how many steps each time, at least 1
   * @param watching called on the thread that works
   * @return a copy
   * @throws IllegalArgumentException if the steps are below 1
   */
  public ActivationMaximization withListener(int steps, Listener watching) {
    atLeastOne("the steps between pictures", steps);
    return with(
        copy -> {
          copy.every = steps;
          copy.listener = watching;
        });
  }

  private static void atLeastOne(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, was " + number);
    }
  }

  /**
   * Optimises a picture for each objective.
   *
   * @param network takes pictures; those made have the size of its input
   * @param preprocessor how pixels become the network's numbers; sizes are not asked
   * @param objectives what for
   * @return a result per objective and copy, copies of the same side by side
   * @throws IllegalArgumentException if the network does not take the preprocessor's pictures or
   *     lacks a tensor or channel
   * @throws ArithmeticException if the picture leaves all bounds, as it does when the rate is too
   *     large
   * @throws java.util.concurrent.CancellationException if the progress listener cancels
   */
  public List<Visualization> run(
      Network network, Preprocessor preprocessor, List<Objective> objectives) {
    long[] input = network.typicalInput();
    if (input.length != 3 || input[0] != preprocessor.order().channels()) {
      throw new IllegalArgumentException(
          "the network must take pictures of the preprocessor's "
              + preprocessor.order().channels()
              + " channels, but it takes "
              + Arrays.toString(network.inputShape()));
    }
    objectives.forEach(objective -> objective.check(network));
    String apart = separated;
    if (apart != null) {
      network.layer(apart);
    }
    List<Visualization> results = new ArrayList<>();
    int together = Math.max(1, batchSize / copies);
    long batches = (objectives.size() + together - 1L) / together;
    for (int from = 0; from < objectives.size(); from += together) {
      List<Objective> some = objectives.subList(from, Math.min(objectives.size(), from + together));
      long before = (long) (from / together) * steps;
      Progress own = (done, total) -> progress.update(before + done, batches * steps);
      try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
          Ascent ascent = new Ascent(this, network, preprocessor, some, own)) {
        results.addAll(ascent.run(from * copies));
      }
    }
    return List.copyOf(results);
  }
}
