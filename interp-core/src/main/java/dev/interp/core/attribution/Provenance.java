package dev.interp.core.attribution;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is needed to make an attribution again.
 *
 * @param method the method's identifier
 * @param settings its settings by name, the seed among them where it has one
 * @param target the target in words
 * @param network fingerprint of the network
 * @param precision the arithmetic, {@code FLOAT} or {@code DOUBLE}
 * @param engine what computed the network's ops, {@code nd4j} or {@code onednn}; see {@link
 *     dev.interp.core.network.Engine}
 * @param forwards forward passes run per example
 * @param backwards backward passes run per example
 * @param versions of this library, ND4J and Java
 */
public record Provenance(
    String method,
    Map<String, String> settings,
    String target,
    String network,
    String precision,
    String engine,
    double forwards,
    double backwards,
    Map<String, String> versions) {
  /** Copies the maps, keeping their order. */
  public Provenance {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
  }
}
