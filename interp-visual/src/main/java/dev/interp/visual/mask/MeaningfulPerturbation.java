package dev.interp.visual.mask;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.optimize.Adam;
import dev.interp.visual.optimize.Separable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Meaningful perturbation: a small, smooth mask {@code e} is learned for each picture, so that the
 * score falls when the masked part is blurred away (deletion), stays when all else is blurred away
 * (preservation), or both.
 *
 * <p>With {@code E} the mask enlarged and blurred, {@code x'} the blurred picture and {@code f} the
 * score, deletion minimises {@code f(x' + (1 − E)(x − x')) + λ₁ Σ e + λ₂ TV_β(e)} and preservation
 * {@code −f(x' + E (x − x')) + λ₁ Σ e + λ₂ TV_β(e)}, with Adam, {@code e} cut to [0, 1] after each
 * step. The map is {@code E}: {@code [N, 1, H, W]} in [0, 1], 1 where the evidence is, for either
 * game.
 *
 * <p>Cost: {@code iterations} forward and backward passes (twice as many for {@link Game#DUAL}) and
 * 36 forward passes, 35 of which look for the disc that the mask starts from: the smallest centred
 * one whose blur takes away 99 percent of what blurring everything takes away.
 *
 * <p>Fong, Vedaldi: Interpretable Explanations of Black Boxes by Meaningful Perturbation, ICCV
 * 2017, sections 4.2 and 4.3. Settings are those of the authors' program, for a picture of 224
 * pixels: 28 by 28 cells, 300 steps of 0.1, β 3, λ₁ 1e-4, λ₂ 1e-2, Gaussians of 10 pixels for x'
 * and 5 for the mask, jitter of 4 pixels; pixels scale with the picture's shorter side, x' is
 * blurred by at least one. Deviations: the gradient passes the mask's blur too, which that program
 * leaves out; the disc is found on the picture as the network sees it.
 */
public final class MeaningfulPerturbation implements Attributor {
  private static final int SIDE = 224;
  private static final int CELLS = 28;
  private static final double BLUR = 10;
  private static final double MASK_BLUR = 5;
  private static final double DISC_BLUR = 10;
  private static final int DISCS = 35;
  private static final double DISC_STEP = 5;
  private static final double REST = 0.01;
  private static final double BETA = 3;
  private static final double RATE = 0.1;

  private final Game game;
  private final Score score;
  private final int iterations;
  private final @Nullable Baseline baseline;
  private final double sparsity;
  private final double smoothness;
  private final int jitter;
  private final long seed;
  private final int batchSize;
  private final Progress progress;

  private MeaningfulPerturbation(
      Game game,
      Score score,
      int iterations,
      @Nullable Baseline baseline,
      double sparsity,
      double smoothness,
      int jitter,
      long seed,
      int batchSize,
      Progress progress) {
    this.game = game;
    this.score = score;
    this.iterations = iterations;
    this.baseline = baseline;
    this.sparsity = sparsity;
    this.smoothness = smoothness;
    this.jitter = jitter;
    this.seed = seed;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * The deletion game with the paper's settings, 16 pictures at a time, seed 0.
   *
   * @return the method
   */
  public static MeaningfulPerturbation withDefaults() {
    return new MeaningfulPerturbation(
        Game.DELETION, Score.PROBABILITY, 300, null, 1e-4, 1e-2, 4, 0, 16, Progress.none());
  }

  /**
   * Sets what the mask is rewarded for.
   *
   * @param rewarded deletion, preservation or both
   * @return the method with that game
   */
  public MeaningfulPerturbation withGame(Game rewarded) {
    return new MeaningfulPerturbation(
        rewarded,
        score,
        iterations,
        baseline,
        sparsity,
        smoothness,
        jitter,
        seed,
        batchSize,
        progress);
  }

  /**
   * Sets the number that the mask changes.
   *
   * @param number a probability, as in the paper, or the target's own value; the weights of the
   *     mask are made for numbers between 0 and 1
   * @return the method with that score
   */
  public MeaningfulPerturbation withScore(Score number) {
    return new MeaningfulPerturbation(
        game,
        number,
        iterations,
        baseline,
        sparsity,
        smoothness,
        jitter,
        seed,
        batchSize,
        progress);
  }

  /**
   * Sets the number of steps.
   *
   * @param number at least 1
   * @return the method with that many iterations
   */
  public MeaningfulPerturbation withIterations(int number) {
    Require.atLeastOne("iterations", number);
    return new MeaningfulPerturbation(
        game, score, number, baseline, sparsity, smoothness, jitter, seed, batchSize, progress);
  }

  /**
   * Sets what is shown where the picture is taken away, in place of the blurred picture.
   *
   * @param nothing taken from there
   * @return the method with that baseline
   */
  public MeaningfulPerturbation withBaseline(Baseline nothing) {
    return new MeaningfulPerturbation(
        game, score, iterations, nothing, sparsity, smoothness, jitter, seed, batchSize, progress);
  }

  /**
   * Sets what a mask is charged for.
   *
   * @param perCell λ₁, for the sum of the mask's cells, at least 0
   * @param variation λ₂, for their total variation, at least 0
   * @return the method with those weights
   */
  public MeaningfulPerturbation withWeights(double perCell, double variation) {
    if (!(perCell >= 0 && variation >= 0)
        || Double.isInfinite(perCell)
        || Double.isInfinite(variation)) {
      throw new IllegalArgumentException(
          "the weights of a mask must be at least 0, were " + perCell + " and " + variation);
    }
    return new MeaningfulPerturbation(
        game, score, iterations, baseline, perCell, variation, jitter, seed, batchSize, progress);
  }

  /**
   * Sets how far the picture moves under the mask from step to step.
   *
   * @param pixels on a picture of 224; scales with the picture; 0 to keep it still
   * @return the method with that jitter
   */
  public MeaningfulPerturbation withJitter(int pixels) {
    if (pixels < 0) {
      throw new IllegalArgumentException("the jitter must be at least 0, was " + pixels);
    }
    return new MeaningfulPerturbation(
        game, score, iterations, baseline, sparsity, smoothness, pixels, seed, batchSize, progress);
  }

  /**
   * Sets the seed of the jitter.
   *
   * @param number any
   * @return the method with that seed
   */
  public MeaningfulPerturbation withSeed(long number) {
    return new MeaningfulPerturbation(
        game,
        score,
        iterations,
        baseline,
        sparsity,
        smoothness,
        jitter,
        number,
        batchSize,
        progress);
  }

  /**
   * Sets how many changed pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public MeaningfulPerturbation withBatchSize(int size) {
    Require.atLeastOne("batch size", size);
    return new MeaningfulPerturbation(
        game, score, iterations, baseline, sparsity, smoothness, jitter, seed, size, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public MeaningfulPerturbation withProgress(Progress listener) {
    return new MeaningfulPerturbation(
        game, score, iterations, baseline, sparsity, smoothness, jitter, seed, batchSize, listener);
  }

  @Override
  public String id() {
    return "meaningful-perturbation";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("game", game.toString());
    settings.put("score", score.toString());
    settings.put("iterations", Integer.toString(iterations));
    settings.put("baseline", baseline == null ? "blur 10.0 at 224" : baseline.toString());
    settings.put("sparsity", Double.toString(sparsity));
    settings.put("smoothness", Double.toString(smoothness));
    settings.put("jitter", jitter + " px at 224");
    settings.put("seed", Long.toString(seed));
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    network.checkInput(x);
    Require.pictures(id(), x);
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      double unit = Math.min(x.size(2), x.size(3)) / (double) SIDE;
      Baseline gone = baseline == null ? Baseline.blur(Math.max(1, BLUR * unit)) : baseline;
      INDArray nothing = gone.of(run.x());
      Target.Resolved resolved = run.resolve();
      Search search =
          new Search(
              new Scored(run, resolved, score),
              run.x(),
              nothing,
              unit,
              (int) Math.round(jitter * unit));
      nothing.close();
      int group = Math.max(1, batchSize / game.signs().length);
      for (int first = 0; first < run.examples(); first += group) {
        search.learn(first, Math.min(run.examples(), first + group));
      }
      return run.finish(Network.INPUT, search.maps(), resolved);
    }
  }

  /** The search for the masks of one batch. */
  private final class Search {
    private final Scored scored;
    private final INDArray x;
    private final Planes planes;
    private final double unit;
    private final int shift;
    private final int cellsH;
    private final int cellsW;
    private final Separable enlarge;
    private final double[][] pictures;
    private final double[][] nothing;
    private final double[][] masks;
    private final long total;
    private long done;

    Search(Scored scored, INDArray x, INDArray nothing, double unit, int shift) {
      this.scored = scored;
      this.x = x;
      this.planes = Planes.of(x);
      this.unit = unit;
      this.shift = shift;
      int h = planes.height();
      int w = planes.width();
      this.cellsH = Math.min(CELLS, h);
      this.cellsW = Math.min(CELLS, w);
      this.enlarge =
          Separable.nearest(cellsH, cellsW, h, w).then(Separable.blur(h, w, MASK_BLUR * unit));
      this.pictures = Planes.rows(x);
      this.nothing = Planes.rows(nothing);
      this.masks = new double[pictures.length][];
      this.total = (long) pictures.length * (DISCS + (long) iterations * game.signs().length);
    }

    /** The masks in the pictures' size, [N, 1, H, W]. */
    INDArray maps() {
      double[][] maps = new double[masks.length][];
      for (int i = 0; i < maps.length; i++) {
        maps[i] = cut(enlarge.apply(masks[i]));
      }
      return Planes.array(maps, x, 1);
    }

    void learn(int from, int to) {
      discs(from, to);
      int n = to - from;
      int[] signs = game.signs();
      double[][] wide = new double[n][];
      double[][] wideNothing = new double[n][];
      Adam[] adam = new Adam[n];
      Planes room = new Planes(planes.channels(), planes.height() + shift, planes.width() + shift);
      for (int i = 0; i < n; i++) {
        wide[i] = planes.resized(pictures[from + i], room);
        wideNothing[i] = planes.resized(nothing[from + i], room);
        adam[i] = new Adam(cellsH * cellsW);
      }
      SplittableRandom random = new SplittableRandom(seed);
      for (int step = 0; step < iterations; step++) {
        int top = shift == 0 ? 0 : random.nextInt(shift);
        int left = shift == 0 ? 0 : random.nextInt(shift);
        double[][] seen = new double[n * signs.length][];
        double[][] difference = new double[n][];
        int[] example = new int[seen.length];
        for (int i = 0; i < n; i++) {
          double[] gone = room.crop(wideNothing[i], top, left, planes);
          difference[i] = Planes.difference(room.crop(wide[i], top, left, planes), gone);
          double[] mask = enlarge.apply(masks[from + i]);
          for (int s = 0; s < signs.length; s++) {
            example[i * signs.length + s] = from + i;
            seen[i * signs.length + s] = planes.blend(gone, difference[i], mask, signs[s]);
          }
        }
        Scored.Slopes slopes = scored.slopes(seen, example);
        for (int i = 0; i < n; i++) {
          double[] slope = new double[planes.height() * planes.width()];
          for (int s = 0; s < signs.length; s++) {
            planes.addProduct(slopes.gradients()[i * signs.length + s], difference[i], -1, slope);
          }
          double[] mask = masks[from + i];
          double[] gradient = enlarge.adjoint(slope);
          MaskCost.addGradient(mask, cellsH, cellsW, sparsity, smoothness, BETA, gradient);
          adam[i].step(mask, gradient, RATE);
          cut(mask);
        }
        done += seen.length;
        progress.report(done, total);
      }
    }

    private static double[] cut(double[] mask) {
      for (int k = 0; k < mask.length; k++) {
        mask[k] = Math.min(1, Math.max(0, mask[k]));
      }
      return mask;
    }

    /** Starts each mask from the smallest disc that takes almost everything. */
    private void discs(int from, int to) {
      double[][] discs = new double[DISCS][];
      for (int d = 0; d < DISCS; d++) {
        discs[d] = disc(d * DISC_STEP * unit * longer());
      }
      Separable shrink = Separable.nearest(planes.height(), planes.width(), cellsH, cellsW);
      double[] scores = new double[(to - from) * DISCS];
      for (long first : AttributionRun.batches(scores.length, batchSize)) {
        double[][] seen = new double[(int) Math.min(batchSize, scores.length - first)][];
        int[] example = new int[seen.length];
        for (int r = 0; r < seen.length; r++) {
          int at = (int) first + r;
          int i = from + at / DISCS;
          example[r] = i;
          seen[r] =
              planes.blend(
                  nothing[i], Planes.difference(pictures[i], nothing[i]), discs[at % DISCS], -1);
        }
        System.arraycopy(scored.values(seen, example), 0, scores, (int) first, seen.length);
        done += seen.length;
        progress.report(done, total);
      }
      for (int i = from; i < to; i++) {
        int base = (i - from) * DISCS;
        double last = scores[base + DISCS - 1];
        double most = REST * Math.max(0, scores[base] - last);
        int d = 0;
        while (scores[base + d] - last > most) {
          d++;
        }
        masks[i] = shrink.apply(discs[d]);
      }
    }

    /** Radii are made to reach the corners of a square; a longer picture has farther ones. */
    private double longer() {
      return Math.max(planes.height(), planes.width())
          / (double) Math.min(planes.height(), planes.width());
    }

    private double[] disc(double radius) {
      int h = planes.height();
      int w = planes.width();
      double[] disc = new double[h * w];
      for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
          double dy = i + 0.5 - h / 2.0;
          double dx = j + 0.5 - w / 2.0;
          disc[i * w + j] = Math.sqrt(dy * dy + dx * dx) < radius ? 1 : 0;
        }
      }
      return Separable.blur(h, w, DISC_BLUR * unit).apply(disc);
    }
  }
}
