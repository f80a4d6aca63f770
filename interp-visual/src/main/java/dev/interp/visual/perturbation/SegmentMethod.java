package dev.interp.visual.perturbation;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What the methods share that hide and show parts of an example: its settings, and the way from
 * parts to a map in which every value of a part has the part's number.
 *
 * @param <T> the method
 */
abstract class SegmentMethod<T extends SegmentMethod<T>> implements Attributor {
  final Settings settings;

  SegmentMethod(Settings settings) {
    this.settings = settings;
  }

  /**
   * What parts there are and how they are hidden.
   *
   * @param segments the division into parts
   * @param baseline what hidden parts show; null for each part's mean colour
   * @param batchSize inputs evaluated at a time
   * @param progress told how far the work is
   */
  record Settings(
      Segmentation segments, @Nullable Baseline baseline, int batchSize, Progress progress) {
    static Settings of(Segmentation segments, @Nullable Baseline baseline) {
      return new Settings(segments, baseline, 16, Progress.none());
    }
  }

  /** What a method found for one example. */
  static final class Scores {
    private final double[] values;
    private final @Nullable Double total;

    /** One number per part, and what they should sum to; null if they promise no sum. */
    Scores(double[] values, @Nullable Double total) {
      this.values = values;
      this.total = total;
    }

    /** One number per part; methods fill it in as outputs come. */
    double[] values() {
      return values;
    }

    @Nullable Double total() {
      return total;
    }
  }

  /** The method with other settings. */
  abstract T with(Settings other);

  /** Adds the settings beside the segments. */
  abstract void describe(Map<String, String> texts);

  /** Refuses parts that the method cannot take, before any work. */
  void check(INDArray x, List<Segments> segments) {}

  /** Explains all examples of a run. */
  abstract List<Scores> explain(Evaluations runs, Parts parts);

  /**
   * Sets the parts.
   *
   * @param division into parts that are hidden together
   * @return the method with those parts
   */
  public T withSegments(Segmentation division) {
    return with(
        new Settings(division, settings.baseline(), settings.batchSize(), settings.progress()));
  }

  /**
   * Sets how many changed examples are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public T withBatchSize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size must be at least 1, was " + size);
    }
    return with(new Settings(settings.segments(), settings.baseline(), size, settings.progress()));
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public T withProgress(Progress listener) {
    return with(
        new Settings(settings.segments(), settings.baseline(), settings.batchSize(), listener));
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("segments", settings.segments().toString());
    describe(texts);
    return Collections.unmodifiableMap(texts);
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    return attribute(network, x, target, this::explain);
  }

  /** The way to a map with another way of explaining. */
  final Attribution attribute(
      Network network,
      INDArray x,
      Target target,
      BiFunction<Evaluations, Parts, List<Scores>> explain) {
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      List<Segments> segments = settings.segments().of(run.x());
      check(run.x(), segments);
      Baseline baseline = settings.baseline();
      INDArray cover = baseline == null ? run.x() : baseline.of(run.x());
      Evaluations runs = new Evaluations(run, settings.batchSize(), settings.progress());
      List<Scores> scores = explain.apply(runs, new Parts(segments, cover, baseline == null));
      List<INDArray> maps = new ArrayList<>();
      List<Double> gaps = new ArrayList<>();
      for (int i = 0; i < run.examples(); i++) {
        double[] values = scores.get(i).values();
        maps.add(segments.get(i).map(values, run.x().dataType()));
        Double total = scores.get(i).total();
        if (total != null) {
          gaps.add(Arrays.stream(values).sum() - total);
        }
      }
      INDArray stacked = Nd4j.stack(0, maps.toArray(INDArray[]::new));
      return run.finish(Network.INPUT, stacked, runs.resolved(), gaps);
    }
  }

  /** The parts of all examples and what shows where they are hidden. */
  static final class Parts {
    private final List<Segments> segments;
    private final Evaluations.Cache source;
    private final boolean means;
    private int current = -1;
    private double[] cover = new double[0];

    Parts(List<Segments> segments, INDArray source, boolean means) {
      this.segments = segments;
      this.source = new Evaluations.Cache(source);
      this.means = means;
    }

    Segments of(int example) {
      return segments.get(example);
    }

    int count(int example) {
      return of(example).count();
    }

    /** How many parts each example has. */
    int[] counts() {
      return segments.stream().mapToInt(Segments::count).toArray();
    }

    /** Leaves only some parts of an example. */
    void keep(int example, boolean[] present, double[] row) {
      of(example).hide(present, cover(example), row);
    }

    /** Leaves each part of an example to some degree. */
    void fade(int example, double[] presence, double[] row) {
      of(example).fade(presence, cover(example), row);
    }

    private double[] cover(int example) {
      if (current != example) {
        double[] numbers = source.of(example);
        cover = means ? of(example).means(numbers) : numbers;
        current = example;
      }
      return cover;
    }
  }
}
