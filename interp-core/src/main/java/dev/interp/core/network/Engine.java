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
  ONEDNN;

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
        "the system property " + PROPERTY + " must be nd4j or onednn, was '" + name + "'");
  }

  /**
   * Whether it can run on this machine.
   *
   * @return false if its native library cannot be loaded
   */
  public boolean isThere() {
    return this == ND4J || OneDnn.isThere();
  }

  Engine checked() {
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
