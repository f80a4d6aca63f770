package dev.interp.bench.soak;

import dev.interp.bench.demo.DemoModel;
import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.network.Network;
import dev.interp.core.network.Target;
import dev.interp.visual.cam.Cam;
import dev.interp.visual.gradient.Gradient;
import dev.interp.visual.gradient.IntegratedGradients;
import dev.interp.visual.gradient.SmoothGrad;
import dev.interp.visual.perturbation.Occlusion;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Explains thousands of different pictures in one JVM and compares its resident memory at the end
 * with that after the first 300. The pictures are pairs of birds drawn over each other, so that no
 * memory is needed to render them. It goes through methods, and batches of one to four pictures,
 * closes the arrays that it owns (batches and maps), and asks for a garbage collection after every
 * 50 explanations: ND4J frees small native arrays only when their Java objects are collected, which
 * a mostly idle heap does too rarely to tell such waiting arrays from a leak. Linux only: the size
 * is {@code VmRSS} of {@code /proc/self/status}.
 *
 * <pre>{@code
 * java -Xmx512m -cp interp-bench/target/interp.jar dev.interp.bench.soak.Soak --explanations 3000
 * }</pre>
 *
 * <p>Exit codes: 0 if the memory grew by no more than 5 %, 1 if it grew by more or cannot be read,
 * 2 for wrong use.
 */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = "Explains many pictures in one JVM and watches its resident memory.")
public final class Soak implements Callable<Integer> {
  private static final int LARGEST_BATCH = 4;
  private static final int TARGETS = 3;
  private static final int BIRDS = 64;
  private static final int COLLECTED = 50;
  private static final double MOST_GROWTH = 1.05;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--explanations", paramLabel = "N", description = "Pictures. Default: 3000.")
  private int explanations = 3000;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Pictures before the first measurement. Default: 300.")
  private int warmup = 300;

  private Soak() {}

  /**
   * Runs it.
   *
   * @param args the options
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Soak());
  }

  @Override
  public Integer call() throws IOException {
    if (warmup < 1 || explanations <= warmup) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--explanations must be more than --warmup, and that at least 1, were "
              + explanations
              + " and "
              + warmup);
    }
    PrintWriter out = spec.commandLine().getOut();
    DemoModel model = DemoModel.load();
    Network network = model.network();
    List<Attributor> methods = methods();
    long start = System.nanoTime();
    long first = 0;
    List<INDArray> birds = birds(model);
    int done = 0;
    for (int call = 0; done < explanations; call++) {
      int size = 1 + call % LARGEST_BATCH;
      int goal = done < warmup ? warmup : explanations;
      size = Math.min(size, goal - done);
      Attributor method = methods.get(call % methods.size());
      Target target =
          call % TARGETS == 0 ? Target.ofClass(call % model.labels().size()) : Target.predicted();
      INDArray x = batch(birds, done, size);
      Attribution attribution = method.attribute(network, x, target);
      if (!Double.isFinite(attribution.values().sumNumber().doubleValue())) {
        throw new IllegalStateException(method.id() + " gave a map that is not finite");
      }
      x.close();
      attribution.values().close();
      int before = done;
      done += size;
      if (done / COLLECTED != before / COLLECTED) {
        System.gc();
      }
      if (done == warmup) {
        first = ResidentPeak.kibibytes("VmRSS:");
      }
      if (done / warmup != before / warmup) {
        out.printf(
            Locale.ROOT,
            "%5d explanations  %5.0f s  %d MiB resident%n",
            done,
            (System.nanoTime() - start) / 1e9,
            ResidentPeak.kibibytes("VmRSS:") >> 10);
        out.flush();
      }
    }
    long last = ResidentPeak.kibibytes("VmRSS:");
    double growth = last / (double) first;
    out.printf(
        Locale.ROOT,
        "resident after %d: %d kB, after %d: %d kB, ratio %.4f, allowed %.2f: %s%n",
        warmup,
        first,
        done,
        last,
        growth,
        MOST_GROWTH,
        growth <= MOST_GROWTH ? "passed" : "FAILED");
    out.flush();
    return growth <= MOST_GROWTH ? 0 : 1;
  }

  private static List<Attributor> methods() {
    return List.of(
        Gradient.plain(),
        Gradient.guidedBackprop(),
        Cam.gradCam(),
        IntegratedGradients.withDefaults().withSteps(5).withBatchSize(4),
        Occlusion.withDefaults().withWindow(48, 24).withBatchSize(4),
        SmoothGrad.withDefaults().withSamples(3).withBatchSize(2),
        Cam.gradCam().withLayer("conv4"));
  }

  private static List<INDArray> birds(DemoModel model) {
    List<INDArray> birds = new ArrayList<>();
    for (int i = 0; i < BIRDS; i++) {
      birds.add(model.preprocessor().apply(model.picture(i)));
    }
    return birds;
  }

  /** Every number gives another pair of birds, drawn over each other. */
  private static INDArray batch(List<INDArray> birds, int from, int size) {
    long[] shape = birds.get(0).shape().clone();
    shape[0] = size;
    INDArray batch = Nd4j.createUninitialized(birds.get(0).dataType(), shape, 'c');
    for (int i = 0; i < size; i++) {
      int first = (from + i) % BIRDS;
      int second = (first + 1 + (from + i) / BIRDS % (BIRDS - 1)) % BIRDS;
      batch.slice(i).assign(birds.get(first).slice(0)).muli(0.7);
      INDArray other = birds.get(second).mul(0.3);
      batch.slice(i).addi(other.slice(0));
      other.close();
    }
    return batch;
  }
}
