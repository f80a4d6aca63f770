package dev.interp.core.dl4j;

import dev.interp.core.network.Network;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.NetworkContract;
import org.nd4j.linalg.api.buffer.DataType;

/** A residual graph that takes pictures of any size. */
class ResidualNetworkTest extends NetworkContract {
  private static final Network NETWORK = Dl4j.network(Nets.residual(DataType.FLOAT));

  @Override
  protected Network network() {
    return NETWORK;
  }
}
