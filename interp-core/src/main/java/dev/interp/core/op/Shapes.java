package dev.interp.core.op;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Checks that ops share. */
final class Shapes {
  private Shapes() {}

  static long[] single(Op op, List<long[]> inputs) {
    if (inputs.size() != 1) {
      throw new IllegalArgumentException(op.kind() + ": takes one input, was " + text(inputs));
    }
    return inputs.get(0);
  }

  static long[] map(Op op, List<long[]> inputs) {
    long[] in = single(op, inputs);
    if (in.length != 3) {
      throw new IllegalArgumentException(
          op.kind() + ": the input must be [channels, height, width], was " + Arrays.toString(in));
    }
    return in;
  }

  static void channels(Op op, long channels, long expected) {
    if (channels != expected) {
      throw new IllegalArgumentException(
          op.kind() + ": the input must have " + expected + " channels, was " + channels);
    }
  }

  static long[] windowed(Op op, long channels, long[] in, Window window) {
    long h = window.height().outputs(in[1]);
    long w = window.width().outputs(in[2]);
    if (h < 1 || w < 1) {
      throw new IllegalArgumentException(
          op.kind()
              + ": the window "
              + window.height().extent()
              + "×"
              + window.width().extent()
              + " does not fit into "
              + Arrays.toString(in)
              + " (is the input picture too small?)");
    }
    return new long[] {channels, h, w};
  }

  static String name(Op.Reduction reduction) {
    return switch (reduction) {
      case MAX -> "max";
      case AVERAGE, AVERAGE_WITH_PADDING -> "average";
      case SUM -> "sum";
      case P_NORM -> reduction.name().toLowerCase(Locale.ROOT).replace('_', '-');
    };
  }

  static String text(List<long[]> shapes) {
    return String.join(", ", shapes.stream().map(Arrays::toString).toList());
  }
}
