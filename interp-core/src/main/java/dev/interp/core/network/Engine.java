package dev.interp.core.network;

import java.util.Locale;

/**
 * What computes the ops of a network. Which one runs is part of the provenance of an explanation.
 *
 * <p>The system property {@value #PROPERTY} says which one networks use at most: {@code nd4j} turns
 * oneDNN off. Without it every network uses the fastest engine that there is on the machine.
 */
public enum Engine {
  /** ND4J's own ops, on every machine and in both precisions. */
  ND4J,

  /**
   * oneDNN called directly, with weights put in its order once and followers fused, for networks in
   * float32; ops that it lacks run on ND4J. It is there if the class path holds {@code
   * org.bytedeco:dnnl} and {@code org.bytedeco:opencl} with their natives for the machine.
   */
  ONEDNN,

  /**
   * oneDNN with forward convolutions of numbers rounded to bfloat16, eight bits of precision,
   * summed in float32: about twice as fast where the processor has instructions for it, and there
   * only. For methods that run a network forward many times on changed inputs; the products of
   * gradients are those of {@link #ONEDNN}. Never chosen unasked.
   */
  ONEDNN_BFLOAT16;

  /** The system property that names the engine. */
  public static final String PROPERTY = "interp.engine";

  /**
   * The engine of networks that nobody has chosen one for.
   *
   * @return the one that the property names, else the fastest
   * @throws IllegalArgumentException if the property names none, or one that is not there
   */
  public static Engine usual() {
    String name = System.getProperty(PROPERTY, "");
    if (name.isBlank()) {
      return ONEDNN.isThere() ? ONEDNN : ND4J;
    }
    for (Engine engine : values()) {
      if (engine.toString().equals(name.strip().toLowerCase(Locale.ROOT))) {
        return engine.checked();
      }
    }
    throw new IllegalArgumentException(
        "the system property "
            + PROPERTY
            + " must be nd4j, onednn or onednn_bfloat16, was '"
            + name
            + "'");
  }

  /**
   * Whether it can run on this machine.
   *
   * @return false if its native library cannot be loaded, or the processor lacks what it is for
   */
  public boolean isThere() {
    return switch (this) {
      case ND4J -> true;
      case ONEDNN -> OneDnn.isThere();
      case ONEDNN_BFLOAT16 -> OneDnn.isThere() && OneDnn.hasBfloat16();
    };
  }

  Engine checked() {
    if (this == ONEDNN_BFLOAT16 && OneDnn.isThere() && !OneDnn.hasBfloat16()) {
      throw new IllegalArgumentException(
          "the engine onednn_bfloat16 needs a processor with instructions for bfloat16"
              + " (AVX512_BF16 or AMX), which this one lacks; take onednn");
    }
    if (!isThere()) {
      throw new IllegalArgumentException(
          "the engine must be one whose native library can be loaded, but onednn's cannot: is"
              + " org.bytedeco:dnnl on the class path, with org.bytedeco:opencl and the natives of"
              + " both for this machine? ("
              + OneDnn.whyNot()
              + ")");
    }
    return this;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
