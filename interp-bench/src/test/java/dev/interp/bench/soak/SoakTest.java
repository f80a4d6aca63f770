package dev.interp.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SoakTest {
  @Test
  void it_counts_pictures_and_prints_the_ratio() {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux's /proc");
    StringWriter out = new StringWriter();

    int code =
        Soak.commandLine()
            .setOut(new PrintWriter(out))
            .execute("--explanations", "20", "--warmup", "10");

    assertThat(code).isIn(0, 1); // so few pictures say nothing about growth
    assertThat(out.toString().lines()).hasSize(3);
    assertThat(out.toString())
        .containsPattern("10 explanations +\\d+ s  \\d+ MiB resident")
        .containsPattern("after 10: \\d+ kB, after 20: \\d+ kB, ratio \\d\\.\\d{4}");
  }

  @Test
  void fewer_pictures_than_warm_up_are_wrong_use() {
    StringWriter err = new StringWriter();

    int code = Soak.commandLine().setErr(new PrintWriter(err)).execute("--explanations", "300");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--explanations must be more than --warmup");
  }
}
