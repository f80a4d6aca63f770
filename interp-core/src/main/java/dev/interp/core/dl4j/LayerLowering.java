package dev.interp.core.dl4j;

import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Says which ops a layer stands for.
 *
 * @param <L> the configuration class of the layer
 */
@FunctionalInterface
public interface LayerLowering<L extends Layer> {
  /**
   * Adds the layer's ops; the last one must be added by {@link LoweringScope#result} or {@link
   * LoweringScope#activated}.
   *
   * @param layer the layer's configuration; not to be modified
   * @param scope where the ops are added, and where the parameters are
   */
  void lower(L layer, LoweringScope scope);
}
