package dev.interp.core.network;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the runs of a network share: plans waiting for their next run, turned weights, and the parts
 * of the network that have been asked for. Concurrent runs of one shape get a plan each. What waits
 * is bounded by its memory, so that many small plans stay and few large ones; the longest unused
 * are freed first.
 */
final class PlanPool {
  private static final long MOST_BYTES = 256L << 20;
  private static final int MOST_PLANS = 64;

  /** Kept whatever their size: a forward and a backward plan of the shape in use. */
  private static final int LEAST_PLANS = 2;

  private final Deque<Plan> idle = new ArrayDeque<>();
  private final Deque<ChangePasses> passes = new ArrayDeque<>();
  private final Map<String, Network> parts = new ConcurrentHashMap<>();
  private final Engine engine;
  private final AdjointWeights adjointWeights;
  private final PackedWeights packedWeights;

  /** For a network whose weights no other has. */
  PlanPool(Engine engine) {
    this(engine, new AdjointWeights(), new PackedWeights());
  }

  private PlanPool(Engine engine, AdjointWeights adjointWeights, PackedWeights packedWeights) {
    this.engine = engine;
    this.adjointWeights = adjointWeights;
    this.packedWeights = packedWeights;
  }

  /** An empty pool for other plans with the same weights. */
  PlanPool withSameWeights() {
    return new PlanPool(engine, adjointWeights, packedWeights);
  }

  Engine engine() {
    return engine;
  }

  /** Kernels for a plan. */
  Kernels kernels(Function<long[], INDArray> scratch) {
    return Kernels.of(engine, scratch, adjointWeights, packedWeights);
  }

  /** The part of the network above a tensor; its plans wait in this pool too. */
  Network part(String tensor, Function<String, Network> make) {
    return parts.computeIfAbsent(tensor, make);
  }

  Plan take(Plan.Key key, Function<Plan.Key, Plan> make) {
    synchronized (idle) {
      for (Iterator<Plan> i = idle.iterator(); i.hasNext(); ) {
        Plan plan = i.next();
        if (plan.key().equals(key)) {
          i.remove();
          return plan;
        }
      }
    }
    return make.apply(key);
  }

  /** The passes of changes over pictures of a shape; concurrent runs get their own. */
  ChangePasses passes(List<Object> key) {
    synchronized (passes) {
      for (Iterator<ChangePasses> i = passes.iterator(); i.hasNext(); ) {
        ChangePasses known = i.next();
        if (known.key().equals(key)) {
          i.remove();
          return known;
        }
      }
    }
    return new ChangePasses(key);
  }

  void giveBack(ChangePasses used) {
    ChangePasses surplus;
    synchronized (passes) {
      passes.addFirst(used);
      surplus = passes.size() > LEAST_PLANS ? passes.removeLast() : null;
    }
    if (surplus != null) {
      surplus.close();
    }
  }

  void giveBack(Plan plan) {
    List<Plan> surplus = new ArrayList<>();
    synchronized (idle) {
      idle.addFirst(plan);
      long bytes = idle.stream().mapToLong(Plan::bytes).sum();
      while (idle.size() > MOST_PLANS || (bytes > MOST_BYTES && idle.size() > LEAST_PLANS)) {
        Plan oldest = idle.removeLast();
        bytes -= oldest.bytes();
        surplus.add(oldest);
      }
    }
    surplus.forEach(Plan::close);
  }
}
