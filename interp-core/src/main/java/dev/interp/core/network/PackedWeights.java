package dev.interp.core.network;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weights of convolutions in the order in which oneDNN reads them fastest. They are copies,
 * made once per network, since a plan for every shape would need them again; there are as many as
 * the network has weights, and as many again after a backward pass.
 */
final class PackedWeights implements AutoCloseable {
  private final IdentityHashMap<INDArray, List<Packed>> made = new IdentityHashMap<>();

  /**
   * What is done to weights before they are packed.
   *
   * @param phases as a convolution's adjoint needs them; null for the weights as they are
   * @param scale by which each output channel is multiplied; null for none
   * @param groups of channels
   */
  record Form(@Nullable Phases phases, @Nullable INDArray scale, int groups) {
    boolean isSame(Form other) {
      return Objects.equals(phases, other.phases) && scale == other.scale && groups == other.groups;
    }
  }

  private record Packed(Form form, memory.desc order, memory weights) {}

  /**
   * The weights in an order.
   *
   * @param weights {@code [outC, inC / groups, kH, kW]}
   * @param order the library's, which must stay valid
   */
  synchronized memory of(INDArray weights, Form form, memory.desc order) {
    List<Packed> known = made.computeIfAbsent(weights, w -> new ArrayList<>());
    for (Packed packed : known) {
      if (packed.form.isSame(form) && packed.order.equals(order)) {
        return packed.weights;
      }
    }
    memory packed = new memory(order, OneDnn.cpu());
    pack(weights, form, packed);
    known.add(new Packed(form, new memory.desc(order), packed));
    return packed;
  }

  private static void pack(INDArray weights, Form form, memory into) {
    INDArray source = form.phases == null ? weights : form.phases.weights(weights);
    if (form.scale != null) {
      source = source.mul(form.scale.reshape(form.scale.length(), 1, 1, 1));
    }
    long[] shape = source.shape();
    long[] stride = source.stride();
    if (form.groups > 1) {
      long each = shape[0] / form.groups;
      shape = new long[] {form.groups, each, shape[1], shape[2], shape[3]};
      stride = new long[] {each * stride[0], stride[0], stride[1], stride[2], stride[3]};
    }
    try (memory.desc plain = OneDnn.describe(shape, stride);
        memory from = OneDnn.memory(source, plain);
        reorder copy = new reorder(from, into)) {
      copy.execute(OneDnn.stream(), from, into);
      OneDnn.stream()._wait();
    }
    if (source != weights) {
      source.close();
    }
  }

  /** How many bytes it holds. */
  synchronized long bytes() {
    return made.values().stream()
        .flatMap(List::stream)
        .mapToLong(packed -> packed.order.get_size())
        .sum();
  }

  @Override
  public synchronized void close() {
    made.values().stream()
        .flatMap(List::stream)
        .forEach(
            packed -> {
              packed.order.close();
              packed.weights.close();
            });
    made.clear();
  }
}
