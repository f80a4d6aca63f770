package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.array;
import static dev.interp.core.testkit.Tensors.assertClose;
import static dev.interp.core.testkit.Tensors.assertSameBits;
import static dev.interp.core.testkit.Tensors.gaussian;
import static dev.interp.core.testkit.Tensors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What is recomputed in part is what a run of the whole gives. */
class IncrementalRunProperties {
  private static final int CHANNELS = 3;

  @Property(tries = 150, seed = "31")
  void copies_give_what_full_runs_give(@ForAll @IntRange(min = 0, max = 100000) int seed) {
    check(network(new Random(seed), DataType.DOUBLE), seed, 1e-12);
  }

  @Property(tries = 60, seed = "32")
  void in_single_precision_they_do_to_rounding(@ForAll @IntRange(min = 0, max = 100000) int seed) {
    check(network(new Random(seed), DataType.FLOAT), seed, 1e-5);
  }

  /** The case that the arithmetic is for: something is saved, and often much. */
  @Example
  void small_changes_are_cheap() {
    double saved = 0;
    for (int seed = 0; seed < 40; seed++) {
      Network network = network(new Random(seed), DataType.DOUBLE);
      INDArray x = picture(network, seed);
      try (IncrementalRun run = network.incremental(x)) {
        INDArray dot = gaussian(DataType.DOUBLE, seed, 4, CHANNELS, 1, 1);
        run.logits(dot, new int[][] {{0, 0}, {5, 7}, {3, 1}, {8, 6}});
        saved += 1 - run.work().share();
      }
    }
    assertThat(saved / 40).isGreaterThan(0.3);
  }

  private static void check(Network network, int seed, double tolerance) {
    Random random = new Random(seed);
    INDArray x = picture(network, seed);
    List<String> tensors = network.layers().stream().map(LayerInfo::name).toList();
    try (IncrementalRun run = network.incremental(x)) {
      assertClose(run.base(network.logits()), network.logits(x), tolerance);
      for (int batch = 0; batch < 4; batch++) {
        int n = 1 + random.nextInt(4);
        int h = 1 + random.nextInt(batch == 3 ? (int) x.size(2) : 4);
        int w = batch == 2 ? (int) x.size(3) : 1 + random.nextInt(4);
        int[][] places = new int[n][];
        for (int i = 0; i < n; i++) {
          places[i] =
              new int[] {
                random.nextInt((int) x.size(2) - h + 1), random.nextInt((int) x.size(3) - w + 1)
              };
        }
        INDArray patches = gaussian(network.precision(), seed + batch, n, CHANNELS, h, w);
        INDArray whole = changed(x, patches, places);
        assertClose(run.logits(patches, places), network.logits(whole), tolerance);
        String one = tensors.get(random.nextInt(tensors.size()));
        String other = tensors.get(random.nextInt(tensors.size()));
        List<INDArray> found = run.tensors(List.of(one, other), patches, places);
        try (Trace trace = network.run(whole, Hooks.none().keep(one, other))) {
          assertClose(found.get(0), trace.activation(one), tolerance);
          assertClose(found.get(1), trace.activation(other), tolerance);
        }
        assertThat(run.work().done()).isLessThanOrEqualTo(run.work().full());
      }
    }
  }

  /** Maps that read any one before them, in all ways that have an arithmetic of their own. */
  private static Network network(Random random, DataType type) {
    Network.Builder builder =
        Network.builder(CHANNELS, 9 + random.nextInt(9), 8 + random.nextInt(9));
    List<String> maps = new ArrayList<>(List.of(Network.INPUT));
    int size = 2 + random.nextInt(8);
    for (int i = 0; i < size; i++) {
      String name = "map" + i;
      String one = maps.get(maps.size() - 1 - random.nextInt(Math.min(2, maps.size())));
      Op op = op(random);
      if (random.nextInt(4) == 0) {
        merge(builder, random, name, one, maps);
      } else if (fits(builder, op, one)) {
        builder.add(name, op, one);
      } else {
        builder.add(name, relu(), one);
      }
      maps.add(name);
    }
    String last = maps.get(maps.size() - 1);
    return builder
        .add("pool", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true), last)
        .add("logits", new Op.Dense(gaussian(DataType.DOUBLE, 7, CHANNELS, 3), null))
        .build()
        .withPrecision(type);
  }

  /**
   * Joins two maps of one size: the map itself, what a convolution makes of it, or an older one.
   */
  private static void merge(
      Network.Builder builder, Random random, String name, String one, List<String> maps) {
    long[] shape = shape(builder, one);
    List<String> alike =
        maps.stream().filter(m -> Arrays.equals(shape(builder, m), shape)).toList();
    String other = alike.get(random.nextInt(alike.size()));
    String beside = name + "beside";
    switch (random.nextInt(6)) {
      case 0 -> {
        builder.add(beside, convolution(random, Window.of(3, 1, 1), 1), one);
        builder.add(name, new Op.Elementwise(Op.Combination.ADD), beside, other);
      }
      case 1 -> {
        builder.add(beside, convolution(random, Window.of(5, 1, 2), 1), other);
        builder.add(name, new Op.Elementwise(Op.Combination.ADD), one, beside);
      }
      case 2 -> builder.add(name, new Op.Elementwise(Op.Combination.AVERAGE), one, other);
      case 3 -> {
        builder.add(beside, new Op.Constant(gaussian(DataType.DOUBLE, 3, shape)));
        builder.add(name, new Op.Elementwise(Op.Combination.MULTIPLY), beside, one);
      }
      case 4 -> {
        builder.add(beside, new Op.Pool(Op.Reduction.MAX, Window.of(3, 1, 1), 0), one);
        builder.add(beside + "both", new Op.Concat(), beside, other);
        builder.add(name, new Op.Subset(2, 2 + CHANNELS));
      }
      default -> {
        builder.add(beside, new Op.GlobalPool(Op.Reduction.AVERAGE, 0, false), one);
        builder.add(name, new Op.Elementwise(Op.Combination.SUBTRACT), other, beside);
      }
    }
  }

  private static Op op(Random random) {
    Window window = new Window(axis(random), axis(random));
    return switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> convolution(random, window, 1);
      case 4 -> convolution(random, window, CHANNELS);
      case 5 -> new Op.Pool(Op.Reduction.MAX, window, 0);
      case 6 -> new Op.Pool(Op.Reduction.AVERAGE, window, 0);
      case 7 -> new Op.Pool(Op.Reduction.AVERAGE_WITH_PADDING, window, 0);
      case 8 -> new Op.Upsample(1 + random.nextInt(2), 1 + random.nextInt(3));
      case 9 -> new Op.Pad(random.nextInt(3), -random.nextInt(3), -random.nextInt(2), 1);
      case 10 ->
          new Op.Affine(
              gaussian(DataType.DOUBLE, random.nextInt(99), CHANNELS),
              gaussian(DataType.DOUBLE, random.nextInt(99), CHANNELS));
      case 11 -> new Op.LocalResponseNormalization(1, 1, 0.5, 0.75);
      case 12 -> new Op.Activation(Activation.TANH.getActivationFunction());
      default -> relu();
    };
  }

  private static Window.Axis axis(Random random) {
    int kernel = 1 + random.nextInt(4);
    return new Window.Axis(
        kernel,
        1 + random.nextInt(2),
        random.nextInt(kernel),
        random.nextInt(3) == 0 ? 2 : 1,
        random.nextInt(3) == 0);
  }

  /** Maps stay large enough to be cut, and small. */
  private static boolean fits(Network.Builder builder, Op op, String input) {
    long[] in = shape(builder, input);
    try {
      long[] out = op.outputShape(List.of(in));
      return out[1] >= 3 && out[2] >= 3 && out[1] <= 30 && out[2] <= 30;
    } catch (IllegalArgumentException tooSmall) {
      return false;
    }
  }

  private static long[] shape(Network.Builder builder, String tensor) {
    return builder.build().layer(tensor).shape().stream().mapToLong(Long::longValue).toArray();
  }

  private static Op relu() {
    return new Op.Activation(Activation.RELU.getActivationFunction());
  }

  private static Op convolution(Random random, Window window, int groups) {
    INDArray weights =
        gaussian(
            DataType.DOUBLE,
            random.nextInt(99),
            CHANNELS,
            CHANNELS / groups,
            window.height().kernel(),
            window.width().kernel());
    return new Op.Convolution(
        weights.mul(0.4), gaussian(DataType.DOUBLE, 5, CHANNELS), window, groups);
  }

  private static INDArray picture(Network network, int seed) {
    long[] shape = network.inputShape();
    return gaussian(network.precision(), seed + 9L, 1, shape[0], shape[1], shape[2]);
  }

  private static INDArray changed(INDArray x, INDArray patches, int[][] places) {
    INDArray whole = Nd4j.repeat(x, places.length).reshape(-1, x.size(1), x.size(2), x.size(3));
    for (int i = 0; i < places.length; i++) {
      whole
          .get(
              NDArrayIndex.point(i),
              NDArrayIndex.all(),
              NDArrayIndex.interval(places[i][0], places[i][0] + patches.size(2)),
              NDArrayIndex.interval(places[i][1], places[i][1] + patches.size(3)))
          .assign(patches.slice(i));
    }
    return whole;
  }

  @Property(tries = 50, seed = "33")
  void batches_hold_every_copy_once_and_boxes_of_like_sizes(
      @ForAll @IntRange(min = 0, max = 100000) int seed,
      @ForAll @IntRange(min = 1, max = 9) int batchSize) {
    Random random = new Random(seed);
    List<Rectangle> boxes = new ArrayList<>();
    for (int i = 0; i < random.nextInt(60); i++) {
      int left = random.nextInt(20);
      int top = random.nextInt(20);
      boxes.add(
          new Rectangle(left, top, left + 1 + random.nextInt(9), top + 1 + random.nextInt(9)));
    }
    Network network = means(30);
    List<int[]> batches;
    try (IncrementalRun run = network.incremental(Nd4j.zeros(DataType.DOUBLE, 1, 1, 30, 30))) {
      batches = run.batches(boxes, batchSize);
    }
    assertThat(batches.stream().flatMapToInt(Arrays::stream).sorted().toArray())
        .isEqualTo(java.util.stream.IntStream.range(0, boxes.size()).toArray());
    for (int[] batch : batches) {
      assertThat(batch.length).isBetween(1, batchSize);
      int[] areas =
          Arrays.stream(batch).map(i -> boxes.get(i).width() * boxes.get(i).height()).toArray();
      assertThat(Arrays.stream(areas).max().getAsInt())
          .isLessThanOrEqualTo((int) (1.5 * Arrays.stream(areas).min().getAsInt()));
    }
  }

  /** Windows in the corners come together, whichever corner it is. */
  @Example
  void windows_as_far_from_the_rim_are_one_batch() {
    List<Rectangle> boxes = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      int left = 2 * (i % 4);
      int top = 2 * (i / 4);
      boxes.add(new Rectangle(left, top, left + 2, top + 2));
    }
    try (IncrementalRun run = means(8).incremental(Nd4j.zeros(DataType.DOUBLE, 1, 1, 8, 8))) {
      assertThat(run.batches(boxes, 4))
          .containsExactly(
              new int[] {0, 3, 12, 15},
              new int[] {1, 2, 13, 14},
              new int[] {4, 7, 8, 11},
              new int[] {5, 6, 9, 10});
    }
  }

  /** Boxes of several sizes are what patches of one size are. */
  @Example
  void boxes_are_cut_out_of_whole_copies() {
    Network network = network(new Random(6), DataType.FLOAT);
    INDArray x = picture(network, 2);
    int h = (int) x.size(2);
    int w = (int) x.size(3);
    List<Rectangle> boxes =
        List.of(
            new Rectangle(0, 0, 2, 1),
            new Rectangle(w - 1, h - 4, w, h),
            new Rectangle(3, 2, 5, 6));
    INDArray whole = Nd4j.repeat(x, 3).reshape(3, CHANNELS, h, w);
    for (int i = 0; i < 3; i++) {
      Rectangle box = boxes.get(i);
      whole
          .get(
              NDArrayIndex.point(i),
              NDArrayIndex.all(),
              NDArrayIndex.interval(box.top(), box.bottom()),
              NDArrayIndex.interval(box.left(), box.right()))
          .addi(i + 1);
    }
    try (IncrementalRun run = network.incremental(x)) {
      INDArray found =
          run.tensors(List.of(network.logits()), boxes, i -> numbers(whole.slice(i))).get(0);
      assertClose(found, network.logits(whole), 1e-5);
      assertThatThrownBy(
              () ->
                  run.tensors(
                      List.of(network.logits()),
                      List.of(new Rectangle(0, 0, w + 1, 1)),
                      i -> numbers(x)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("each box must lie in the picture of " + h + "×" + w);
    }
  }

  // ---------------------------------------------------------------- by hand

  /** A mean of 3 × 3 inside a square map, maxima over 2 × 2, and the sum of all. */
  private static Network means(int side) {
    INDArray ones = Nd4j.ones(DataType.DOUBLE, 1, 1, 3, 3);
    return Network.builder(1, side, side)
        .add("sums", new Op.Convolution(ones, null, Window.of(3, 1, 1), 1))
        .add("halves", new Op.Pool(Op.Reduction.MAX, Window.of(2, 2, 0), 0))
        .add("flat", flatten())
        .add("logits", new Op.Dense(Nd4j.ones(DataType.DOUBLE, side * side / 4, 1), null))
        .build();
  }

  private static Op flatten() {
    return new Op.Reshape(List.of(-1L), Op.Order.CHANNELS_FIRST, Op.Order.CHANNELS_FIRST);
  }

  @Example
  void a_pixel_reaches_nine_sums_and_their_maxima() {
    INDArray x = Nd4j.zeros(DataType.DOUBLE, 1, 1, 8, 8);
    PassCounter passes = new PassCounter();
    try (IncrementalRun run = means(8).counting(passes).incremental(x)) {
      INDArray one = array(new long[] {2, 1, 1, 1}, 1, 2);
      int[][] places = {{0, 0}, {3, 3}};
      List<INDArray> found = run.tensors(List.of("sums", "halves"), one, places);
      assertThat(found.get(0).sumNumber().doubleValue()).isEqualTo(4 + 18);
      assertThat(found.get(1).slice(0).sumNumber().doubleValue()).isEqualTo(1);
      assertThat(found.get(1).slice(1).sumNumber().doubleValue()).isEqualTo(2 * 4);
      // In both 3 × 3 sums of 9 products, in the corner because it goes with the other one.
      assertThat(run.work()).isEqualTo(new Work(2 * 9 * 9, 2 * 64 * 9));
      assertThat(run.work().share()).isEqualTo(9 / 64.0);
      assertThat(run.logits(one, places)).isEqualTo(array(new long[] {2, 1}, 1, 8));
      assertThat(passes.forwards()).isEqualTo(5);
      assertThat(passes.incremental()).isEqualTo(run.work());
    }
  }

  @Example
  void a_net_that_begins_with_a_dense_layer_is_run_in_full() {
    Network network =
        Network.builder(2, 3, 3)
            .add("flat", flatten())
            .add("logits", new Op.Dense(gaussian(DataType.DOUBLE, 1, 18, 4), null))
            .build();
    INDArray x = gaussian(DataType.DOUBLE, 2, 1, 2, 3, 3);
    INDArray patches = gaussian(DataType.DOUBLE, 3, 2, 2, 1, 2);
    int[][] places = {{0, 1}, {2, 0}};
    try (IncrementalRun run = network.incremental(x)) {
      assertSameBits(run.logits(patches, places), network.logits(changed(x, patches, places)));
      assertThat(run.work()).isEqualTo(new Work(2 * 72, 2 * 72));
    }
  }

  @Example
  void the_picture_and_the_patches_are_not_modified_and_runs_of_threads_do_not_meet() {
    Network network = network(new Random(4), DataType.DOUBLE);
    INDArray x = picture(network, 1);
    INDArray patches = gaussian(DataType.DOUBLE, 3, 2, CHANNELS, 3, 2);
    INDArray before = x.dup();
    INDArray own = patches.dup();
    int[][] places = {{0, 1}, {2, 0}};
    INDArray expected = network.logits(changed(x, patches, places));
    java.util.stream.IntStream.range(0, 16)
        .parallel()
        .forEach(
            i -> {
              try (IncrementalRun run = network.incremental(x)) {
                assertClose(run.logits(patches, places), expected, 1e-12);
              }
            });
    assertSameBits(x, before);
    assertSameBits(patches, own);
  }

  @Example
  void wrong_use_is_refused() {
    Network network = means(8);
    INDArray x = gaussian(DataType.DOUBLE, 2, 1, 1, 8, 8);
    int[][] corner = {{0, 0}};
    assertThatThrownBy(() -> network.incremental(gaussian(DataType.DOUBLE, 2, 2, 1, 8, 8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "an incremental run needs one picture [1, C, H, W], was [2, 1, 8, 8] (open one for each"
                + " picture)");
    Network vectors = Network.builder(3).add("same", new Op.Scale(2, 0)).build();
    assertThatThrownBy(() -> vectors.incremental(gaussian(DataType.DOUBLE, 2, 1, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("an incremental run needs one picture [1, C, H, W], was [1, 3]");
    IncrementalRun run = network.incremental(x);
    INDArray patch = gaussian(DataType.DOUBLE, 3, 1, 1, 2, 3);
    assertThatThrownBy(() -> run.logits(patch, new int[][] {{7, 0}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the rectangle of copy 0, 2×3, must lie in the picture of 8×8, was at [row, column]"
                + " [7, 0]");
    assertThatThrownBy(() -> run.logits(patch, new int[][] {{0, -1}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must lie in the picture");
    assertThatThrownBy(() -> run.logits(patch, new int[][] {{0, 0}, {1, 1}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be one place per patch (1), was 2");
    assertThatThrownBy(() -> run.logits(gaussian(DataType.DOUBLE, 3, 1, 2, 2, 3), corner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the patches must be [N, 1, height, width], of the picture's channels, was [1, 2, 2,"
                + " 3]");
    INDArray broken = patch.dup().putScalar(3, Double.NaN);
    assertThatThrownBy(() -> run.logits(broken, corner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the patches must hold finite numbers");
    assertThatThrownBy(() -> run.tensors(List.of(), patch, corner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("at least one tensor must be asked for");
    assertThatThrownBy(() -> run.tensors(List.of("sum"), patch, corner))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no tensor is named 'sum'; did you mean 'sums'?");
    assertThatThrownBy(() -> new Rectangle(2, 0, 2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a rectangle must have left < right and top < bottom");
    run.close();
    run.close();
    assertThatThrownBy(() -> run.logits(patch, corner))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the incremental run is closed; evaluate copies of the picture before");
    assertThatThrownBy(() -> run.base("sums")).isInstanceOf(IllegalStateException.class);
  }
}
