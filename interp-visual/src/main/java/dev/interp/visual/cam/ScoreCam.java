package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Score-CAM: {@code L = Σₖ wₖ Aₖ}, the weights the softmax over the channels of the target's value
 * for the picture times the channel's map. The map is brought to the picture's size by bilinear
 * interpolation with its corner cells on the corner pixels, and to [0, 1] as {@code (v − min) /
 * (max − min + 10⁻⁸)}. The result has the layer's height and width, one channel, and is signed
 * unless {@link #rectified} asks for the paper's {@code max(L, 0)}; where the layer is not
 * negative, it is not either.
 *
 * <p>Cost: channels + 1 forward passes, no gradients; memory for one batch of pictures.
 *
 * <p>Wang et al.: Score-CAM, CVPR Workshops 2020. The value of the paper's baseline picture is not
 * subtracted, since the softmax does not see it. The tests agree with pytorch-grad-cam 084273b,
 * which sets this interpolation and rounds its scores to float32.
 */
public final class ScoreCam implements Attributor {
  private final CamLayers layers;
  private final int batchSize;
  private final Progress progress;

  private ScoreCam(CamLayers layers, int batchSize, Progress progress) {
    this.layers = layers;
    this.batchSize = batchSize;
    this.progress = progress;
  }

  /**
   * The signed map at the network's last tensor with spatial extent, 32 masked pictures at a time.
   *
   * @return the method
   */
  public static ScoreCam withDefaults() {
    return new ScoreCam(CamLayers.LAST, 32, Progress.none());
  }

  /**
   * Sets the layer.
   *
   * @param tensor name of a tensor {@code [C, H, W]}
   * @return the method at that layer
   */
  public ScoreCam withLayer(String tensor) {
    return withLayers(tensor);
  }

  /**
   * Sets several layers, whose maps are fused as {@link Cam#withLayers} says.
   *
   * @param tensors names of tensors {@code [C, H, W]}
   * @return the method at those layers; its values lie on the layer with the largest map
   */
  public ScoreCam withLayers(String... tensors) {
    return new ScoreCam(layers.at(tensors), batchSize, progress);
  }

  /**
   * Leaves only what speaks for the target.
   *
   * @return the method with negative values set to zero
   */
  public ScoreCam rectified() {
    return new ScoreCam(layers.rectify(), batchSize, progress);
  }

  /**
   * Sets how many masked pictures are evaluated at a time.
   *
   * @param size at least 1; memory grows with it
   * @return the method with that batch size
   */
  public ScoreCam withBatchSize(int size) {
    return new ScoreCam(layers, ChannelScores.atLeastOne(size), progress);
  }

  /**
   * Sets who is told how far the work is.
   *
   * @param listener can cancel between batches
   * @return the method with that listener
   */
  public ScoreCam withProgress(Progress listener) {
    return new ScoreCam(layers, batchSize, listener);
  }

  @Override
  public String id() {
    return "score-cam";
  }

  @Override
  public Map<String, String> settings() {
    return Collections.unmodifiableMap(layers.settings());
  }

  @Override
  public Attribution attribute(Network network, INDArray x, Target target) {
    List<String> tensors = layers.of(network, id());
    network.checkInput(x);
    if (x.rank() != 4) {
      throw new IllegalArgumentException("score-cam needs pictures [N, C, H, W]");
    }
    try (AttributionRun run = AttributionRun.start(this, network, x, target)) {
      Target.Resolved resolved;
      List<INDArray> activations = new ArrayList<>();
      try (Trace trace =
          run.network()
              .run(run.x(), Hooks.none().keep(tensors.toArray(String[]::new)).forgetBelow())) {
        resolved = trace.resolve(target);
        tensors.forEach(tensor -> activations.add(trace.activation(tensor)));
      }
      long total = activations.stream().mapToLong(a -> a.size(0) * a.size(1)).sum();
      ChannelScores channels = new ChannelScores(batchSize, progress, total);
      List<INDArray> maps = new ArrayList<>();
      for (INDArray a : activations) {
        INDArray planes = a.reshape('c', a.size(0) * a.size(1), 1, a.size(2), a.size(3));
        INDArray scores =
            channels.of(
                a,
                run.x(),
                (first, examples, batch) -> scores(run, resolved, planes, first, examples, batch));
        maps.add(Weighting.sum(a, Transforms.softmax(scores, false)));
      }
      return layers.finish(run, tensors, maps, resolved);
    }
  }

  private static INDArray scores(
      AttributionRun run,
      Target.Resolved resolved,
      INDArray planes,
      long first,
      int[] examples,
      INDArray batch) {
    INDArray some = planes.get(NDArrayIndex.interval(first, first + examples.length));
    INDArray sheets = Upsampling.BILINEAR_CORNERS.apply(some, run.x().size(2), run.x().size(3));
    double[] masks = sheets.data().asDouble();
    sheets.close();
    int plane = masks.length / examples.length;
    double[] row = new double[(int) (batch.length() / examples.length)];
    double[][] picture = new double[1][];
    // Row by row, since ND4J would make a whole batch of each mask that all channels share.
    AttributionRun.fill(
        batch,
        r -> {
          double least = Double.POSITIVE_INFINITY;
          double most = Double.NEGATIVE_INFINITY;
          for (int k = r * plane; k < (r + 1) * plane; k++) {
            least = Math.min(least, masks[k]);
            most = Math.max(most, masks[k]);
          }
          if (r == 0 || examples[r] != examples[r - 1]) {
            picture[0] = run.x().slice(examples[r]).dup('c').data().asDouble();
          }
          for (int k = 0; k < row.length; k++) {
            row[k] = picture[0][k] * (masks[r * plane + k % plane] - least) / (most - least + 1e-8);
          }
          return row;
        });
    return run.resolve(batch, run.targetOf(resolved, examples)).values();
  }
}
