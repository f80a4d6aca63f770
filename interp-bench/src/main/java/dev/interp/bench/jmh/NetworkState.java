package dev.interp.bench.jmh;

import dev.interp.bench.nets.BenchNets;
import dev.interp.core.dl4j.Dl4j;
import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A network and a batch for it. Not final because JMH extends it. */
@State(Scope.Benchmark)
public class NetworkState {
  @Param({BenchNets.SQUEEZENET11, BenchNets.RESNET18, BenchNets.VGG16})
  String net = "";

  @Param({"1", "8"})
  int batch;

  /** The engine by name; empty for the usual one. */
  @Param("")
  String engine = "";

  private @Nullable Network network;
  private @Nullable INDArray x;
  private String lastSpatial = "";

  /** Builds both. */
  @Setup
  public void setUp() {
    Network usual = Dl4j.network(BenchNets.graph(net));
    network =
        engine.isEmpty()
            ? usual
            : usual.withEngine(Engine.valueOf(engine.toUpperCase(Locale.ROOT)));
    lastSpatial = usual.lastSpatial();
    x = BenchNets.input(net, batch);
  }

  Network network() {
    return Objects.requireNonNull(network);
  }

  /** Found beforehand: it is looked for among all layers. */
  String lastSpatial() {
    return lastSpatial;
  }

  INDArray x() {
    return Objects.requireNonNull(x);
  }
}
