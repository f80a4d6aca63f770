package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Progress;
import dev.interp.core.testkit.AttributorContract;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of the catalogue keeps the contract of attributors. */
@ParameterizedClass
@MethodSource("ids")
class MethodContractTest extends AttributorContract {
  private static final List<String> ONE_PASS =
      List.of(
          "gradient", "saliency", "input-x-gradient", "guided-backprop", "deconvnet", "grad-cam");

  private static boolean isOnePass(String id) {
    return ONE_PASS.contains(id)
        || id.startsWith("lrp-")
        || id.equals("deep-taylor")
        || id.endsWith("excitation-backprop");
  }

  private final String id;

  MethodContractTest(String id) {
    this.id = id;
  }

  static List<String> ids() {
    return Method.all().stream().map(Method::id).toList();
  }

  @Override
  protected Attributor method() {
    return make(Progress.none());
  }

  @Override
  protected Optional<Attributor> method(Progress listener) {
    return isOnePass(id) ? Optional.empty() : Optional.of(make(listener));
  }

  /** Small batches that examples do not fill evenly. */
  private Attributor make(Progress listener) {
    MethodOptions options = new MethodOptions(null, 5, null, 3, 2, null, 4L, 4, listener);
    return Method.of(id).with(options);
  }
}
