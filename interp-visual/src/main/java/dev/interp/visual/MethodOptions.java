package dev.interp.visual;

import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Settings that a caller may give to a method by name; null leaves a method's default. A method
 * takes the ones that it has and leaves the others.
 *
 * @param layer name of the tensor that class activation maps look at, or several with commas
 * @param steps points of the path of integrated gradients, samples of smoothgrad
 * @param noise {@code [n, C, H, W]} for smoothgrad, added as it is
 * @param window side of the occluding square in pixels
 * @param stride step of the occluding square in pixels; half the window if not given
 * @param baseline what stands for nothing, for integrated gradients and occlusion
 * @param seed of everything random
 * @param batchSize how many inputs are evaluated at a time
 * @param progress told how far long methods are
 * @param values the settings of single methods by {@code method.option}, as text
 */
public record MethodOptions(
    @Nullable String layer,
    @Nullable Integer steps,
    @Nullable INDArray noise,
    @Nullable Integer window,
    @Nullable Integer stride,
    @Nullable Baseline baseline,
    @Nullable Long seed,
    @Nullable Integer batchSize,
    Progress progress,
    Map<String, String> values) {

  /** Copies the map. */
  public MethodOptions {
    values = Map.copyOf(values);
  }

  /**
   * The settings that all methods share, none for a single one.
   *
   * @param layer name of the tensor that class activation maps look at, or several with commas
   * @param steps points of the path of integrated gradients, samples of smoothgrad
   * @param noise {@code [n, C, H, W]} for smoothgrad, added as it is
   * @param window side of the occluding square in pixels
   * @param stride step of the occluding square in pixels
   * @param baseline what stands for nothing
   * @param seed of everything random
   * @param batchSize how many inputs are evaluated at a time
   * @param progress told how far long methods are
   */
  public MethodOptions(
      @Nullable String layer,
      @Nullable Integer steps,
      @Nullable INDArray noise,
      @Nullable Integer window,
      @Nullable Integer stride,
      @Nullable Baseline baseline,
      @Nullable Long seed,
      @Nullable Integer batchSize,
      Progress progress) {
    this(layer, steps, noise, window, stride, baseline, seed, batchSize, progress, Map.of());
  }

  /**
   * Every method's own defaults.
   *
   * @return options that set nothing
   */
  public static MethodOptions defaults() {
    return new MethodOptions(null, null, null, null, null, null, null, null, Progress.none());
  }

  /**
   * The same with values for single methods.
   *
   * @param settings values by {@code method.option}
   * @return options with those values
   */
  public MethodOptions withValues(Map<String, String> settings) {
    return new MethodOptions(
        layer, steps, noise, window, stride, baseline, seed, batchSize, progress, settings);
  }

  /** What concerns one method: every option of its own has a value, by the option's name. */
  MethodOptions of(Method method) {
    Map<String, String> own = new HashMap<>();
    method.options().forEach(o -> own.put(o.name(), o.initial()));
    String prefix = method.id() + '.';
    values.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            String name = key.substring(prefix.length());
            if (!own.containsKey(name)) {
              throw new IllegalArgumentException(
                  method.options().isEmpty()
                      ? method.id() + " has no options of its own, was given '" + name + "'"
                      : method.id()
                          + " has no option '"
                          + name
                          + "'; it has "
                          + method.options().stream()
                              .map(MethodOption::name)
                              .collect(Collectors.joining(", ")));
            }
            own.put(name, value);
          }
        });
    return withValues(own);
  }

  /** A value of {@link #of}. */
  String text(String option) {
    String value = values.get(option);
    if (value == null) {
      throw new IllegalStateException("the method declares no option '" + option + "'");
    }
    return value;
  }

  double decimal(String option) {
    try {
      return Double.parseDouble(text(option));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option " + option + " must be a number, was '" + text(option) + "'", e);
    }
  }

  /** Numbers with commas between; none for {@code measured}. */
  List<Double> decimals(String option) {
    if (text(option).equals("measured")) {
      return List.of();
    }
    try {
      return Arrays.stream(text(option).split(",", -1))
          .map(String::strip)
          .map(Double::valueOf)
          .toList();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option "
              + option
              + " must be measured or numbers with commas between, was '"
              + text(option)
              + "'",
          e);
    }
  }

  int integer(String option) {
    try {
      return Integer.parseInt(text(option));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "option " + option + " must be a whole number, was '" + text(option) + "'", e);
    }
  }

  boolean flag(String option) {
    return switch (text(option)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "option " + option + " must be true or false, was '" + text(option) + "'");
    };
  }

  /** For a method that another one runs many times: neither how often, nor who is told. */
  MethodOptions forInner() {
    return new MethodOptions(
        layer, null, null, window, stride, baseline, seed, batchSize, Progress.none());
  }

  /** A choice among the constants of an enum, written in lower case with hyphens. */
  <E extends Enum<E>> E choice(String option, Class<E> type) {
    String value = text(option);
    List<String> legal = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      String name = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      if (name.equals(value)) {
        return constant;
      }
      legal.add(name);
    }
    throw new IllegalArgumentException(
        "option "
            + option
            + " must be one of "
            + String.join(", ", legal)
            + ", was '"
            + value
            + "'");
  }
}
