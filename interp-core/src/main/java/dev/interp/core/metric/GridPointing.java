package dev.interp.core.metric;

import dev.interp.core.image.Resample;
import dev.interp.core.metric.MetricInfo.Direction;
import dev.interp.core.metric.MetricInfo.Family;
import dev.interp.core.metric.MetricInfo.Need;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Grid pointing game: the picture is put into one cell of a grid, pictures of other classes into
 * the others, and the grid is explained for the picture's class; the share of the positive
 * attribution in the picture's cell, 0 if nothing is positive. The network has to look there, since
 * nothing of the class is elsewhere.
 *
 * <p>Where the network takes any size the cells are of the picture's size, as in the paper;
 * otherwise they are made smaller, so that the grid has the picture's size. Cells need not be
 * square. The other pictures and the cell are drawn by the seed and the class. Cost: the method
 * once, on the grid.
 *
 * <p>Immutable; {@code withX} returns a copy.
 */
public final class GridPointing implements Metric {
  private static final MetricInfo INFO =
      new MetricInfo(
          "grid-pointing-game",
          "Grid pointing game",
          Family.LOCALISATION,
          "Share of the positive attribution in the cell that shows the class, in a grid of"
              + " pictures of several classes.",
          "Rao, Böhle, Schiele: Towards Better Understanding Attribution Methods, 2022",
          Direction.HIGHER,
          0,
          1,
          Set.of(Need.ATTRIBUTOR, Need.OTHERS));

  private final int side;
  private final long seed;

  private GridPointing(int side, long seed) {
    this.side = side;
    this.seed = seed;
  }

  /**
   * The metric with a grid of 2 × 2.
   *
   * @return the metric; higher is better, 0 to 1
   */
  public static GridPointing withDefaults() {
    return new GridPointing(2, 0);
  }

  /**
   * Another grid.
   *
   * @param cells per side, at least 2
   * @return a copy
   */
  public GridPointing withSide(int cells) {
    return new GridPointing(Checks.atLeast("number of cells per side", cells, 2), seed);
  }

  /**
   * Another seed of the pictures and cells.
   *
   * @param newSeed any number
   * @return a copy
   */
  public GridPointing withSeed(long newSeed) {
    return new GridPointing(side, newSeed);
  }

  @Override
  public MetricInfo info() {
    return INFO;
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("cells per side", Integer.toString(side));
    settings.put("seed", Long.toString(seed));
    return settings;
  }

  @Override
  public double[] scores(Examples examples) {
    examples.check(INFO);
    boolean large = examples.network().inputShape()[1] < 0;
    int h = examples.height();
    int w = examples.width();
    Examples others = examples.others();
    if (others.height() != h || others.width() != w || others.channels() != examples.channels()) {
      throw new IllegalArgumentException(
          "the other pictures must have the size of the pictures "
              + Arrays.toString(examples.x().shape())
              + ", was "
              + Arrays.toString(others.x().shape()));
    }
    if (!large && (h < side || w < side)) {
      throw new IllegalArgumentException(
          "pictures of " + h + " x " + w + " pixels cannot hold a grid of " + side + " cells");
    }
    int height = large ? side * h : h;
    int width = large ? side * w : w;
    int[] cells = new int[examples.size()];
    INDArray grids = Examples.outside(() -> grids(examples, others, cells, height, width));
    double[][] maps = examples.explain(examples.network(), grids, examples.classes());
    double[] scores = new double[examples.size()];
    for (int i = 0; i < scores.length; i++) {
      double all = 0;
      double own = 0;
      for (int p = 0; p < maps[i].length; p++) {
        double v = Math.max(0, maps[i][p]);
        int cell = p / width * side / height * side + p % width * side / width;
        all += v;
        own += cell == cells[i] ? v : 0;
      }
      scores[i] = all == 0 ? 0 : own / all;
    }
    return scores;
  }

  private INDArray grids(Examples examples, Examples others, int[] cells, int height, int width) {
    int channels = examples.channels();
    int plane = examples.pixels();
    Canvas pictures = Canvas.of(examples.x());
    Canvas more = Canvas.of(others.x());
    Canvas grids =
        Canvas.empty(examples.network().precision(), examples.size() * channels * height * width);
    for (int i = 0; i < examples.size(); i++) {
      int[] drawn = drawn(examples.classOf(i), others);
      cells[i] = drawn[drawn.length - 1];
      for (int cell = 0; cell < side * side; cell++) {
        int other = drawn[cell < cells[i] ? cell : Math.max(0, cell - 1)];
        Canvas from = cell == cells[i] ? pictures : more;
        int picture = cell == cells[i] ? i : other;
        for (int c = 0; c < channels; c++) {
          place(
              from,
              (picture * channels + c) * plane,
              examples,
              grids,
              (i * channels + c) * height * width,
              cell,
              height,
              width);
        }
      }
    }
    return grids.array(examples.size(), channels, height, width);
  }

  /** The other pictures, then the picture's own cell. */
  private int[] drawn(int own, Examples others) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + own);
    List<Integer> chosen = new ArrayList<>();
    List<Integer> classes = new ArrayList<>(List.of(own));
    for (int j : Statistics.shuffled(others.size(), random.nextLong())) {
      if (chosen.size() < side * side - 1 && !classes.contains(others.classOf(j))) {
        chosen.add(j);
        classes.add(others.classOf(j));
      }
    }
    if (chosen.size() < side * side - 1) {
      throw new IllegalArgumentException(
          "a grid of "
              + side
              + " x "
              + side
              + " needs other pictures of "
              + (side * side - 1)
              + " classes besides class "
              + own
              + ", but there are only "
              + chosen.size()
              + "; give more pictures");
    }
    chosen.add(random.nextInt(side * side));
    return chosen.stream().mapToInt(Integer::intValue).toArray();
  }

  private void place(
      Canvas from,
      int start,
      Examples examples,
      Canvas grids,
      int to,
      int cell,
      int height,
      int width) {
    // The cell of a pixel is its coordinate times the number of cells over the size, rounded down.
    int top = (cell / side * height + side - 1) / side;
    int bottom = ((cell / side + 1) * height + side - 1) / side;
    int left = (cell % side * width + side - 1) / side;
    int right = ((cell % side + 1) * width + side - 1) / side;
    float[] plane = new float[examples.pixels()];
    for (int p = 0; p < plane.length; p++) {
      plane[p] = (float) from.get(start + p);
    }
    int w = right - left;
    float[] small =
        Resample.ANTIALIAS.apply(plane, examples.height(), examples.width(), bottom - top, w);
    for (int p = 0; p < small.length; p++) {
      grids.set(to + (top + p / w) * width + left + p % w, small[p]);
    }
  }
}
