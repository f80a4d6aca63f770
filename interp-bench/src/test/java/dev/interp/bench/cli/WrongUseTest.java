package dev.interp.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What wrong use is answered with: one line, exit code 2, or 1 for files that cannot be read or
 * written, and everything left as it was.
 */
class WrongUseTest {
  private static final int MISUSE = 2;
  private static final int FAULT = 1;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --layer conv7             | no tensor is named 'conv7'; did you mean 'conv
          --layer zzzzzzzzz         | no tensor is named 'zzzzzzzzz'. The tensors are: input [3, 96, 96], conv1
          --target 10               | target class must be in [0, 10), was 10 (the index is zero-based)
          --target -1               | target class must be in [0, 10), was -1
          --target bird             | --target must be predicted, a class index, probability:CLASS, contrast:CLASS:AGAINST, neuron:TENSOR:CHANNEL,ROW,COLUMN or channel:TENSOR:CHANNEL, was 'bird'
          --target neuron:conv7:0,0,0 | no tensor is named 'conv7'; did you mean 'conv
          --target neuron:conv1:16,0,0 | neuron
          --target neuron:conv1:0,0 | neuron
          --target channel:conv1:16 | channel
          --target contrast:1:10    | target class must be in [0, 10), was 10 (the index is zero-based)
          --target probability:10   | target class must be in [0, 10), was 10 (the index is zero-based)
          --method smoothgrad --set smoothgrad.method=magic | no method is named 'magic'; the methods are gradient,
          --method smoothgrad --set smoothgrad.deviation=-1 | the deviation must be at least 0, was -1.0
          --method xrai --set xrai.form=slow | option form must be one of full, fast, was 'slow'
          --method blur-integrated-gradients --set blur-integrated-gradients.sqrt=yes | option sqrt must be true or false, was 'yes'
          --method magic            | no method is named 'magic'; the methods are gradient, saliency,
          --method all,magic        | no method is named 'magic'; the methods are gradient, saliency,
          --precision half          | --precision must be float32 or float64, was half
          --steps 0                 | steps must be at least 1, was 0
          --steps many              | Invalid value for option '--steps': 'many' is not an int
          --batch 0                 | batch size must be at least 1, was 0
          --window 0                | the window must be at least 1 and the stride in [1, window], was window 0
          --window 97               | the window must fit into the picture of 96×96, was 97
          --window 9 --stride 0     | the window must be at least 1 and the stride in [1, window], was window 9, stride 0
          --stride 9                | a stride needs a window; give both
          --baseline blak           | --baseline must be zero, black, mean or a .npy file, was 'blak'
          --fancy                   | Unknown option: '--fancy'
          --image a.png --input b.npy | give --image or --input, not both
          --model net.keras --image a.png | the model must be a DL4J .zip (ModelSerializer) or a Keras .h5 file; save it from Keras as .h5
          --model net.onnx --image a.png  | the model must be a DL4J .zip (ModelSerializer) or a Keras .h5 file
          """)
  void options_are_checked(String options, String message) throws IOException {
    Path model = folder.resolve("net.keras");
    Files.writeString(model, "PK");
    Files.writeString(folder.resolve("net.onnx"), "x");
    List<Object> arguments = new ArrayList<>();
    for (String word : options.split(" ", -1)) {
      arguments.add(word.startsWith("net.") ? folder.resolve(word) : word);
    }

    refuses(MISUSE, message, arguments.toArray());
  }

  @Test
  void out_must_be_given() {
    Cli run = Cli.run("explain");

    assertThat(run.code()).isEqualTo(MISUSE);
    assertThat(run.err()).isEqualToIgnoringNewLines("interp: Missing required option: '--out=DIR'");
  }

  @Test
  void a_model_needs_a_picture() throws IOException {
    Path model = SmallNets.layers(folder);

    refuses(MISUSE, "give --image or --input for the model " + model, "--model", model);
  }

  @Test
  void input_of_another_shape_is_named() throws IOException {
    Path model = SmallNets.layers(folder);
    Path last = SmallNets.npy(folder, "last.npy", SmallNets.array(1, 96, 96, 3));
    Path flat = SmallNets.npy(folder, "flat.npy", SmallNets.array(7));

    refuses(
        MISUSE,
        "the input must be [N, 3, 96, 96], was [1, 96, 96, 3] (are the channels last? then use"
            + " permute(0, 3, 1, 2))",
        "--input",
        last);
    refuses(MISUSE, "the input must be [N, 3, 96, 96], was [7]", "--input", flat);
    refuses(MISUSE, "the input must be [N, 3,", "--model", model, "--input", flat);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void input_that_is_not_finite_is_refused(double value) throws IOException {
    INDArray x = SmallNets.array(1, 3, 96, 96);
    x.putScalar(777, value);

    refuses(
        MISUSE,
        "the input must hold finite numbers, but it holds NaN or infinity",
        "--input",
        SmallNets.npy(folder, "nan.npy", x));
  }

  @Test
  void a_model_without_classifier_is_refused() throws IOException {
    Path input = SmallNets.npy(folder, "x.npy", SmallNets.array(1, 3, 12, 12));

    refuses(
        MISUSE,
        "the network must end in a classifier with logits [classes], but its last tensor 'conv' is"
            + " [5, ",
        "--model",
        SmallNets.withoutClassifier(folder),
        "--input",
        input);
  }

  @Test
  void a_recurrent_model_is_refused() throws IOException {
    Path input = SmallNets.npy(folder, "x.npy", SmallNets.array(1, 3, 12, 12));

    refuses(
        MISUSE,
        "layer 'lstm' is a LSTM: only nets on two-dimensional pictures can be explained",
        "--model",
        SmallNets.recurrent(folder),
        "--input",
        input);
  }

  @Test
  void noise_and_baseline_must_fit_the_input() throws IOException {
    Path small = SmallNets.npy(folder, "small.npy", SmallNets.array(2, 3, 9, 9));

    refuses(
        MISUSE,
        "the noise must be [n, …] with the input's shape after it, [3, 96, 96], was [2, 3, 9, 9]",
        "--method",
        "smoothgrad",
        "--noise",
        small);
    refuses(
        MISUSE,
        "the baseline must be [1, 3, 96, 96] or have 1 for the batch or for height and width, was",
        "--method",
        "integrated-gradients",
        "--baseline",
        small);
  }

  @Test
  void named_pixel_values_need_a_preprocessing() throws IOException {
    Path model = SmallNets.layers(folder);
    Path input = SmallNets.npy(folder, "x.npy", SmallNets.array(1, 3, 12, 12));

    for (String name : List.of("black", "mean")) {
      refuses(
          MISUSE,
          "--baseline " + name + " is a pixel value: give --preprocess",
          "--model",
          model,
          "--input",
          input,
          "--baseline",
          name);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--model, none.zip", "--model, none.h5", "--image, none.png", "--input, none.npy",
    "--labels, none.txt", "--preprocess, none.json", "--noise, none.npy", "--baseline, none.npy"
  })
  void a_missing_file_is_named(String option, String name) throws IOException {
    Path input = SmallNets.npy(folder, "x.npy", SmallNets.array(1, 3, 96, 96));
    List<Object> arguments = new ArrayList<>(List.of(option, folder.resolve(name)));
    if (option.equals("--model")) {
      arguments.addAll(List.of("--input", input));
    }

    refuses(FAULT, "no such file: " + folder.resolve(name), arguments.toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--model", "--image", "--input", "--labels", "--preprocess", "--noise"})
  void a_folder_is_no_file(String option) throws IOException {
    Path file = Files.createDirectories(folder.resolve("f"));
    List<Object> arguments = new ArrayList<>(List.of(option, file));
    if (option.equals("--model")) {
      arguments.addAll(List.of("--image", "a.png"));
    }

    refuses(FAULT, file.toString(), arguments.toArray());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 11, 60, 127, 128, 131, 27000})
  void a_truncated_array_is_an_input_fault(int length) throws IOException {
    Path whole = SmallNets.npy(folder, "x.npy", SmallNets.array(1, 3, 96, 96));
    Path cut = cut(whole, "cut.npy", length);

    String message =
        length < 10
            ? cut + ": not a .npy file"
            : length < 128
                ? cut + ": the .npy file is cut short"
                : cut
                    + ": the .npy file must hold 110592 bytes of numbers, holds "
                    + (length - 128);
    refuses(FAULT, message, "--input", cut);
  }

  @Test
  void arrays_of_other_kinds_are_refused() throws IOException {
    String must = "the array must be float32 or float64 in C order, was {'descr'";
    refuses(MISUSE, must, "--input", npy("<i4", "False", "(2,)"));
    refuses(MISUSE, must, "--input", npy("|u1", "False", "(8,)"));
    refuses(MISUSE, must, "--input", npy("<f4", "True", "(1, 2)"));
    refuses(FAULT, "the .npy header is not one", "--input", npy(">f4", "False", "(2,)"));
    refuses(FAULT, "cut short", "--input", npy("<f4", "False", "(99999999, 99999)"));
    refuses(
        FAULT,
        "the .npy header is damaged",
        "--input",
        npy("<f4", "False", "(999999999999999, 999999999999999)"));
    refuses(MISUSE, "the array must hold numbers", "--input", npy("<f4", "False", "(0, 3)"));
    refuses(
        MISUSE, "the input must be [N, 3, 96, 96], was []", "--input", npy("<f8", "False", "()"));
  }

  @ParameterizedTest
  @CsvSource({"a.jpg, 5, 0.5", "a.jpg, 5, 0.05", "a.png, 5, 0.5", "a.png, 5, 0.9", "a.png, 5, 0"})
  void a_truncated_picture_is_an_input_fault(String name, int type, double share)
      throws IOException {
    Path whole = SmallNets.picture(folder, name, type, 90, 70);
    Path cut = cut(whole, "cut-" + name, (int) (share * Files.size(whole)));

    refuses(FAULT, cut.toString(), "--image", cut);
  }

  @Test
  void what_is_no_picture_is_an_input_fault() throws IOException {
    Path text = Files.writeString(folder.resolve("a.png"), "<html>not found</html>");

    refuses(FAULT, text + " is not an image this JVM can read", "--image", text);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.3, 0.9, 0.999})
  void a_truncated_zip_is_an_input_fault(double share) throws IOException {
    Path whole = SmallNets.layers(folder);
    Path cut = cut(whole, "cut.zip", (int) (share * Files.size(whole)));

    refuses(
        FAULT,
        cut
            + (share == 0
                ? ": the model file is empty"
                : ": the model file is damaged or cut short"),
        "--model",
        cut,
        "--image",
        "a.png");
  }

  @Test
  void a_zip_of_something_else_is_refused() throws IOException {
    Path other = zip("other.zip", "readme.txt", "hello");

    refuses(
        MISUSE,
        other + ": the zip holds no DL4J model (configuration.json and coefficients.bin)",
        "--model",
        other,
        "--image",
        "a.png");
  }

  @Test
  void a_zip_with_damaged_entries_is_an_input_fault() throws IOException {
    Path garbage =
        zip("garbage.zip", "configuration.json", "{\"confs\": 7}", "coefficients.bin", "1234");
    String configuration;
    try (ZipFile whole = new ZipFile(SmallNets.layers(folder).toFile())) {
      configuration =
          new String(
              whole.getInputStream(whole.getEntry("configuration.json")).readAllBytes(),
              StandardCharsets.UTF_8);
    }
    Path weights =
        zip("weights.zip", "configuration.json", configuration, "coefficients.bin", "1234");

    for (Path file : List.of(garbage, weights)) {
      refuses(FAULT, file + ": the model cannot be restored", "--model", file, "--image", "a.png");
    }
  }

  @Test
  void a_text_named_h5_is_an_input_fault() throws IOException {
    Path text = Files.writeString(folder.resolve("net.h5"), "weights");

    refuses(
        FAULT,
        text + ": not an HDF5 file (damaged, or another format?)",
        "--model",
        text,
        "--image",
        "a.png");
  }

  @Test
  void a_truncated_h5_is_an_input_fault() throws IOException {
    String shared = System.getenv("INTERP_SHARED");
    Assumptions.assumeTrue(
        shared != null, "INTERP_SHARED is not set: the folder with data/squeezenet11");
    Path whole = Path.of(String.valueOf(shared), "data", "squeezenet11", "squeezenet11_keras2.h5");
    long size = Files.size(whole);

    for (long length : new long[] {8, 20, 47, 48, 96, 4096, size / 2, size - 1}) {
      Path cut = cut(whole, "cut.h5", (int) length);
      refuses(FAULT, cut + ": the Keras model is cut short", "--model", cut, "--image", "a.png");
    }
  }

  @Test
  void texts_that_are_none_are_input_faults() throws IOException {
    Path bytes = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    Path json = Files.writeString(folder.resolve("p.json"), "{");

    refuses(FAULT, bytes + ": not a text in UTF-8", "--labels", bytes);
    refuses(FAULT, bytes + ": not a text in UTF-8", "--preprocess", bytes);
    refuses(FAULT, json + ": not JSON", "--preprocess", json);
  }

  @Test
  void a_preprocessing_of_another_net_is_refused() throws IOException {
    Path grey = Files.writeString(folder.resolve("p.json"), "{\"channels\": \"GREY\"}");
    Path picture = SmallNets.picture(folder, "a.png", BufferedImage.TYPE_INT_RGB, 96, 96);

    refuses(
        MISUSE,
        "the input must be [N, 3, 96, 96], was [1, 1, 96, 96]",
        "--preprocess",
        grey,
        "--image",
        picture);
  }

  @Test
  void an_output_that_is_a_file_is_kept() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");

    fails(file, FAULT, file + ": the output must be a folder, but a file is there");

    assertThat(file).hasContent("mine");
  }

  @Test
  void an_output_folder_that_cannot_be_made_is_named() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");

    Path below = file.resolve("out");
    fails(below, FAULT, below + ": the output folder cannot be written");
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "the rest needs /proc");
    Path system = Path.of("/proc/interp/out");
    fails(system, FAULT, system + ": the output folder cannot be written");
  }

  @Test
  void a_folder_in_the_place_of_a_result_stops_all_of_them() throws IOException {
    Path out = Files.createDirectories(folder.resolve("out"));
    Path inside = Files.createDirectories(out.resolve("result.json"));
    Path old = Files.writeString(out.resolve("gradient.npy"), "old");

    fails(out, FAULT, inside + ": a folder is where a result must go", "--method", "gradient");

    assertThat(old).hasContent("old");
    assertThat(tree(out)).containsExactly("gradient.npy", "result.json");
  }

  /** Runs into a folder that is not there and into one with results, both stay as they are. */
  private void refuses(int code, String message, Object... arguments) throws IOException {
    Path none = folder.resolve("a/b");
    fails(none, code, message, arguments);
    assertThat(none.getParent()).doesNotExist();
    Path old = folder.resolve("old");
    if (Files.notExists(old)) {
      Files.createDirectories(old);
      Files.writeString(old.resolve("result.json"), "of yesterday");
      Files.writeString(old.resolve("gradient.npy"), "of yesterday, too");
    }
    fails(old, code, message, arguments);
    assertThat(tree(old)).containsExactly("gradient.npy", "result.json");
    assertThat(old.resolve("result.json")).hasContent("of yesterday");
    assertThat(old.resolve("gradient.npy")).hasContent("of yesterday, too");
  }

  private static void fails(Path out, int code, String message, Object... arguments) {
    Cli run = Cli.explain(out, arguments);

    assertThat(run.err()).startsWith("interp: ").contains(message).endsWith("\n").hasLineCount(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(code);
  }

  private static List<String> tree(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> !f.equals(folder))
          .map(f -> folder.relativize(f).toString())
          .sorted()
          .toList();
    }
  }

  private Path cut(Path whole, String name, int length) throws IOException {
    try (var in = Files.newInputStream(whole)) {
      return Files.write(folder.resolve(name), in.readNBytes(length));
    }
  }

  /** A header and eight bytes of zeros. */
  private Path npy(String type, String fortran, String shape) throws IOException {
    String header =
        "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
    ByteBuffer bytes = ByteBuffer.allocate(10 + header.length() + 8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    bytes.putShort((short) header.length());
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    return Files.write(folder.resolve("kind.npy"), bytes.array());
  }

  private Path zip(String name, String... entries) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < entries.length; i += 2) {
        out.putNextEntry(new ZipEntry(entries[i]));
        out.write(entries[i + 1].getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(Arrays.asList(entries)).hasSizeGreaterThan(1);
    return file;
  }
}
