package dev.interp.bench.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * One run of the command line.
 *
 * @param code exit code
 * @param out standard output
 * @param err standard error
 */
record Cli(int code, String out, String err) {

  static Cli run(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Interp.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    List<String> texts = new ArrayList<>();
    for (Object argument : arguments) {
      texts.add(argument.toString());
    }
    int code = line.execute(texts.toArray(String[]::new));
    return new Cli(code, out.toString(), err.toString());
  }

  static Cli explain(Path out, Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("explain", "--quiet", "--out", out));
    all.addAll(List.of(arguments));
    return run(all.toArray());
  }

  static JsonNode json(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("result.json").toFile());
  }
}
