package dev.interp.visual.mask;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that the methods share. */
final class Require {
  private Require() {}

  static void atLeastOne(String what, int number) {
    if (number < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, was " + number);
    }
  }

  static void pictures(String method, INDArray x) {
    if (x.rank() != 4) {
      throw new IllegalArgumentException(
          method + " needs pictures [N, C, H, W], was " + Arrays.toString(x.shape()));
    }
  }
}
