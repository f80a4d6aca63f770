package dev.interp.core.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class NetworkInputTest {
  @Test
  void a_network_without_dense_layers_on_maps_takes_any_size() {
    Network network = SmallNets.pooled();
    Network wide = network.withInput(2, 9, 14);
    INDArray x = Tensors.gaussian(DataType.DOUBLE, 1, 1, 2, 9, 14);

    assertThat(wide.inputShape()).containsExactly(2, 9, 14);
    assertThat(wide.layer("conv1").shape()).containsExactly(4L, 9L, 14L);
    assertThat(wide.logits(x).shape()).containsExactly(1, 3);
    assertThat(wide.fingerprint()).isEqualTo(network.fingerprint());
    assertThat(network.inputShape()).containsExactly(2, 7, 5);
    INDArray own = Tensors.gaussian(DataType.DOUBLE, 2, 1, 2, 7, 5);
    Tensors.assertSameBits(wide.withInput(2, 7, 5).logits(own), network.logits(own));
    assertThat(network.withInput(2, 7, 5)).isSameAs(network);
  }

  @Test
  void a_dense_layer_on_maps_is_told() {
    assertThatThrownBy(() -> SmallNets.convolutional().withInput(2, 9, 14))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at 'logits'");
  }
}
