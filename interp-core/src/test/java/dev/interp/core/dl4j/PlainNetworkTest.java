package dev.interp.core.dl4j;

import dev.interp.core.network.Network;
import dev.interp.core.testkit.Nets;
import dev.interp.core.testkit.NetworkContract;
import org.nd4j.linalg.api.buffer.DataType;

/** A plain net of a fixed size. */
class PlainNetworkTest extends NetworkContract {
  private static final Network NETWORK =
      Dl4j.standard().withInput(2, 8, 6).lower(Nets.plain(DataType.FLOAT));

  @Override
  protected Network network() {
    return NETWORK;
  }
}
