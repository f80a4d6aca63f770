package dev.interp.core.dl4j;

/**
 * A layer configuration of the user's own that says itself which ops it stands for, so that {@link
 * Dl4j#network} takes nets with it as they are. A lowering given with {@link Dl4j#with} goes
 * before.
 */
public interface LowerableLayer {
  /**
   * Adds the layer's ops; the last one must be added by {@link LoweringScope#result} or {@link
   * LoweringScope#activated}.
   *
   * @param scope where the ops are added, and where the parameters are
   */
  void lower(LoweringScope scope);
}
