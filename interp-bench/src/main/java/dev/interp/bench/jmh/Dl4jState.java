package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A net as DeepLearning4J runs it, and a batch with labels. Not final because JMH extends it. */
@State(Scope.Benchmark)
public class Dl4jState {
  @Param({BenchNets.SQUEEZENET11, BenchNets.RESNET18, BenchNets.VGG16})
  String net = "";

  @Param({"1", "8"})
  int batch;

  private @Nullable ComputationGraph graph;
  private @Nullable INDArray x;
  private @Nullable INDArray labels;

  /** Builds all. */
  @Setup
  public void setUp() {
    graph = BenchNets.graph(net);
    x = BenchNets.input(net, batch);
    labels = Nd4j.zeros(batch, BenchNets.classes(net));
    labels.getColumn(3).assign(1);
  }

  ComputationGraph graph() {
    return Objects.requireNonNull(graph);
  }

  INDArray x() {
    return Objects.requireNonNull(x);
  }

  INDArray labels() {
    return Objects.requireNonNull(labels);
  }
}
