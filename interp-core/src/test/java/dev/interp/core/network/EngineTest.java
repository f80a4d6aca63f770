package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.Lrp;
import dev.interp.core.testkit.SmallNets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** oneDNN gives what ND4J gives. */
class EngineTest {
  private static final double ROUNDING = 1e-5;

  @BeforeEach
  @BeforeProperty
  void oneDnn_is_there() {
    assumeThat(Engine.ONEDNN.isThere()).as("oneDNN's natives: %s", OneDnn.whyNot()).isTrue();
  }

  static Stream<OpCases.Case> cases() {
    return OpCases.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void every_op_in_batches_of_changing_size(OpCases.Case c) {
    for (boolean alone : new boolean[] {true, false}) {
      Network exact = c.network(alone);
      for (int batch : new int[] {1, 3, 2}) {
        long[] shape = new long[exact.inputShape().length + 1];
        shape[0] = batch;
        System.arraycopy(exact.inputShape(), 0, shape, 1, shape.length - 1);
        // Numbers far apart, so that no maximum is decided by rounding.
        agree(exact, gaussian(DataType.DOUBLE, 3 + batch, shape));
      }
    }
  }

  /** Strides, phases, rims, uneven padding, dilation and groups. */
  @Property(tries = 150, seed = "5")
  void convolutions_of_any_geometry(@ForAll @IntRange(min = 0, max = 1000000) int seed) {
    Random random = new Random(seed);
    int groups = random.nextInt(4) == 0 ? 2 : 1;
    int in = groups * (1 + random.nextInt(5));
    int out = groups * (1 + random.nextInt(9));
    Window window = new Window(axis(random), axis(random));
    long[] shape = {1 + random.nextInt(3), in, 8 + random.nextInt(9), 8 + random.nextInt(9)};
    INDArray weights =
        gaussian(
            DataType.DOUBLE,
            seed,
            out,
            in / groups,
            window.height().kernel(),
            window.width().kernel());
    INDArray bias = random.nextBoolean() ? gaussian(DataType.DOUBLE, seed + 1, out) : null;
    Network.Builder net = Network.builder(in, shape[2], shape[3]);
    net.add("scaled", new Op.Scale(2, 0.5));
    net.add("convolution", new Op.Convolution(weights, bias, window, groups));
    if (random.nextBoolean()) {
      INDArray scale = gaussian(DataType.DOUBLE, seed + 2, out).addi(2);
      net.add("norm", new Op.Affine(scale, gaussian(DataType.DOUBLE, seed + 3, out)));
    }
    if (random.nextBoolean()) {
      net.add("relu", new Op.Activation(Activation.RELU.getActivationFunction()));
    }
    agree(net.build(), gaussian(DataType.DOUBLE, seed + 4, shape));
  }

  private static Window.Axis axis(Random random) {
    boolean same = random.nextInt(3) == 0;
    int kernel = 1 + random.nextInt(4);
    int stride = 1 + random.nextInt(3);
    int dilation = kernel == 1 || random.nextInt(4) > 0 ? 1 : 2;
    return new Window.Axis(kernel, stride, random.nextInt(kernel), dilation, same);
  }

  /** What follows a convolution in place is fused with it; hooks see through that. */
  @Test
  void fused_tensors_are_kept_edited_and_differentiated_as_others() {
    for (Network exact : List.of(SmallNets.residual(), SmallNets.convolutional())) {
      Network fast = exact.withPrecision(DataType.FLOAT);
      Network slow = fast.withEngine(Engine.ND4J);
      long[] one = exact.typicalInput();
      INDArray x = gaussian(DataType.FLOAT, 8, 2, one[0], one[1], one[2]);
      List<String> tensors = fast.layers().stream().map(LayerInfo::name).toList();
      for (String tensor : tensors) {
        Hooks keep = Hooks.none().keep(tensor);
        Hooks edit = Hooks.none().edit(tensor, a -> a.mul(1.5));
        try (Trace a = fast.run(x, keep);
            Trace b = slow.run(x, keep)) {
          assertClose(a.activation(tensor), b.activation(tensor), ROUNDING);
          if (tensors.indexOf(tensor) <= tensors.indexOf(fast.logits())) {
            Target target = Target.ofClass(1);
            assertClose(a.gradient(target, tensor), b.gradient(target, tensor), ROUNDING);
          }
        }
        assertClose(fast.logits(x, edit), slow.logits(x, edit), ROUNDING);
      }
    }
  }

  @Test
  void relevance_is_the_same() {
    for (Composite rules :
        List.of(Lrp.epsilon(0.25), Lrp.alpha1Beta0(), Lrp.epsilonAlpha2Beta1Flat())) {
      for (Network exact : List.of(SmallNets.residual(), SmallNets.convolutional())) {
        long[] one = exact.typicalInput();
        INDArray x = gaussian(DataType.DOUBLE, 8, 2, one[0], one[1], one[2]);
        Network fast = exact.withPrecision(DataType.FLOAT).withEngine(Engine.ONEDNN);
        try (Trace a = fast.run(x.castTo(DataType.FLOAT), Hooks.none().withRules(rules));
            Trace b = exact.run(x, Hooks.none().withRules(rules))) {
          assertClose(
              a.gradient(Target.ofClass(0), Network.INPUT).castTo(DataType.DOUBLE),
              b.gradient(Target.ofClass(0), Network.INPUT),
              1e-4);
        }
      }
    }
  }

  /** Two contributions that cancel each other: 1 - 1 + 0.25 is the denominator. */
  @Test
  void the_sign_of_zero_is_one_in_relevance() {
    INDArray weights = Nd4j.create(new float[] {1, -1}).reshape(1, 2, 1, 1);
    Network network =
        Network.builder(2, 3, 3)
            .add("difference", new Op.Convolution(weights, null, Window.of(1, 1, 0), 1))
            .build();
    INDArray x = Nd4j.ones(DataType.FLOAT, 1, 2, 3, 3);
    for (Engine engine : List.of(Engine.ND4J, Engine.ONEDNN)) {
      try (Trace trace =
          network.withEngine(engine).run(x, Hooks.none().withRules(Lrp.epsilon(0.25)))) {
        INDArray relevance = trace.gradient(Target.neuron("difference", 0, 1, 1), Network.INPUT);
        assertThat(relevance.getFloat(0, 0, 1, 1)).as("%s", engine).isEqualTo(4);
        assertThat(relevance.getFloat(0, 1, 1, 1)).as("%s", engine).isEqualTo(-4);
        assertThat(relevance.norm1Number().floatValue()).as("%s", engine).isEqualTo(8);
      }
    }
  }

  @Test
  void double_precision_runs_on_nd4j() {
    Network network = SmallNets.convolutional();
    assertThat(network.precision()).isEqualTo(DataType.DOUBLE);
    assertThat(network.withEngine(Engine.ONEDNN).engine()).isEqualTo(Engine.ND4J);
    long[] one = network.typicalInput();
    INDArray x = gaussian(DataType.DOUBLE, 8, 2, one[0], one[1], one[2]);
    assertSameBits(
        network.withEngine(Engine.ONEDNN).logits(x), network.withEngine(Engine.ND4J).logits(x));
  }

  @Test
  void a_network_stays_on_its_engine() {
    Network network = SmallNets.residual().withPrecision(DataType.FLOAT);
    for (Engine engine : List.of(Engine.ND4J, Engine.ONEDNN)) {
      Network own = network.withEngine(engine);
      assertThat(own.engine()).isEqualTo(engine);
      assertThat(own.withEngine(engine)).isSameAs(own);
      assertThat(own.withFoldedBatchNorms().engine()).isEqualTo(engine);
      assertThat(own.counting(new PassCounter()).engine()).isEqualTo(engine);
      assertThat(own.fingerprint()).isEqualTo(network.fingerprint());
    }
  }

  @Test
  void bfloat16_is_near() {
    assumeThat(Engine.ONEDNN_BFLOAT16.isThere()).as("instructions for bfloat16").isTrue();
    for (Network exact : List.of(SmallNets.residual(), SmallNets.convolutional())) {
      long[] one = exact.typicalInput();
      INDArray x = gaussian(DataType.FLOAT, 8, 2, one[0], one[1], one[2]);
      Network full = exact.withPrecision(DataType.FLOAT);
      INDArray rounded = full.withEngine(Engine.ONEDNN_BFLOAT16).logits(x);
      assertClose(rounded, full.logits(x), 0.05);
      assertThat(rounded).isNotEqualTo(full.logits(x));
    }
  }

  @Test
  void an_unknown_engine_is_refused() {
    String before = System.getProperty(Engine.PROPERTY);
    System.setProperty(Engine.PROPERTY, "cuda");
    try {
      assertThatThrownBy(Engine::usual)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "the system property interp.engine must be nd4j, onednn or onednn_bfloat16, was"
                  + " 'cuda'");
      System.setProperty(Engine.PROPERTY, "nd4j");
      assertThat(Engine.usual()).isEqualTo(Engine.ND4J);
    } finally {
      if (before == null) {
        System.clearProperty(Engine.PROPERTY);
      } else {
        System.setProperty(Engine.PROPERTY, before);
      }
    }
  }

  private static void agree(Network exact, INDArray x) {
    Network fast = exact.withPrecision(DataType.FLOAT).withEngine(Engine.ONEDNN);
    INDArray single = x.castTo(DataType.FLOAT);
    assertClose(fast.logits(single).castTo(DataType.DOUBLE), exact.logits(x), ROUNDING);
    try (Trace a = fast.run(single, Hooks.none());
        Trace b = exact.run(x, Hooks.none())) {
      INDArray seed = gaussian(DataType.DOUBLE, 12, b.logits().shape());
      INDArray values = Nd4j.zeros(DataType.DOUBLE, x.size(0));
      List<Integer> classes = List.of();
      Target.Resolved target = new Target.Resolved(exact.logits(), classes, values, seed);
      Target.Resolved same =
          new Target.Resolved(exact.logits(), classes, values, seed.castTo(DataType.FLOAT));
      assertClose(
          a.gradients(same, List.of(Network.INPUT)).get(0).castTo(DataType.DOUBLE),
          b.gradients(target, List.of(Network.INPUT)).get(0),
          5 * ROUNDING);
    }
  }
}
