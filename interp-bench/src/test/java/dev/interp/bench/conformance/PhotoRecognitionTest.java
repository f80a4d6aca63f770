package dev.interp.bench.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.image.ImageIo;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Photos from file to class: decoding, resizing, normalising and the imported SqueezeNet. */
class PhotoRecognitionTest {

  @Test
  void as_many_photos_are_recognised_as_by_the_reference() throws Exception {
    SharedData data = SharedData.orSkip();
    Network network = new ReferenceNets(data).network("squeezenet11");
    Preprocessor preprocessor =
        Preprocessor.none()
            .withResizeShorter(256)
            .withCrop(224, 224)
            .withDivisor(255)
            .withMean(0.485, 0.456, 0.406)
            .withScale(0.229, 0.224, 0.225);
    List<String> synsets = data.lines("labels/synset_words.txt");
    int here = 0;
    int reference = 0;
    StringBuilder text = new StringBuilder();
    List<String> lines = data.lines("photos/manifest.csv");
    assertThat(lines.size()).isGreaterThan(20);
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split(",", -1);
      List<String> accepted = Arrays.asList(columns[6].split("\\|"));
      int predicted = predict(network, preprocessor, data.path("photos/" + columns[0]));
      int expected = Integer.parseInt(columns[7].substring(0, columns[7].indexOf(' ')));
      boolean right = isAccepted(synsets.get(predicted), accepted);
      here += right ? 1 : 0;
      reference += isAccepted(synsets.get(expected), accepted) ? 1 : 0;
      text.append(columns[0] + " " + synsets.get(predicted) + (right ? "" : " (wrong)") + "\n");
    }
    text.append("right: " + here + ", of the reference: " + reference + "\n");
    Files.writeString(Path.of("target", "photos.txt"), text);
    assertThat(reference).isGreaterThan(10);
    assertThat(here).as(text.toString()).isGreaterThanOrEqualTo(reference - 1);
  }

  private static int predict(Network network, Preprocessor preprocessor, Path photo)
      throws IOException {
    return network.logits(preprocessor.apply(ImageIo.read(photo))).argMax(1).getInt(0);
  }

  /** A line of the synsets is {@code wnid name, name …}. */
  private static boolean isAccepted(String synset, List<String> accepted) {
    String names = synset.substring(synset.indexOf(' ') + 1);
    return Arrays.stream(names.split(",")).map(String::strip).anyMatch(accepted::contains);
  }
}
