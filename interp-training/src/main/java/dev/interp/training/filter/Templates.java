package dev.interp.training.filter;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The templates of maps of one size: for every position mu a positive one that is largest at mu and
 * falls with the distance, and a negative one that is the same everywhere. All filters whose maps
 * have that size share them.
 *
 * <p>T_mu(i, j) = tau · max(1 − beta · d, −1) with d = |i − mu_i| / height + |j − mu_j| / width,
 * and T⁻ = −tau, where tau = 0.5 / (height · width) and beta = 4. All templates have the same prior
 * probability, 1 / (height · width + 1).
 *
 * <p>Source: Q. Zhang, Y. N. Wu, S.-C. Zhu, Interpretable convolutional neural networks (CVPR
 * 2018), section 3. Deviation: maps that are not square, for which each axis is measured by its own
 * length; for square maps this is the paper's formula.
 *
 * <p>Immutable and safe for concurrent use; the arrays are shared and must not be modified.
 */
public final class Templates {
  /** The slope beta of the templates. */
  public static final double SLOPE = 4;

  private final int height;
  private final int width;
  private final INDArray all;

  /** {@code [cells, count]}: {@link #all} turned, in row order. */
  private final INDArray turned;

  /** {@code [cells][cells]}: {@link #distances}. */
  private final double[][] distance;

  /** {@code [count][cells]}: {@link #all}. */
  private final double[][] template;

  private Templates(
      int height, int width, double[][] distance, double[][] template, DataType type) {
    this.height = height;
    this.width = width;
    this.distance = distance;
    this.template = template;
    this.all = Nd4j.createFromArray(template).castTo(type);
    this.turned = all.transpose().dup('c');
  }

  /**
   * The templates of a size.
   *
   * @param height rows of the maps, at least 1
   * @param width columns of the maps, at least 1
   * @param type FLOAT or DOUBLE
   * @return the templates
   * @throws IllegalArgumentException if the size is not positive or the type another one
   */
  public static Templates of(int height, int width, DataType type) {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "the maps must have at least 1 row and 1 column, but have " + height + " x " + width);
    }
    if (type != DataType.FLOAT && type != DataType.DOUBLE) {
      throw new IllegalArgumentException("templates are FLOAT or DOUBLE, was " + type);
    }
    int cells = height * width;
    double[][] distance = new double[cells][cells];
    double[][] template = new double[cells + 1][cells];
    double tau = 0.5 / cells;
    for (int mu = 0; mu < cells; mu++) {
      for (int cell = 0; cell < cells; cell++) {
        double d =
            Math.abs(mu / width - cell / width) / (double) height
                + Math.abs(mu % width - cell % width) / (double) width;
        distance[mu][cell] = d;
        template[mu][cell] = tau * Math.max(1 - SLOPE * d, -1);
      }
      template[cells][mu] = -tau;
    }
    // Layers keep the templates, so they must not lie in a workspace that is open by chance.
    try (var ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return new Templates(height, width, distance, template, type);
    }
  }

  /** Templates known already if they fit maps {@code [N, C, H, W]}, else new ones. */
  static Templates fitting(INDArray maps, @Nullable Templates known) {
    return known != null
            && known.height() == maps.size(2)
            && known.width() == maps.size(3)
            && known.type() == maps.dataType()
        ? known
        : of((int) maps.size(2), (int) maps.size(3), maps.dataType());
  }

  /**
   * The rows of the maps.
   *
   * @return at least 1
   */
  public int height() {
    return height;
  }

  /**
   * The columns of the maps.
   *
   * @return at least 1
   */
  public int width() {
    return width;
  }

  /**
   * The number of positions of a map.
   *
   * @return height · width
   */
  public int cells() {
    return height * width;
  }

  /**
   * The number of templates.
   *
   * @return one for each position, and the negative one
   */
  public int count() {
    return cells() + 1;
  }

  /**
   * The type of the arrays.
   *
   * @return FLOAT or DOUBLE
   */
  public DataType type() {
    return all.dataType();
  }

  /**
   * All templates, tau included.
   *
   * @return {@code [count, cells]}; row mu is the template of position mu in row order, the last
   *     row the negative one; not to be modified
   */
  public INDArray all() {
    return all;
  }

  /** {@code [cells, count]}: the templates as columns; not to be modified. */
  INDArray turned() {
    return turned;
  }

  /** A row of {@link #all}; not to be modified. */
  double[] template(int row) {
    return template[row];
  }

  /**
   * How far each cell lies from each position, in lengths of the axes.
   *
   * @return {@code [cells, cells]}: row mu holds |Δi| / height + |Δj| / width; a new array
   */
  public INDArray distances() {
    return Nd4j.createFromArray(distance).castTo(type());
  }

  /**
   * What maps are largest at: a cell of each, in row order, and its value; and the sums of the
   * filters' maps, which show NaN that a maximum passes over.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Peaks(int[] cells, double[] values, double[] sums) {
    /** The mean value of each of {@code filters}. */
    double[] means(int filters) {
      double[] means = new double[filters];
      for (int i = 0; i < values.length; i++) {
        means[i % filters] += values[i] * filters / values.length;
      }
      return means;
    }
  }

  /** The first largest cell of each map {@code [N, C, H, W]}, the filters of one example first. */
  static Peaks peaks(INDArray maps) {
    int filters = (int) maps.size(1);
    int[] cells = new int[(int) maps.size(0) * filters];
    double[] values = new double[cells.length];
    double[] sums = new double[filters];
    FilterRows.of(maps, filters)
        .read(
            (filter, rows) -> {
              for (int k = 0; k < rows.length; k++) {
                double[] row = rows[k];
                int best = 0;
                for (int cell = 0; cell < row.length; cell++) {
                  best = row[cell] > row[best] ? cell : best;
                  sums[filter] += row[cell];
                }
                cells[k * filters + filter] = best;
                values[k * filters + filter] = row[best];
              }
            });
    return new Peaks(cells, values, sums);
  }

  /**
   * Where the filters fire in each map.
   *
   * @param maps {@code [N, C, H, W]}, not modified
   * @param position what counts as the place
   * @return for each map the index of a cell in row order, the filters of one example after those
   *     of another; 0 for a map of zeros
   */
  public int[] positions(INDArray maps, MaskPosition position) {
    return position == MaskPosition.ARGMAX ? peaks(maps).cells() : centroids(maps);
  }

  private int[] centroids(INDArray maps) {
    int filters = (int) maps.size(1);
    int[] cells = new int[(int) maps.size(0) * filters];
    FilterRows.of(maps, filters)
        .read(
            (filter, rows) -> {
              for (int k = 0; k < rows.length; k++) {
                cells[k * filters + filter] = centroid(rows[k]);
              }
            });
    return cells;
  }

  private int centroid(double[] map) {
    double rows = 0;
    double columns = 0;
    double mass = 0;
    for (int cell = 0; cell < map.length; cell++) {
      int row = cell / width;
      rows += map[cell] * row;
      columns += map[cell] * (cell - row * width);
      mass += map[cell];
    }
    mass = Math.max(mass, 1e-9);
    int top = (int) Math.min(height - 1, Math.max(0, Math.round(rows / mass)));
    int left = (int) Math.min(width - 1, Math.max(0, Math.round(columns / mass)));
    return top * width + left;
  }

  /**
   * Maps behind their masks: x · max(1 − slope · d, 0), where d is the distance from the filter's
   * place. What a mask cuts off is what the template is negative for, since max(x ∘ T, 0) = x ∘
   * max(T, 0) for what comes out of a rectifier. Gradients go the same way back.
   *
   * @param maps {@code [N, C, H, W]}, not modified
   * @param positions one cell for each map, {@code N · C} of them, the filters of one example after
   *     those of another
   * @param slopes {@code [C]}, not modified
   * @return {@code [N, C, H, W]}, owned by the caller
   */
  public INDArray masked(INDArray maps, int[] positions, INDArray slopes) {
    double[] slope = slopes.toDoubleVector();
    boolean single = maps.dataType() == DataType.FLOAT;
    return FilterRows.made(
        maps,
        slope.length,
        (filter, rows) -> {
          for (int k = 0; k < rows.length; k++) {
            double[] row = rows[k];
            double[] d = distance[positions[k * slope.length + filter]];
            for (int cell = 0; cell < row.length; cell++) {
              double mask = Math.max(1 - slope[filter] * d[cell], 0);
              row[cell] *= single ? (float) mask : mask;
            }
          }
        });
  }

  /**
   * How a function of the masked maps changes with the slopes.
   *
   * @param maps {@code [N, C, H, W]}
   * @param above the function's gradient at the masked maps
   * @return {@code [C]}
   */
  INDArray slopeGradient(INDArray maps, INDArray above, int[] positions, INDArray slopes) {
    double[] slope = slopes.toDoubleVector();
    double[] change = new double[slope.length];
    FilterRows gradients = FilterRows.of(above, slope.length);
    FilterRows.of(maps, slope.length)
        .read(
            (filter, rows) -> {
              double[][] gradient = gradients.get(filter);
              for (int k = 0; k < rows.length; k++) {
                double[] d = distance[positions[k * slope.length + filter]];
                for (int cell = 0; cell < d.length; cell++) {
                  change[filter] -=
                      slope[filter] * d[cell] < 1 ? d[cell] * rows[k][cell] * gradient[k][cell] : 0;
                }
              }
            });
    return Nd4j.createFromArray(change).castTo(maps.dataType());
  }
}
