package dev.interp.visual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Target;
import dev.interp.core.testkit.SmallNets;
import dev.interp.core.testkit.Tensors;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

class MethodTest {
  private static Map<String, String> settings(String id, MethodOptions options) {
    return Method.of(id).with(options).settings();
  }

  @Test
  void ids_are_unique_and_lead_to_their_method() {
    assertThat(Method.all()).hasSize(19).extracting(Method::id).doesNotHaveDuplicates();
    for (Method method : Method.all()) {
      assertThat(Method.of(method.id())).isSameAs(method);
      assertThat(method.with(MethodOptions.defaults()).id()).isEqualTo(method.id());
    }
  }

  @Test
  void an_unknown_method_is_answered_with_the_list() {
    assertThatThrownBy(() -> Method.of("gradcam"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "no method is named 'gradcam'; the methods are gradient, saliency, input-x-gradient,"
                + " guided-backprop, deconvnet, integrated-gradients, smoothgrad, lrp-epsilon,"
                + " lrp-epsilon-plus, lrp-epsilon-plus-flat, lrp-epsilon-gamma-box,"
                + " lrp-epsilon-alpha2-beta1, lrp-epsilon-alpha2-beta1-flat, lrp-alpha1-beta0,"
                + " deep-taylor, excitation-backprop, contrastive-excitation-backprop, grad-cam,"
                + " occlusion");
  }

  /** On seven by five pixels, windows of three by step two: 3 rows and 2 columns. */
  @ParameterizedTest
  @CsvSource({
    "gradient, 1, 1",
    "saliency, 1, 1",
    "input-x-gradient, 1, 1",
    "guided-backprop, 1, 1",
    "deconvnet, 1, 1",
    "integrated-gradients, 8, 6",
    "smoothgrad, 7, 6",
    "lrp-epsilon, 1, 1",
    "lrp-epsilon-plus, 1, 1",
    "lrp-epsilon-plus-flat, 1, 1",
    "lrp-epsilon-gamma-box, 1, 1",
    "lrp-epsilon-alpha2-beta1, 1, 1",
    "lrp-epsilon-alpha2-beta1-flat, 1, 1",
    "lrp-alpha1-beta0, 1, 1",
    "deep-taylor, 1, 1",
    "excitation-backprop, 1, 1",
    "contrastive-excitation-backprop, 1, 1",
    "grad-cam, 1, 1",
    "occlusion, 7, 0"
  })
  void a_method_costs_what_its_documentation_says(String id, double forwards, double backwards) {
    MethodOptions options =
        new MethodOptions(null, 6, null, 3, 2, null, null, null, Progress.none());
    Attribution result =
        Method.of(id)
            .with(options)
            .attribute(
                SmallNets.convolutional(),
                Tensors.gaussian(DataType.DOUBLE, 2, 2, 2, 7, 5),
                Target.predicted());
    assertThat(result.provenance().forwards()).isEqualTo(forwards);
    assertThat(result.provenance().backwards()).isEqualTo(backwards);
  }

  static java.util.List<String> ids() {
    return Method.all().stream().map(Method::id).toList();
  }

  @ParameterizedTest
  @MethodSource("ids")
  void only_unsigned_methods_have_no_negative_values(String id) {
    Method method = Method.of(id);
    Attributor made = method.with(MethodOptions.defaults());
    double least =
        made.attribute(
                SmallNets.convolutional(),
                Tensors.gaussian(DataType.DOUBLE, 2, 4, 2, 7, 5),
                Target.ofClasses(0, 1, 2, 0))
            .values()
            .minNumber()
            .doubleValue();
    assertThat(least >= 0).as("least value " + least).isEqualTo(method.unsigned());
  }

  @Test
  void options_reach_the_methods_that_have_them() {
    MethodOptions options =
        new MethodOptions("relu1", 9, null, 6, 4, Baseline.constant(2), 77L, 3, Progress.none());
    assertThat(settings("integrated-gradients", options))
        .containsEntry("steps", "9")
        .containsEntry("baseline", "constant [2.0]");
    assertThat(settings("smoothgrad", options))
        .containsEntry("samples", "9")
        .containsEntry("seed", "77");
    assertThat(settings("grad-cam", options)).containsEntry("layer", "relu1");
    assertThat(settings("occlusion", options))
        .containsEntry("window", "6 px")
        .containsEntry("stride", "4 px")
        .containsEntry("baseline", "constant [2.0]");
    MethodOptions window =
        new MethodOptions(null, null, null, 6, null, null, null, null, Progress.none());
    assertThat(settings("occlusion", window)).containsEntry("stride", "3 px");
  }

  @Test
  void a_value_by_name_reaches_its_method() {
    MethodOptions options =
        MethodOptions.defaults()
            .withValues(Map.of("integrated-gradients.quadrature", "riemann-left"));
    assertThat(settings("integrated-gradients", options))
        .containsEntry("quadrature", "riemann-left");
    assertThat(settings("gradient", options))
        .isEqualTo(settings("gradient", MethodOptions.defaults()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "integrated-gradients.step | integrated-gradients has no option 'step'; it has quadrature",
        "gradient.step | gradient has no options of its own, was given 'step'",
        "integrated-gradients.quadrature | option quadrature must be one of gauss-legendre,"
            + " riemann-left, riemann-middle, riemann-right, riemann-trapezoid, was 'x'"
      })
  void a_value_that_fits_no_option_is_refused(String key, String message) {
    MethodOptions options = MethodOptions.defaults().withValues(Map.of(key, "x"));
    Method method = Method.of(key.substring(0, key.indexOf('.')));
    assertThatThrownBy(() -> method.with(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void a_stride_without_a_window_is_refused() {
    MethodOptions options =
        new MethodOptions(null, null, null, null, 4, null, null, null, Progress.none());
    assertThatThrownBy(() -> settings("occlusion", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a stride needs a window; give both");
  }
}
