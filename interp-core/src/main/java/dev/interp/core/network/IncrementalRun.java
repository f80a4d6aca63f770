package dev.interp.core.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The run of one picture, kept so that copies of it that differ within a rectangle need not be run
 * as a whole: every op computes only the outputs that the change reaches, from the picture's own
 * tensors with what has changed laid over them. From the op on where that would take longer than
 * all outputs do, the batch runs as it does in {@link Network#logits(INDArray)}. Results are those
 * of full runs but for the order in which the kernels add, which may depend on the size of a map.
 *
 * <p>What is recomputed follows from kernels, strides, padding and dilation. A dense layer, a
 * flattening, a global pooling, a transposed convolution or an opaque op reads everything; it and
 * what comes after it is computed in full, and so is a network that begins with one.
 *
 * <p>Holds the memory of all tensors of the picture until it is closed (VGG-16 at 224 × 224: some
 * 60 MB), and room for the changed parts of a batch. Not safe for concurrent use: every thread
 * opens its own. Cost: one forward pass for the picture, and one for each copy, as {@link
 * PassCounter} counts them; what they took in multiply-adds is told by {@link #work}.
 *
 * <p>Source of the idea: Nakandala, Kumar, Papakonstantinou: Incremental and Approximate Inference
 * for Faster Occlusion-based Deep CNN Explanations, SIGMOD 2019, section 4. Deviations: exact only;
 * the step to full runs is chosen by a count of the work; any graph of ops, not chains.
 */
public final class IncrementalRun implements AutoCloseable {
  /** How much larger than the smallest a box may be that goes into a batch with it. */
  private static final double MOST_GROWTH = 1.5;

  private final Network network;
  private final ChangeFlow.Graph graph;
  private final PixelRows[] base;
  private final ChangePasses passes;
  private @Nullable Plan plan;
  private int run = -1;
  private Work work = new Work(0, 0);

  /**
   * Takes over what it is given.
   *
   * @param plan holds the picture as its input and keeps all its tensors
   */
  IncrementalRun(Network network, Plan plan, ChangePasses passes, long[] picture) {
    this.network = network;
    this.passes = passes;
    this.plan = plan;
    this.graph = new ChangeFlow.Graph(network, picture);
    this.base = new PixelRows[graph.size()];
  }

  /**
   * A tensor of the picture itself.
   *
   * @param tensor its name
   * @return {@code [1, C, H, W]} or {@code [1, F]}, a copy owned by the caller
   * @throws IllegalArgumentException if the network has no tensor of that name
   */
  public INDArray base(String tensor) {
    int index = network.index(tensor);
    Plan own = plan();
    return Trace.outside(
        () -> {
          advance(own, index);
          return own.value(index);
        });
  }

  /**
   * The logits of copies of the picture that differ from it within a rectangle.
   *
   * @param patches {@code [N, C, h, w]}: what each copy shows in its rectangle; not modified
   * @param places for each copy the row and the column, zero-based, of the rectangle's upper left
   *     corner
   * @return {@code [N, classes]}, owned by the caller
   * @throws IllegalArgumentException if there is not one place per copy, a rectangle does not lie
   *     in the picture, the channels are not the picture's or a number is not finite
   * @throws IllegalStateException if this is closed
   */
  public INDArray logits(INDArray patches, int[][] places) {
    return tensors(List.of(network.logits()), patches, places).get(0);
  }

  /**
   * Tensors of copies of the picture that differ from it within a rectangle. Nothing runs that does
   * not lead to one of them.
   *
   * @param tensors their names, at least one
   * @param patches {@code [N, C, h, w]}: what each copy shows in its rectangle; not modified
   * @param places for each copy the row and the column, zero-based, of the rectangle's upper left
   *     corner
   * @return {@code [N, …]} for each name, owned by the caller
   * @throws IllegalArgumentException if the network lacks a tensor, there is not one place per
   *     copy, a rectangle does not lie in the picture, the channels are not the picture's or a
   *     number is not finite
   * @throws IllegalStateException if this is closed
   */
  public List<INDArray> tensors(List<String> tensors, INDArray patches, int[][] places) {
    Plan own = plan();
    int[] wanted = tensors.stream().mapToInt(network::index).toArray();
    if (wanted.length == 0) {
      throw new IllegalArgumentException("at least one tensor must be asked for");
    }
    Region changed = changed(patches, places);
    return Trace.outside(
        () -> {
          advance(own, Arrays.stream(wanted).max().getAsInt());
          network.countForward(changed.copies());
          ChangeFlow flow = new ChangeFlow(graph, wanted, changed, own::isOverwritten);
          work = new Work(work.done() + flow.work().done(), work.full() + flow.work().full());
          network.countWork(flow.work());
          return passes.of(network, flow).run(flow, this::rows, patches);
        });
  }

  /**
   * Splits copies into batches that take little work together: all of a batch are computed in the
   * size of the largest, so boxes of like sizes, and neighbours, which the rim of a map cuts alike.
   * (Sort-tile-recursive packing: Leutenegger, Lopez, Edgington, ICDE 1997.)
   *
   * @param boxes where each copy differs from the picture
   * @param batchSize copies of a batch at most, at least 1
   * @return the numbers of the copies of each batch; each copy is in one
   */
  public List<int[]> batches(List<Rectangle> boxes, int batchSize) {
    List<int[]> batches = new ArrayList<>();
    int[] rising = sorted(IntStream.range(0, boxes.size()).toArray(), i -> area(boxes.get(i)));
    int from = 0;
    while (from < rising.length) {
      double most = MOST_GROWTH * area(boxes.get(rising[from]));
      int to = from;
      while (to < rising.length && area(boxes.get(rising[to])) <= most) {
        to++;
      }
      int[] alike = Arrays.copyOfRange(rising, from, to);
      int strips = (int) Math.ceil(Math.sqrt(alike.length / (double) batchSize));
      int[] down =
          sorted(alike, i -> fromRim(boxes.get(i).top(), boxes.get(i).bottom(), picture()[1]));
      for (int[] strip : pieces(down, strips * batchSize)) {
        int[] across =
            sorted(strip, i -> fromRim(boxes.get(i).left(), boxes.get(i).right(), picture()[2]));
        batches.addAll(pieces(across, batchSize));
      }
      from = to;
    }
    return batches;
  }

  private static int area(Rectangle box) {
    return box.width() * box.height();
  }

  /** How near the nearer end of an axis a stretch lies. */
  private static int fromRim(int from, int to, long size) {
    return Math.min(from, (int) size - to);
  }

  private static int[] sorted(int[] numbers, IntUnaryOperator key) {
    return Arrays.stream(numbers)
        .boxed()
        .sorted(Comparator.comparing(key::applyAsInt))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static List<int[]> pieces(int[] numbers, int length) {
    return IntStream.iterate(0, i -> i < numbers.length, i -> i + length)
        .mapToObj(i -> Arrays.copyOfRange(numbers, i, Math.min(numbers.length, i + length)))
        .toList();
  }

  /**
   * Tensors of copies of the picture, each of which differs from it within a box of its own. {@link
   * #batches} says which copies should come together.
   *
   * @param tensors their names, at least one
   * @param boxes for each copy the pixels outside which it is the picture, at least one
   * @param copies gives the numbers of each copy in row order, {@code C · H · W}; asked for from
   *     the first to the last and read at once, so that one array may serve all
   * @return {@code [N, …]} for each name, owned by the caller
   * @throws IllegalArgumentException if the network lacks a tensor, a box does not lie in the
   *     picture, or a number is not finite
   * @throws IllegalStateException if this is closed
   */
  public List<INDArray> tensors(
      List<String> tensors, List<Rectangle> boxes, IntFunction<double[]> copies) {
    int height = boxes.stream().mapToInt(Rectangle::height).max().orElse(0);
    int width = boxes.stream().mapToInt(Rectangle::width).max().orElse(0);
    int rows = (int) picture()[1];
    int columns = (int) picture()[2];
    int[][] places = new int[boxes.size()][];
    for (int i = 0; i < places.length; i++) {
      Rectangle box = boxes.get(i);
      if (box.top() < 0 || box.left() < 0 || box.bottom() > rows || box.right() > columns) {
        throw new IllegalArgumentException(
            "each box must lie in the picture of " + rows + "×" + columns + ", was " + box);
      }
      places[i] =
          new int[] {Math.min(box.top(), rows - height), Math.min(box.left(), columns - width)};
    }
    int channels = (int) picture()[0];
    double[] numbers = new double[boxes.size() * channels * height * width];
    int at = 0;
    for (int i = 0; i < places.length; i++) {
      double[] copy = copies.apply(i);
      for (int row = 0; row < channels * height; row++) {
        int y = row / height * rows + places[i][0] + row % height;
        System.arraycopy(copy, y * columns + places[i][1], numbers, at, width);
        at += width;
      }
    }
    try (INDArray patches = array(numbers, boxes.size(), channels, height, width)) {
      return tensors(tensors, patches, places);
    }
  }

  private INDArray array(double[] numbers, long... shape) {
    return Trace.outside(
        () -> {
          if (network.precision() == DataType.DOUBLE) {
            return Nd4j.createFromArray(numbers).reshape('c', shape);
          }
          float[] narrow = new float[numbers.length];
          for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) numbers[i];
          }
          return Nd4j.createFromArray(narrow).reshape('c', shape);
        });
  }

  /**
   * The work of the copies so far.
   *
   * @return multiply-adds, without those of the picture itself
   */
  public Work work() {
    return work;
  }

  @Override
  public void close() {
    Plan own = plan;
    plan = null;
    if (own != null) {
      network.pool().giveBack(passes);
      network.pool().giveBack(own);
    }
  }

  private Plan plan() {
    Plan own = plan;
    if (own == null) {
      throw new IllegalStateException(
          "the incremental run is closed; evaluate copies of the picture before");
    }
    return own;
  }

  /** Runs the picture itself as far as it is needed. */
  private void advance(Plan own, int to) {
    if (to > run) {
      boolean healthy = false;
      try {
        own.forward(run + 1, to, Map.of());
        run = to;
        healthy = true;
      } finally {
        if (!healthy) {
          plan = null;
          passes.close();
          own.close();
        }
      }
    }
  }

  private Region changed(INDArray patches, int[][] places) {
    if (patches.rank() != 4 || patches.size(0) < 1 || patches.size(1) != picture()[0]) {
      throw new IllegalArgumentException(
          "the patches must be [N, "
              + picture()[0]
              + ", height, width], of the picture's channels, was "
              + Arrays.toString(patches.shape()));
    }
    int height = (int) patches.size(2);
    int width = (int) patches.size(3);
    if (places.length != patches.size(0)) {
      throw new IllegalArgumentException(
          "there must be one place per patch (" + patches.size(0) + "), was " + places.length);
    }
    int[] rows = new int[places.length];
    int[] columns = new int[places.length];
    for (int i = 0; i < places.length; i++) {
      boolean inside =
          places[i].length == 2
              && places[i][0] >= 0
              && places[i][1] >= 0
              && places[i][0] + height <= picture()[1]
              && places[i][1] + width <= picture()[2];
      if (!inside) {
        throw new IllegalArgumentException(
            "the rectangle of copy "
                + i
                + ", "
                + height
                + "×"
                + width
                + ", must lie in the picture of "
                + picture()[1]
                + "×"
                + picture()[2]
                + ", was at [row, column] "
                + Arrays.toString(places[i]));
      }
      rows[i] = places[i][0];
      columns[i] = places[i][1];
    }
    Network.checkFinite(patches, "the patches");
    return new Region(new Span(rows, height), new Span(columns, width));
  }

  private long[] picture() {
    return graph.shape(0);
  }

  /** A tensor of the picture; a vector is one pixel. */
  private PixelRows rows(int tensor) {
    PixelRows known = base[tensor];
    if (known == null) {
      INDArray value = plan().current(tensor);
      known = new PixelRows(value.rank() == 4 ? value : value.reshape('c', 1, 1, 1, value.size(1)));
      base[tensor] = known;
    }
    return known;
  }
}
