package dev.interp.core.network;

import static dev.interp.core.testkit.Tensors.assertSameBits;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class TraceReadTest {
  private final Network network = SmallNets.convolutional();
  private final INDArray x = Tensors.gaussian(DataType.DOUBLE, 1, 3, 2, 7, 5);

  @Test
  void reading_in_place_gives_what_a_copy_gives() {
    String tensor = network.lastSpatial();
    try (Trace trace = network.run(x, Hooks.none().keep(tensor))) {
      INDArray read = trace.read(tensor, a -> a.permute(0, 3, 1, 2).dup('c'));
      assertSameBits(read, trace.activation(tensor));
      Target.Resolved target = trace.resolve(Target.predicted());
      INDArray gradient = trace.readGradient(target, tensor, a -> a.permute(0, 3, 1, 2).dup('c'));
      assertSameBits(gradient, trace.gradient(target, tensor));
    }
  }

  @Test
  void what_is_not_kept_cannot_be_read() {
    try (Trace trace = network.run(x, Hooks.none())) {
      assertThatThrownBy(() -> trace.read(network.lastSpatial(), INDArray::dup))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be kept by the hooks of the run");
    }
  }
}
