package dev.interp.visual.mask;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.optimize.Separable;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Extremal perturbation: for a given share of the picture, the smooth mask of that size that keeps
 * the target highest when all else is blurred (or pulls it lowest when only the masked part is).
 *
 * <p>A mask is made of cells by a smooth maximum over discs around them; a cost that grows from
 * step to step holds its sorted pixels to a step function, which fixes its area. What a mask takes
 * away goes through eight levels from the picture to its full blur. The map is the mean of the
 * masks of all areas: {@code [N, 1, H, W]} in [0, 1], 1 where the evidence is, for every game.
 *
 * <p>Cost: {@code iterations · areas} forward and backward passes, twice as many for {@link
 * Game#DUAL}, and a forward pass.
 *
 * <p>Fong, Patrick, Vedaldi: Understanding Deep Networks via Extremal Perturbations and Smooth
 * Masks, ICCV 2019. Settings are those of TorchRay: area 0.1, 800 steps of gradient descent of 0.01
 * with momentum and dampening 0.9, area weight 300 growing by 1.0035, cells 7 pixels apart with σ
 * 21, blur up to σ 20, every other step mirrored; the pixels are for a picture of 224 and scale
 * with the shorter side. Deviations: the area is counted within the picture, not on a mask that
 * reaches over its rim; blurs repeat the edge pixels where TorchRay takes zeros; pixels that are
 * equal at the border of the area share it.
 */
public final class ExtremalPerturbation implements Attributor {
  private static final int SIDE = 224;
  private static final double STEP = 7;
  private static final double SIGMA = 21;
  private static final double BLUR = 20;
  private static final int LEVELS = 8;
  private static final double RATE = 0.01;
  private static final double MOMENTUM = 0.9;
  private static final double AREA_WEIGHT = 300;
  private static final double GROWTH = 1.0035;

  private final Game game;
  private final Score score;
  private final List<Double> areas;
  private final int iterations;
  private final @Nullable Baseline baseline;
  private final int batchSize;
  private final Progress progress;

  private ExtremalPerturbation(
      Game game,
      Score score,
      List<Double> areas,
      int iterations,
      @Nullable Baseline baseline,
      int batchSize,
      Progress progress) {
    this.game = game;
    this.score = score;
    this.areas = areas;
    this.iterations = iterations;
    this.baseline = baseline;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * The tenth of the picture that keeps the target's own value highest, 16 pictures at a time.
   *
   * @return the method
   */
  public static ExtremalPerturbation withDefaults() {
    return new ExtremalPerturbation(
        Game.PRESERVATION, Score.VALUE, List.of(0.1), 800, null, 16, Progress.none());
  }

  /**
   * Sets what the mask is rewarded for.
   *
   * @param rewarded deletion, preservation or both
   * @return the method with that game
   */
  public ExtremalPerturbation withGame(Game rewarded) {
    return new ExtremalPerturbation(
        rewarded, score, areas, iterations, baseline, batchSize, progress);
  }

  /**
   * Sets the number that the mask changes.
   *
   * @param number the target's own value, as in TorchRay, or a probability
   * @return the method with that score
   */
  public ExtremalPerturbation withScore(Score number) {
    return new ExtremalPerturbation(game, number, areas, iterations, baseline, batchSize, progress);
  }

  /**
   * Sets the areas, each of which gets a mask of its own.
   *
   * @param shares of the picture, each above 0 and below 1
   * @return the method with those areas
   */
  public ExtremalPerturbation withAreas(double... shares) {
    if (shares.length == 0 || !Arrays.stream(shares).allMatch(a -> a > 0 && a < 1)) {
      throw new IllegalArgumentException(
          "areas must be shares of the picture above 0 and below 1, at least one, were "
              + Arrays.toString(shares));
    }
    return new ExtremalPerturbation(
        game,
        score,
        Arrays.stream(shares).boxed().toList(),
        iterations,
        baseline,
        batchSize,
        progress);
  }

  /**
   * Sets the number of steps.
   *
   * @param number at least 1
   * @return the method with that many iterations
   */
  public ExtremalPerturbation withIterations(int number) {
    Require.atLeastOne("iterations", number);
    return new ExtremalPerturbation(game, score, areas, number, baseline, batchSize, progress);
  }

  /**
   * Fades to a baseline instead of blurring.
   *
   * @param nothing what is shown where the picture is taken away
   * @return the method with that baseline
   */
  public ExtremalPerturbation withBaseline(Baseline nothing) {
    return new ExtremalPerturbation(game, score, areas, iterations, nothing, batchSize, progress);
  }

  /**
   * Sets how many changed pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public ExtremalPerturbation withBatchSize(int size) {
    Require.atLeastOne("batch size", size);
    return new ExtremalPerturbation(game, score, areas, iterations, baseline, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public ExtremalPerturbation withProgress(Progress listener) {
    return new ExtremalPerturbation(game, score, areas, iterations, baseline, batchSize, listener);
  }

  @Override
  public String id() {
    return "extremal-perturbation";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("game", game.toString());
    settings.put("score", score.toString());
    settings.put("areas", areas.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    settings.put("iterations", Integer.toString(iterations));
    settings.put("baseline", baseline == null ? "blur 20.0 at 224" : baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.checkInput(x);
    Require.pictures(id(), x);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Target.Resolved resolved = run.resolve();
      double[][] maps = new Search(new Scored(run, resolved, score), run.x()).maps();
      return run.finish(Network.INPUT, Planes.array(maps, run.x(), 1), resolved);
    }
  }

  /** The search for the masks of one batch. */
  private final class Search {
    private final Scored scored;
    private final Planes planes;
    private final SmoothMask shape;

    private final double[][] pictures;
    private final double @Nullable [][] nothing;
    private final double unit;
    private final int examples;

    Search(Scored scored, INDArray x) {
      this.scored = scored;
      this.planes = Planes.of(x);
      this.examples = (int) x.size(0);
      this.unit = Math.min(planes.height(), planes.width()) / (double) SIDE;
      int step = (int) Math.max(1, Math.round(STEP * unit));
      this.shape = new SmoothMask(planes.height(), planes.width(), step, SIGMA * unit);
      this.pictures = Planes.rows(x);
      this.nothing = baseline == null ? null : Planes.rows(baseline.of(x));
    }

    /** A picture from nothing, first, to itself, last. */
    private double[][] levels(int example) {
      if (nothing != null) {
        return new double[][] {nothing[example], pictures[example]};
      }
      double[][] levels = new double[LEVELS][];
      for (int l = 0; l < LEVELS - 1; l++) {
        double sigma = Math.max(1, BLUR * unit) * (1 - l / (LEVELS - 1.0));
        Separable blur = Separable.blur(planes.height(), planes.width(), sigma);
        levels[l] = planes.each(pictures[example], blur);
      }
      levels[LEVELS - 1] = pictures[example];
      return levels;
    }

    /** For each example the mean of the masks of its areas. */
    double[][] maps() {
      int masks = examples * areas.size();
      int group = Math.max(1, batchSize / game.signs().length);
      double[][] maps = new double[examples][planes.height() * planes.width()];
      for (int first = 0; first < masks; first += group) {
        int last = Math.min(masks, first + group);
        double[][] cells = learn(first, last);
        for (int u = first; u < last; u++) {
          double[] map = maps[u / areas.size()];
          double[] mask = shape.of(cells[u - first]);
          for (int k = 0; k < map.length; k++) {
            map[k] += mask[k] / areas.size();
          }
        }
      }
      return maps;
    }

    private double[][] learn(int from, int to) {
      int n = to - from;
      int[] signs = game.signs();
      long total = (long) examples * areas.size() * iterations * signs.length;
      long done = (long) from * iterations * signs.length;
      double[][] cells = new double[n][shape.cells()];
      double[][] momentum = new double[n][shape.cells()];
      double[][][] levels = new double[n][][];
      for (int u = 0; u < n; u++) {
        Arrays.fill(cells[u], 1);
        boolean known = u > 0 && (from + u) % areas.size() != 0;
        levels[u] = known ? levels[u - 1] : levels((from + u) / areas.size());
      }
      double weight = AREA_WEIGHT;
      for (int t = 0; t < iterations; t++) {
        boolean mirrored = t % 2 == 0;
        double[][] masks = new double[n][];
        double[][] seen = new double[n * signs.length][];
        int[] example = new int[seen.length];
        for (int u = 0; u < n; u++) {
          masks[u] = shape.of(cells[u]);
          for (int s = 0; s < signs.length; s++) {
            int row = u * signs.length + s;
            example[row] = (from + u) / areas.size();
            double[] shown = shown(levels[u], masks[u], signs[s]);
            seen[row] = mirrored ? planes.mirrored(shown) : shown;
          }
        }
        Scored.Slopes slopes = scored.slopes(seen, example);
        for (int u = 0; u < n; u++) {
          double[] descent = new double[planes.height() * planes.width()];
          for (int s = 0; s < signs.length; s++) {
            int row = u * signs.length + s;
            double[] slope = slopes.gradients()[row];
            addSlope(
                mirrored ? planes.mirrored(slope) : slope, levels[u], masks[u], signs[s], descent);
          }
          double area = areas.get((from + u) % areas.size());
          AreaCost.addGradient(masks[u], area, weight, descent);
          double[] gradient = shape.gradient(cells[u], descent);
          for (int k = 0; k < gradient.length; k++) {
            momentum[u][k] =
                t == 0 ? gradient[k] : MOMENTUM * momentum[u][k] + (1 - MOMENTUM) * gradient[k];
            cells[u][k] = Math.min(1, Math.max(0, cells[u][k] - RATE * momentum[u][k]));
          }
        }
        weight *= GROWTH;
        done += seen.length;
        progress.report(done, total);
      }
      return cells;
    }

    /** The picture at the level that its mask says, or what is left without the masked part. */
    private double[] shown(double[][] levels, double[] mask, int sign) {
      double[] result = new double[levels[0].length];
      for (int k = 0; k < result.length; k++) {
        double at = level(mask[k % mask.length], sign, levels.length);
        int below = below(at, levels.length);
        double low = levels[below][k];
        result[k] = low + (at - below) * (levels[below + 1][k] - low);
      }
      return result;
    }

    /** The signs of reward and mask cancel: what raises the one lowers the other. */
    private void addSlope(
        double[] slope, double[][] levels, double[] mask, int sign, double[] descent) {
      for (int k = 0; k < slope.length; k++) {
        int below = below(level(mask[k % mask.length], sign, levels.length), levels.length);
        descent[k % mask.length] -=
            slope[k] * (levels.length - 1) * (levels[below + 1][k] - levels[below][k]);
      }
    }

    private static double level(double m, int sign, int levels) {
      return (sign > 0 ? m : 1 - m) * (levels - 1);
    }

    private static int below(double at, int levels) {
      return Math.min((int) at, levels - 2);
    }
  }
}
