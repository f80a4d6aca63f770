package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.testkit.PartDatasetContract;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DatasetFormatTest {
  @TempDir Path folder;

  private PartDataset open(FormatFixture fixture) throws IOException {
    fixture.write(folder);
    return fixture.format.open(folder);
  }

  @ParameterizedTest
  @EnumSource(FormatFixture.class)
  void every_format_gives_its_pictures_with_their_labels(FormatFixture fixture) throws IOException {
    PartDataset data = open(fixture);
    assertThat(data.stream().map(PartImage::label)).containsExactly(0, 0, 1, 1);
    assertThat(data.classNames()).hasSizeGreaterThanOrEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(FormatFixture.class)
  void a_format_is_recognised_by_its_files(FormatFixture fixture) throws IOException {
    assertThat(DatasetFormat.detect(folder)).isEmpty();
    fixture.write(folder);
    Class<?> expected =
        switch (fixture) {
          case IMAGE_FOLDER, FUNNY_BIRDS_GREY, FUNNY_BIRDS_PUBLISHED -> null;
          default -> fixture.format.getClass();
        };
    // The fixtures of FunnyBirds have no test pictures.
    assertThat(DatasetFormat.detect(folder).map(Object::getClass))
        .isEqualTo(Optional.ofNullable(expected));
    Files.createFile(folder.resolve("dataset_test.json"));
    if (expected == null) {
      assertThat(DatasetFormat.detect(folder))
          .contains(new DatasetFormat.FunnyBirds(DatasetFormat.Split.TEST));
    }
  }

  @ParameterizedTest
  @EnumSource(FormatFixture.class)
  void an_empty_folder_and_a_missing_one_are_refused_by_name(FormatFixture fixture)
      throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    for (Path wrong : List.of(empty, folder.resolve("missing"))) {
      assertThatThrownBy(() -> fixture.format.open(wrong))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(wrong.toString());
    }
  }

  @Test
  void an_image_folder_has_a_class_per_folder_and_ignores_other_files() throws IOException {
    PartDataset data = open(FormatFixture.IMAGE_FOLDER);
    assertThat(data.classNames()).containsExactly("class-0", "class-1");
    assertThat(data.partNames()).isEmpty();
    assertThat(data.get(0).image().rgb(5, 5)).isEqualTo(FormatFixture.colour(0));
    assertThat(data.get(2).image().rgb(5, 5)).isEqualTo(FormatFixture.colour(2));
    assertThat(data.get(0).box()).isEqualTo(new Box(0, 0, 16, 16));
    Files.createDirectory(folder.resolve("class-2"));
    assertThatThrownBy(() -> FormatFixture.IMAGE_FOLDER.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("class-2 is the folder of a class but has no PNG");
  }

  @Test
  void pictures_without_folders_are_one_class() throws IOException {
    Path classes = folder.resolve("classes");
    FormatFixture.IMAGE_FOLDER.write(Files.createDirectory(classes));
    PartDataset data = FormatFixture.IMAGE_FOLDER.format.open(classes.resolve("class-0"));
    assertThat(data.classNames()).containsExactly("class-0");
    assertThat(data.size()).isPositive();
    assertThat(data.get(0).label()).isZero();
    assertThat(data.get(0).image().rgb(5, 5)).isEqualTo(FormatFixture.colour(0));
  }

  @Test
  void animal_parts_are_boxes_clipped_to_the_picture() throws IOException {
    PartDataset data = open(FormatFixture.ANIMAL_PART);
    assertThat(data.classNames()).containsExactly("bear", "giant panda");
    PartMask mask = data.get(1).mask().orElseThrow();
    assertThat(mask.box()).isEqualTo(new Box(0, 0, 11, 15));
    assertThat(mask.pixels("head")).isEqualTo(11 * 7);
    assertThat(mask.pixels("foot")).isEqualTo(3 * 5);
    assertThat(data.get(1).landmark("foot")).isEqualTo(new Landmark("foot", 2.5, 12.5, true));
    assertThat(data.get(0).landmark("foot").visible()).isFalse();
    assertThat(data.get(2).mask().orElseThrow().pixels("foot")).isEqualTo(3 * 5 + 3 * 5);
    // The head covers rows 4 to 7 of columns 8 to 11 of this foot.
    assertThat(data.get(3).mask().orElseThrow().pixels("foot")).isEqualTo(4 * 8 - 3 * 3);
  }

  @ParameterizedTest
  @EnumSource(names = {"FUNNY_BIRDS_GREY", "FUNNY_BIRDS_PUBLISHED"})
  void part_maps_of_funny_birds_merge_left_and_right(FormatFixture fixture) throws IOException {
    PartDataset data = open(fixture);
    assertThat(data.classNames()).containsExactly("0", "1");
    PartImage bird = data.get(3);
    PartMask mask = bird.mask().orElseThrow();
    assertThat(mask.parts()).containsExactly("beak", "eye", "foot", "tail", "wing", "body");
    List<Integer> rows = new ArrayList<>();
    for (int y = 0; y < 16; y++) {
      rows.add(mask.owner(3, y));
    }
    assertThat(rows).containsExactly(0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 0, 0, 0, 0, 0);
    assertThat(bird.box()).isEqualTo(new Box(0, 1, 16, 10));
    assertThat(bird.landmark("eye")).isEqualTo(new Landmark("eye", 8, 3, true));
    assertThat(bird.attributes())
        .containsOnlyKeys("beak", "eye", "foot", "wing")
        .containsEntry("beak", "beak04 yellow")
        .containsEntry("eye", "eye02");
  }

  @Test
  void funny_birds_with_parts_taken_out_are_the_same_scenes() throws IOException {
    for (FormatFixture fixture :
        List.of(FormatFixture.FUNNY_BIRDS_GREY, FormatFixture.FUNNY_BIRDS_PUBLISHED)) {
      Path own = Files.createDirectory(folder.resolve(fixture.name()));
      fixture.write(own);
      boolean grey = fixture == FormatFixture.FUNNY_BIRDS_GREY;
      Set<String> removed = grey ? Set.of("eye") : Set.of("wing", "eye");
      PartDataset data = FormatFixture.without(removed).open(own);
      assertThat(data.stream().map(PartImage::label)).containsExactly(0, 0, 1, 1);
      assertThat(data.get(2).image().rgb(0, 0)).isEqualTo(FormatFixture.colour(6));
      assertThat(data.get(2).mask()).isEmpty();
      assertThat(data.get(2).attributes()).doesNotContainKeys(removed.toArray(new String[0]));
    }
    assertThatThrownBy(() -> FormatFixture.without(Set.of("body")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[beak, eye, foot, tail, wing]");
  }

  @Test
  void background_objects_of_funny_birds_are_told_apart_and_taken_out() throws IOException {
    PartDataset whole = open(FormatFixture.FUNNY_BIRDS_PUBLISHED);
    PartMask objects = Objects.requireNonNull(whole.get(2).concepts().get("background object"));
    assertThat(objects.parts()).containsExactly("0", "1");
    for (int p = 0; p < 256; p++) {
      assertThat(objects.owner(p % 16, p / 16)).isEqualTo(p / 16 == 10 ? 2 : 0);
    }
    assertThat(Objects.requireNonNull(whole.get(3).concepts().get("background object")).parts())
        .isEmpty();
    DatasetFormat.FunnyBirds format = new DatasetFormat.FunnyBirds(DatasetFormat.Split.TRAIN);
    PartDataset without = format.withoutObject(1).open(folder);
    assertThat(without.stream().map(PartImage::label)).containsExactly(0, 0, 1, 1);
    assertThat(without.get(2).image().rgb(0, 0)).isEqualTo(FormatFixture.colour(1));
    assertThat(without.get(3).image().rgb(0, 0)).isEqualTo(FormatFixture.colour(3));
    assertThat(without.get(2).mask()).isEmpty();
    assertThat(without.get(2).attributes()).isEqualTo(whole.get(2).attributes());
    assertThatThrownBy(() -> format.withoutObject(50))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 to 49");
    assertThatThrownBy(
            () ->
                new DatasetFormat.FunnyBirds(DatasetFormat.Split.TEST, Set.of("eye"))
                    .withoutObject(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none without both");
  }

  @Test
  void parts_of_pascal_are_merged_and_the_largest_animal_is_shown() throws IOException {
    PartDataset data = open(FormatFixture.PASCAL_PART);
    assertThat(data.classNames()).containsExactly("bird", "cat");
    assertThat(data.partNames())
        .containsExactly("head", "torso", "legs", "tail", "front legs", "back legs");
    PartImage bird = data.get(0);
    assertThat(bird.box()).isEqualTo(new Box(0, 2, 6, 12));
    PartMask mask = bird.mask().orElseThrow();
    // Rows of 5: two of the head and one of an eye; two of a wing; one of the tail.
    assertThat(mask.pixels("head")).isEqualTo(15);
    assertThat(mask.pixels("torso")).isEqualTo(10);
    assertThat(mask.pixels("tail")).isEqualTo(5);
    assertThat(mask.owner(0, 2)).isZero();
    assertThat(mask.owner(0, 13)).isEqualTo(mask.otherId());
    assertThat(bird.landmark("torso")).isEqualTo(new Landmark("torso", 2.5, 8, true));
    assertThat(bird.landmark("front legs").visible()).isFalse();
    assertThat(data.get(1).mask().orElseThrow().pixels("head")).isZero();
    assertThat(data.get(2).mask().orElseThrow().pixels("front legs")).isEqualTo(10);
    assertThatThrownBy(
            () -> new DatasetFormat.PascalPart(DatasetFormat.Split.TEST, List.of("whale")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("horse");
  }

  @Test
  void cub_has_boxes_rounded_outwards_and_named_parts() throws IOException {
    PartDataset data = open(FormatFixture.CUB);
    assertThat(data.classNames()).containsExactly("001.Alba_tross", "002.Crow");
    assertThat(data.partNames()).containsExactly("beak", "left eye");
    assertThat(data.get(0).box()).isEqualTo(new Box(2, 3, 12, 11));
    assertThat(data.get(0).landmark("beak")).isEqualTo(new Landmark("beak", 3.5, 4, true));
    assertThat(data.get(0).landmark("left eye").visible()).isFalse();
    PartDataset test = new DatasetFormat.Cub(DatasetFormat.Split.TEST).open(folder);
    assertThat(test.stream().map(PartImage::label)).containsExactly(0, 1);
    assertThat(data.plus(test).size()).isEqualTo(6);
  }

  @Test
  void records_give_their_pixels_row_by_row() throws IOException {
    PartDataset grey = open(FormatFixture.IDX);
    RgbImage image = grey.get(1).image();
    assertThat(image.width()).isEqualTo(8);
    assertThat(image.height()).isEqualTo(16);
    assertThat(image.rgb(3, 2)).isEqualTo((60 + 2 * 8 + 3) * 0x010101);
    PartDataset colour = open(FormatFixture.CIFAR);
    assertThat(colour.classNames().get(1)).isEqualTo("automobile");
    assertThat(colour.get(2).image().rgb(7, 0)).isEqualTo(0x070707);
    assertThat(colour.get(2).image().rgb(7, 1)).isEqualTo(FormatFixture.colour(2));
  }

  @Test
  void a_batch_that_is_there_packed_and_plain_is_read_once() throws IOException {
    PartDataset data = open(FormatFixture.CIFAR);
    Path plain = folder.resolve("data_batch_1.bin");
    Files.write(
        folder.resolve("data_batch_1.bin.gz"), FormatFixture.gzip(Files.readAllBytes(plain)));
    assertThat(FormatFixture.CIFAR.format.open(folder).size()).isEqualTo(data.size());
  }

  @Test
  void a_truncated_picture_is_reported_with_its_path_and_skipped_if_asked() throws IOException {
    for (String name : List.of("class-0/p0.png", "class-0/p1.jpg")) {
      PartDataset data = open(FormatFixture.IMAGE_FOLDER);
      Path file = folder.resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
      assertThatThrownBy(() -> data.stream().toList())
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(file.toString());
      List<UncheckedIOException> broken = new ArrayList<>();
      assertThat(data.stream(broken::add).map(PartImage::label).toList()).hasSize(3);
      assertThat(broken).singleElement().asString().contains(file.toString());
      broken.clear();
      PartDataset rest = data.readable(broken::add);
      assertThat(rest.size()).isEqualTo(3);
      assertThat(rest.stream()).containsExactlyElementsOf(data.stream(e -> {}).toList());
      assertThat(broken).hasSize(1);
    }
  }

  @Test
  void a_mask_of_another_size_is_reported_with_the_path() throws IOException {
    PartDataset data = open(FormatFixture.FUNNY_BIRDS_GREY);
    FormatFixture.image(
        folder.resolve("train_parts/0/0001.png"),
        new BufferedImage(15, 16, BufferedImage.TYPE_BYTE_GRAY));
    assertThatThrownBy(() -> data.get(1))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(folder.resolve("train/0/0001.png").toString())
        .hasMessageContaining("15 x 16");
    assertThat(data.get(0).label()).isZero();
  }

  @Test
  void an_unknown_part_number_is_reported_with_the_path() throws IOException {
    PartDataset data = open(FormatFixture.FUNNY_BIRDS_GREY);
    BufferedImage map = new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY);
    map.getRaster().setSample(2, 1, 0, 11);
    FormatFixture.image(folder.resolve("train_parts/0/0001.png"), map);
    assertThatThrownBy(() -> data.get(1))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("train_parts/0/0001.png must have the part numbers 0 to 10")
        .hasMessageContaining("11 at pixel 18");
  }

  @Test
  void unknown_classes_are_refused() throws IOException {
    open(FormatFixture.CUB);
    FormatFixture.text(folder.resolve("image_class_labels.txt"), "1 1\n2 1\n3 3\n4 2\n5 1\n6 2\n");
    assertThatThrownBy(() -> FormatFixture.CUB.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("image_class_labels.txt line 3 must have a class from 1 to 2");
    FormatFixture.text(folder.resolve("image_class_labels.txt"), "1 1\n2 2\n3 2\n4 2\n5 1\n6 2\n");
    assertThatThrownBy(() -> FormatFixture.CUB.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("picture and class must agree");
    open(FormatFixture.IDX);
    Files.write(
        folder.resolve("train-labels-idx1-ubyte"),
        new byte[] {0, 0, 8, 1, 0, 0, 0, 4, 0, 10, 1, 1});
    assertThatThrownBy(() -> FormatFixture.IDX.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("train-labels-idx1-ubyte: the label of picture 1 must be 0 to 9")
        .hasMessageContaining("is 10");
  }

  @Test
  void idx_files_cut_short_or_swapped_are_refused() throws IOException {
    open(FormatFixture.IDX);
    Path images = folder.resolve("train-images-idx3-ubyte");
    byte[] bytes = Files.readAllBytes(images);
    for (int length : new int[] {0, 3, 15, 16, bytes.length - 1}) {
      Files.write(images, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> FormatFixture.IDX.format.open(folder))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(images + " is cut short");
    }
    Files.write(images, new byte[] {0, 0, 8, 1, 0, 0, 0, 4, 0, 0, 1, 1, 0, 0, 0, 0});
    assertThatThrownBy(() -> FormatFixture.IDX.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("magic number 0x00000803")
        .hasMessageContaining("0x00000801");
  }

  @Test
  void a_table_cannot_name_files_outside_of_its_folder() throws IOException {
    open(FormatFixture.CUB);
    Path table = folder.resolve("images.txt");
    Files.writeString(
        table,
        Files.readString(table).replace("001.Alba_tross/a0.jpg", "001.Alba_tross/../../../x.jpg"));
    assertThatThrownBy(() -> FormatFixture.CUB.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("images.txt line 1 must name a file inside of");
  }

  @Test
  void text_that_is_not_utf8_is_refused_by_name() throws IOException {
    open(FormatFixture.CIFAR);
    Files.write(
        folder.resolve("batches.meta.txt"), "a\u00e4".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> FormatFixture.CIFAR.format.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("batches.meta.txt must be text in UTF-8");
  }

  @Test
  void equal_seeds_shuffle_equally_and_nothing_is_lost() throws IOException {
    Birds birds = Birds.withDefaults().withSize(50).withResolution(16);
    List<PartImage> first = birds.shuffled(3).stream().toList();
    assertThat(birds.shuffled(3).stream().toList()).isEqualTo(first);
    assertThat(birds.shuffled(4).stream().toList()).isNotEqualTo(first);
    assertThat(first).containsExactlyInAnyOrderElementsOf(birds.stream().toList());
  }

  @Test
  void splits_can_be_merged_if_they_have_the_same_names() throws IOException {
    Birds birds = Birds.withDefaults().withSize(6).withResolution(16);
    PartDataset merged = birds.slice(0, 2).plus(birds.slice(2, 6));
    assertThat(merged.stream()).containsExactlyElementsOf(birds.stream().toList());
    assertThatThrownBy(() -> merged.get(6)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> birds.plus(birds.withClasses(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("same classes in the same order");
  }

  @Test
  void pictures_in_memory_are_a_data_set_if_their_labels_are_classes() {
    Birds birds = Birds.withDefaults().withSize(6).withResolution(16);
    List<PartImage> pictures = new ArrayList<>(birds.stream().toList());
    PartDataset held = PartDataset.of(pictures, birds.classNames(), birds.partNames());
    pictures.clear();
    assertThat(held.stream()).containsExactlyElementsOf(birds.stream().toList());
    assertThat(held.plus(birds).size()).isEqualTo(12);
    assertThatThrownBy(() -> held.get(6)).isInstanceOf(IndexOutOfBoundsException.class);
    List<PartImage> last = List.of(birds.get(0), birds.get(1));
    assertThat(birds.get(1).label()).isEqualTo(1);
    assertThatThrownBy(() -> PartDataset.of(last, List.of("only"), birds.partNames()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("classes [only], but picture 1 has the label 1");
  }

  @Test
  void a_middle_of_pixels_is_a_landmark() throws IOException {
    PartDataset data = open(FormatFixture.FUNNY_BIRDS_GREY);
    assertThat(data.get(0).landmark("foot").y()).isCloseTo(5, within(1e-12));
  }

  /** What every data set must do, for the formats with the most to tell. */
  abstract static class Contract extends PartDatasetContract {
    @TempDir Path files;
    private final FormatFixture fixture;

    Contract(FormatFixture fixture) {
      this.fixture = fixture;
    }

    @BeforeEach
    void write() throws IOException {
      fixture.write(files);
    }

    @Override
    protected PartDataset dataset() {
      try {
        return fixture.format.open(files).shuffled(1);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Nested
  class ImageFolderContract extends Contract {
    ImageFolderContract() {
      super(FormatFixture.IMAGE_FOLDER);
    }
  }

  @Nested
  class AnimalPartContract extends Contract {
    AnimalPartContract() {
      super(FormatFixture.ANIMAL_PART);
    }

    @Override
    protected boolean masksAreComplete() {
      return false;
    }
  }

  @Nested
  class FunnyBirdsContract extends Contract {
    FunnyBirdsContract() {
      super(FormatFixture.FUNNY_BIRDS_PUBLISHED);
    }
  }

  @Nested
  class CubContract extends Contract {
    CubContract() {
      super(FormatFixture.CUB);
    }
  }

  @Nested
  class CifarContract extends Contract {
    CifarContract() {
      super(FormatFixture.CIFAR_GZ);
    }
  }
}
