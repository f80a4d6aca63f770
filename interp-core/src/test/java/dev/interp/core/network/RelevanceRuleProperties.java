package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.core.rule.BackwardRule;
import dev.interp.core.rule.Composite;
import dev.interp.core.rule.RelevanceRule;
import dev.interp.core.rule.RelevanceRule.Bounds;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Every rule on layers of every kind, with inputs, weights and relevance of both signs, against the
 * sums over all pairs of an input and an output as the papers write them.
 */
class RelevanceRuleProperties {
  private static final double EPSILON = RelevanceRule.STABILIZER;

  /** A layer on an input of some shape; a network of nothing else. */
  record Layer(Op op, List<Long> sizes, long seed) {
    long[] shape() {
      return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    Network network(UnaryOperator<INDArray> change) {
      return Network.builder(shape()).add("layer", op.withParameters(change)).build();
    }
  }

  @Provide
  Arbitrary<Layer> layers() {
    Arbitrary<Long> seeds = Arbitraries.longs().between(0, 1000);
    return Combinators.combine(
            seeds,
            Arbitraries.integers().between(0, 4),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(0, 1),
            Arbitraries.of(true, false))
        .as(RelevanceRuleProperties::layer);
  }

  private static Layer layer(
      long seed, int kind, int kernel, int stride, int padding, boolean biased) {
    Window window = Window.of(kernel, stride, Math.min(padding, kernel - 1));
    List<Long> map = List.of(2L, 5L, 4L);
    return switch (kind) {
      case 0 -> convolution(seed, window, kernel, biased, map, 3, 2, 1);
      case 1 -> convolution(seed, window, kernel, biased, map, 4, 1, 2);
      case 2 ->
          new Layer(
              new Op.TransposedConvolution(
                  gaussian(DataType.DOUBLE, seed, 2, 3, kernel, kernel),
                  biased ? gaussian(DataType.DOUBLE, seed + 1, 3) : null,
                  window),
              map,
              seed);
      case 3 ->
          new Layer(
              new Op.Dense(
                  gaussian(DataType.DOUBLE, seed, 6, 4),
                  biased ? gaussian(DataType.DOUBLE, seed + 1, 4) : null),
              List.of(6L),
              seed);
      default ->
          new Layer(
              new Op.Affine(
                  gaussian(DataType.DOUBLE, seed, 2), gaussian(DataType.DOUBLE, seed + 1, 2)),
              map,
              seed);
    };
  }

  private static Layer convolution(
      long seed,
      Window window,
      int kernel,
      boolean biased,
      List<Long> map,
      int out,
      int in,
      int groups) {
    return new Layer(
        new Op.Convolution(
            gaussian(DataType.DOUBLE, seed, out, in, kernel, kernel),
            biased ? gaussian(DataType.DOUBLE, seed + 1, out) : null,
            window,
            groups),
        map,
        seed);
  }

  // ---------------------------------------------------------------- the rules

  @Property(tries = 40)
  void epsilon_shares_by_contribution(@ForAll("layers") Layer layer) {
    check(layer, RelevanceRule.epsilon(0.25), 0.25, z -> z, b -> b);
    check(layer, RelevanceRule.zero(), 1e-9, z -> z, b -> b);
    check(layer, RelevanceRule.epsilon(0.25).withoutBias(), 0.25, z -> z, b -> 0);
  }

  @Property(tries = 40)
  void z_plus_shares_by_positive_contribution(@ForAll("layers") Layer layer) {
    check(layer, RelevanceRule.zPlus(), EPSILON, z -> Math.max(z, 0), b -> Math.max(b, 0));
    check(layer, RelevanceRule.zPlus().withoutBias(), EPSILON, z -> Math.max(z, 0), b -> 0);
  }

  @Property(tries = 40)
  void alpha_beta_shares_by_sign(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    f.check(
        RelevanceRule.alphaBeta(3, 2),
        j -> {
          double[] plus = f.shares(j, z -> Math.max(z, 0), b -> Math.max(b, 0), EPSILON);
          double[] minus = f.shares(j, z -> Math.min(z, 0), b -> Math.min(b, 0), EPSILON);
          return f.each(i -> 3 * plus[i] - 2 * minus[i]);
        });
  }

  @Property(tries = 40)
  void the_contrast_is_one_share_minus_the_other(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    f.check(
        RelevanceRule.contrast(),
        j -> {
          double[] plus = f.shares(j, z -> Math.max(z, 0), b -> 0, EPSILON);
          double[] minus = f.shares(j, z -> Math.min(z, 0), b -> 0, EPSILON);
          return f.each(i -> plus[i] - minus[i]);
        });
  }

  @Property(tries = 40)
  void gamma_favours_the_sign_of_the_output(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    f.check(
        RelevanceRule.gamma(0.4),
        j -> {
          DoubleUnaryOperator up = z -> z + 0.4 * Math.max(z, 0);
          DoubleUnaryOperator down = z -> z + 0.4 * Math.min(z, 0);
          DoubleUnaryOperator favour = f.output[j] > 0 ? up : down;
          return f.shares(j, favour, favour, EPSILON);
        });
  }

  @Property(tries = 40)
  void z_box_shares_by_distance_from_the_bounds(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    f.check(RelevanceRule.zBox(new Bounds(List.of(-4.0), List.of(5.0))), j -> f.box(j, -4, 5));
  }

  @Property(tries = 40)
  void z_box_measures_bounds_that_are_not_given(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    // The bounds are those of each channel; a layer of one value per channel has none to measure.
    if (layer.shape().length == 3) {
      f.check(RelevanceRule.zBox(Bounds.MEASURED), f::measuredBox);
    }
  }

  @Property(tries = 40)
  void w_square_and_flat_do_not_look_at_the_input(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    f.check(
        RelevanceRule.wSquare(),
        j -> f.shares(f.each(i -> f.matrix[j][i] * f.matrix[j][i]), f.bias[j] * f.bias[j]));
    double[][] ones = f.matrixOf(Nd4j::onesLike);
    f.check(RelevanceRule.flat(), j -> f.shares(ones[j], 0));
  }

  @Property(tries = 20)
  void a_rule_inside_another_rule_gives_the_same(@ForAll("layers") Layer layer) {
    Fixture f = new Fixture(layer);
    BackwardRule half =
        (step, signal) ->
            List.of(
                step.relevance(RelevanceRule.zPlus(), signal)
                    .get(0)
                    .muli(0.5)
                    .addi(step.relevance(RelevanceRule.flat(), signal).get(0).muli(0.5)));
    INDArray plus = f.run(RelevanceRule.zPlus());
    INDArray flat = f.run(RelevanceRule.flat());
    assertClose(f.run(half), plus.add(flat).muli(0.5), 1e-12);
  }

  private static void check(
      Layer layer,
      RelevanceRule rule,
      double epsilon,
      DoubleUnaryOperator contribution,
      DoubleUnaryOperator bias) {
    Fixture f = new Fixture(layer);
    f.check(rule, j -> f.shares(j, contribution, bias, epsilon));
  }

  /** What an output hands to all inputs, as a share of its relevance. */
  private interface Shares {
    double[] of(int output);
  }

  private interface Each {
    double at(int input);
  }

  /** A layer as a matrix, with an input and relevance at its output. */
  private static final class Fixture {
    private final Layer layer;
    private final Network network;
    private final INDArray x;
    private final INDArray relevance;
    private final double[] in;
    private final double[][] matrix;
    private final double[] bias;
    private final double[] output;

    Fixture(Layer layer) {
      this.layer = layer;
      this.network = layer.network(p -> p);
      long[] batch = new long[layer.shape().length + 1];
      batch[0] = 1;
      System.arraycopy(layer.shape(), 0, batch, 1, layer.shape().length);
      this.x = gaussian(DataType.DOUBLE, layer.seed() + 7, batch);
      this.in = numbers(x);
      this.bias = numbers(network.logits(x.like()));
      this.matrix = matrixOf(p -> p);
      INDArray out = network.logits(x);
      this.output = numbers(out);
      this.relevance = gaussian(DataType.DOUBLE, layer.seed() + 8, out.shape());
    }

    /** Rows are outputs; the columns are what each single input adds. */
    double[][] matrixOf(UnaryOperator<INDArray> change) {
      Network changed = layer.network(change);
      long[] shape = x.shape().clone();
      double[] rest = numbers(changed.logits(x.like()));
      double[][] m = new double[rest.length][in.length];
      for (int i = 0; i < in.length; i++) {
        double[] unit = new double[in.length];
        unit[i] = 1;
        double[] column = numbers(changed.logits(array(shape, unit)));
        for (int j = 0; j < column.length; j++) {
          double entry = column[j] - rest[j];
          // What is left of the bias where nothing is connected.
          m[j][i] = Math.abs(entry) < 1e-12 ? 0 : entry;
        }
      }
      return m;
    }

    double[] each(Each value) {
      double[] all = new double[in.length];
      Arrays.setAll(all, value::at);
      return all;
    }

    double[] shares(
        int j, DoubleUnaryOperator change, DoubleUnaryOperator changeBias, double epsilon) {
      double[] parts = each(i -> change.applyAsDouble(matrix[j][i] * in[i]));
      return divided(
          parts, Arrays.stream(parts).sum() + changeBias.applyAsDouble(bias[j]), epsilon);
    }

    double[] shares(double[] parts, double rest) {
      return divided(parts, Arrays.stream(parts).sum() + rest, EPSILON);
    }

    private double[] divided(double[] parts, double sum, double epsilon) {
      double denominator = sum + (sum >= 0 ? epsilon : -epsilon);
      return each(i -> parts[i] / denominator);
    }

    double[] box(int j, double low, double high) {
      return shares(each(i -> boxed(j, i, low, high)), 0);
    }

    double[] measuredBox(int j) {
      int places = in.length / (int) layer.shape()[0];
      return shares(
          each(
              i -> {
                int from = i / places * places;
                double[] channel = Arrays.copyOfRange(in, from, from + places);
                double low = Math.min(0, Arrays.stream(channel).min().orElse(0));
                double high = Math.max(0, Arrays.stream(channel).max().orElse(0));
                return boxed(j, i, low, high);
              }),
          0);
    }

    private double boxed(int j, int i, double low, double high) {
      double w = matrix[j][i];
      return in[i] * w - low * Math.max(w, 0) - high * Math.min(w, 0);
    }

    INDArray run(BackwardRule rule) {
      Composite composite = Composite.named("one").on(n -> n.name().equals("layer"), rule);
      try (Trace trace = network.run(x, Hooks.none().withRules(composite))) {
        Target.Resolved start = new Target.Resolved("layer", List.of(-1), Nd4j.zeros(1), relevance);
        return trace.gradient(start, Network.INPUT);
      }
    }

    void check(RelevanceRule rule, Shares shares) {
      double[] r = numbers(relevance);
      double[] expected = new double[in.length];
      double largest = 0;
      for (int j = 0; j < r.length; j++) {
        double[] share = shares.of(j);
        for (int i = 0; i < in.length; i++) {
          expected[i] += share[i] * r[j];
          largest = Math.max(largest, Math.abs(share[i] * r[j]));
        }
      }
      // Denominators near zero make large terms that cancel.
      assertClose(run(rule), array(x.shape(), expected), 1e-9 * Math.max(1, largest));
    }
  }
}
