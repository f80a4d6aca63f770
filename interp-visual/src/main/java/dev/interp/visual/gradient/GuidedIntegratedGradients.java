package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Guided integrated gradients: integrated gradients along a path that the network chooses. In every
 * step the input values move first to which the output reacts least, so that the path keeps out of
 * regions where the gradient is large but says nothing about the input. No value may be further
 * than a given distance from where the straight path would have it. The values sum to the output at
 * x minus the output at the baseline; what the steps miss of it is reported as the completeness
 * gap.
 *
 * <p>Cost: {@code steps + 1} forward and backward passes, which cannot run together for one
 * example, and two forward passes for the outputs at x and at the baseline.
 *
 * <p>Kapishnikov, Venugopalan, Avci, Wedin, Terry, Bolukbasi: Guided Integrated Gradients, CVPR
 * 2021, algorithm 1 with anchors as bounds; defaults as in the authors' package {@code
 * PAIR-code/saliency}. Deviation: both add up the gradient where a step begins, which is least by
 * choice and says too little of the step; here it is the mean of the gradients at both ends, which
 * leaves a tenth of the gap on the bundled bird.
 */
public final class GuidedIntegratedGradients implements Attributor {
  /** How close the distance left must come to the one wanted, as a share of the whole way. */
  private static final double CLOSE = 1e-9;

  private final int steps;
  private final double fraction;
  private final double maxDistance;
  private final Baseline baseline;
  private final Progress progress;

  private GuidedIntegratedGradients(
      int steps, double fraction, double maxDistance, Baseline baseline, Progress progress) {
    this.steps = steps;
    this.fraction = fraction;
    this.maxDistance = maxDistance;
    this.baseline = baseline;
    this.progress = progress;
  }

  /**
   * 200 steps from zero, a quarter of the values at a time, at most 0.02 from the straight path.
   *
   * @return the method
   */
  public static GuidedIntegratedGradients withDefaults() {
    return new GuidedIntegratedGradients(200, 0.25, 0.02, Baseline.zero(), Progress.none());
  }

  /**
   * Sets the number of steps of the path.
   *
   * @param number at least 1
   * @return the method with that many steps
   */
  public GuidedIntegratedGradients withSteps(int number) {
    PathGradients.atLeast("steps", 1, number);
    return new GuidedIntegratedGradients(number, fraction, maxDistance, baseline, progress);
  }

  /**
   * Sets how many values move together.
   *
   * @param share of all values of an example, in (0, 1]
   * @return the method with that share
   */
  public GuidedIntegratedGradients withFraction(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("the fraction must be in (0, 1], was " + share);
    }
    return new GuidedIntegratedGradients(steps, share, maxDistance, baseline, progress);
  }

  /**
   * Sets how far a value may be from where the straight path would have it.
   *
   * @param distance as a share of the whole way, in [0, 1]; 0 gives the straight path
   * @return the method with that distance
   */
  public GuidedIntegratedGradients withMaxDistance(double distance) {
    if (!(distance >= 0 && distance <= 1)) {
      throw new IllegalArgumentException("the largest distance must be in [0, 1], was " + distance);
    }
    return new GuidedIntegratedGradients(steps, fraction, distance, baseline, progress);
  }

  /**
   * Sets where the path begins.
   *
   * @param start x′
   * @return the method with that baseline
   */
  public GuidedIntegratedGradients withBaseline(Baseline start) {
    return new GuidedIntegratedGradients(steps, fraction, maxDistance, start, progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between steps
   * @return the method with that listener
   */
  public GuidedIntegratedGradients withProgress(Progress listener) {
    return new GuidedIntegratedGradients(steps, fraction, maxDistance, baseline, listener);
  }

  @Override
  public String id() {
    return "guided-integrated-gradients";
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("steps", Integer.toString(steps));
    settings.put("fraction", Double.toString(fraction));
    settings.put("max distance", Double.toString(maxDistance));
    settings.put("baseline", baseline.toString());
    return Collections.unmodifiableMap(settings);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      INDArray start = baseline.of(run.x());
      Target.Resolved resolved = run.resolve();
      int[] all = IntStream.range(0, run.examples()).toArray();
      List<Walk> walks = new ArrayList<>();
      for (int i : all) {
        walks.add(new Walk(numbers(start.slice(i)), numbers(run.x().slice(i))));
      }
      for (int step = 0; step <= steps; step++) {
        INDArray points = rows(walks.stream().map(Walk::point).toList(), run.x());
        try (Trace trace = run.network().run(points, Hooks.none())) {
          INDArray gradient = trace.gradient(run.targetOf(resolved, all), Network.INPUT);
          for (int i : all) {
            walks.get(i).arrive(numbers(gradient.slice(i)));
            if (step < steps) {
              walks.get(i).step(step);
            }
          }
          gradient.close();
        }
        points.close();
        progress.report((step + 1L) * all.length, (steps + 1L) * all.length);
      }
      INDArray values = rows(walks.stream().map(w -> w.values).toList(), run.x());
      double[] atStart = PathGradients.outputs(run, start, resolved);
      start.close();
      return run.finish(
          Network.INPUT, values, resolved, PathGradients.gaps(values, resolved, atStart));
    }
  }

  private static double[] numbers(INDArray array) {
    return array.castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private static INDArray rows(List<double[]> rows, INDArray like) {
    INDArray batch = Nd4j.createUninitialized(like.dataType(), like.shape(), 'c');
    AttributionRun.fill(batch, rows::get);
    return batch;
  }

  /** The number that would stand at an index if they were sorted; shuffles them. */
  static double smallest(int rank, double[] numbers) {
    int low = 0;
    int high = numbers.length - 1;
    while (low < high) {
      double pivot = numbers[(low + high) >>> 1];
      int i = low;
      int j = high;
      while (i <= j) {
        while (numbers[i] < pivot) {
          i++;
        }
        while (numbers[j] > pivot) {
          j--;
        }
        if (i <= j) {
          double swapped = numbers[i];
          numbers[i++] = numbers[j];
          numbers[j--] = swapped;
        }
      }
      if (rank <= j) {
        high = j;
      } else if (rank >= i) {
        low = i;
      } else {
        return numbers[rank];
      }
    }
    return numbers[rank];
  }

  /** The way of one example. Where a value stands is told as a share of its own way. */
  private final class Walk {
    private final double[] start;
    private final double[] way;
    private final double[] at;
    private final double[] values;
    private final double[] before;
    private final double length;
    private double[] gradient;

    Walk(double[] start, double[] end) {
      this.start = start;
      this.way = new double[start.length];
      this.at = new double[start.length];
      this.values = new double[start.length];
      this.before = new double[start.length];
      this.gradient = new double[start.length];
      double sum = 0;
      for (int i = 0; i < way.length; i++) {
        way[i] = end[i] - start[i];
        sum += Math.abs(way[i]);
      }
      this.length = sum;
    }

    double[] point() {
      double[] point = new double[start.length];
      Arrays.setAll(point, i -> start[i] + at[i] * way[i]);
      return point;
    }

    /** Half of a piece counts by the gradient where it begins, half by that where it ends. */
    void arrive(double[] slope) {
      for (int i = 0; i < at.length; i++) {
        values[i] += slope[i] * way[i] * (at[i] - before[i]) / 2;
      }
      gradient = slope;
    }

    void step(int step) {
      System.arraycopy(at, 0, before, 0, at.length);
      walk(step);
      for (int i = 0; i < at.length; i++) {
        values[i] += gradient[i] * way[i] * (at[i] - before[i]) / 2;
      }
    }

    private void walk(int step) {
      if (length == 0) {
        return;
      }
      double wanted = length * (1 - (step + 1.0) / steps);
      double straight = (step + 1.0) / steps;
      double least = Math.max(straight - maxDistance, 0);
      double most = Math.min(straight + maxDistance, 1);
      for (int i = 0; i < at.length; i++) {
        if (at[i] < least) {
          at[i] = least;
        }
      }
      double left = left();
      int rank = (int) Math.floor(fraction * (at.length - 1));
      while (left - wanted > CLOSE * length) {
        int[] chosen = chosen(rank, most);
        double reach = 0;
        for (int i : chosen) {
          reach += (most - at[i]) * Math.abs(way[i]);
        }
        if (reach == 0) {
          return;
        }
        double share = Math.min(1, (left - wanted) / reach);
        for (int i : chosen) {
          at[i] = share == 1 ? most : at[i] + share * (most - at[i]);
        }
        if (share < 1) {
          return;
        }
        left = left();
      }
    }

    /** Values that may still move and to which the output reacts least, ties included. */
    private int[] chosen(int rank, double most) {
      int[] free = IntStream.range(0, at.length).filter(i -> way[i] != 0 && at[i] < most).toArray();
      if (free.length <= rank) {
        return free;
      }
      double threshold =
          smallest(rank, IntStream.of(free).mapToDouble(i -> Math.abs(gradient[i])).toArray());
      return IntStream.of(free).filter(i -> Math.abs(gradient[i]) <= threshold).toArray();
    }

    private double left() {
      double sum = 0;
      for (int i = 0; i < at.length; i++) {
        sum += Math.abs(way[i]) * (1 - at[i]);
      }
      return sum;
    }
  }
}
