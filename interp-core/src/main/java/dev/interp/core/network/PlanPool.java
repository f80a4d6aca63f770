package dev.interp.core.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Function;

/**
 * Plans waiting for their next run. Concurrent runs of one shape get a plan each; what is idle
 * beyond the limit is freed, the longest unused first.
 */
final class PlanPool {
  private static final int IDLE = Math.max(4, Runtime.getRuntime().availableProcessors());

  private final Deque<Plan> idle = new ArrayDeque<>();

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

  void giveBack(Plan plan) {
    Plan surplus = null;
    synchronized (idle) {
      idle.addFirst(plan);
      if (idle.size() > IDLE) {
        surplus = idle.removeLast();
      }
    }
    if (surplus != null) {
      surplus.close();
    }
  }
}
