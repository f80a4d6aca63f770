package dev.interp.visual.perturbation;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.bytes;
import static dev.interp.core.testkit.Tensors.counting;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.network.LogitFunction;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.testkit.SmallNets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** RISE, Sobol, HSIC, ablation and permutation, and what all methods of the engine share. */
class SensitivityTest {
  private static final Network WEIGHTED =
      Network.builder(4).add("y", new Op.Dense(array(new long[] {4, 1}, 1, 2, 0, 4), null)).build();
  private static final INDArray FOUR_ONES = Nd4j.ones(DataType.DOUBLE, 1, 4);

  private static double[] of(Attributor method, Network network, INDArray x) {
    return dev.interp.core.testkit.Tensors.numbers(
        method.attribute(network, x, Target.ofClass(0)).values());
  }

  @Test
  void masks_of_rise_show_every_pixel_with_the_same_probability() {
    Rise method = Rise.withDefaults().withMasks(3, 0.3);
    double[] mean = new double[8 * 11];
    int count = 20_000;
    for (int k = 0; k < count; k++) {
      double[] mask = method.mask(k, 8, 11);
      for (int i = 0; i < mask.length; i++) {
        assertThat(mask[i]).isBetween(0.0, 1.0);
        mean[i] += mask[i] / count;
      }
    }
    // Four standard deviations of a mean of numbers between 0 and 1 with that mean.
    double tolerance = 4 * Math.sqrt(0.3 * 0.7 / count);
    for (double m : mean) {
      assertThat(m).isCloseTo(0.3, within(tolerance));
    }
  }

  /** The covariance of mask and output, summed as it is defined. */
  @Test
  void rise_weighs_masks_with_outputs() {
    INDArray x = gaussian(DataType.DOUBLE, 1, 1, 1, 6, 5);
    Network sum =
        SmallNets.linear(Nd4j.ones(DataType.DOUBLE, 30, 1), Nd4j.ones(DataType.DOUBLE, 1), 1, 6, 5);
    Rise method = Rise.withDefaults().withMasks(7, 0.4).withSamples(40);
    double[] outputs = new double[40];
    double mean = 0;
    for (int k = 0; k < 40; k++) {
      double[] mask = method.mask(k, 6, 5);
      outputs[k] = 1;
      for (int i = 0; i < 30; i++) {
        outputs[k] += mask[i] * x.getDouble(0, 0, i / 5, i % 5);
      }
      mean += outputs[k] / 40;
    }
    double[] expected = new double[30];
    for (int k = 0; k < 40; k++) {
      double[] mask = method.mask(k, 6, 5);
      for (int i = 0; i < 30; i++) {
        expected[i] += (outputs[k] - mean) * mask[i] / 40 / 0.4;
      }
    }
    assertThat(of(method, sum, x)).containsExactly(expected, within(1e-12));
    Network constant =
        SmallNets.linear(
            Nd4j.zeros(DataType.DOUBLE, 30, 1), Nd4j.ones(DataType.DOUBLE, 1), 1, 6, 5);
    assertThat(of(method, constant, x)).containsOnly(0);
    assertThatThrownBy(() -> of(method, WEIGHTED, FOUR_ONES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("RISE needs pictures [N, C, H, W]");
    assertThatThrownBy(() -> method.withMasks(7, 1))
        .hasMessage("masks need at least 1 cell a side and a probability in (0, 1), was 7 and 1.0");
  }

  /** A picture whose left pixel alone matters: masks that show it count. */
  @Test
  void rise_finds_the_pixel_that_matters() {
    INDArray weights = Nd4j.zeros(DataType.DOUBLE, 36, 1);
    weights.putScalar(7, 1);
    Network network = SmallNets.linear(weights, Nd4j.zeros(DataType.DOUBLE, 1), 1, 6, 6);
    double[] map =
        of(
            Rise.withDefaults().withMasks(6, 0.5).withSamples(2000),
            network,
            Nd4j.ones(DataType.DOUBLE, 1, 1, 6, 6));
    assertThat(Arrays.stream(map).max().orElseThrow()).isEqualTo(map[7]);
  }

  /** For y = Σ w z, z uniform: total indices w² / Σ w². */
  @Test
  void sobol_indices_of_a_linear_net() {
    Sobol method = Sobol.withDefaults().withSegments(Segmentation.pixels()).withDesigns(1024);
    double[] found = of(method, WEIGHTED, FOUR_ONES);
    double[] expected = {1 / 21.0, 4 / 21.0, 0, 16 / 21.0};
    assertThat(found).containsExactly(expected, within(0.01));
    assertThat(found[2]).isZero();
    assertThat(of(method, WEIGHTED, Nd4j.zeros(DataType.DOUBLE, 1, 4))).containsOnly(0);
    assertThatThrownBy(() -> method.withDesigns(1)).hasMessage("designs must be at least 2, was 1");
    INDArray large = Nd4j.zeros(DataType.DOUBLE, 1, 1, 23, 23);
    Network network =
        SmallNets.linear(
            Nd4j.zeros(DataType.DOUBLE, 529, 1), Nd4j.zeros(DataType.DOUBLE, 1), 1, 23, 23);
    assertThatThrownBy(() -> of(method, network, large))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Sobol indices take at most 500 segments, but pixels gives 529");
  }

  /** The sum over matrices as the definition has it. */
  @Test
  void hsic_is_the_trace_of_the_centred_kernels() {
    boolean[][] rows = new boolean[12][3];
    double[] outputs = new double[12];
    INDArray noise = gaussian(DataType.DOUBLE, 8, 12, 4);
    for (int k = 0; k < 12; k++) {
      for (int p = 0; p < 3; p++) {
        rows[k][p] = noise.getDouble(k, p) > 0;
      }
      outputs[k] = (rows[k][0] ? 2 : 0) + noise.getDouble(k, 3);
    }
    List<Double> distances = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < i; j++) {
        distances.add(Math.abs(outputs[i] - outputs[j]));
      }
    }
    double width = distances.stream().sorted().toList().get(33);
    INDArray l = Nd4j.zeros(DataType.DOUBLE, 12, 12);
    INDArray h = Nd4j.eye(12).castTo(DataType.DOUBLE).sub(1 / 12.0);
    double[] expected = new double[3];
    for (int p = 0; p < 3; p++) {
      INDArray k = Nd4j.zeros(DataType.DOUBLE, 12, 12);
      for (int i = 0; i < 12; i++) {
        for (int j = 0; j < 12; j++) {
          double d = (outputs[i] - outputs[j]) / width;
          l.putScalar(i, j, Math.exp(-d * d / 2));
          k.putScalar(i, j, rows[i][p] == rows[j][p] ? 1 : 0);
        }
      }
      INDArray product = k.mmul(h).mmul(l).mmul(h);
      for (int i = 0; i < 12; i++) {
        expected[p] += product.getDouble(i, i) / 144;
      }
    }
    assertThat(Hsic.dependence(rows, outputs)).containsExactly(expected, within(1e-12));
    assertThat(Hsic.dependence(rows, new double[12])).containsOnly(0);
  }

  @Test
  void hsic_orders_parts_by_their_effect() {
    Hsic method = Hsic.withDefaults().withSegments(Segmentation.pixels());
    double[] found = of(method, WEIGHTED, FOUR_ONES);
    assertThat(found[3]).isGreaterThan(found[1]);
    assertThat(found[1]).isGreaterThan(found[0]);
    assertThat(found[2]).isLessThan(found[1] / 4);
  }

  @Test
  void ablation_takes_each_part_away() {
    FeatureAblation method = FeatureAblation.withDefaults().withSegments(Segmentation.pixels());
    assertThat(of(method, WEIGHTED, counting(1, 4))).containsExactly(1, 4, 0, 16);
    assertThat(of(method.withBaseline(Baseline.constant(1)), WEIGHTED, counting(1, 4)))
        .containsExactly(0, 2, 0, 12);
    INDArray mask = array(new long[] {4}, 0, 1, 1, 0);
    assertThat(of(method.withSegments(Segmentation.mask(mask)), WEIGHTED, counting(1, 4)))
        .containsExactly(17, 4, 4, 17);
  }

  @Test
  void permutation_takes_values_of_other_examples() {
    FeaturePermutation method =
        FeaturePermutation.withDefaults().withSegments(Segmentation.pixels());
    INDArray donors = Nd4j.valueArrayOf(new long[] {3, 4}, 1.0, DataType.DOUBLE);
    assertThat(of(method.withDonors(donors), WEIGHTED, counting(1, 4)))
        .containsExactly(new double[] {0, 2, 0, 12}, within(1e-12));
    assertThatThrownBy(() -> of(method.withDonors(Nd4j.zeros(3, 5)), WEIGHTED, counting(1, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the examples whose values are taken must have the input's shape [1, 4] from the"
                + " second axis on, was [3, 5]");
    assertThat(method.withDonors(donors).settings()).containsEntry("values from", "3 examples");
    assertThatThrownBy(() -> method.withSamples(0)).hasMessage("samples must be at least 1, was 0");
  }

  @Test
  void permutation_within_a_picture_keeps_its_colours() {
    FeaturePermutation method =
        FeaturePermutation.withDefaults().withSegments(Segmentation.grid(2, 2));
    Network sum =
        SmallNets.linear(
            Nd4j.ones(DataType.DOUBLE, 32, 1), Nd4j.zeros(DataType.DOUBLE, 1), 2, 4, 4);
    INDArray flat = Nd4j.ones(DataType.DOUBLE, 1, 2, 4, 4);
    flat.slice(0).slice(1).assign(-3);
    assertThat(of(method, sum, flat)).containsOnly(0);
    assertThat(of(method, sum, counting(1, 2, 4, 4))).doesNotContain(0);
  }

  static List<Attributor> sampled(long seed) {
    return List.of(
        Rise.withDefaults().withSamples(9).withSeed(seed),
        Hsic.withDefaults().withSamples(9).withSeed(seed),
        FeaturePermutation.withDefaults()
            .withSegments(Segmentation.grid(2, 2))
            .withSamples(2)
            .withSeed(seed));
  }

  @Test
  void another_seed_gives_another_map() {
    Network network = SmallNets.convolutional();
    INDArray x = gaussian(DataType.DOUBLE, 6, 1, 2, 7, 5);
    for (int i = 0; i < sampled(0).size(); i++) {
      byte[] one = bytes(sampled(0).get(i).attribute(network, x, Target.ofClass(0)).values());
      byte[] two = bytes(sampled(1).get(i).attribute(network, x, Target.ofClass(0)).values());
      assertThat(two).as(sampled(0).get(i).id()).isNotEqualTo(one);
    }
  }

  /** Tells how large the batches were. */
  private static final class Observer implements LogitFunction {
    private long largest;
    private long rows;

    @Override
    public INDArray value(INDArray logits) {
      largest = Math.max(largest, logits.size(0));
      rows += logits.size(0);
      return logits.getColumn(0).dup();
    }

    @Override
    public INDArray gradient(INDArray logits) {
      return Nd4j.zeros(logits.dataType(), logits.shape());
    }
  }

  @Test
  void no_batch_is_larger_than_the_batch_size() {
    Segmentation nine = Segmentation.grid(3, 3);
    List<Attributor> methods =
        List.of(
            Occlusion.withDefaults().withBatchSize(5),
            FeatureAblation.withDefaults().withSegments(nine).withBatchSize(5),
            FeaturePermutation.withDefaults().withSegments(nine).withBatchSize(5),
            Lime.withDefaults().withSegments(nine).withSamples(33).withBatchSize(5),
            KernelShap.withDefaults().withSegments(nine).withSamples(33).withBatchSize(5),
            ShapleySampling.withDefaults().withSegments(nine).withSamples(3).withBatchSize(5),
            ShapleyExact.withDefaults().withSegments(Segmentation.grid(2, 2)).withBatchSize(5),
            Rise.withDefaults().withSamples(33).withBatchSize(5),
            Sobol.withDefaults().withSegments(nine).withBatchSize(5),
            Hsic.withDefaults().withSamples(33).withBatchSize(5));
    for (Attributor method : methods) {
      Observer observer = new Observer();
      method.attribute(
          SmallNets.convolutional(),
          gaussian(DataType.DOUBLE, 6, 2, 2, 7, 5),
          Target.of("observer", observer));
      assertThat(observer.largest).as(method.id()).isEqualTo(5);
      assertThat(observer.rows).isGreaterThan(10);
    }
  }
}
