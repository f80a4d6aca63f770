package dev.interp.bench.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@link Explain}. */
final class ExplainOptions {
  @Mixin ModelOption model = new ModelOption();

  @Mixin ResultOptions output = new ResultOptions();

  @Option(
      names = "--preprocess",
      paramLabel = "F.json",
      description = "Resize, crop, channels, divisor, mean and scale of the model's pictures.")
  @Nullable Path preprocess;

  @Option(names = "--image", paramLabel = "F", description = "The picture to explain.")
  @Nullable Path image;

  @Option(
      names = "--input",
      paramLabel = "F.npy",
      description = "A preprocessed float array [N,C,H,W] instead of a picture.")
  @Nullable Path input;

  @Option(names = "--labels", paramLabel = "F", description = "Class labels, one per line.")
  @Nullable Path labels;

  @Option(
      names = "--method",
      split = ",",
      paramLabel = "a,b|all",
      description = "Methods to run (see interp methods). Default: all.")
  List<String> methods = List.of("all");

  @Option(
      names = "--target",
      paramLabel = "T",
      description =
          "What to explain: " + TargetText.FORMS + ". Default: predicted. Classes are logits.")
  String target = "predicted";

  @Option(
      names = "--layer",
      paramLabel = "NAME[,NAME]",
      description =
          "Layer of class activation maps, of which several are fused, and of conductance and"
              + " internal-influence. Default: the last with spatial extent.")
  @Nullable String layer;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Steps of paths (integrated-gradients 50) and samples of noise (smoothgrad 25).")
  @Nullable Integer steps;

  @Option(
      names = "--noise",
      paramLabel = "F.npy",
      description = "Noise of smoothgrad [n,C,H,W], added as it is.")
  @Nullable Path noise;

  @Option(names = "--window", paramLabel = "N", description = "Side of the occlusion window.")
  @Nullable Integer window;

  @Option(
      names = "--stride",
      paramLabel = "N",
      description = "Step of the occlusion window. Default: half the window.")
  @Nullable Integer stride;

  @Option(
      names = "--baseline",
      paramLabel = "zero|black|mean|F.npy",
      description =
          "What stands for nothing in path methods and occlusion; black and mean are pixel values"
              + " taken through the preprocessing. Several rows of a file are the references of"
              + " expected-gradients. Default: black if the preprocessing is known, else zero.")
  @Nullable String baseline;

  @Option(
      names = "--precision",
      paramLabel = "float32|float64",
      description = "Arithmetic. Default: float32.")
  String precision = "float32";

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of everything random. Default: 0.")
  @Nullable Long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Inputs evaluated at a time by the methods that evaluate many.")
  @Nullable Integer batch;

  @Option(
      names = "--verbose",
      description = "Tell of each method how many passes it ran, on which engine and in what.")
  boolean verbose;

  @Option(
      names = "--set",
      paramLabel = "METHOD.OPTION=VALUE",
      description = "A setting of one method (see interp methods --verbose); may be repeated.")
  Map<String, String> set = new LinkedHashMap<>();
}
