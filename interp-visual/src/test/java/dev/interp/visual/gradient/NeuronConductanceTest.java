package dev.interp.visual.gradient;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.AttributorContract;
import java.util.Optional;

/** The one path method that the catalogue lacks, since it needs a unit, keeps the contract too. */
class NeuronConductanceTest extends AttributorContract {
  @Override
  protected Attributor method() {
    return NeuronConductance.of(Target.channel("conv2", 1)).withSteps(5).withBatchSize(4);
  }

  @Override
  protected Optional<Attributor> method(Progress listener) {
    return Optional.of(
        NeuronConductance.of(Target.channel("conv2", 1))
            .withSteps(5)
            .withBatchSize(4)
            .withProgress(listener));
  }
}
