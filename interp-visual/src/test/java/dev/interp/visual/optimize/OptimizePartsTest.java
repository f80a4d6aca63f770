package dev.interp.visual.optimize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.image.ChannelOrder;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every piece against its definition, central differences, its transpose, or by hand. */
class OptimizePartsTest {
  private static final double STEP = 1e-5;

  private static double[] random(long seed, int length) {
    return new Random(seed).doubles(length, -1, 1).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void assertSlope(
      ToDoubleFunction<double[]> function, double[] at, double[] gradient) {
    assertThat(gradient).hasSameSizeAs(at);
    for (int i = 0; i < at.length; i++) {
      double[] up = at.clone();
      double[] down = at.clone();
      up[i] += STEP;
      down[i] -= STEP;
      double slope = (function.applyAsDouble(up) - function.applyAsDouble(down)) / (2 * STEP);
      assertThat(gradient[i])
          .as("number " + i)
          .isCloseTo(slope, within(1e-7 * Math.max(1, Math.abs(slope))));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8, 12, 17, 30, 32})
  void the_transform_is_its_definition(int n) {
    int lanes = 3;
    double[] re = random(1, n * lanes);
    double[] im = random(2, n * lanes);
    for (int sign : new int[] {1, -1}) {
      FourierTransform.Signal result =
          new FourierTransform(n)
              .apply(
                  new FourierTransform.Signal(rows(re, lanes), rows(im, lanes)),
                  FourierTransform.Signal.zeros(n, lanes),
                  sign);
      for (int k = 0; k < n; k++) {
        for (int s = 0; s < lanes; s++) {
          double a = 0;
          double b = 0;
          for (int j = 0; j < n; j++) {
            double angle = sign * 2 * Math.PI * j * k / n;
            a += re[j * lanes + s] * Math.cos(angle) - im[j * lanes + s] * Math.sin(angle);
            b += re[j * lanes + s] * Math.sin(angle) + im[j * lanes + s] * Math.cos(angle);
          }
          assertThat(result.re()[k][s]).isCloseTo(a, within(1e-12));
          assertThat(result.im()[k][s]).isCloseTo(b, within(1e-12));
        }
      }
    }
  }

  private static double[][] rows(double[] numbers, int lanes) {
    double[][] rows = new double[numbers.length / lanes][];
    Arrays.setAll(rows, k -> Arrays.copyOfRange(numbers, k * lanes, (k + 1) * lanes));
    return rows;
  }

  @ParameterizedTest
  @CsvSource({"4, 6", "5, 7", "6, 5", "1, 3", "2, 2"})
  void waves_are_added_up_as_defined(int h, int w) {
    Spectrum spectrum = new Spectrum(2, h, w);
    int half = h / 2 + 1;
    double[] z = random(3, spectrum.parameters());
    double[] planes = planes(spectrum, z, h, w);
    double[] expected = new double[2 * h * w];
    for (int c = 0; c < 2; c++) {
      for (int u = 0; u < half; u++) {
        for (int v = 0; v < w; v++) {
          double fx = (2 * v < w ? v : v - w) / (double) w;
          double f = Math.max(Math.hypot(fx, u / (double) h), 1.0 / Math.max(h, w));
          double scale = Math.sqrt(h * w) / f / 4 / (h * w) * (u == 0 || 2 * u == h ? 1 : 2);
          int at = (v * 2 + c) * half + u;
          for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
              // What belongs to a row that stands alone is real, whatever its own waves are.
              double down = 2 * Math.PI * u * i / h;
              double right = 2 * Math.PI * v * j / w;
              double re = z[at] * Math.cos(right) - z[at + 2 * w * half] * Math.sin(right);
              double im = z[at] * Math.sin(right) + z[at + 2 * w * half] * Math.cos(right);
              expected[(c * h + i) * w + j] += scale * (re * Math.cos(down) - im * Math.sin(down));
            }
          }
        }
      }
    }
    assertThat(planes).containsExactly(expected, within(1e-12));
    double[] g = random(4, planes.length);
    double[] back = new double[z.length];
    spectrum.adjoint(rows(g, h * w), back);
    assertThat(dot(planes, g)).isCloseTo(dot(z, back), within(1e-10));
    assertThat(planes(spectrum, spectrum.parametersOf(rows(planes, h * w)), h, w))
        .containsExactly(planes, within(1e-12));
  }

  private static double[] planes(Spectrum spectrum, double[] z, int h, int w) {
    double[][] planes = new double[2][h * w];
    spectrum.planes(z, planes);
    return Arrays.stream(planes).flatMapToDouble(Arrays::stream).toArray();
  }

  @Test
  void the_logistic_function_is_that_of_the_library() {
    double[] x = {0, 1e-9, -0.3, 1, -5, 12.5, -36, 39.9, -39.9, 1e5, -1e5};
    double[] y = x.clone();
    Parameterization.logistic(y);
    for (int i = 0; i < x.length; i++) {
      assertThat(y[i]).isCloseTo(1 / (1 + Math.exp(-x[i])), within(1e-12));
    }
    assertThat(y[0]).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true, 0, RGB",
    "true, false, 0, BGR",
    "false, true, 0, BGR",
    "false, false, 255, RGB",
    "true, true, 1, GREY"
  })
  void gradients_of_parameters(
      boolean waves, boolean decorrelated, double unit, ChannelOrder order) {
    Parameterization how = waves ? Parameterization.fourier() : Parameterization.pixels();
    how = decorrelated ? how : how.correlated();
    how = unit > 0 ? how.unbounded(unit) : how;
    Parameterization.Canvas canvas = how.canvas(order, 4, 5);
    double[] z = canvas.noise(new SplittableRandom(5), 0.3);
    double[] g = random(6, order.channels() * 20);
    assertSlope(p -> dot(canvas.pixels(p), g), z, slope(canvas, z, g));
  }

  private static double[] slope(Parameterization.Canvas canvas, double[] z, double[] g) {
    canvas.pixels(z);
    return canvas.gradient(g.clone()).clone();
  }

  @Test
  void colours_by_hand() {
    // One unit of the first decorrelated colour is (0.26, 0.27, 0.27) over its own length, the
    // largest of the three.
    double length = Math.sqrt(0.26 * 0.26 + 2 * 0.27 * 0.27);
    Parameterization how = Parameterization.pixels().unbounded(1);
    assertThat(how.canvas(ChannelOrder.RGB, 1, 1).pixels(new double[] {1, 0, 0}))
        .containsExactly(
            new double[] {0.5 + 0.26 / length, 0.5 + 0.27 / length, 0.5 + 0.27 / length},
            within(1e-12));
    assertThat(how.canvas(ChannelOrder.BGR, 1, 1).pixels(new double[] {0, 1, 0}))
        .containsExactly(
            new double[] {0.5 - 0.09 / length, 0.5, 0.5 + 0.09 / length}, within(1e-12));
    assertThat(Parameterization.pixels().canvas(ChannelOrder.GREY, 1, 2).pixels(new double[2]))
        .containsExactly(0.5, 0.5);
  }

  private static double[] look(Warp warp, double[] x, int fromH, int fromW, int h, int w) {
    double[] y = new double[h * w];
    Warp.Taps taps = warp.taps(fromH, fromW, h, w);
    taps.apply(x, 0, y, 0, new double[taps.padded()]);
    return y;
  }

  @Test
  void looks_by_hand() {
    double[] x = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assertThat(look(Warp.NONE, x, 3, 3, 3, 3)).containsExactly(x);
    assertThat(look(Warp.shift(1, -1), x, 3, 3, 3, 3))
        .containsExactly(0.5, 4, 5, 0.5, 7, 8, 0.5, 0.5, 0.5);
    // A quarter turn against the clock: the last column becomes the first row.
    assertThat(look(Warp.around(3, 3, 1, 90), x, 3, 3, 3, 3))
        .containsExactly(new double[] {3, 6, 9, 2, 5, 8, 1, 4, 7}, within(1e-12));
    // Twice as large around the middle: halves of the way from the centre.
    assertThat(look(Warp.around(3, 3, 2, 0), x, 3, 3, 3, 3))
        .containsExactly(new double[] {3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7}, within(1e-12));
    assertThat(look(Warp.resize(1, 2, 1, 4), new double[] {1, 5}, 1, 2, 1, 4))
        .containsExactly(new double[] {0.75 + 0.125, 2, 4, 0.25 * 0.5 + 0.75 * 5}, within(1e-12));
  }

  @Test
  void steps_follow_each_other_in_their_order() {
    double[] x = random(7, 25);
    Warp shift = Warp.shift(1, 0);
    Warp turn = Warp.around(5, 5, 1, 90);
    double[] shiftedFirst = look(turn, look(shift, x, 5, 5, 5, 5), 5, 5, 5, 5);
    assertThat(look(shift.then(turn), x, 5, 5, 5, 5)).containsExactly(shiftedFirst, within(1e-12));
    Transformations both = Transformations.none().rotate(90).scale(2);
    Warp drawn = both.draw(new SplittableRandom(1), 5, 5);
    assertThat(drawn.matrix())
        .containsExactly(
            Warp.around(5, 5, 1, 90).then(Warp.around(5, 5, 2, 0)).matrix(), within(1e-12));
    assertThat(Transformations.standard())
        .hasToString("jitter 8, scale 0.9 to 1.1, rotate -10.0 to 10.0, jitter 4");
  }

  @Test
  void jitter_takes_every_place_of_its_range() {
    SplittableRandom random = new SplittableRandom(3);
    double[] places =
        java.util.stream.IntStream.range(0, 300)
            .mapToDouble(i -> Transformations.none().jitter(4).draw(random, 9, 9).matrix()[2])
            .distinct()
            .sorted()
            .toArray();
    assertThat(places).containsExactly(-2, -1, 0, 1, 2);
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "0.9, 10", "1.1, -7", "1, 45"})
  void a_look_backwards_is_the_transpose(double factor, double degrees) {
    Warp warp = Warp.around(6, 7, factor, degrees).then(Warp.shift(1, 2));
    Warp.Taps taps = Warp.resize(4, 5, 6, 7).then(warp).taps(4, 5, 6, 7);
    double[] x = random(8, 20);
    double[] g = random(9, 42);
    double[] back = new double[20];
    taps.addAdjoint(g, 0, back, 0, new double[taps.padded()]);
    assertSlope(
        p -> {
          double[] y = new double[42];
          taps.apply(p, 0, y, 0, new double[taps.padded()]);
          return dot(y, g);
        },
        x,
        back);
  }

  @Test
  void penalties_by_hand_and_their_slopes() {
    double[] pixels = {0.5, 0.75, 1.5, 0.25, 0.5, 0.5, 0.5, 0.5};
    double[] ignored = new double[8];
    assertThat(Penalty.l1(2).add(pixels, 2, 2, ignored)).isCloseTo(3, within(1e-12));
    assertThat(Penalty.l2(2).add(pixels, 2, 2, ignored)).isCloseTo(2.25, within(1e-12));
    assertThat(Penalty.alphaNorm(1, 6).add(pixels, 2, 2, ignored))
        .isCloseTo(1 + 2 * Math.pow(0.25, 6), within(1e-12));
    // (1² + 0.25²) + 0.5² + 1.25² + 0 in the first channel
    assertThat(Penalty.totalVariation(1, 2).add(pixels, 2, 2, ignored))
        .isCloseTo(1.0625 + 0.25 + 1.5625, within(1e-12));
    double[] p = random(10, 24);
    for (Penalty penalty :
        List.of(
            Penalty.l1(0.7),
            Penalty.l2(0.7),
            Penalty.alphaNorm(3, 6),
            Penalty.totalVariation(0.4, 2),
            Penalty.totalVariation(0.4, 3),
            Penalty.totalVariation(0.4, 1))) {
      double[] gradient = new double[24];
      penalty.add(p, 3, 4, gradient);
      assertSlope(q -> penalty.add(q, 3, 4, new double[24]), p, gradient);
    }
  }

  @Test
  void the_blur_pulls_towards_the_blurred_picture() {
    double[] p = random(11, 12);
    double[] blurred = Separable.blur(3, 4, 0.8).apply(p);
    double[] gradient = new double[12];
    double value = Penalty.blur(2, 0.8).add(p, 3, 4, gradient);
    double expected = 0;
    for (int i = 0; i < 12; i++) {
      expected += (p[i] - blurred[i]) * (p[i] - blurred[i]);
      assertThat(gradient[i]).isCloseTo(2 * (p[i] - blurred[i]), within(1e-12));
    }
    assertThat(value).isCloseTo(expected, within(1e-12));
  }

  @Test
  void objectives_by_hand() {
    Network network = identity();
    double[] maps = {1, 2, 3, 4, -1, 0, 1, 2};
    assertThat(value(network, Objective.channel("a", 0), maps)).isEqualTo(2.5);
    assertThat(value(network, Objective.neuron("a", 1), maps)).isEqualTo(2);
    assertThat(value(network, Objective.neuron("a", 0, 1, 0), maps)).isEqualTo(3);
    assertThat(value(network, Objective.direction("a", 2, -1), maps)).isEqualTo(4.5);
    assertThat(value(network, Objective.deepDream("a"), maps)).isEqualTo(36 / 8.0);
    INDArray wanted = Nd4j.createFromArray(2., 0, 0, 0, 0, 0, 0, 0).reshape(1, 2, 2, 2);
    assertThat(value(network, Objective.same("a", wanted), maps)).isEqualTo(-(36 - 4 + 4) / 4.0);
    // The product is 2, the lengths 6 and 2.
    assertThat(value(network, Objective.caricature("a", wanted), maps))
        .isCloseTo(2 * 2 / 12.0, within(1e-12));
    // Products of channels over four positions: 30, 10, 6 against 4, 0, 0.
    assertThat(value(network, Objective.style("a", wanted), maps))
        .isCloseTo(-(6.5 * 6.5 + 2 * 2.5 * 2.5 + 1.5 * 1.5) / 4, within(1e-12));
  }

  @Test
  void slopes_of_objectives() {
    Network network = identity();
    INDArray wanted = Nd4j.createFromArray(random(12, 8)).reshape(1, 2, 2, 2);
    Objective channel = Objective.channel("a", 1);
    for (Objective objective :
        List.of(
            channel,
            Objective.neuron("a", 0, 1, 0),
            Objective.direction("a", 0.3, -2),
            Objective.deepDream("a"),
            Objective.same("a", wanted),
            Objective.caricature("a", wanted),
            Objective.style("a", wanted),
            channel.times(3).minus(Objective.deepDream("a")).plus(channel))) {
      double[] maps = random(13, 8);
      double[] seed = new double[8];
      objective.add(network, "a", new Objective.Maps(maps, 2, 2, 2), seed);
      assertSlope(m -> value(network, objective, m), maps, seed);
    }
    assertThat(channel.times(2).minus(channel)).hasToString("2.000 · (a[1]) − a[1]");
  }

  @Test
  void log_odds_by_hand_and_their_slope() {
    Network network =
        Network.builder(3, 1, 1).add("a", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true)).build();
    double[] logits = {2, 1, -1};
    double[] seed = new double[3];
    double value =
        Objective.logOdds(0).add(network, "a", new Objective.Maps(logits, 3, 1, 1), seed);
    assertThat(value).isCloseTo(2 - Math.log(Math.E + 1 / Math.E), within(1e-12));
    assertSlope(
        z -> Objective.logOdds(0).add(network, "a", new Objective.Maps(z, 3, 1, 1), new double[3]),
        logits,
        seed);
  }

  @Test
  void pictures_of_a_group_are_driven_apart() {
    double[] all = random(14, 3 * 8);
    double[][] seeds = new double[3][8];
    double[][] maps = rows(all);
    double value = Gram.separate(maps, 2, 0.5, seeds);
    assertThat(value).isPositive();
    double[] gradient = new double[24];
    for (int r = 0; r < 3; r++) {
      System.arraycopy(seeds[r], 0, gradient, r * 8, 8);
    }
    assertSlope(a -> -0.5 * Gram.separate(rows(a), 2, 0.5, new double[3][8]), all, gradient);
  }

  @Test
  void momentum_by_hand() {
    double[] x = {1};
    Momentum momentum = new Momentum(1);
    momentum.step(x, new double[] {2}, 0.1);
    assertThat(x[0]).isCloseTo(0.8, within(1e-12));
    momentum.step(x, new double[] {2}, 0.1);
    assertThat(x[0]).isCloseTo(0.8 - 0.18 - 0.2, within(1e-12));
    momentum.step(x, new double[] {2}, 0.01);
    assertThat(x[0]).isCloseTo(0.42 - 0.02, within(1e-12));
  }

  /** Two pictures through a rectifier: one is open in a place, the other one closed everywhere. */
  @Test
  void only_a_closed_rectifier_is_opened() {
    Network network =
        Network.builder(1, 1, 3)
            .add("a", new Op.Activation(new ActivationReLU()))
            .add("b", new Op.Affine(Nd4j.createFromArray(1.0), Nd4j.createFromArray(0.0)))
            .build();
    INDArray x = Nd4j.createFromArray(-1., 2, -3, -1, -2, -3).reshape(2, 1, 1, 3);
    INDArray seed = Nd4j.createFromArray(1., 1, -1, 1, 1, -1).reshape(2, 1, 1, 3);
    Target.Resolved target =
        new Target.Resolved("b", List.of(-1, -1), Nd4j.zeros(2).castTo(seed.dataType()), seed);
    try (Trace trace = network.run(x, Hooks.none().keep("b").withRules(DeadRelu.RULES))) {
      assertThat(trace.gradient(target, Network.INPUT).ravel().toDoubleVector())
          .containsExactly(new double[] {0, 1, 0, 1, 1, 0}, within(0.0));
    }
  }

  @Test
  void wrong_numbers_are_refused() {
    assertThatThrownBy(() -> Penalty.l1(-1)).hasMessageContaining("must be at least 0");
    assertThatThrownBy(() -> Transformations.none().scale(0)).hasMessageContaining("above 0");
    assertThatThrownBy(() -> Transformations.none().rotate()).hasMessageContaining("at least one");
    assertThatThrownBy(() -> Parameterization.pixels().unbounded(0))
        .hasMessageContaining("above 0");
    assertThatThrownBy(() -> Objective.same("a", Nd4j.zeros(1, 3)))
        .hasMessageContaining("nothing of the picture is left");
    assertThatThrownBy(() -> Objective.channel("a", 2).check(identity()))
        .hasMessageContaining("has 2 channels");
    assertThatThrownBy(() -> Objective.direction("a", 1, 2, 3).check(identity()))
        .hasMessageContaining("3 numbers were given");
  }

  private static double[][] rows(double[] all) {
    double[][] rows = new double[3][];
    Arrays.setAll(rows, r -> Arrays.copyOfRange(all, r * 8, (r + 1) * 8));
    return rows;
  }

  private static double value(Network network, Objective objective, double[] maps) {
    return objective.add(network, "a", new Objective.Maps(maps, 2, 2, 2), new double[maps.length]);
  }

  /** Two channels of 2 × 2, unchanged. */
  private static Network identity() {
    INDArray weights = Nd4j.createFromArray(1., 0, 0, 1).reshape(2, 2, 1, 1);
    return Network.builder(2, 2, 2)
        .add("a", new Op.Convolution(weights, null, Window.of(1, 1, 0), 1))
        .build();
  }
}
