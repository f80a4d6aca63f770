package dev.interp.visual.cam;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Where a class activation map looks, and what becomes of the maps of several layers.
 *
 * @param names the layers; none for the last tensor with spatial extent
 * @param rectified whether only what speaks for the target is left
 */
record CamLayers(List<String> names, boolean rectified) {
  static final CamLayers LAST = new CamLayers(List.of(), false);

  /** Copies the list. */
  CamLayers {
    names = List.copyOf(names);
  }

  CamLayers at(String... tensors) {
    List<String> distinct = Arrays.stream(tensors).distinct().toList();
    if (distinct.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one layer, was none");
    }
    return new CamLayers(distinct, rectified);
  }

  CamLayers rectify() {
    return new CamLayers(names, true);
  }

  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    String where = names.isEmpty() ? "last with spatial extent" : String.join(", ", names);
    settings.put(names.size() > 1 ? "layers" : "layer", where);
    settings.put("sign", rectified ? "rectified" : "signed");
    return settings;
  }

  /** The names of the tensors, each checked to be one of maps. */
  List<String> of(Network network, String method) {
    List<String> tensors = names.isEmpty() ? List.of(network.lastSpatial()) : names;
    for (String tensor : tensors) {
      LayerInfo info = network.layer(tensor);
      if (info.shape().size() != 3) {
        throw new IllegalArgumentException(
            method + " needs a layer of maps [C, H, W], '" + tensor + "' is " + info.shape());
      }
    }
    return tensors;
  }

  /** The result: the one raw map, or all brought to one range and size and averaged. */
  Attribution finish(
      AttributionRun run, List<String> tensors, List<INDArray> maps, Target.Resolved resolved) {
    if (maps.size() == 1) {
      INDArray map = maps.get(0);
      return run.finish(tensors.get(0), rectified ? Transforms.relu(map, false) : map, resolved);
    }
    int largest = 0;
    for (int i = 1; i < maps.size(); i++) {
      largest = maps.get(i).length() > maps.get(largest).length() ? i : largest;
    }
    INDArray sum = maps.get(largest).like();
    for (INDArray map : maps) {
      sum.addi(Upsampling.BILINEAR.apply(ranged(map), sum.size(2), sum.size(3)));
    }
    return run.finish(tensors.get(largest), sum.divi(maps.size()), resolved);
  }

  /** Each example's map in [−1, 1], or in [0, 1] as pytorch-grad-cam does it. */
  private INDArray ranged(INDArray map) {
    if (rectified) {
      INDArray positive = Transforms.relu(map, true);
      INDArray above = positive.sub(positive.min(true, 1, 2, 3).broadcast(map.shape()));
      return above.divi(above.max(true, 1, 2, 3).addi(1e-7).broadcast(map.shape()));
    }
    INDArray largest = Transforms.abs(map, true).max(true, 1, 2, 3);
    largest.addi(largest.eq(0).castTo(largest.dataType()));
    return map.div(largest.broadcast(map.shape()));
  }
}
