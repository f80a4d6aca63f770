package dev.interp.bench.cli;

import picocli.CommandLine.Option;

/** What decoders learn on; all of it belongs to {@code --decoder}. */
final class DecoderOptions {
  /** How many rendered birds there are if their number is not given. */
  static final int BIRDS = 600;

  @Option(
      names = "--decoder",
      required = true,
      description = "Train a net per layer that draws pictures from it, and show held-out ones.")
  boolean wanted;

  @Option(
      names = "--data",
      paramLabel = "birds|DIR",
      description = "Rendered birds (the default), or a folder of pictures. A fifth is held out.")
  String data = "birds";

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Pictures. Default: 600 birds, all of a folder.")
  int images;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the pictures: 8.")
  int epochs = 8;
}
