package dev.interp.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every data set with parts must do. */
public abstract class PartDatasetContract {
  private static final int LOOKED_AT = 40;

  /** Returns the data set under test, with at least two pictures. */
  protected abstract PartDataset dataset();

  /** Whether the masks show all of the object, so that the box must fit them tightly. */
  protected boolean masksAreComplete() {
    return true;
  }

  private List<PartImage> images() {
    PartDataset data = dataset();
    return IntStream.range(0, Math.min(LOOKED_AT, data.size())).mapToObj(data::get).toList();
  }

  @Test
  void names_are_distinct_and_not_blank() {
    PartDataset data = dataset();
    assertThat(data.size()).isGreaterThanOrEqualTo(2);
    assertThat(data.classNames()).isNotEmpty().doesNotHaveDuplicates().noneMatch(String::isBlank);
    assertThat(data.partNames()).doesNotHaveDuplicates().noneMatch(String::isBlank);
  }

  @Test
  void labels_are_indices_of_classes() {
    assertThat(images())
        .allSatisfy(
            image -> assertThat(image.label()).isBetween(0, dataset().classNames().size() - 1));
  }

  @Test
  void landmarks_are_the_parts_in_order_and_visible_ones_lie_in_the_box() {
    for (PartImage image : images()) {
      assertThat(image.landmarks()).extracting(Landmark::part).isEqualTo(dataset().partNames());
      assertThat(image.landmarks())
          .filteredOn(Landmark::visible)
          .allSatisfy(
              landmark -> assertThat(image.box().contains(landmark.x(), landmark.y())).isTrue());
    }
  }

  @Test
  void attributes_belong_to_parts() {
    assertThat(images())
        .allSatisfy(
            image -> assertThat(dataset().partNames()).containsAll(image.attributes().keySet()));
  }

  @Test
  void masks_agree_with_box_and_landmarks() {
    for (PartImage image : images()) {
      if (image.mask().isEmpty()) {
        continue;
      }
      PartMask mask = image.mask().get();
      assertThat(mask.parts()).isEqualTo(dataset().partNames());
      Box box = image.box();
      boolean left = false;
      boolean right = false;
      boolean top = false;
      boolean bottom = false;
      for (int y = 0; y < mask.height(); y++) {
        for (int x = 0; x < mask.width(); x++) {
          int owner = mask.owner(x, y);
          if (owner != PartMask.BACKGROUND && owner != mask.otherId()) {
            assertThat(x).isBetween(box.left(), box.right() - 1);
            assertThat(y).isBetween(box.top(), box.bottom() - 1);
            left |= x == box.left();
            right |= x == box.right() - 1;
            top |= y == box.top();
            bottom |= y == box.bottom() - 1;
          }
        }
      }
      assertThat(!masksAreComplete() || box.isEmpty() || (left && right && top && bottom))
          .as("tight")
          .isTrue();
      assertThat(image.landmarks())
          .allSatisfy(
              landmark ->
                  assertThat(landmark.visible()).isEqualTo(mask.pixels(landmark.part()) > 0));
    }
  }

  @Test
  void a_picture_is_equal_at_every_call_and_from_every_thread() {
    PartDataset data = dataset();
    int count = Math.min(LOOKED_AT, data.size());
    List<PartImage> parallel = IntStream.range(0, count).parallel().mapToObj(data::get).toList();
    assertThat(parallel).isEqualTo(images());
  }

  @Test
  void the_stream_has_all_pictures_in_order() {
    PartDataset data = dataset();
    assertThat(data.stream().limit(LOOKED_AT)).containsExactlyElementsOf(images());
    assertThat(data.stream().mapToInt(image -> 1).limit(data.size() + 1L).count())
        .isEqualTo(data.size());
  }

  @Test
  void a_slice_is_a_part_of_the_whole() {
    PartDataset data = dataset();
    PartDataset slice = data.slice(1, data.size());
    assertThat(slice.size()).isEqualTo(data.size() - 1);
    assertThat(slice.classNames()).isEqualTo(data.classNames());
    assertThat(slice.partNames()).isEqualTo(data.partNames());
    assertThat(slice.get(0)).isEqualTo(data.get(1));
    assertThat(data.slice(1, 1).stream()).isEmpty();
    assertThatThrownBy(() -> slice.get(slice.size())).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> data.slice(0, data.size() + 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void an_index_outside_is_refused() {
    PartDataset data = dataset();
    assertThatThrownBy(() -> data.get(-1))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> data.get(data.size()))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining(String.valueOf(data.size()));
  }
}
