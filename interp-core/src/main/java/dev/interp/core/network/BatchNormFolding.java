package dev.interp.core.network;

import dev.interp.core.op.Node;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Scales and shifts per channel moved into the layer with weights next to them, in copies of its
 * parameters.
 */
final class BatchNormFolding {
  private static final Op IDENTITY = new Op.Activation(new ActivationIdentity());

  private final Map<String, Node> byName = new HashMap<>();
  private final Map<String, List<Node>> readers = new HashMap<>();
  private final Map<String, Op> changed = new HashMap<>();
  private final String logits;

  private BatchNormFolding(List<Node> nodes, String logits) {
    this.logits = logits;
    for (Node node : nodes) {
      byName.put(node.name(), node);
      node.inputs().forEach(i -> readers.computeIfAbsent(i, k -> new ArrayList<>()).add(node));
    }
  }

  /** The nodes with every fold that is exact; the same list if there is none. */
  static List<Node> of(List<Node> nodes, String logits) {
    BatchNormFolding folding = new BatchNormFolding(nodes, logits);
    nodes.forEach(folding::intoTheLayerBefore);
    nodes.forEach(folding::intoTheLayersAfter);
    return folding.changed.isEmpty()
        ? nodes
        : nodes.stream().map(n -> new Node(n.name(), folding.op(n), n.inputs())).toList();
  }

  private Op op(Node node) {
    return changed.getOrDefault(node.name(), node.op());
  }

  private void intoTheLayerBefore(Node node) {
    if (!(op(node) instanceof Op.Affine a)) {
      return;
    }
    Node before = byName.get(node.inputs().get(0));
    if (before == null || before.name().equals(logits) || readers(before).size() != 1) {
      return;
    }
    Op op = op(before);
    Op folded = null;
    if (op instanceof Op.Convolution c) {
      INDArray weights = c.weights().mul(along(a.scale(), 0, 4));
      folded = new Op.Convolution(weights, bias(c.bias(), a), c.window(), c.groups());
    } else if (op instanceof Op.TransposedConvolution t) {
      INDArray weights = t.weights().mul(along(a.scale(), 1, 4));
      folded = new Op.TransposedConvolution(weights, bias(t.bias(), a), t.window());
    } else if (op instanceof Op.Dense d) {
      folded = new Op.Dense(d.weights().mul(along(a.scale(), 1, 2)), bias(d.bias(), a));
    }
    if (folded != null) {
      changed.put(before.name(), folded);
      changed.put(node.name(), IDENTITY);
    }
  }

  private static INDArray bias(@Nullable INDArray bias, Op.Affine a) {
    return bias == null
        ? a.shift().dup()
        : bias.reshape(bias.length())
            .mul(a.scale().reshape(bias.length()))
            .addi(a.shift().reshape(bias.length()));
  }

  /** A shift cannot pass padding, whose zeros would have to become something else. */
  private void intoTheLayersAfter(Node node) {
    if (!(op(node) instanceof Op.Affine a)
        || node.name().equals(logits)
        || readers(node).isEmpty()) {
      return;
    }
    boolean unshifted = a.shift().normmaxNumber().doubleValue() == 0;
    Map<String, Op> after = new HashMap<>();
    for (Node reader : readers(node)) {
      Op op = op(reader);
      if (op instanceof Op.Convolution c && c.groups() == 1 && (unshifted || !pads(c.window()))) {
        INDArray weights = c.weights().mul(along(a.scale(), 1, 4));
        INDArray more = c.weights().mul(along(a.shift(), 1, 4)).sum(1, 2, 3);
        after.put(reader.name(), new Op.Convolution(weights, plus(c.bias(), more), c.window(), 1));
      } else if (op instanceof Op.Dense d) {
        INDArray weights = d.weights().mul(along(a.scale(), 0, 2));
        INDArray more = d.weights().mul(along(a.shift(), 0, 2)).sum(0);
        after.put(reader.name(), new Op.Dense(weights, plus(d.bias(), more)));
      } else {
        return;
      }
    }
    changed.putAll(after);
    changed.put(node.name(), IDENTITY);
  }

  private List<Node> readers(Node node) {
    return readers.getOrDefault(node.name(), List.of());
  }

  private static INDArray plus(@Nullable INDArray bias, INDArray more) {
    return bias == null ? more : more.addi(bias.reshape(bias.length()));
  }

  private static boolean pads(Window window) {
    return pads(window.height()) || pads(window.width());
  }

  private static boolean pads(Window.Axis axis) {
    return axis.same() ? axis.extent() > 1 : axis.padding() > 0;
  }

  /** A vector along one axis of an array, to be broadcast. */
  private static INDArray along(INDArray vector, int axis, int rank) {
    long[] shape = new long[rank];
    java.util.Arrays.fill(shape, 1);
    shape[axis] = vector.length();
    return vector.reshape(shape);
  }
}
