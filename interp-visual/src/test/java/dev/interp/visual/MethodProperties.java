package dev.interp.visual;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.NotApplicableException;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.visual.gradient.Conductance;
import dev.interp.visual.gradient.ExpectedGradients;
import dev.interp.visual.gradient.GuidedIntegratedGradients;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.Quadrature;
import dev.interp.visual.perturbation.KernelShap;
import dev.interp.visual.perturbation.Segmentation;
import dev.interp.visual.perturbation.ShapleyExact;
import dev.interp.visual.perturbation.ShapleySampling;
import dev.interp.visual.relevance.DeepLift;
import dev.interp.visual.relevance.Relevance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What holds for whole families of methods, on random networks with branches. */
class MethodProperties {
  static final Map<String, String> SHORT =
      Map.ofEntries(
          Map.entry("meaningful-perturbation.iterations", "3"),
          Map.entry("extremal-perturbation.iterations", "3"),
          Map.entry("prediction-difference-analysis.samples", "2"),
          Map.entry("prediction-difference-analysis.window", "3"),
          Map.entry("prediction-difference-analysis.stride", "2"),
          Map.entry("feature-ablation.segments", "grid-2"),
          Map.entry("feature-permutation.segments", "grid-2"),
          Map.entry("lime.segments", "grid-2"),
          Map.entry("shapley-sampling.segments", "grid-2"),
          Map.entry("shapley-exact.segments", "grid-2"),
          Map.entry("sobol.segments", "grid-2"));

  private static final MethodOptions OPTIONS =
      new MethodOptions(null, 4, null, 3, 2, null, 4L, 4, Progress.none()).withValues(SHORT);

  private static Optional<Attribution> run(Method method, Network network, INDArray x) {
    try {
      return Optional.of(method.with(OPTIONS).attribute(network, x, Target.ofClass(1)));
    } catch (NotApplicableException e) {
      return Optional.empty();
    }
  }

  @Property(tries = 4, seed = "1")
  void a_batch_gives_its_singles_and_a_seed_its_bytes(
      @ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, true);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    List<String> ran = new ArrayList<>();
    for (Method method : Method.all()) {
      Optional<Attribution> together = run(method, network, x);
      if (together.isEmpty()) {
        continue;
      }
      ran.add(method.id());
      INDArray values = together.get().values();
      assertSameBits(run(method, network, x).orElseThrow().values(), values);
      for (int i = 0; i < 2; i++) {
        INDArray one = Nd4j.stack(0, x.slice(i)).dup('c');
        assertClose(
            Nd4j.stack(0, values.slice(i)).dup('c'),
            run(method, network, one).orElseThrow().values(),
            1e-9);
      }
    }
    assertThat(Method.all().stream().map(Method::id).filter(id -> !ran.contains(id)))
        .isSubsetOf("cam");
  }

  /** What each of these hands out is the difference of the outputs, up to the gap it reports. */
  @Property(tries = 12, seed = "2")
  void the_gap_reported_is_the_gap(@ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = BranchedNets.of(seed, false);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    INDArray start = BranchedNets.batch(seed + 2, 2);
    Baseline baseline = Baseline.array(start);
    INDArray difference = network.logits(x).subi(network.logits(start));
    Segmentation parts = Segmentation.grid(2, 2);
    // The path's error shrinks with the steps; a kink of a rectifier leaves a little.
    Map<Attributor, Double> methods =
        Map.of(
            IntegratedGradients.withDefaults().withSteps(200).withBaseline(baseline), 0.05,
            Conductance.withDefaults().withTensor("act1").withSteps(400).withBaseline(baseline),
                0.05,
            DeepLift.rescale().withBaseline(baseline), 1e-9,
            DeepLift.revealCancel().withBaseline(baseline), 1e-9,
            ShapleyExact.withDefaults().withSegments(parts).withBaseline(baseline), 1e-9,
            KernelShap.withDefaults().withSegments(parts).withBaseline(baseline), 1e-9,
            ShapleySampling.withDefaults().withSegments(parts).withBaseline(baseline), 1e-9);
    methods.forEach(
        (method, limit) -> {
          Attribution result = method.attribute(network, x, Target.ofClass(2));
          for (int i = 0; i < 2; i++) {
            double due = difference.getDouble(i, 2);
            INDArray map = result.values().slice(i);
            double sum =
                method instanceof Conductance || map.size(0) > 1
                    ? map.sumNumber().doubleValue()
                    : corners(map);
            double scale = Math.max(1, Math.max(Math.abs(due), BranchedNets.largest(map)));
            double gap = result.completenessGaps().get(i);
            assertThat(gap).as(method.id()).isCloseTo(sum - due, within(1e-9 * scale));
            assertThat(gap).as(method.id()).isCloseTo(0, within(limit * scale));
          }
        });
  }

  /** The values of the four parts of a map {@code [1, H, W]}. */
  private static double corners(INDArray map) {
    long h = map.size(1) - 1;
    long w = map.size(2) - 1;
    return map.getDouble(0, 0, 0)
        + map.getDouble(0, 0, w)
        + map.getDouble(0, h, 0)
        + map.getDouble(0, h, w);
  }

  /** Without biases no layer of rectifiers, sums, concatenations and pools keeps anything. */
  @Property(tries = 15, seed = "3")
  void relevance_is_kept_by_every_layer(@ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network = withoutBiases(seed);
    INDArray x = BranchedNets.batch(seed + 1, 2);
    Relevance method = Relevance.epsilon(1e-12);
    INDArray logits = network.logits(x);
    Map<String, List<Double>> kept = method.conservation(network, x, Target.ofClass(1));
    assertThat(kept).containsKeys("conv1", "conv2", "pool");
    for (int i = 0; i < 2; i++) {
      double due = logits.getDouble(i, 1);
      // What both branches carry crosses the sum only together.
      for (String tensor : List.of("conv1", "act1", "pool", "gap")) {
        assertThat(kept.getOrDefault(tensor, List.of()).get(i))
            .as(tensor)
            .isCloseTo(due, within(1e-5 * Math.max(1, Math.abs(due))));
      }
    }
  }

  private static Network withoutBiases(long seed) {
    boolean sum = seed % 2 == 0;
    return Network.builder(BranchedNets.INPUT)
        .add("conv1", convolution(seed, 4, 2, 3, 1))
        .add("act1", relu())
        .add("conv2", convolution(seed + 1, 4, 4, 3, 1), "act1")
        .add(
            "join", sum ? new Op.Elementwise(Op.Combination.ADD) : new Op.Concat(), "conv2", "act1")
        .add("act2", relu())
        .add("pool", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("gap", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("fc", new Op.Dense(gaussian(DataType.DOUBLE, seed + 2, sum ? 4 : 8, 3), null))
        .build();
  }

  /** y = W x + b through a convolution, a mean pool and a dense layer. */
  @Property(tries = 15, seed = "4")
  void on_a_linear_net_every_path_gives_weight_times_difference(
      @ForAll @LongRange(min = 0, max = 100_000) long seed) {
    Network network =
        Network.builder(BranchedNets.INPUT)
            .add("conv", convolution(seed, 3, 2, 3, 1))
            .add("pool", new Op.Pool(Op.Reduction.AVERAGE, Window.of(2, 1, 0), 0))
            .add("gap", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add(
                "fc",
                new Op.Dense(
                    gaussian(DataType.DOUBLE, seed + 3, 3, 3),
                    gaussian(DataType.DOUBLE, seed + 4, 3)))
            .build();
    INDArray x = BranchedNets.batch(seed + 1, 2);
    INDArray start = BranchedNets.batch(seed + 2, 2);
    Baseline baseline = Baseline.array(start);
    INDArray weights =
        Method.of("gradient")
            .with(MethodOptions.defaults())
            .attribute(network, x, Target.ofClass(2))
            .values();
    INDArray due = x.sub(start).muli(weights);
    List<Attributor> methods = new ArrayList<>();
    for (Quadrature rule : Quadrature.values()) {
      methods.add(
          IntegratedGradients.withDefaults()
              .withQuadrature(rule)
              .withSteps(5)
              .withBaseline(baseline));
    }
    methods.add(GuidedIntegratedGradients.withDefaults().withSteps(7).withBaseline(baseline));
    methods.add(DeepLift.rescale().withBaseline(baseline));
    methods.add(DeepLift.revealCancel().withBaseline(baseline));
    methods.add(DeepLift.shap().withBaselines(List.of(baseline)));
    methods.add(ExpectedGradients.withDefaults().withReferences(List.of(baseline)));
    for (Attributor method : methods) {
      assertClose(method.attribute(network, x, Target.ofClass(2)).values(), due, 1e-9);
    }
  }

  /** Two channels that the net treats alike and one that it does not look at. */
  @Property(tries = 15, seed = "5")
  void alike_gets_alike_and_what_does_nothing_gets_nothing(
      @ForAll @LongRange(min = 0, max = 100_000) long seed) {
    INDArray kernel = gaussian(DataType.DOUBLE, seed, 4, 1, 3, 3);
    INDArray kernels = Nd4j.concat(1, kernel, kernel, kernel.mul(0));
    Network network =
        Network.builder(3, 7, 5)
            .add("conv", new Op.Convolution(kernels, null, Window.of(3, 1, 1), 1))
            .add("relu", relu())
            .add("gap", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("fc", new Op.Dense(gaussian(DataType.DOUBLE, seed + 1, 4, 3), null))
            .build();
    INDArray one = gaussian(DataType.DOUBLE, seed + 2, 1, 1, 7, 5);
    INDArray x = Nd4j.concat(1, one, one, gaussian(DataType.DOUBLE, seed + 3, 1, 1, 7, 5));
    Segmentation channels = Segmentation.channels();
    List<Attributor> shapley =
        List.of(
            ShapleyExact.withDefaults().withSegments(channels),
            KernelShap.withDefaults().withSegments(channels));
    for (Attributor method : shapley) {
      INDArray values = method.attribute(network, x, Target.ofClass(0)).values();
      double[] of = new double[3];
      for (int c = 0; c < 3; c++) {
        of[c] = values.getDouble(0, c, 3, 2);
      }
      double scale = Math.max(1, Math.abs(of[0]));
      assertThat(of[1]).as(method.id()).isCloseTo(of[0], within(1e-9 * scale));
      assertThat(of[2]).as(method.id()).isCloseTo(0, within(1e-9 * scale));
    }
    Attributor sampled = ShapleySampling.withDefaults().withSegments(channels);
    assertThat(sampled.attribute(network, x, Target.ofClass(0)).values().getDouble(0, 2, 3, 2))
        .isCloseTo(0, within(1e-9));
    // Nothing that a gradient or a difference is the source of reaches the third channel.
    for (String id :
        List.of(
            "gradient",
            "saliency",
            "input-x-gradient",
            "integrated-gradients",
            "smoothgrad",
            "guided-integrated-gradients",
            "expected-gradients",
            "deep-lift",
            "deep-lift-reveal-cancel",
            "lrp-epsilon",
            "guided-backprop",
            "deconvnet")) {
      INDArray values = run(Method.of(id), network, x).orElseThrow().values();
      if (values.size(1) == 3) {
        assertThat(BranchedNets.largest(values.slice(0).slice(2))).as(id).isZero();
      }
    }
  }

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  private static Op convolution(long seed, long out, long in, int kernel, int padding) {
    return new Op.Convolution(
        gaussian(DataType.DOUBLE, seed, out, in, kernel, kernel).muli(0.5),
        null,
        Window.of(kernel, 1, padding),
        1);
  }
}
