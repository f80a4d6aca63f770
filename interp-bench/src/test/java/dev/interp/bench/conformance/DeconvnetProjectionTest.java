package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.network.Network;
import dev.interp.visual.gallery.Deconvnet;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The projection of the predicted logit is the reference's deconvnet times the logit. */
class DeconvnetProjectionTest {
  @ParameterizedTest
  @ValueSource(strings = {"squeezenet11", "lenet_mnist", "lenet_cifar10", "resnet20_cifar10"})
  void units_are_projected_as_in_the_reference(String net) throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network(net).withPrecision(DataType.DOUBLE);
    for (String image : data.folders("reference/" + net)) {
      String folder = "reference/" + net + "/" + image + "/";
      INDArray input = data.array(folder + "input.npy").castTo(DataType.DOUBLE);
      INDArray logits = data.array(folder + "logits.npy");
      int best = logits.argMax().getInt(0);
      Deconvnet.Projection unit =
          Deconvnet.project(
                  network,
                  input.reshape(1, input.size(0), input.size(1), input.size(2)),
                  network.logits(),
                  List.of(new Deconvnet.Unit(best, 0, 0)))
              .get(0);
      INDArray expected = data.array(folder + "deconvnet.npy").castTo(DataType.DOUBLE);
      expected.muli(unit.activation());
      double largest = expected.normmaxNumber().doubleValue();
      double difference = unit.values().sub(expected).normmaxNumber().doubleValue();
      assertThat(unit.activation()).isCloseTo(logits.getDouble(best), within(1e-4));
      assertThat(difference / largest).as(image).isLessThan(1e-6);
    }
  }
}
