package dev.interp.bench.cli;

import dev.interp.core.network.Target;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Targets as they are written on the command line. */
final class TargetText {
  static final String FORMS =
      "predicted, a class index, probability:CLASS, contrast:CLASS:AGAINST,"
          + " neuron:TENSOR:CHANNEL,ROW,COLUMN or channel:TENSOR:CHANNEL";

  private TargetText() {}

  /** Reads a target; a tensor's name may have colons in it, the numbers stand behind the last. */
  static Target parse(String text) {
    int first = text.indexOf(':');
    int last = text.lastIndexOf(':');
    String kind = first < 0 ? text : text.substring(0, first);
    String middle = first < last ? text.substring(first + 1, last) : "";
    int[] numbers = numbers(first < 0 ? text : text.substring(last + 1));
    Target target = null;
    if (text.equals("predicted")) {
      target = Target.predicted();
    } else if (numbers != null) {
      target = of(kind, first, middle, numbers);
    }
    if (target == null) {
      throw new IllegalArgumentException("--target must be " + FORMS + ", was '" + text + "'");
    }
    return target;
  }

  private static @Nullable Target of(String kind, int colon, String middle, int[] numbers) {
    boolean one = numbers.length == 1;
    if (colon < 0) {
      return one ? Target.ofClass(numbers[0]) : null;
    }
    if (middle.isEmpty()) {
      return kind.equals("probability") && one ? Target.probability(numbers[0]) : null;
    }
    return switch (kind) {
      case "contrast" -> {
        int[] asked = numbers(middle);
        yield one && asked != null && asked.length == 1
            ? Target.contrast(asked[0], numbers[0])
            : null;
      }
      case "neuron" -> Target.neuron(middle, Arrays.stream(numbers).asLongStream().toArray());
      case "channel" -> one ? Target.channel(middle, numbers[0]) : null;
      default -> null;
    };
  }

  /** Whole numbers with commas between them, null if they are not. */
  private static int @Nullable [] numbers(String text) {
    try {
      return Arrays.stream(text.split(",", -1))
          .map(String::strip)
          .mapToInt(Integer::parseInt)
          .toArray();
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
