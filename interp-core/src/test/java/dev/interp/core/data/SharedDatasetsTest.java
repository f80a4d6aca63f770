package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Published data sets, where the folder of INTERP_SHARED has them. */
class SharedDatasetsTest {
  private static PartDataset open(DatasetFormat format, String name) throws IOException {
    String shared = System.getenv("INTERP_SHARED");
    assumeTrue(shared != null, "INTERP_SHARED is not set: the folder with data/" + name);
    return format.open(Path.of(String.valueOf(shared), "data", name));
  }

  @Test
  void animal_part_has_a_head_box_on_each_of_280_crops() throws IOException {
    PartDataset data = open(new DatasetFormat.AnimalPart(), "animalpart");
    assertThat(data.size()).isEqualTo(280);
    assertThat(data.classNames()).hasSize(7).contains("giant panda", "zebra");
    assertThat(data.stream())
        .allSatisfy(
            animal -> {
              assertThat(animal.image().width()).isEqualTo(224);
              assertThat(animal.mask().orElseThrow().pixels("head")).isPositive();
            });
  }

  @Test
  void funny_birds_have_the_pixels_that_their_index_counts() throws IOException {
    PartDataset train =
        open(new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN), "funnybirds_mini");
    PartDataset test =
        open(new DatasetFormat.FunnyBirds(DatasetFormat.Split.TEST), "funnybirds_mini");
    assertThat(train.size()).isEqualTo(400);
    assertThat(train.plus(test).stream().map(PartImage::label).distinct()).hasSize(10);
    // Line "train/0/0002.png" of index.csv.
    PartMask mask = train.get(2).mask().orElseThrow();
    assertThat(mask.pixels("beak")).isEqualTo(120);
    assertThat(mask.pixels("eye")).isEqualTo(47 + 45);
    assertThat(mask.pixels("foot")).isEqualTo(64 + 81);
    assertThat(mask.pixels("tail")).isEqualTo(128);
    assertThat(mask.pixels("wing")).isEqualTo(60 + 224);
    assertThat(mask.pixels("body")).isEqualTo(882);
    for (String part : Set.of("beak", "eye", "foot", "tail", "wing")) {
      DatasetFormat without = new DatasetFormat.FunnyBirds(DatasetFormat.Split.TEST, Set.of(part));
      PartDataset removed = open(without, "funnybirds_mini");
      assertThat(removed.stream().map(PartImage::label).toList())
          .isEqualTo(test.stream().map(PartImage::label).toList());
    }
  }

  @Test
  void records_have_the_sizes_and_classes_of_their_data_sets() throws IOException {
    PartDataset train = open(DatasetFormat.Idx.digits("train-"), "mnist");
    PartDataset test = open(DatasetFormat.Idx.digits("t10k-"), "mnist");
    assertThat(train.plus(test).size()).isEqualTo(70_000);
    assertThat(IntStream.range(0, 5).map(i -> train.get(i).label())).containsExactly(5, 0, 4, 1, 9);
    PartDataset fashion = open(DatasetFormat.Idx.fashion(""), "fashion_mnist_5000");
    assertThat(fashion.size()).isEqualTo(5000);
    assertThat(fashion.classNames().get(fashion.get(0).label())).isEqualTo("Ankle boot");
    PartDataset cifar = open(new DatasetFormat.Cifar(DatasetFormat.Split.TRAIN), "cifar10_4000");
    assertThat(cifar.size()).isEqualTo(4000);
    assertThat(cifar.classNames().get(cifar.get(0).label())).isEqualTo("frog");
  }
}
