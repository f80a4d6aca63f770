package dev.interp.bench.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line of the library. Exit codes: 0 done, 2 wrong use, 1 a file that cannot be read or
 * written or another failure; messages of one line go to the standard error stream.
 */
@Command(
    name = "interp",
    mixinStandardHelpOptions = true,
    version = "interp 0.1.0-SNAPSHOT",
    description = "Explains what convolutional networks see.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      Explain.class,
      Layers.class,
      Methods.class,
      Metrics.class,
      Evaluate.class,
      Dissect.class,
      Visualize.class,
      Invert.class,
      DrawGallery.class,
      GrowTree.class,
      Bench.class,
      RenderBirds.class,
      Graph.class,
      Train.class,
      TrainDemo.class
    })
public final class Interp implements Runnable {
  private static final int FAILURE = 1;

  private Interp() {}

  /**
   * Runs a command.
   *
   * @param args the command and its options
   */
  public static void main(String[] args) {
    // JavaCPP would tell users that the version of HDF5's classes is another than its own.
    if (System.getProperty("org.bytedeco.javacpp.logger") == null) {
      System.setProperty("org.bytedeco.javacpp.logger", "slf4j");
    }
    System.exit(run(args));
  }

  static int run(String... args) {
    CommandLine line = commandLine();
    try {
      return line.execute(args);
    } catch (OutOfMemoryError e) {
      return tell(
          line,
          "not enough memory, "
              + e.getMessage()
              + "; give java a larger -Xmx, or explain a smaller batch (--batch, --input)",
          FAILURE);
    }
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Interp());
    line.setParameterExceptionHandler(
        (e, arguments) -> tell(e.getCommandLine(), text(e), CommandLine.ExitCode.USAGE));
    line.setExecutionExceptionHandler((e, command, parsed) -> handle(e, command));
    return line;
  }

  @Override
  public void run() {
    commandLine().usage(System.out);
  }

  private static int handle(Exception e, CommandLine command) {
    if (e instanceof IllegalArgumentException) {
      return tell(command, text(e), CommandLine.ExitCode.USAGE);
    } else if (e instanceof NoSuchFileException missing) {
      return tell(command, "no such file: " + missing.getFile(), FAILURE);
    } else if (e instanceof FileSystemException file) {
      String reason = file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
      return tell(command, file.getFile() + ": " + reason, FAILURE);
    } else if (e instanceof IOException) {
      return tell(command, text(e), FAILURE);
    } else if (e instanceof UncheckedIOException && e.getCause() instanceof IOException cause) {
      return handle(cause, command);
    }
    return tell(command, "failed: " + e, FAILURE);
  }

  private static int tell(CommandLine command, String message, int code) {
    PrintWriter err = command.getErr();
    err.println("interp: " + message.replaceAll("\\s*\\R\\s*", " "));
    err.flush();
    return code;
  }

  private static String text(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
