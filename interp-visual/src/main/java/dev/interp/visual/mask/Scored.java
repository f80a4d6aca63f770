package dev.interp.visual.mask;

import dev.interp.core.attribution.AttributionRun;
import dev.interp.core.network.Hooks;
import dev.interp.core.network.LogitFunction;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Changed copies of the examples of a run, their scores, and how those change with each pixel. */
final class Scored {
  private final AttributionRun run;
  private final Target.Resolved resolved;
  private final boolean probability;

  Scored(AttributionRun run, Target.Resolved resolved, Score score) {
    this.run = run;
    this.resolved = resolved;
    this.probability =
        score == Score.PROBABILITY
            && run.network().hasProbabilities()
            && resolved.classes().stream().allMatch(c -> c >= 0)
            && !(run.target() instanceof Target.Contrast);
  }

  /** One score per picture, and the slope of each in its {@code C · H · W} numbers. */
  static final class Slopes {
    private final double[] values;
    private final double[][] gradients;

    private Slopes(double[] values, double[][] gradients) {
      this.values = values;
      this.gradients = gradients;
    }

    double[] values() {
      return values;
    }

    double[][] gradients() {
      return gradients;
    }
  }

  double[] values(double[][] pictures, int[] example) {
    INDArray batch = batch(pictures);
    double[] values = numbers(run.resolve(batch, target(example)));
    batch.close();
    return values;
  }

  Slopes slopes(double[][] pictures, int[] example) {
    INDArray batch = batch(pictures);
    try (Trace trace = run.network().run(batch, Hooks.none())) {
      Target.Resolved score = trace.resolve(target(example));
      INDArray gradient = trace.gradient(score, Network.INPUT);
      return new Slopes(numbers(score), Planes.rows(gradient));
    } finally {
      batch.close();
    }
  }

  private static double[] numbers(Target.Resolved score) {
    return score.values().castTo(DataType.DOUBLE).dup('c').data().asDouble();
  }

  private Target target(int[] example) {
    if (!probability) {
      return run.targetOf(resolved, example);
    }
    int[] classes = IntStream.of(example).map(i -> resolved.classes().get(i)).toArray();
    return Target.of("probability", new Probability(run.network(), classes));
  }

  private INDArray batch(double[][] pictures) {
    return Planes.array(pictures, run.x(), run.x().size(1));
  }

  /** The probability of a class that differs from row to row. */
  private static final class Probability implements LogitFunction {
    private final Network network;
    private final int[] classes;

    Probability(Network network, int[] classes) {
      this.network = network;
      this.classes = classes;
    }

    @Override
    public INDArray value(INDArray logits) {
      INDArray p = network.probabilities(logits);
      INDArray own = Nd4j.createUninitialized(p.dataType(), classes.length);
      for (int r = 0; r < classes.length; r++) {
        own.putScalar(r, p.getDouble(r, classes[r]));
      }
      return own;
    }

    @Override
    public INDArray gradient(INDArray logits) {
      INDArray p = network.probabilities(logits);
      INDArray slope = Nd4j.zeros(p.dataType(), p.shape());
      for (int r = 0; r < classes.length; r++) {
        double own = p.getDouble(r, classes[r]);
        for (int c = 0; network.isSoftmax() && c < p.size(1); c++) {
          slope.putScalar(r, c, -own * p.getDouble(r, c));
        }
        double rest = network.isSoftmax() ? own : own * (1 - own);
        slope.putScalar(r, classes[r], slope.getDouble(r, classes[r]) + rest);
      }
      return slope;
    }
  }
}
