package dev.interp.bench.quality;

import java.util.HashMap;
import java.util.Map;

/** Guesses what the rest takes from what each method took per picture. Not for several threads. */
final class TimeLeft {
  private final double total;
  private final Map<String, double[]> spent = new HashMap<>();
  private final Map<String, Integer> open = new HashMap<>();
  private double done;

  TimeLeft(double total) {
    this.total = total;
  }

  /** Work of an earlier run. */
  void known(String method, int pictures, double seconds) {
    done += pictures;
    add(method, pictures, seconds);
  }

  void planned(String method, int pictures) {
    open.merge(method, pictures, Integer::sum);
  }

  void finished(String method, int pictures, double seconds) {
    done += pictures;
    open.merge(method, -pictures, Integer::sum);
    add(method, pictures, seconds);
  }

  private void add(String method, int pictures, double seconds) {
    double[] sums = spent.computeIfAbsent(method, m -> new double[2]);
    sums[0] += pictures;
    sums[1] += seconds;
  }

  double share() {
    return done / total;
  }

  /** NaN before anything is known; methods not seen yet are taken for average ones. */
  double left() {
    double pictures = 0;
    double seconds = 0;
    for (double[] sums : spent.values()) {
      pictures += sums[0];
      seconds += sums[1];
    }
    double usual = pictures == 0 ? Double.NaN : seconds / pictures;
    double left = 0;
    for (Map.Entry<String, Integer> entry : open.entrySet()) {
      double[] sums = spent.get(entry.getKey());
      left += entry.getValue() * (sums == null ? usual : sums[1] / sums[0]);
    }
    return left;
  }
}
