package dev.interp.bench.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.bench.jmh.SpeedResult.Row;
import dev.interp.bench.jmh.Timing.Pass;
import dev.interp.bench.results.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.annotations.Benchmark;

class SpeedRowsTest {

  @Test
  void times_are_medians_and_the_faster_layout_counts() throws IOException {
    SpeedRows rows = new SpeedRows();
    Timing forward = new Timing("resnet18", 8, Pass.FORWARD);
    rows.add(forward, new double[] {10, 90});
    rows.add(forward, new double[] {12});
    peer(
        rows,
        """
        {"torch": "1.13", "threads": 2, "blas": "x", "net": "resnet18", "batch": 8, "rows": [
         {"pass": "forward", "layout": "nchw", "iterations_ms": [20, 21, 22]},
         {"pass": "forward", "layout": "channels_last", "iterations_ms": [9, 10, 40]},
         {"pass": "forward-backward", "layout": "nchw", "iterations_ms": [1, 1, 1]}]}
        """);

    Row row = rows.rows().get(0);

    assertThat(row.ms()).isEqualTo(12);
    assertThat(row.peer()).isEqualTo("PyTorch channels_last, threads passive");
    assertThat(row.peerMs()).isEqualTo(10);
    assertThat(row.ratio()).isCloseTo(1.2, within(1e-12));
    assertThat(row.atMost()).isEqualTo(1.2);
    assertThat(row.atLeast()).isNull();
  }

  @Test
  void every_pass_is_held_against_its_own() {
    SpeedRows rows = new SpeedRows();
    double ms = 1;
    for (Pass pass : Pass.values()) {
      rows.add(new Timing("resnet18", 1, pass), new double[] {ms++});
    }

    List<Row> all = rows.rows();

    assertThat(all).extracting(Row::pass).startsWith("forward", "forward-backward", "grad-cam");
    assertThat(all)
        .extracting(Row::peerMs)
        .containsExactly(null, null, 1.0, null, 4.0, 4.0, 1.0, 2.0);
    assertThat(all)
        .extracting(Row::ratio)
        .containsExactly(null, null, 3.0, null, 1.25, 1.5, 7.0, 4.0);
    assertThat(all)
        .extracting(Row::atMost)
        .containsExactly(null, null, 1.3, null, null, 1.05, null, null);
    assertThat(all)
        .extracting(Row::atLeast)
        .containsExactly(null, null, null, null, null, null, 10.0, 10.0);
    assertThat(all).extracting(Row::errorMs).containsOnlyNulls();
  }

  @Test
  void hooks_are_timed_on_two_nets_and_dl4j_apart() {
    assertThat(Timing.ours("vgg16", 1)).hasSize(3);
    assertThat(Timing.ours("squeezenet11", 1)).hasSize(6).noneMatch(t -> t.pass().isDl4j());
    assertThat(Timing.dl4j("vgg16", 8)).hasSize(2).allMatch(t -> t.pass().isDl4j());
  }

  @Test
  void patterns_name_benchmarks_that_exist() throws NoSuchMethodException {
    for (Pass pass : Pass.values()) {
      assertThat("dev.interp.bench.jmh.NetworkBenchmark.forwardAndGradient".matches(pass.pattern()))
          .isEqualTo(pass == Pass.FORWARD_BACKWARD);
      assertThat(methods()).anyMatch(m -> m.matches(pass.pattern()));
    }
  }

  @Test
  void a_peer_that_is_not_there_is_refused(@TempDir Path folder) {
    assertThatThrownBy(() -> new Peer(folder.resolve("no.py"), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no.py");
  }

  @Test
  void surroundings_are_told() throws Exception {
    assertThat(Surroundings.versions())
        .containsKeys("nd4j", "nd4j_classifier", "jmh")
        .allSatisfy((name, value) -> assertThat(value).doesNotContain("$").isNotBlank());
    assertThat(Surroundings.machine()).containsKeys("cpu", "cores", "memory", "os", "jdk");
    assertThat(Surroundings.commit()).matches("[0-9a-f]{12,}(-dirty)?|unknown");
  }

  @Test
  void a_result_reads_as_it_was_written(@TempDir Path folder) throws IOException {
    SpeedRows rows = new SpeedRows();
    rows.add(new Timing("vgg16", 8, Pass.GRAD_CAM), new double[] {1, 2, 4});
    SpeedResult result =
        new SpeedResult(
            "median", false, Map.of("cpu", "x"), "0123", Map.of("jmh", "1"), rows.rows());
    Path file = folder.resolve("new/speed.json");

    result.write(file);

    assertThat(SpeedResult.read(file)).isEqualTo(result);
    assertThat(Files.readString(file)).contains("\"error_ms\"", "\"peer_ms\" : null");
    try (var files = Files.list(folder.resolve("new"))) {
      assertThat(files).containsExactly(file);
    }
  }

  private static List<String> methods() {
    return List.of(
            NetworkBenchmark.class,
            HooksBenchmark.class,
            GradCamBenchmark.class,
            Dl4jLayersBenchmark.class)
        .stream()
        .flatMap(
            c ->
                Arrays.stream(c.getDeclaredMethods())
                    .filter(m -> m.isAnnotationPresent(Benchmark.class))
                    .map(m -> c.getName() + "." + m.getName()))
        .toList();
  }

  private static void peer(SpeedRows rows, String json) throws IOException {
    new Peer(Files.createTempFile("peer", ".py"), true)
        .read(new ObjectMapper().readTree(json), Peer.Waiting.PASSIVE, rows);
  }
}
