package dev.interp.disentangle.graph;

import java.util.Arrays;

/**
 * The mixture of one filter: its patterns and noise that is everywhere alike. Activations are
 * counts: a unit that fires twice as strongly counts twice. The density of a pattern is the
 * geometric mean of Gaussians, one around the place that each neighbour tells; it is a Gaussian
 * around the mean of these places, the lower the more the neighbours disagree in a picture.
 *
 * <p>Steps are exact: all units of the map are the support, so the likelihood cannot fall.
 * Neighbours are the candidates each of which alone explains the moves of the pattern best; once a
 * pattern is tied, other neighbours are taken only if they raise what the maximisation step
 * maximises.
 */
final class FilterMixture {
  /** Beyond this many standard deviations a pattern is not asked. */
  private static final double REACH = 7;

  /** Positions within a unit cannot be told much better than this. */
  private static final double LEAST = 0.1;

  private final FeatureMaps maps;
  private final Above above;
  private final GraphSettings settings;
  private final Patterns patterns;
  private final int filter;
  private final int first;
  private final int size;
  private final int pictures;
  private final int height;
  private final int width;
  private final double free;
  private final double tied;
  private final double noise;

  FilterMixture(
      FeatureMaps maps, Above above, GraphSettings settings, Patterns patterns, int filter) {
    this.maps = maps;
    this.above = above;
    this.settings = settings;
    this.patterns = patterns;
    this.filter = filter;
    this.first = patterns.start[filter];
    this.size = patterns.start[filter + 1] - first;
    this.pictures = maps.pictures();
    this.height = maps.layer().height();
    this.width = maps.layer().width();
    this.free = settings.freeSpread(maps.layer());
    this.tied = settings.tiedSpread(maps.layer());
    this.noise = settings.noise() / (2 * Math.PI * free * free);
  }

  /** What one step over a filter found. */
  static final class Sums {
    double likelihood;
    double activation;
    int rewired;
  }

  /**
   * What neighbours tell of patterns.
   *
   * @param shifts the moves, {@code [size][2 · pictures]}
   * @param disagreements how far they disagree, {@code [size][pictures]}
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Told(double[][] shifts, double[][] disagreements) {}

  private Told told() {
    Told told = new Told(new double[size][2 * pictures], new double[size][pictures]);
    for (int v = 0; v < size; v++) {
      int[] neighbours = patterns.neighbours[first + v];
      above.shift(neighbours, told.shifts[v]);
      above.disagreement(neighbours, told.shifts[v], told.disagreements[v]);
    }
    return told;
  }

  /**
   * One step of expectation and maximisation, in place.
   *
   * @param rewire whether neighbours may change
   * @param totals is filled at the patterns' indices: mass, rows, columns, squares
   */
  Sums step(boolean rewire, double[][] totals) {
    Sums sums = new Sums();
    if (size == 0) {
      return sums;
    }
    Told told = told();
    double[][] stats = new double[size][4 * pictures];
    expect(told, stats, sums);
    double[] trial = new double[2 * pictures];
    for (int v = 0; v < size; v++) {
      for (int k = 0; k < 4; k++) {
        double sum = 0;
        for (int i = 0; i < pictures; i++) {
          sum += stats[v][k * pictures + i];
        }
        totals[k][first + v] = sum;
      }
      maximise(v, stats[v], told, trial, rewire, totals, sums);
    }
    return sums;
  }

  private void expect(Told told, double[][] stats, Sums sums) {
    float[] map = new float[height * width];
    double[] rows = new double[height * size];
    double[] columns = new double[width * size];
    double[] density = new double[size];
    double[] mass = new double[size];
    double[] mr = new double[size];
    double[] mc = new double[size];
    double[] m2 = new double[size];
    double prior = Math.log(size + 1.0);
    for (int i = 0; i < pictures; i++) {
      maps.read(i, filter, map);
      tables(told, i, rows, columns);
      Arrays.fill(mass, 0);
      Arrays.fill(mr, 0);
      Arrays.fill(mc, 0);
      Arrays.fill(m2, 0);
      for (int r = 0; r < height; r++) {
        int ro = r * size;
        for (int c = 0; c < width; c++) {
          double f = map[r * width + c];
          if (f <= 0) {
            continue;
          }
          int co = c * size;
          for (int v = 0; v < size; v++) {
            density[v] = rows[ro + v] * columns[co + v];
          }
          double sum = noise + sum(density);
          sums.likelihood += f * (Math.log(sum) - prior);
          sums.activation += f;
          double w = f / sum;
          double square = (double) r * r + (double) c * c;
          for (int v = 0; v < size; v++) {
            double p = w * density[v];
            mass[v] += p;
            mr[v] += p * r;
            mc[v] += p * c;
            m2[v] += p * square;
          }
        }
      }
      for (int v = 0; v < size; v++) {
        stats[v][i] = mass[v];
        stats[v][pictures + i] = mr[v];
        stats[v][2 * pictures + i] = mc[v];
        stats[v][3 * pictures + i] = m2[v];
      }
    }
  }

  /** In four strands, since each addition waits for the one before. */
  private static double sum(double[] values) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int v = 0;
    for (; v + 3 < values.length; v += 4) {
      a += values[v];
      b += values[v + 1];
      c += values[v + 2];
      d += values[v + 3];
    }
    for (; v < values.length; v++) {
      a += values[v];
    }
    return (a + b) + (c + d);
  }

  /** Densities by row and by column, whose product is the density at a unit. */
  private void tables(Told told, int picture, double[] rows, double[] columns) {
    Arrays.fill(rows, 0);
    Arrays.fill(columns, 0);
    for (int v = 0; v < size; v++) {
      double s = patterns.neighbours[first + v].length == 0 ? free : tied;
      double r = patterns.row[first + v] + told.shifts[v][picture];
      double c = patterns.column[first + v] + told.shifts[v][pictures + picture];
      double agreement = Math.exp(-0.5 * told.disagreements[v][picture] / (s * s));
      fill(rows, v, r, s, height, agreement / (2 * Math.PI * s * s));
      fill(columns, v, c, s, width, 1);
    }
  }

  private void fill(double[] table, int v, double center, double s, int length, double scale) {
    // What lies beyond has no density that could be told from none; it must stay in the model
    // where it is the same for both steps, so the bound is far out.
    int from = (int) Math.max(0, Math.ceil(center - REACH * s));
    int to = (int) Math.min(length - 1, Math.floor(center + REACH * s));
    double half = -0.5 / (s * s);
    for (int k = from; k <= to; k++) {
      double d = k - center;
      table[k * size + v] = scale * Math.exp(half * d * d);
    }
  }

  /** The maximisation step for given moves: the weighted mean, and the variance around it. */
  private final class Fit {
    final double row;
    final double column;
    final double variance;

    /** The mean over neighbours of what the variance were around the place that each tells. */
    final double misfit;

    Fit(double[] stats, double[] shift, double[] disagreement, double total) {
      double r = 0;
      double c = 0;
      for (int i = 0; i < pictures; i++) {
        r += stats[pictures + i] - stats[i] * shift[i];
        c += stats[2 * pictures + i] - stats[i] * shift[pictures + i];
      }
      row = r / total;
      column = c / total;
      double sum = 0;
      for (int i = 0; i < pictures; i++) {
        double pr = row + shift[i];
        double pc = column + shift[pictures + i];
        sum +=
            stats[3 * pictures + i]
                - 2 * (stats[pictures + i] * pr + stats[2 * pictures + i] * pc)
                + stats[i] * (pr * pr + pc * pc);
      }
      variance = Math.max(0, sum) / (2 * total);
      double apart = 0;
      for (int i = 0; i < pictures; i++) {
        apart += stats[i] * disagreement[i];
      }
      misfit = variance + apart / (2 * total);
    }
  }

  private void maximise(
      int v,
      double[] stats,
      Told told,
      double[] trial,
      boolean rewire,
      double[][] totals,
      Sums sums) {
    double total = totals[0][first + v];
    if (!(total > 1e-9)) {
      return;
    }
    Fit best = new Fit(stats, told.shifts[v], told.disagreements[v], total);
    if (rewire && above.candidates() > 0) {
      int[] chosen = neighbours(stats, totals, v);
      if (!Arrays.equals(chosen, patterns.neighbours[first + v])) {
        above.shift(chosen, trial);
        double[] disagreement = new double[pictures];
        above.disagreement(chosen, trial, disagreement);
        Fit other = new Fit(stats, trial, disagreement, total);
        // The likelihood is higher the smaller the misfit, since the spread is given.
        boolean isFree = patterns.neighbours[first + v].length == 0;
        if (isFree || other.misfit < best.misfit) {
          best = other;
          patterns.neighbours[first + v] = chosen;
          sums.rewired++;
        }
      }
    }
    patterns.row[first + v] = best.row;
    patterns.column[first + v] = best.column;
    patterns.sigma[first + v] = Math.max(LEAST, Math.sqrt(best.variance));
  }

  /** The candidates that explain the moves of the pattern best, in ascending order. */
  private int[] neighbours(double[] stats, double[][] totals, int v) {
    float[] mass = new float[pictures];
    float[] r = new float[pictures];
    float[] c = new float[pictures];
    double total = totals[0][first + v];
    // Around the mean, where single precision does.
    double meanR = totals[1][first + v] / total;
    double meanC = totals[2][first + v] / total;
    double scale = pictures / total;
    double sumR = 0;
    double sumC = 0;
    double sum = 0;
    for (int i = 0; i < pictures; i++) {
      mass[i] = (float) (scale * stats[i]);
      r[i] = (float) (scale * (stats[pictures + i] - stats[i] * meanR));
      c[i] = (float) (scale * (stats[2 * pictures + i] - stats[i] * meanC));
      sum += mass[i];
      sumR += r[i];
      sumC += c[i];
    }
    int count = Math.min(settings.neighbours(), above.candidates());
    int[] best = new int[count];
    double[] misfits = new double[count];
    int filled = 0;
    for (int u = 0; u < above.candidates(); u++) {
      double misfit = above.misfit(u, mass, r, c, sum, sumR, sumC);
      if (filled == count && misfit >= misfits[count - 1]) {
        continue;
      }
      int at = filled < count ? filled++ : count - 1;
      while (at > 0 && misfits[at - 1] > misfit) {
        misfits[at] = misfits[at - 1];
        best[at] = best[at - 1];
        at--;
      }
      misfits[at] = misfit;
      best[at] = u;
    }
    Arrays.sort(best);
    return best;
  }

  /**
   * Finds the patterns in all pictures: the unit at which activation times density is largest,
   * refined to the centre of mass of the activation over it and its eight neighbours.
   *
   * @param row is filled at the patterns' indices, {@code [patterns][pictures]}
   * @param column is filled
   * @param score is filled with the largest product; 0 if the filter is silent around the pattern
   */
  void place(float[][] row, float[][] column, float[][] score) {
    if (size == 0) {
      return;
    }
    Told told = told();
    float[] map = new float[height * width];
    double[] rows = new double[height * size];
    double[] columns = new double[width * size];
    for (int i = 0; i < pictures; i++) {
      maps.read(i, filter, map);
      tables(told, i, rows, columns);
      for (int v = 0; v < size; v++) {
        double best = 0;
        int at = -1;
        for (int r = 0; r < height; r++) {
          double dr = rows[r * size + v];
          for (int c = 0; dr > 0 && c < width; c++) {
            double p = map[r * width + c] * dr * columns[c * size + v];
            if (p > best) {
              best = p;
              at = r * width + c;
            }
          }
        }
        double r = patterns.row[first + v] + told.shifts[v][i];
        double c = patterns.column[first + v] + told.shifts[v][pictures + i];
        if (at >= 0) {
          double sum = 0;
          double sr = 0;
          double sc = 0;
          int r0 = at / width;
          int c0 = at % width;
          for (int y = Math.max(0, r0 - 1); y <= Math.min(height - 1, r0 + 1); y++) {
            for (int x = Math.max(0, c0 - 1); x <= Math.min(width - 1, c0 + 1); x++) {
              double p = map[y * width + x];
              sum += p;
              sr += p * y;
              sc += p * x;
            }
          }
          r = sr / sum;
          c = sc / sum;
        }
        row[first + v][i] = (float) Math.max(0, Math.min(height - 1, r));
        column[first + v][i] = (float) Math.max(0, Math.min(width - 1, c));
        score[first + v][i] = (float) best;
      }
    }
  }
}
