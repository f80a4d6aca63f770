package dev.interp.core.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The passes of changes of many sizes over pictures of one shape, in one room. One run at a time;
 * the pool hands them out.
 */
final class ChangePasses implements AutoCloseable {
  /** Passes kept ready; every size of rectangles and batch needs its own. */
  private static final int MOST = 16;

  private final List<Object> key;
  private final List<INDArray> slots = new ArrayList<>();
  private final Map<List<Integer>, ChangePass> passes = new HashMap<>();

  /**
   * @param key what makes them differ from others: network and shape
   */
  ChangePasses(List<Object> key) {
    this.key = key;
  }

  List<Object> key() {
    return key;
  }

  ChangePass of(Network network, ChangeFlow flow) {
    List<Integer> sizes = flow.key();
    ChangePass known = passes.get(sizes);
    if (known == null) {
      if (passes.size() == MOST) {
        close();
      }
      known = new ChangePass(network, flow, slots);
      passes.put(sizes, known);
    }
    return known;
  }

  @Override
  public void close() {
    passes.values().forEach(ChangePass::close);
    passes.clear();
    slots.forEach(INDArray::close);
    slots.clear();
  }
}
