package dev.interp.visual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.attribution.Attribution;
import dev.interp.core.attribution.Attributor;
import dev.interp.core.attribution.Baseline;
import dev.interp.core.attribution.Progress;
import dev.interp.core.network.Network;
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
    assertThat(Method.all()).extracting(Method::id).doesNotHaveDuplicates();
    for (Method method : Method.all()) {
      assertThat(Method.of(method.id())).isSameAs(method);
      assertThat(method.with(MethodOptions.defaults()).id()).isEqualTo(method.id());
    }
  }

  @Test
  void an_unknown_method_is_answered_with_the_list() {
    assertThatThrownBy(() -> Method.of("gradcam"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no method is named 'gradcam'; the methods are " + String.join(", ", ids()));
  }

  /**
   * On seven by five pixels, windows of three by step two: 3 rows and 2 columns; five channels, two
   * segments.
   */
  @ParameterizedTest
  @CsvSource({
    "gradient, 1, 1",
    "saliency, 1, 1",
    "input-x-gradient, 1, 1",
    "guided-backprop, 1, 1",
    "deconvnet, 1, 1",
    "integrated-gradients, 8, 6",
    "expected-gradients, 8, 6",
    "blur-integrated-gradients, 8, 7",
    "guided-integrated-gradients, 9, 7",
    "xrai, 16, 12",
    "smoothgrad, 7, 6",
    "smoothgrad-squared, 7, 6",
    "vargrad, 7, 6",
    "conductance, 9, 7",
    "internal-influence, 7, 6",
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
    "cam, 1, 1",
    "deep-lift, 2, 1",
    "deep-lift-reveal-cancel, 2, 1",
    "deep-lift-shap, 9, 8",
    "full-grad, 1, 1",
    "grad-cam, 1, 1",
    "grad-cam-plus-plus, 1, 1",
    "hires-cam, 1, 1",
    "xgrad-cam, 1, 1",
    "layer-cam, 1, 1",
    "grad-cam-element-wise, 1, 1",
    "eigen-cam, 1, 0",
    "eigen-grad-cam, 1, 1",
    "score-cam, 6, 0",
    "ablation-cam, 7, 0",
    "shapley-cam, 3, 2",
    "finer-cam, 1, 1",
    "fem, 1, 0",
    "guided-grad-cam, 2, 2",
    "meaningful-perturbation, 336, 300",
    "extremal-perturbation, 801, 800",
    "prediction-difference-analysis, 351, 0",
    "clear, 1, 3",
    "occlusion, 7, 0",
    "feature-ablation, 3, 0",
    "feature-permutation, 13, 0",
    "lime, 6, 0",
    "kernel-shap, 4, 0",
    "shapley-sampling, 8, 0",
    "shapley-exact, 4, 0",
    "rise, 7, 0",
    "sobol, 25, 0",
    "hsic, 7, 0"
  })
  void a_method_costs_what_its_documentation_says(String id, double forwards, double backwards) {
    MethodOptions options =
        new MethodOptions(null, 6, null, 3, 2, null, null, null, Progress.none());
    Method method = Method.of(id);
    if (method.options().stream().anyMatch(o -> o.name().equals("segments"))) {
      options = options.withValues(Map.of(id + ".segments", "channels"));
    }
    Attribution result =
        method
            .with(options)
            .attribute(
                network(id), Tensors.gaussian(DataType.DOUBLE, 2, 2, 2, 7, 5), Target.predicted());
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
    // Some maps have the signs of the layer, so it must not be next to a rectifier.
    Attributor made =
        method.with(id.equals("cam") ? MethodOptions.defaults() : looking(Network.INPUT));
    // Every class of each picture, so that logits of both signs are explained.
    double least =
        made.attribute(
                network(id),
                Tensors.gaussian(DataType.DOUBLE, 2, 12, 2, 7, 5),
                Target.ofClasses(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2))
            .values()
            .minNumber()
            .doubleValue();
    assertThat(least >= 0).as("least value " + least).isEqualTo(method.unsigned());
  }

  private static MethodOptions looking(String layer) {
    return new MethodOptions(layer, null, null, null, null, null, null, null, Progress.none());
  }

  private static Network network(String id) {
    return id.equals("cam") ? SmallNets.pooled() : SmallNets.convolutional();
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
        "integrated-gradients.step | integrated-gradients has no option 'step'; it has quadrature,"
            + " times-inputs",
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
  void segments_are_named() {
    for (String[] pair :
        new String[][] {
          {"slic-20", "slic 20, compactness 10.0"},
          {"grid-4", "grid 4×4"},
          {"quickshift", "quickshift 4.0, reach 200.0, ratio 0.2"},
          {"pixels", "pixels"},
          {"channels", "channels"}
        }) {
      MethodOptions options =
          MethodOptions.defaults().withValues(Map.of("kernel-shap.segments", pair[0]));
      assertThat(settings("kernel-shap", options)).containsEntry("segments", pair[1]);
    }
    MethodOptions options = MethodOptions.defaults().withValues(Map.of("lime.segments", "slic"));
    assertThatThrownBy(() -> settings("lime", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "option segments must be slic-N, quickshift, grid-N, pixels or channels, was 'slic'");
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
