package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interp.bench.demo.DemoModel;
import dev.interp.visual.Method;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ExplainTest {
  @TempDir Path folder;
  private Path out = Path.of("");

  @BeforeEach
  void output() {
    out = folder.resolve("new/out");
  }

  @Test
  void demo_with_all_methods_writes_every_file() throws IOException {
    Cli run =
        Cli.explain(
            out,
            "--steps",
            2,
            "--window",
            48,
            "--set",
            "meaningful-perturbation.iterations=10",
            "--set",
            "extremal-perturbation.iterations=10",
            "--set",
            "prediction-difference-analysis.stride=10");

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("report.html").hasLineCount(1);
    TreeSet<String> expected = new TreeSet<>(List.of("report.html", "result.json", "logits.npy"));
    Method.all().forEach(m -> expected.addAll(List.of(m.id() + ".npy", m.id() + ".png")));
    assertThat(names(out)).containsExactlyElementsOf(expected);
    List<String> complete =
        List.of(
            "integrated-gradients",
            "expected-gradients",
            "blur-integrated-gradients",
            "guided-integrated-gradients",
            "xrai",
            "conductance",
            "lrp-epsilon",
            "deep-taylor",
            "excitation-backprop",
            "deep-lift",
            "deep-lift-reveal-cancel",
            "deep-lift-shap",
            "full-grad",
            "kernel-shap",
            "shapley-sampling",
            "shapley-exact");
    JsonNode json = Cli.json(out);
    for (Method method : Method.all()) {
      INDArray values = NpyFile.read(out.resolve(method.id() + ".npy"));
      assertThat(values.shape()).as(method.id()).containsExactly(shape(method));
      assertThat(values.normmaxNumber().doubleValue()).as(method.id()).isFinite().isPositive();
      assertThat(values.minNumber().doubleValue() < 0 && method.unsigned()).isFalse();
      assertThat(ImageIO.read(out.resolve(method.id() + ".png").toFile()).getWidth())
          .isGreaterThan(600);
      JsonNode entry = json.path("methods").path(method.id());
      assertThat(entry.path("array").asText()).isEqualTo(method.id() + ".npy");
      assertThat(entry.path("seconds").asDouble()).isPositive();
      assertThat(entry.path("forwards").asDouble()).isPositive();
      assertThat(entry.path("settings").isObject()).isTrue();
      assertThat(entry.has("completeness_gap") || !complete.contains(method.id()))
          .as("completeness gap of " + method.id())
          .isTrue();
    }
    assertThat(json.at("/methods/gradient/forwards").asDouble()).isEqualTo(1);
    assertThat(json.at("/methods/gradient/backwards").asDouble()).isEqualTo(1);
    assertThat(json.at("/methods/integrated-gradients/forwards").asDouble()).isEqualTo(4);
    assertThat(json.at("/methods/smoothgrad/backwards").asDouble()).isEqualTo(2);
    // Windows of 48 every 24 pixels on 96 stand in 3 × 3 places.
    assertThat(json.at("/methods/occlusion/forwards").asDouble()).isEqualTo(10);
    String report = Files.readString(out.resolve("report.html"));
    assertThat(report.split("class=\"card\"", -1)).hasSize(Method.all().size() + 1);
  }

  /** What the catalogue says that a method returns, for the demo model. */
  private static long[] shape(Method method) {
    if (method.id().equals("conductance") || method.id().equals("internal-influence")) {
      return new long[] {1, 96, 12, 12};
    }
    String returns = method.returns();
    return returns.startsWith("[N, 1, h, w]")
        ? new long[] {1, 1, 12, 12}
        : new long[] {1, returns.startsWith("[N, 1, H, W]") ? 1 : 3, 96, 96};
  }

  /** What black and white become is known of the demo model. */
  @Test
  void the_z_box_lies_between_black_and_white() throws IOException {
    Cli.explain(
        out, "--method", "lrp-epsilon-gamma-box,deep-taylor", "--set", "deep-taylor.low=-9,-9,-9");

    JsonNode methods = Cli.json(out).get("methods");
    DemoModel demo = DemoModel.load();
    double white = demo.preprocessor().constant(255).getDouble(0);
    assertThat(methods.at("/lrp-epsilon-gamma-box/settings/bounds").asText())
        .startsWith("[" + demo.preprocessor().constant(0).getDouble(0) + ", ")
        .contains(" to [" + white + ", ");
    assertThat(methods.at("/deep-taylor/settings/bounds").asText())
        .startsWith("[-9.0, -9.0, -9.0] to ");
  }

  @Test
  void demo_names_the_bird_that_the_model_sees() throws IOException {
    DemoModel demo = DemoModel.load();
    INDArray expected =
        demo.network().logits(demo.preprocessor().apply(demo.picture(demo.demoBird())));
    int winner = expected.argMax(1).getInt(0);

    assertThat(Cli.explain(out, "--method", "gradient").code()).isZero();

    assertThat(NpyFile.read(out.resolve("logits.npy"))).isEqualTo(expected);
    JsonNode json = Cli.json(out);
    assertThat(json.path("target").asInt()).isEqualTo(winner);
    assertThat(json.path("target_asked").asText()).isEqualTo("predicted");
    assertThat(json.path("label").asText()).isEqualTo(demo.labels().get(winner));
    assertThat(json.path("logits")).hasSize(10);
    assertThat(json.path("logits").get(3).asDouble())
        .isCloseTo(expected.getDouble(0, 3), Offset.offset(1e-6));
    assertThat(json.path("top5")).hasSize(5);
    assertThat(json.path("top5").get(0).toString()).contains(demo.labels().get(winner));
    assertThat(json.at("/model/fingerprint").asText()).isEqualTo(demo.network().fingerprint());
    assertThat(json.has("examples")).isFalse();
  }

  @Test
  void maps_of_several_layers_are_fused_and_who_takes_one_is_left_out() throws IOException {
    Path fused = out.resolve("fused");
    assertThat(
            Cli.explain(fused, "--method", "grad-cam,hires-cam", "--layer", "conv2, conv4").code())
        .isZero();
    JsonNode json = Cli.json(fused);
    assertThat(json.at("/methods/grad-cam/settings/layers").asText()).isEqualTo("conv2, conv4");
    assertThat(json.at("/methods/hires-cam/tensor").asText()).isEqualTo("conv2");

    Cli named =
        Cli.explain(out.resolve("named"), "--method", "guided-grad-cam", "--layer", "conv2,conv4");
    assertThat(named.code()).isNotZero();
    assertThat(named.err()).contains("guided-grad-cam takes one layer, was given [conv2, conv4]");
  }

  @Test
  void methods_are_run_once_and_in_the_order_given() throws IOException {
    assertThat(Cli.explain(out, "--method", "grad-cam, gradient,grad-cam").code()).isZero();

    assertThat(Cli.json(out).path("methods").fieldNames())
        .toIterable()
        .containsExactly("grad-cam", "gradient");
  }

  @Test
  void progress_lines_tell_each_method_unless_quiet() {
    Cli run = Cli.run("explain", "--method", "gradient,saliency", "--out", out);

    assertThat(run.err().lines()).hasSize(2);
    assertThat(run.err()).containsPattern("gradient {2}\\d+\\.\\d\\d s");
  }

  @Test
  void verbose_lines_tell_passes_engine_and_precision() {
    Cli run = Cli.run("explain", "--method", "gradient", "--verbose", "--out", out);

    assertThat(run.err())
        .containsPattern(
            " s, 1\\.000 forward and 1\\.000 backward passes on (nd4j|onednn) in FLOAT");
  }

  @Test
  void a_batch_gives_an_entry_per_example() throws IOException {
    Path model = SmallNets.layers(folder);
    Path labels = Files.writeString(folder.resolve("labels.txt"), "zero\none\ntwo\nthree\n");
    Path input = SmallNets.npy(folder, "x.npy", SmallNets.array(6, 3, 12, 12));

    Cli run =
        Cli.explain(
            out,
            "--model",
            model,
            "--input",
            input,
            "--labels",
            labels,
            "--target",
            2,
            "--method",
            "gradient,integrated-gradients,grad-cam",
            "--layer",
            "conv");

    assertThat(run.err()).isEmpty();
    JsonNode json = Cli.json(out);
    assertThat(json.path("examples")).hasSize(6);
    for (JsonNode example : json.path("examples")) {
      assertThat(example.path("target").asInt()).isEqualTo(2);
      assertThat(example.path("label").asText()).isEqualTo("two");
      assertThat(example.path("logits")).hasSize(4);
      assertThat(example.path("top5")).hasSize(4);
    }
    assertThat(json.at("/methods/integrated-gradients/completeness_gap")).hasSize(6);
    assertThat(shape("gradient.npy")).containsExactly(6, 3, 12, 12);
    assertThat(shape("grad-cam.npy")).containsExactly(6, 1, 10, 10);
    assertThat(shape("logits.npy")).containsExactly(6, 4);
    BufferedImage batch = ImageIO.read(out.resolve("gradient.png").toFile());
    Path one = folder.resolve("one");
    Path single = SmallNets.npy(folder, "x1.npy", SmallNets.array(3, 12, 12));
    assertThat(Cli.explain(one, "--model", model, "--input", single, "--method", "gradient").code())
        .isZero();
    assertThat(NpyFile.read(one.resolve("gradient.npy")).shape()).containsExactly(1, 3, 12, 12);
    assertThat(batch.getHeight())
        .isGreaterThan(2 * ImageIO.read(one.resolve("gradient.png").toFile()).getHeight());
    assertThat(Files.readString(out.resolve("report.html"))).contains("first 4 of 6");
  }

  @Test
  void a_target_changes_the_map() throws IOException {
    INDArray first = gradient("--target", 1);
    INDArray second = gradient("--target", 2);

    assertThat(first).isNotEqualTo(second);
    assertThat(Cli.json(out).path("target").asInt()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "neuron:conv1:preactivation:3,4,5 | neuron conv1:preactivation[3, 4, 5] | -1",
        "channel:conv1:2 | channel conv1[2] | -1",
        "contrast:3:4 | class 3 against class 4 | 3",
        "probability:5 | probability of class 5 | 5"
      })
  void other_targets_are_explained_and_named(String asked, String told, int index)
      throws IOException {
    assertThat(Cli.explain(out, "--method", "gradient", "--target", asked).err()).isEmpty();

    JsonNode json = Cli.json(out);
    assertThat(json.path("target").asInt()).isEqualTo(index);
    assertThat(json.path("target_asked").asText()).isEqualTo(asked);
    String label = index < 0 ? told : DemoModel.load().labels().get(index);
    assertThat(json.path("label").asText()).isEqualTo(label);
    assertThat(Files.readString(out.resolve("report.html"))).contains("Why " + label + "?");
    INDArray map = NpyFile.read(out.resolve("gradient.npy"));
    assertThat(map.amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void a_baseline_that_no_picture_can_have_is_warned_about_once() throws IOException {
    // The demo model's pictures lie from −2 to 2.
    Path bright = SmallNets.npy(folder, "bright.npy", Nd4j.ones(1, 3, 1, 1).muli(255));
    Cli run =
        Cli.explain(
            out,
            "--method",
            "integrated-gradients,occlusion",
            "--steps",
            2,
            "--window",
            48,
            "--baseline",
            bright);

    String warning =
        "The baseline has values from 255.0 to 255.0 in channel 0, but pictures lie from -2.000 to"
            + " 2.000 there (is the baseline not preprocessed?).";
    assertThat(run.code()).isZero();
    assertThat(run.err().strip()).isEqualTo("interp: " + warning);
    assertThat(Cli.json(out).path("notes").toString()).contains(warning);
  }

  @Test
  void the_rows_of_a_baseline_are_references_of_expected_gradients() throws IOException {
    Path rows = SmallNets.npy(folder, "rows.npy", Nd4j.rand(3, 3, 96, 96));

    assertThat(
            Cli.explain(out, "--method", "expected-gradients", "--steps", 4, "--baseline", rows)
                .err())
        .isEmpty();

    // Four samples, the picture and three references.
    assertThat(Cli.json(out).at("/methods/expected-gradients/forwards").asDouble()).isEqualTo(8);
  }

  @Test
  void a_gradient_of_zero_is_drawn_as_zero() throws IOException {
    Path model = SmallNets.silent(folder);
    Path input = SmallNets.npy(folder, "x.npy", Nd4j.zeros(1, 3, 12, 12));

    Cli.explain(out, "--model", model, "--input", input, "--steps", 3, "--window", 4);

    List<String> zero =
        List.of(
            "gradient",
            "saliency",
            "input-x-gradient",
            "guided-backprop",
            "integrated-gradients",
            "smoothgrad",
            "lrp-epsilon",
            "deep-lift",
            "full-grad",
            "grad-cam",
            "grad-cam-plus-plus",
            "score-cam",
            "occlusion",
            "lime",
            "kernel-shap");
    for (Method method : Method.all()) {
      Path file = out.resolve(method.id() + ".npy");
      // A method that does not fit the network is left out; none of those above is.
      if (Files.exists(file) || zero.contains(method.id())) {
        double largest = NpyFile.read(file).amaxNumber().doubleValue();
        assertThat(largest).as(method.id()).isFinite();
        assertThat(largest == 0 || !zero.contains(method.id())).as(method.id()).isTrue();
      }
    }
    BufferedImage signed = ImageIO.read(out.resolve("gradient.png").toFile());
    // The map stands in the last of three columns; zero is white.
    assertThat(signed.getRGB(signed.getWidth() * 5 / 6, signed.getHeight() / 2) & 0xffffff)
        .isEqualTo(0xffffff);
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("the target does not react to this input");
  }

  @Test
  void double_precision_agrees_with_single_to_its_digits() throws IOException {
    INDArray single = gradient("--precision", "float32");
    INDArray twice = gradient("--precision", "float64");

    double scale = twice.amaxNumber().doubleValue();
    double distance = single.sub(twice).amaxNumber().doubleValue();
    assertThat(distance).isLessThan(1e-4 * scale).isPositive();
    assertThat(Cli.json(out).at("/model/precision").asText()).isEqualTo("float64");
  }

  @ParameterizedTest
  @ValueSource(strings = {"integrated-gradients", "occlusion"})
  void baselines_are_pixel_values_taken_through_the_preprocessing(String method)
      throws IOException {
    // The demo model's input is (pixel / 255 − 0.5) / 0.25: black is −2 and mid grey 0.
    Path black = SmallNets.npy(folder, "black.npy", Nd4j.ones(1, 3, 1, 1).muli(-2));
    Path grey = SmallNets.npy(folder, "grey.npy", Nd4j.zeros(3, 96, 96));
    Object[] cheap = {"--method", method, "--steps", 3, "--window", 48, "--baseline"};

    INDArray zero = values(method, cheap, "zero");
    INDArray fromFile = values(method, cheap, grey);
    INDArray blackName = values(method, cheap, "black");
    INDArray blackFile = values(method, cheap, black);
    INDArray byDefault =
        values(method, new Object[] {"--method", method, "--steps", 3, "--window"}, 48);
    INDArray mean = values(method, cheap, "mean");

    assertThat(fromFile).isEqualTo(zero);
    assertThat(blackFile).isEqualTo(blackName);
    assertThat(byDefault).isEqualTo(blackName);
    assertThat(blackName).isNotEqualTo(zero);
    assertThat(mean).isNotEqualTo(zero).isNotEqualTo(blackName);
  }

  @Test
  void window_and_stride_decide_the_number_of_passes() throws IOException {
    assertThat(Cli.explain(out, "--method", "occlusion", "--window", 32, "--stride", 32).code())
        .isZero();

    assertThat(Cli.json(out).at("/methods/occlusion/forwards").asDouble()).isEqualTo(10);
    INDArray map = NpyFile.read(out.resolve("occlusion.npy"));
    assertThat(map.getDouble(0, 0, 33, 40)).isEqualTo(map.getDouble(0, 0, 63, 63));
  }

  @Test
  void given_noise_of_zeros_makes_smoothgrad_the_gradient() throws IOException {
    Path noise = SmallNets.npy(folder, "noise.npy", Nd4j.zeros(2, 3, 96, 96));

    assertThat(Cli.explain(out, "--method", "gradient,smoothgrad", "--noise", noise).code())
        .isZero();

    INDArray plain = NpyFile.read(out.resolve("gradient.npy"));
    INDArray smooth = NpyFile.read(out.resolve("smoothgrad.npy"));
    assertThat(smooth.sub(plain).amaxNumber().doubleValue())
        .isLessThan(1e-5 * plain.amaxNumber().doubleValue());
    assertThat(Cli.json(out).at("/methods/smoothgrad/backwards").asDouble()).isEqualTo(2);
  }

  @Test
  void equal_seeds_give_equal_bytes() throws IOException {
    Object[] options = {"--method", "smoothgrad,grad-cam", "--steps", 2, "--seed", 5};
    Path again = folder.resolve("again");
    Path other = folder.resolve("other");

    assertThat(Cli.explain(out, options).code()).isZero();
    assertThat(Cli.explain(again, options).code()).isZero();
    assertThat(Cli.explain(other, "--method", "smoothgrad", "--steps", 2, "--seed", 6).code())
        .isZero();

    for (String name : List.of("smoothgrad.npy", "smoothgrad.png", "grad-cam.npy", "logits.npy")) {
      assertThat(again.resolve(name)).hasSameBinaryContentAs(out.resolve(name));
    }
    assertThat(Files.mismatch(other.resolve("smoothgrad.npy"), out.resolve("smoothgrad.npy")))
        .isNotNegative();
  }

  @ParameterizedTest
  @CsvSource({
    "photo.jpg, 5, 40, 30",
    "grey.png, 10, 17, 50",
    "dot.png, 5, 1, 1",
    "line.png, 5, 300, 1"
  })
  void pictures_of_any_size_and_kind_are_explained(String name, int type, int width, int height)
      throws IOException {
    Path picture = SmallNets.picture(folder, name, type, width, height);

    Cli run =
        Cli.explain(
            out,
            "--model",
            SmallNets.layers(folder),
            "--image",
            picture,
            "--method",
            "gradient,grad-cam");

    assertThat(run.err()).isEmpty();
    assertThat(shape("gradient.npy")).containsExactly(1, 3, 12, 12);
    assertThat(ImageIO.read(out.resolve("grad-cam.png").toFile())).isNotNull();
    assertThat(Cli.json(out).path("input").asText()).isEqualTo(name);
    assertThat(Cli.json(out).path("notes").toString()).contains("No --preprocess was given");
  }

  @Test
  void graphs_are_read_from_zip() throws IOException {
    Path model = SmallNets.graph(folder);
    Path picture = SmallNets.picture(folder, "a.png", BufferedImage.TYPE_INT_RGB, 48, 40);

    assertThat(Cli.explain(out, "--model", model, "--image", picture, "--method", "gradient").err())
        .isEmpty();

    // The net takes any size.
    assertThat(shape("gradient.npy")).containsExactly(1, 3, 224, 224);
    assertThat(shape("logits.npy")).containsExactly(1, 10);
    assertThat(Cli.json(out).path("label").asText()).startsWith("class ");
  }

  @Test
  void keras_model_sees_the_zebra() throws IOException {
    String shared = System.getenv("INTERP_SHARED");
    Assumptions.assumeTrue(
        shared != null, "INTERP_SHARED is not set: the folder with data/squeezenet11");
    Path data = Path.of(String.valueOf(shared), "data");

    Cli run =
        Cli.explain(
            out,
            "--model",
            data.resolve("squeezenet11/squeezenet11_keras2.h5"),
            "--preprocess",
            data.resolve("squeezenet11/preprocess.json"),
            "--image",
            data.resolve("photos/zebra.jpg"),
            "--labels",
            data.resolve("labels/synset_words.txt"),
            "--method",
            "grad-cam");

    assertThat(run.err()).isEmpty();
    assertThat(Cli.json(out).path("label").asText()).isEqualTo("zebra");
    assertThat(shape("logits.npy")).containsExactly(1, 1000);
  }

  @Test
  void files_of_others_in_the_folder_stay() throws IOException {
    Files.createDirectories(out);
    Path own = Files.writeString(out.resolve("notes.txt"), "mine");
    Files.writeString(out.resolve("gradient.npy"), "old");

    assertThat(Cli.explain(out, "--method", "gradient").code()).isZero();

    assertThat(own).hasContent("mine");
    assertThat(shape("gradient.npy")).containsExactly(1, 3, 96, 96);
    assertThat(names(out))
        .containsExactly(
            "gradient.npy",
            "gradient.png",
            "logits.npy",
            "notes.txt",
            "report.html",
            "result.json");
  }

  private INDArray gradient(Object... options) throws IOException {
    return values("gradient", new Object[] {"--method", "gradient"}, options);
  }

  private INDArray values(String method, Object[] options, Object... more) throws IOException {
    List<Object> all = new ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    Cli run = Cli.explain(out, all.toArray());
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return NpyFile.read(out.resolve(method + ".npy"));
  }

  private long[] shape(String name) throws IOException {
    return NpyFile.read(out.resolve(name)).shape();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
