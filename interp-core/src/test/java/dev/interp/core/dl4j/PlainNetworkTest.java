package dev.interp.core.dl4j;

import dev.interp.core.network.Engine;
import dev.interp.core.network.Network;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.NetworkContract;
import org.junit.jupiter.api.Nested;
import org.nd4j.linalg.api.buffer.DataType;

/** A plain net of a fixed size, on every engine. */
class PlainNetworkTest {
  private static final Network NETWORK =
      Dl4j.standard().withInput(2, 8, 6).lower(Nets.plain(DataType.FLOAT));

  @Nested
  class OnNd4j extends NetworkContract {
    private final Network network = NETWORK.withEngine(Engine.ND4J);

    @Override
    protected Network network() {
      return network;
    }
  }

  @Nested
  class OnTheUsualEngine extends NetworkContract {
    private final Network network = NETWORK.withEngine(Engine.usual());

    @Override
    protected Network network() {
      return network;
    }
  }
}
