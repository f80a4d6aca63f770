package dev.interp.core.attribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.testkit.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class ProvenanceTest {
  @Test
  void settings_keep_their_order_and_are_copied() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("z", "1");
    settings.put("a", "2");
    settings.put("m", "3");
    Provenance provenance =
        new Provenance("id", settings, "class 1", "00", "FLOAT", "nd4j", 1, 1, Map.of());
    settings.put("later", "4");
    assertThat(provenance.settings().keySet()).containsExactly("z", "a", "m");
    assertThatThrownBy(() -> provenance.settings().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void lists_of_an_attribution_are_copied() {
    List<Integer> classes = new ArrayList<>(List.of(1));
    Attribution attribution =
        new Attribution(
            Tensors.counting(1, 1, 1, 1),
            "input",
            classes,
            List.of(2.0),
            List.of(),
            new Provenance("id", Map.of(), "class 1", "00", "FLOAT", "nd4j", 1, 1, Map.of()));
    classes.add(3);
    assertThat(attribution.classes()).containsExactly(1);
  }

  @Test
  void a_report_passes_or_cancels() {
    Progress.none().report(1, 2);
    Progress no = (done, total) -> false;
    assertThatThrownBy(() -> no.report(3, 8))
        .isInstanceOf(CancellationException.class)
        .hasMessage("cancelled after 3 of 8 evaluations");
  }

  @Test
  void batches_cover_every_row_once() {
    assertThat(AttributionRun.batches(7, 3)).containsExactly(0, 3, 6);
    assertThat(AttributionRun.batches(6, 3)).containsExactly(0, 3);
    assertThat(AttributionRun.batches(0, 3)).isEmpty();
  }
}
