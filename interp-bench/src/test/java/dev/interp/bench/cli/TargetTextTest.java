package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.network.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTextTest {
  @Test
  void every_form_is_read() {
    assertThat(TargetText.parse("predicted")).isEqualTo(Target.predicted());
    assertThat(TargetText.parse("7")).isEqualTo(Target.ofClass(7));
    assertThat(TargetText.parse("-1")).isEqualTo(Target.ofClass(-1));
    assertThat(TargetText.parse("probability:3")).isEqualTo(Target.probability(3));
    assertThat(TargetText.parse("contrast:3:4")).isEqualTo(Target.contrast(3, 4));
    assertThat(TargetText.parse("neuron:conv:1,2,3")).isEqualTo(Target.neuron("conv", 1, 2, 3));
    assertThat(TargetText.parse("neuron:dense:5")).isEqualTo(Target.neuron("dense", 5));
    assertThat(TargetText.parse("channel:conv:1")).isEqualTo(Target.channel("conv", 1));
  }

  @Test
  void a_name_of_a_tensor_may_have_colons() {
    assertThat(TargetText.parse("neuron:conv:preactivation:1, 2, 3"))
        .isEqualTo(Target.neuron("conv:preactivation", 1, 2, 3));
    assertThat(TargetText.parse("channel:a:b:1")).isEqualTo(Target.channel("a:b", 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bird",
        "1,2",
        "1.5",
        "probability",
        "probability:",
        "probability:x",
        "probability:1:2",
        "contrast:1",
        "contrast:a:1",
        "contrast:1,2:3",
        "neuron:conv",
        "neuron:conv:x",
        "neuron:1",
        "channel:conv:1,2",
        "channel::1",
        "class:a:1",
        "predicted:1"
      })
  void anything_else_is_refused_with_the_forms(String text) {
    assertThatThrownBy(() -> TargetText.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--target must be predicted, a class index, probability:CLASS,"
                + " contrast:CLASS:AGAINST, neuron:TENSOR:CHANNEL,ROW,COLUMN or"
                + " channel:TENSOR:CHANNEL, was '"
                + text
                + "'");
  }
}
