package dev.interp.core.network;

import dev.interp.core.op.Op;
import dev.interp.core.rule.RelevanceRule;
import dev.interp.core.rule.RelevanceRule.Gate;
import dev.interp.core.rule.RelevanceRule.Group;
import dev.interp.core.rule.RelevanceRule.Part;
import dev.interp.core.rule.RelevanceRule.Term;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMultiplication;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A relevance rule bound to an op and its arrays. What adds nothing is left out while it runs:
 * terms of negative inputs where there are none, and groups whose gate lets no relevance in. Behind
 * a rectifier that leaves one term of the two or four.
 */
final class RelevanceKernel {
  private final INDArray x;
  private final INDArray out;
  private final INDArray signal;
  private final INDArray into;
  private final List<BoundGroup> groups = new ArrayList<>();
  private final List<Runnable> parts = new ArrayList<>();
  private final boolean readsNegative;

  private record BoundGroup(
      List<BoundTerm> terms,
      @Nullable Runnable gate,
      INDArray gated,
      INDArray sum,
      Runnable quotient) {}

  /**
   * A term's runs: into the sum of its group or beside it, and back into the result or beside it.
   */
  private record BoundTerm(
      Part part, Runnable begin, Runnable add, Runnable beginBack, Runnable addBack) {}

  /**
   * Binds a rule.
   *
   * @param into where the relevance of each input goes, null where nobody asks
   */
  static Runnable of(
      RelevanceRule rule,
      Op op,
      INDArray[] in,
      INDArray out,
      INDArray signal,
      @Nullable INDArray[] into,
      ChangedOps changed,
      Room room) {
    if (rule.isPlain()) {
      return plain(rule, op, in, out, signal, into, changed, room);
    }
    INDArray first = into[0];
    if (first == null) {
      return () -> {};
    }
    return new RelevanceKernel(rule, op, in[0], out, signal, first, changed, room)::run;
  }

  /** The op as it is: its own output is the denominator, its own gradient the way back. */
  private static Runnable plain(
      RelevanceRule rule,
      Op op,
      INDArray[] in,
      INDArray out,
      INDArray signal,
      @Nullable INDArray[] into,
      ChangedOps changed,
      Room room) {
    Kernels kernels = changed.kernels(rule.groups().get(0).terms().get(0));
    INDArray quotient = room.take(out.shape());
    List<Runnable> steps = new ArrayList<>();
    steps.add(kernels.quotient(signal, out, rule.epsilon(), quotient));
    for (int k = 0; k < in.length; k++) {
      INDArray below = into[k];
      if (below != null && Kernels.isSum(op) && in[k].equalShapes(out)) {
        steps.add(Kernels.elementwise("multiply", in[k], quotient, below));
      } else if (below != null) {
        steps.add(kernels.backwardTimes(op, in, out, quotient, k, in[k], below));
      }
    }
    room.giveBack(quotient);
    return () -> steps.forEach(Runnable::run);
  }

  private RelevanceKernel(
      RelevanceRule rule,
      Op op,
      INDArray x,
      INDArray out,
      INDArray signal,
      INDArray into,
      ChangedOps changed,
      Room room) {
    this.x = x;
    this.out = out;
    this.signal = signal;
    this.into = into;
    Map<Part, INDArray> seen = parts(rule, room);
    this.readsNegative = seen.containsKey(Part.NEGATIVE);
    INDArray sum = room.take(out.shape());
    INDArray one = room.take(out.shape());
    INDArray gated = room.take(out.shape());
    INDArray back = room.take(x.shape());
    for (Group group : rule.groups()) {
      List<BoundTerm> terms = new ArrayList<>();
      for (Term term : group.terms()) {
        INDArray part = seen.getOrDefault(term.input(), x);
        terms.add(bind(term, op, part, sum, one, back, changed));
      }
      boolean open = group.gate() == Gate.OPEN;
      Runnable quotient =
          changed
              .kernels(group.terms().get(0))
              .quotient(open ? signal : gated, sum, rule.epsilon(), one);
      if (group.factor() != 1) {
        quotient = both(quotient, legacy(new ScalarMultiplication(one, null, one, group.factor())));
      }
      groups.add(
          new BoundGroup(terms, open ? null : gate(group.gate(), gated), gated, sum, quotient));
    }
    List.of(sum, one, gated, back).forEach(room::giveBack);
    seen.values().forEach(room::giveBack);
  }

  /** The parts of the input that the terms see; those that do not depend on it are made here. */
  private Map<Part, INDArray> parts(RelevanceRule rule, Room room) {
    Map<Part, INDArray> seen = new EnumMap<>(Part.class);
    for (Group group : rule.groups()) {
      for (Term term : group.terms()) {
        if (term.input() != Part.WHOLE && !seen.containsKey(term.input())) {
          boolean signed = term.input() == Part.POSITIVE || term.input() == Part.NEGATIVE;
          seen.put(term.input(), signed ? room.take(x.shape()) : room.keep(x.shape()));
        }
      }
    }
    INDArray negative = seen.get(Part.NEGATIVE);
    INDArray positive = seen.get(Part.POSITIVE);
    if (positive != null) {
      parts.add(Kernels.positive(x, positive));
    }
    if (negative != null) {
      parts.add(negativePart(x, negative));
    }
    INDArray ones = seen.get(Part.ONES);
    if (ones != null) {
      ones.assign(1);
    }
    bound(seen.get(Part.LOW), rule.bounds().low(), true);
    bound(seen.get(Part.HIGH), rule.bounds().high(), false);
    return seen;
  }

  private static Runnable negativePart(INDArray x, INDArray negative) {
    // min(x, 0) = −max(−x, 0)
    return both(
        legacy(new ScalarMultiplication(x, null, negative, -1)),
        both(
            Kernels.positive(negative, negative),
            legacy(new ScalarMultiplication(negative, null, negative, -1))));
  }

  private void bound(@Nullable INDArray array, List<Double> values, boolean low) {
    if (array == null) {
      return;
    }
    if (values.isEmpty()) {
      int[] places = IntStream.range(1, x.rank() - 1).toArray();
      parts.add(
          () -> {
            INDArray least = low ? x : x.neg();
            INDArray end = places.length == 0 ? least : least.min(true, places);
            end = org.nd4j.linalg.ops.transforms.Transforms.min(end, 0, true);
            array.assign((low ? end : end.neg()).broadcast(array.shape()));
          });
      return;
    }
    long channels = x.size(x.rank() - 1);
    if (values.size() != 1 && values.size() != channels) {
      throw new IllegalArgumentException(
          "the bounds must have one value or one per channel ("
              + channels
              + "), have "
              + values.size());
    }
    double[] each = new double[(int) channels];
    java.util.Arrays.setAll(each, c -> values.get(values.size() == 1 ? 0 : c));
    long[] shape = new long[x.rank()];
    java.util.Arrays.fill(shape, 1);
    shape[shape.length - 1] = channels;
    array.assign(
        Nd4j.createFromArray(each).castTo(x.dataType()).reshape(shape).broadcast(array.shape()));
  }

  private BoundTerm bind(
      Term term,
      Op op,
      INDArray part,
      INDArray sum,
      INDArray one,
      INDArray back,
      ChangedOps changed) {
    Op own = changed.op(op, term);
    Kernels kernels = changed.kernels(term);
    INDArray[] in = {part};
    boolean minus = term.subtracted();
    String name = minus ? "subtract" : "add";
    Runnable begin = term.isPlain() ? () -> sum.assign(out) : kernels.forward(own, in, sum, false);
    Runnable add =
        both(kernels.forward(own, in, one, false), Kernels.elementwise(name, sum, one, sum));
    boolean times = term.input() != Part.ONES;
    Runnable beginBack =
        times
            ? kernels.backwardTimes(own, in, sum, one, 0, part, into)
            : kernels.backward(own, in, sum, one, 0, into);
    Runnable beside =
        times
            ? kernels.backwardTimes(own, in, sum, one, 0, part, back)
            : kernels.backward(own, in, sum, one, 0, back);
    if (minus) {
      begin = both(begin, () -> sum.negi());
      beginBack = both(beginBack, () -> into.negi());
    }
    return new BoundTerm(
        term.input(),
        begin,
        add,
        beginBack,
        both(beside, Kernels.elementwise(name, into, back, into)));
  }

  private Runnable gate(Gate gate, INDArray gated) {
    Step positive = new Step(out, gated, 0);
    ScalarMultiplication turned = new ScalarMultiplication(out, null, gated, -1);
    Step negative = new Step(gated, gated, 0);
    Runnable mask =
        gate == Gate.POSITIVE ? legacy(positive) : both(legacy(turned), legacy(negative));
    return both(mask, Kernels.elementwise("multiply", gated, signal, gated));
  }

  private void run() {
    parts.forEach(Runnable::run);
    boolean negative = readsNegative && x.minNumber().doubleValue() < 0;
    boolean empty = true;
    for (BoundGroup group : groups) {
      Runnable gate = group.gate;
      if (gate != null) {
        gate.run();
        if (group.gated.normmaxNumber().doubleValue() == 0) {
          continue;
        }
      }
      List<BoundTerm> active =
          group.terms.stream().filter(t -> t.part != Part.NEGATIVE || negative).toList();
      for (int i = 0; i < active.size(); i++) {
        (i == 0 ? active.get(i).begin : active.get(i).add).run();
      }
      group.quotient.run();
      for (BoundTerm term : active) {
        (empty ? term.beginBack : term.addBack).run();
        empty = false;
      }
    }
    if (empty) {
      into.assign(0);
    }
  }

  private static Runnable legacy(org.nd4j.linalg.api.ops.Op op) {
    return () -> Nd4j.getExecutioner().exec(op);
  }

  private static Runnable both(Runnable first, Runnable second) {
    return () -> {
      first.run();
      second.run();
    };
  }
}
