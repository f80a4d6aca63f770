package dev.interp.bench.quality;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.Method;
import dev.interp.visual.MethodOptions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A method that takes part.
 *
 * @param title its name
 * @param attributor the method with its settings
 */
public record Contestant(String title, Attributor attributor) {

  /**
   * What any method must beat: uniform numbers, which depend on the network, the picture and the
   * class, but not in a way that means anything.
   *
   * @param seed of the numbers
   * @return {@code random}
   */
  public static Contestant random(long seed) {
    return new Contestant("Random", new RandomMap(seed));
  }

  /**
   * What a method must beat to show more than the picture: the strength of edges (Sobel operator on
   * the mean over the channels).
   *
   * @return {@code edges}
   */
  public static Contestant edges() {
    return new Contestant("Edges", new EdgeMap());
  }

  /**
   * A method by its identifier.
   *
   * @param id of the catalogue, or one of {@link #extras}
   * @param how from pictures to the network's input, which tells what pixels can be
   * @param seed of everything random
   * @param set settings of methods by {@code method.option}
   * @return the method
   * @throws IllegalArgumentException if there is no such method or option; the message lists them
   */
  public static Contestant of(String id, Preprocessor how, long seed, Map<String, String> set) {
    return switch (id) {
      case "random" -> random(seed);
      case "edges" -> edges();
      default -> {
        Method method = Method.of(id);
        MethodOptions shared =
            new MethodOptions(null, null, null, null, null, null, seed, null, Progress.none());
        yield new Contestant(
            method.title(), method.with(shared.withValues(withBounds(method, how, set))));
      }
    };
  }

  /**
   * Settings, with what pixels can be for a method that asks for it and is not told.
   *
   * @param method the method
   * @param how from pictures to the network's input
   * @param set settings by {@code method.option}
   * @return these and {@code low} and {@code high} per channel if the method has them
   */
  public static Map<String, String> withBounds(
      Method method, Preprocessor how, Map<String, String> set) {
    Map<String, String> values = new LinkedHashMap<>(set);
    INDArray black = how.constant(0);
    INDArray white = how.constant(255);
    bound(method, "low", Transforms.min(black, white, true), values);
    bound(method, "high", Transforms.max(black, white, true), values);
    return values;
  }

  private static void bound(
      Method method, String option, INDArray perChannel, Map<String, String> values) {
    if (method.options().stream().anyMatch(o -> o.name().equals(option))) {
      values.putIfAbsent(
          method.id() + '.' + option,
          Arrays.stream(perChannel.ravel().toDoubleVector())
              .mapToObj(Double::toString)
              .collect(Collectors.joining(",")));
    }
  }

  /** Its identifier. */
  String id() {
    return attributor.id();
  }

  /**
   * Explains the first picture, to find out whether the method can.
   *
   * @param network the network
   * @param gallery the pictures
   * @throws dev.interp.core.attribution.NotApplicableException if the method does not fit the
   *     network
   */
  public void tryOut(Network network, Gallery gallery) {
    attributor.attribute(network, gallery.x(0, 1), Target.predicted());
  }

  /**
   * Those that are no methods of the catalogue.
   *
   * @return identifiers
   */
  public static List<String> extras() {
    return List.of("random", "edges");
  }

  private record RandomMap(long seed) implements Attributor {
    @Override
    public String id() {
      return "random";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("seed", Long.toString(seed));
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
        Target.Resolved resolved = run.resolve();
        int plane = (int) (x.size(2) * x.size(3));
        int size = (int) (x.size(1) * plane);
        float[] pixels = run.x().castTo(DataType.FLOAT).dup('c').data().asFloat();
        float[] values = new float[run.examples() * plane];
        for (int i = 0; i < run.examples(); i++) {
          long hash = seed;
          for (int p = i * size; p < (i + 1) * size; p++) {
            hash = 31 * hash + Float.floatToIntBits(pixels[p]);
          }
          hash = 31 * hash + resolved.classes().get(i);
          SplittableRandom random =
              new SplittableRandom(31 * hash + network.fingerprint().hashCode());
          for (int p = 0; p < plane; p++) {
            values[i * plane + p] = (float) random.nextDouble();
          }
        }
        return run.finish(Network.INPUT, map(run, values), resolved);
      }
    }
  }

  private record EdgeMap() implements Attributor {
    @Override
    public String id() {
      return "edges";
    }

    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Attribution attribute(Network network, INDArray x, Target target) {
      try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
        Target.Resolved resolved = run.resolve();
        int h = (int) x.size(2);
        int w = (int) x.size(3);
        float[] grey = run.x().mean(1).castTo(DataType.FLOAT).dup('c').data().asFloat();
        float[] values = new float[grey.length];
        for (int i = 0; i < values.length; i++) {
          int at = i / (h * w) * h * w;
          int y = i % (h * w) / w;
          int c = i % w;
          int up = at + Math.max(0, y - 1) * w;
          int here = at + y * w;
          int down = at + Math.min(h - 1, y + 1) * w;
          int left = Math.max(0, c - 1);
          int right = Math.min(w - 1, c + 1);
          double across =
              grey[up + right]
                  + 2 * grey[here + right]
                  + grey[down + right]
                  - grey[up + left]
                  - 2 * grey[here + left]
                  - grey[down + left];
          double along =
              grey[down + left]
                  + 2 * grey[down + c]
                  + grey[down + right]
                  - grey[up + left]
                  - 2 * grey[up + c]
                  - grey[up + right];
          values[i] = (float) Math.hypot(across, along);
        }
        return run.finish(Network.INPUT, map(run, values), resolved);
      }
    }
  }

  private static INDArray map(AttributionRun run, float[] values) {
    INDArray x = run.x();
    return Nd4j.createFromArray(values)
        .reshape('c', x.size(0), 1, x.size(2), x.size(3))
        .castTo(x.dataType());
  }
}
