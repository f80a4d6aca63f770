package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Expected gradients, also known as gradient SHAP: integrated gradients averaged over many
 * references instead of one baseline, the integral and the average estimated together by samples of
 * (reference x′, α): {@code E[(x − x′) · ∂y/∂x (x′ + α (x − x′))]} with α uniform in [0, 1). The
 * values tend to sum to the output at x minus its mean over the references; the completeness gap
 * says how far this sample of them is from it.
 *
 * <p>Samples are taken evenly: every reference is drawn as often as every other one (within one),
 * in random order, and α once from each of as many equal parts of [0, 1) as there are samples. All
 * examples of a batch get the same draws.
 *
 * <p>Cost for n samples and r references: n forward and backward passes, and 1 + r forward passes
 * for the outputs at x and at the references.
 *
 * <p>Erion, Janizek, Sturmfels, Lundberg, Lee: Improving Performance of Deep Learning Models with
 * Axiomatic Attribution Priors and Expected Gradients, Nature Machine Intelligence 2021. Deviation:
 * the paper draws references and α independently; drawing evenly has the same expectation and less
 * variance. captum's GradientShap adds noise to the input as well; {@link SmoothGrad} around this
 * method does that.
 */
public final class ExpectedGradients implements Attributor {
  private final List<Baseline> references;
  private final int samples;
  private final long seed;
  private final int batchSize;
  private final Progress progress;

  private ExpectedGradients(
      List<Baseline> references, int samples, long seed, int batchSize, Progress progress) {
    this.references = List.copyOf(references);
    this.samples = samples;
    this.seed = seed;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * 50 samples with zero as the only reference, seed 0, 8 at a time. References from the
   * distribution of the network's inputs are what the method is made for: {@link #withReferences}.
   *
   * @return the method
   */
  public static ExpectedGradients withDefaults() {
    return new ExpectedGradients(List.of(Baseline.zero()), 50, 0, 8, Progress.none());
  }

  /**
   * Sets what stands for nothing: a sample of other inputs.
   *
   * @param array {@code [references, C, H, W]} or {@code [references, F]} in network input values;
   *     not copied, not modified
   * @return the method with one reference per row
   */
  public ExpectedGradients withReferences(INDArray array) {
    return withReferences(
        IntStream.range(0, (int) array.size(0))
            .mapToObj(i -> Baseline.array(row(array, i)))
            .toList());
  }

  /**
   * Sets what stands for nothing.
   *
   * @param baselines at least one
   * @return the method with those references
   * @throws IllegalArgumentException if there is none
   */
  public ExpectedGradients withReferences(List<Baseline> baselines) {
    PathGradients.atLeast("the number of references", 1, baselines.size());
    return new ExpectedGradients(baselines, samples, seed, batchSize, progress);
  }

  /**
   * Sets how many pairs of reference and α are drawn.
   *
   * @param number at least 1
   * @return the method with that many samples
   */
  public ExpectedGradients withSamples(int number) {
    PathGradients.atLeast("samples", 1, number);
    return new ExpectedGradients(references, number, seed, batchSize, progress);
  }

  /**
   * Sets the seed of the draws.
   *
   * @param value any number
   * @return the method with that seed
   */
  public ExpectedGradients withSeed(long value) {
    return new ExpectedGradients(references, samples, value, batchSize, progress);
  }

  /**
   * Sets how many points are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public ExpectedGradients withBatchSize(int size) {
    PathGradients.atLeast("batch size", 1, size);
    return new ExpectedGradients(references, samples, seed, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public ExpectedGradients withProgress(Progress listener) {
    return new ExpectedGradients(references, samples, seed, batchSize, listener);
  }

  @Override
  public String id() {
    return "expected-gradients";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("samples", Integer.toString(samples));
    settings.put(
        "references",
        references.size() <= 4
            ? references.stream().map(Baseline::toString).collect(Collectors.joining("; "))
            : references.size() + " given");
    settings.put("seed", Long.toString(seed));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      List<INDArray> starts = references.stream().map(b -> b.of(run.x())).toList();
      Target.Resolved resolved = run.resolve();
      INDArray values = Nd4j.zeros(run.x().dataType(), run.x().shape());
      SplittableRandom random = new SplittableRandom(seed);
      int[] drawn = IntStream.range(0, samples).map(k -> k % starts.size()).toArray();
      shuffle(drawn, random);
      double[] alphas = new double[samples];
      for (int k = 0; k < samples; k++) {
        alphas[k] = (k + random.nextDouble()) / samples;
      }
      new PathGradients(run, resolved, batchSize, progress, samples)
          .gradients(
              samples,
              (example, k, into) -> {
                INDArray start = starts.get(drawn[k]).slice(example);
                into.assign(run.x().slice(example)).subi(start).muli(alphas[k]).addi(start);
              },
              (example, k, gradient) -> {
                INDArray path = run.x().slice(example).sub(starts.get(drawn[k]).slice(example));
                values.slice(example).addi(gradient.muli(path));
                path.close();
              });
      values.divi(samples);
      double[] mean = new double[run.examples()];
      for (INDArray start : starts) {
        double[] outputs = PathGradients.outputs(run, start, resolved);
        for (int i = 0; i < mean.length; i++) {
          mean[i] += outputs[i] / starts.size();
        }
        start.close();
      }
      return run.finish(
          Network.INPUT, values, resolved, PathGradients.gaps(values, resolved, mean));
    }
  }

  private static INDArray row(INDArray array, int i) {
    long[] shape = array.shape().clone();
    shape[0] = 1;
    return array.slice(i).reshape(shape);
  }

  private static void shuffle(int[] numbers, SplittableRandom random) {
    for (int i = numbers.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = swapped;
    }
  }
}
