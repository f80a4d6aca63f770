package dev.interp.disentangle.graph;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The patterns of a layer while they are learned, ordered by filter. Neighbours are indices of
 * candidates of the layer above.
 */
final class Patterns {
  /** The patterns of filter f are those from {@code start[f]} to {@code start[f + 1]}. */
  final int[] start;

  final double[] row;
  final double[] column;
  final double[] sigma;
  final int[][] neighbours;

  Patterns(int[] start, double[] row, double[] column, double[] sigma, int[][] neighbours) {
    this.start = start;
    this.row = row;
    this.column = column;
    this.sigma = sigma;
    this.neighbours = neighbours;
  }

  /** Patterns at units drawn without repetition; none for filters that never change. */
  static Patterns initial(FeatureMaps maps, GraphSettings settings) {
    GraphLayer layer = maps.layer();
    int count = settings.patterns(layer);
    boolean[] live = live(maps);
    int[] start = new int[layer.filters() + 1];
    for (int f = 0; f < layer.filters(); f++) {
      start[f + 1] = start[f] + (live[f] ? count : 0);
    }
    int size = start[layer.filters()];
    double[] row = new double[size];
    double[] column = new double[size];
    double[] sigma = new double[size];
    Arrays.fill(sigma, settings.freeSpread(layer));
    int[][] neighbours = new int[size][0];
    SplittableRandom random = new SplittableRandom(settings.seed());
    for (int f = 0; f < layer.filters(); f++) {
      SplittableRandom own = random.split();
      int[] cells = new int[layer.cells()];
      Arrays.setAll(cells, i -> i);
      for (int v = start[f]; v < start[f + 1]; v++) {
        int at = v - start[f];
        int other = at + own.nextInt(cells.length - at);
        int cell = cells[other];
        cells[other] = cells[at];
        int unitRow = cell / layer.width();
        row[v] = unitRow;
        column[v] = cell % layer.width();
      }
    }
    return new Patterns(start, row, column, sigma, neighbours);
  }

  private static boolean[] live(FeatureMaps maps) {
    boolean[] live = new boolean[maps.layer().filters()];
    float[] map = new float[maps.layer().cells()];
    for (int f = 0; f < live.length; f++) {
      float low = Float.MAX_VALUE;
      float high = 0;
      for (int i = 0; i < maps.pictures(); i++) {
        maps.read(i, f, map);
        for (float value : map) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
      live[f] = high > low;
    }
    return live;
  }

  int size() {
    return row.length;
  }

  int filters() {
    return start.length - 1;
  }

  int[] filterOf() {
    int[] filter = new int[size()];
    for (int f = 0; f < filters(); f++) {
      Arrays.fill(filter, start[f], start[f + 1], f);
    }
    return filter;
  }

  Patterns only(boolean[] kept) {
    int[] filter = filterOf();
    int[] newStart = new int[start.length];
    int[] chosen = new int[size()];
    int count = 0;
    for (int v = 0; v < kept.length; v++) {
      if (kept[v]) {
        chosen[count++] = v;
        newStart[filter[v] + 1]++;
      }
    }
    for (int f = 0; f < filters(); f++) {
      newStart[f + 1] += newStart[f];
    }
    int[] own = Arrays.copyOf(chosen, count);
    return new Patterns(
        newStart,
        Arrays.stream(own).mapToDouble(v -> row[v]).toArray(),
        Arrays.stream(own).mapToDouble(v -> column[v]).toArray(),
        Arrays.stream(own).mapToDouble(v -> sigma[v]).toArray(),
        Arrays.stream(own).mapToObj(v -> neighbours[v]).toArray(int[][]::new));
  }
}
