package dev.interp.training.filter;

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
  private final INDArray distances;
  private final INDArray all;
  private final INDArray coordinates;

  private Templates(int height, int width, INDArray distances, INDArray all, INDArray coordinates) {
    this.height = height;
    this.width = width;
    this.distances = distances;
    this.all = all;
    this.coordinates = coordinates;
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
    double[] distance = new double[cells * cells];
    double[] template = new double[(cells + 1) * cells];
    double[] coordinate = new double[cells * 3];
    double tau = 0.5 / cells;
    for (int mu = 0; mu < cells; mu++) {
      for (int cell = 0; cell < cells; cell++) {
        double d =
            Math.abs(mu / width - cell / width) / (double) height
                + Math.abs(mu % width - cell % width) / (double) width;
        distance[mu * cells + cell] = d;
        template[mu * cells + cell] = tau * Math.max(1 - SLOPE * d, -1);
      }
      template[cells * cells + mu] = -tau;
      int row = mu / width;
      int column = mu % width;
      coordinate[mu * 3] = row;
      coordinate[mu * 3 + 1] = column;
      coordinate[mu * 3 + 2] = 1;
    }
    // Layers keep the templates, so they must not lie in a workspace that is open by chance.
    try (var ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return new Templates(
          height,
          width,
          array(distance, cells, cells, type),
          array(template, cells + 1, cells, type),
          array(coordinate, cells, 3, type));
    }
  }

  private static INDArray array(double[] values, int rows, int columns, DataType type) {
    return Nd4j.createFromArray(values).reshape('c', rows, columns).castTo(type);
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

  /**
   * How far each cell lies from each position, in lengths of the axes.
   *
   * @return {@code [cells, cells]}: row mu holds |Δi| / height + |Δj| / width; not to be modified
   */
  public INDArray distances() {
    return distances;
  }

  /**
   * Where the filters fire in each map.
   *
   * @param maps {@code [N · C, cells]}, not modified
   * @param position what counts as the place
   * @return for each map the index of a cell in row order; 0 for a map of zeros
   */
  public int[] positions(INDArray maps, MaskPosition position) {
    if (position == MaskPosition.ARGMAX) {
      return Nd4j.argMax(maps, 1).toIntVector();
    }
    double[][] sums = maps.mmul(coordinates).toDoubleMatrix();
    int[] cells = new int[sums.length];
    for (int i = 0; i < sums.length; i++) {
      double mass = Math.max(sums[i][2], 1e-9);
      int row = (int) Math.min(height - 1, Math.max(0, Math.round(sums[i][0] / mass)));
      int column = (int) Math.min(width - 1, Math.max(0, Math.round(sums[i][1] / mass)));
      cells[i] = row * width + column;
    }
    return cells;
  }

  /**
   * The masks of maps: max(1 − slope · d, 0), where d is the distance from the filter's place. What
   * a mask cuts off is what the template is negative for, since max(x ∘ T, 0) = x ∘ max(T, 0) for
   * what comes out of a rectifier.
   *
   * @param positions one cell for each map, {@code N · C} of them, the filters of one example after
   *     another
   * @param slopes {@code [C]}, not modified
   * @return {@code [N · C, cells]}, 0 to 1, owned by the caller
   */
  public INDArray masks(int[] positions, INDArray slopes) {
    long filters = slopes.length();
    INDArray masks = Nd4j.pullRows(distances, 1, positions);
    INDArray perFilter = masks.reshape('c', positions.length / filters, filters, cells());
    perFilter.muli(slopes.reshape(1, filters, 1)).rsubi(1);
    return org.nd4j.linalg.ops.transforms.Transforms.relu(masks, false);
  }
}
