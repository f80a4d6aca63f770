package dev.interp.visual.relevance;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the input of each linear op is made of where its outputs are active: for each output a
 * pattern a with {@code wᵀa = 1}, so that {@code a · y} estimates the part of the input that the
 * output y tells of.
 *
 * @param byTensor by the tensor that a convolution or dense op makes, patterns in the shape of its
 *     weights: {@code [outC, inC / groups, kH, kW]} or {@code [in, out]}; w includes the batch
 *     norms that follow. Arrays are not copied and must not be modified
 */
public record Patterns(Map<String, INDArray> byTensor) {
  /** Copies the map, keeping its order. */
  public Patterns {
    byTensor = Collections.unmodifiableMap(new LinkedHashMap<>(byTensor));
  }

  /** Changes with every number. */
  String fingerprint() {
    CRC32 sum = new CRC32();
    byTensor.forEach(
        (name, pattern) -> {
          sum.update(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
          for (double number : pattern.castTo(DataType.DOUBLE).dup('c').data().asDouble()) {
            long bits = Double.doubleToLongBits(number);
            for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
              sum.update((int) (bits >>> shift) & 0xff);
            }
          }
        });
    return String.format("%08x", sum.getValue());
  }
}
