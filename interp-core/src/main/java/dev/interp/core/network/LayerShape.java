package dev.interp.core.network;

import java.util.List;

/** The shape of a tensor, for checks and messages. */
record LayerShape(List<Long> sizes) {
  static LayerShape of(Network network, String tensor) {
    return new LayerShape(network.layer(tensor).shape());
  }

  int rank() {
    return sizes.size();
  }

  boolean holds(List<Long> index) {
    for (int i = 0; i < index.size(); i++) {
      if (index.get(i) < 0 || index.get(i) >= sizes.get(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return sizes.toString();
  }
}
