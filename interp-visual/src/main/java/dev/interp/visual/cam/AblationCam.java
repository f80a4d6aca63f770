package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
import dev.interp.core.network.Part;
import dev.interp.core.network.Target;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Ablation-CAM: {@code L = Σₖ (y − yₖ) Aₖ}, where yₖ is the target's value with channel k of the
 * layer set to zero. The result has the layer's height and width, one channel, and is signed unless
 * {@link #rectified} asks for the paper's {@code max(L, 0)}.
 *
 * <p>Cost: a forward pass to the layer, and channels + 1 passes through what lies above it; no
 * gradients; memory for one batch. Inside a residual block, where the layer is no cut of the
 * network, examples are evaluated one by one.
 *
 * <p>Desai, Ramaswamy: Ablation-CAM, WACV 2020. The drop is not divided by y: that only scales a
 * map, and would turn its sign where y is negative. Divided by {@link Attribution#outputs} the map
 * is that of pytorch-grad-cam 084273b for a layer behind a rectifier; elsewhere that library does
 * not set channels to zero but to a number far below all others.
 */
public final class AblationCam implements Attributor {
  private final CamLayers layers;
  private final int batchSize;
  private final Progress progress;

  private AblationCam(CamLayers layers, int batchSize, Progress progress) {
    this.layers = layers;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * The signed map at the network's last tensor with spatial extent, 32 ablated activations at a
   * time.
   *
   * @return the method
   */
  public static AblationCam withDefaults() {
    return new AblationCam(CamLayers.LAST, 32, Progress.none());
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public AblationCam withLayer(String tensor) {
    return withLayers(tensor);
  }

  /**
   * Sets several layers, whose maps are fused as {@link Cam#withLayers} says.
   *
   * @param tensors names of tensors {@code [C, H, W]}
   * @return the method at those layers; its values lie on the layer with the largest map
   */
  public AblationCam withLayers(String... tensors) {
    return new AblationCam(layers.at(tensors), batchSize, progress);
  }

  /**
   * Leaves only what speaks for the target.
   *
   * @return the method with negative values set to zero
   */
  public AblationCam rectified() {
    return new AblationCam(layers.rectify(), batchSize, progress);
  }

  /**
   * Sets how many ablated activations are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public AblationCam withBatchSize(int size) {
    return new AblationCam(layers, ChannelScores.atLeastOne(size), progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public AblationCam withProgress(Progress listener) {
    return new AblationCam(layers, batchSize, listener);
  }

  @Override
  public String id() {
    return "ablation-cam";
  }

  @Override
  public Map<String, String> settings() {
    return Collections.unmodifiableMap(layers.settings());
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    List<String> tensors = layers.of(network, id());
    tensors.forEach(tensor -> Part.check(network, tensor, target));
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      long total = tensors.stream().mapToLong(t -> network.layer(t).shape().get(0)).sum();
      ChannelScores channels = new ChannelScores(batchSize, progress, total * run.examples());
      List<INDArray> maps = new ArrayList<>();
      List<Target.Resolved> decided = new ArrayList<>();
      for (String tensor : tensors) {
        List<INDArray> some = new ArrayList<>();
        decided.clear();
        for (Part part : Part.of(run.network(), run.x(), tensor)) {
          INDArray activation = part.activation();
          Target.Resolved whole =
              AttributionRun.resolve(part.network(), activation, part.of(target));
          INDArray left =
              channels.of(
                  activation,
                  activation,
                  (first, examples, batch) -> {
                    ablate(activation, first, examples, batch);
                    return AttributionRun.resolve(
                            part.network(), batch, run.targetOf(whole, examples))
                        .values();
                  });
          INDArray drop =
              left.rsubi(whole.values().reshape(left.size(0), 1).broadcast(left.shape()));
          some.add(Weighting.sum(activation, drop));
          decided.add(whole);
        }
        maps.add(Nd4j.concat(0, some.toArray(INDArray[]::new)));
      }
      return layers.finish(run, tensors, maps, joined(decided));
    }
  }

  /** Copies of activations, each with one channel set to zero. */
  private static void ablate(INDArray activation, long first, int[] examples, INDArray batch) {
    long channels = activation.size(1);
    for (int r = 0; r < examples.length; r++) {
      batch.slice(r).assign(activation.slice(examples[r]));
      batch.get(NDArrayIndex.point(r), NDArrayIndex.point((first + r) % channels)).assign(0);
    }
  }

  private static Target.Resolved joined(List<Target.Resolved> parts) {
    INDArray values =
        Nd4j.concat(0, parts.stream().map(Target.Resolved::values).toArray(INDArray[]::new));
    List<Integer> classes = parts.stream().flatMap(p -> p.classes().stream()).toList();
    return new Target.Resolved(parts.get(0).tensor(), classes, values, values);
  }
}
