package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.testkit.PartDatasetContract;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BirdsTest extends PartDatasetContract {
  private static final Birds BIRDS = Birds.withDefaults().withSeed(7).withSize(120);

  @Override
  protected PartDataset dataset() {
    return BIRDS;
  }

  @Test
  void equal_seeds_give_equal_pictures_and_other_seeds_others() {
    Birds again = Birds.withDefaults().withSize(120).withSeed(7);
    Birds other = BIRDS.withSeed(8);
    for (int i = 0; i < 20; i++) {
      assertThat(again.get(i)).isEqualTo(BIRDS.get(i));
      assertThat(other.get(i).image()).isNotEqualTo(BIRDS.get(i).image());
    }
  }

  @Test
  void the_scene_of_a_seed_is_the_same_in_every_run() {
    BirdScene scene = Birds.withDefaults().scene(3);
    assertThat(scene.kinds())
        .containsEntry("beak", "hook")
        .containsEntry("eye", "ring")
        .containsEntry("wing", "barred")
        .containsEntry("foot", "talons")
        .containsEntry("tail", "fork");
    assertThat(scene.pose().x()).isCloseTo(0.4931595863150966, within(1e-12));
    assertThat(scene.backdrop().texture()).isEqualTo(-1111571605);
  }

  @Test
  void neighbouring_pictures_are_not_alike() {
    assertThat(IntStream.range(0, 120).mapToObj(i -> BIRDS.scene(i).pose().x()).distinct())
        .hasSize(120);
    assertThat(IntStream.range(0, 120).mapToObj(i -> BIRDS.scene(i).objects()).distinct())
        .hasSize(120);
  }

  @Test
  void size_and_number_of_classes_leave_the_first_pictures_as_they_are() {
    assertThat(BIRDS.withSize(5).get(4)).isEqualTo(BIRDS.get(4));
    assertThat(BIRDS.withClasses(40).get(4)).isEqualTo(BIRDS.get(4));
    assertThat(BIRDS.withResolution(32).scene(4)).isEqualTo(BIRDS.scene(4));
  }

  @Test
  void labels_go_round() {
    assertThat(BIRDS.stream().map(PartImage::label).toList())
        .isEqualTo(IntStream.range(0, 120).mapToObj(i -> i % 10).toList());
  }

  @Test
  void nothing_but_the_kinds_of_parts_depends_on_the_class() {
    Birds other = BIRDS.withClasses(7);
    int changed = 0;
    for (int i = 0; i < 60; i++) {
      BirdScene a = BIRDS.scene(i);
      BirdScene b = other.scene(i);
      changed += a.label() == b.label() ? 0 : 1;
      assertThat(b.pose()).isEqualTo(a.pose());
      assertThat(b.light()).isEqualTo(a.light());
      assertThat(b.backdrop()).isEqualTo(a.backdrop());
      assertThat(b.objects()).isEqualTo(a.objects());
      assertThat(b.kinds().get("body")).isEqualTo(a.kinds().get("body"));
    }
    assertThat(changed).isGreaterThan(40);
  }

  @Test
  void a_picture_tells_the_kinds_of_its_class() {
    for (int i = 0; i < 20; i++) {
      PartImage image = BIRDS.get(i);
      assertThat(image.attributes()).containsAllEntriesOf(BIRDS.classKinds(image.label()));
      assertThat(image.attributes().keySet()).containsExactlyElementsOf(BIRDS.partNames());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -5, Long.MAX_VALUE, 20261124})
  void any_two_classes_differ_in_two_parts_and_share_kinds(long seed) {
    for (int classes : new int[] {2, 8, 10, 50, 64}) {
      Birds birds = BIRDS.withSeed(seed).withClasses(classes);
      assertThat(birds.classNames()).hasSize(classes).doesNotHaveDuplicates();
      Map<String, Integer> users = new HashMap<>();
      for (int a = 0; a < classes; a++) {
        birds
            .classKinds(a)
            .forEach((part, kind) -> users.merge(part + " " + kind, 1, Integer::sum));
        for (int b = 0; b < a; b++) {
          Map<String, String> first = birds.classKinds(a);
          Map<String, String> second = birds.classKinds(b);
          assertThat(
                  first.keySet().stream()
                      .filter(part -> !Objects.equals(first.get(part), second.get(part)))
                      .count())
              .isGreaterThanOrEqualTo(2);
        }
      }
      if (classes >= 8) {
        assertThat(users).hasSize(20);
        assertThat(users.values()).allMatch(count -> count >= 2);
      }
    }
  }

  @Test
  void every_kind_is_shared_by_two_of_ten_classes() {
    for (int seed = 0; seed < 100; seed++) {
      Birds birds = BIRDS.withSeed(seed);
      for (String part : birds.classKinds(0).keySet()) {
        Map<String, Integer> users = new HashMap<>();
        for (int label = 0; label < 10; label++) {
          users.merge(String.valueOf(birds.classKinds(label).get(part)), 1, Integer::sum);
        }
        assertThat(users.values()).as(part).hasSize(4).allMatch(count -> count >= 2 && count <= 4);
      }
    }
  }

  @Test
  void every_part_is_visible_in_most_pictures() {
    for (String part : BIRDS.partNames()) {
      List<Integer> pixels = BIRDS.stream().map(image -> mask(image).pixels(part)).toList();
      assertThat(pixels.stream().filter(count -> count >= 5).count())
          .as(part)
          .isGreaterThanOrEqualTo(114);
    }
  }

  @Test
  void the_whole_bird_is_inside_of_the_picture() {
    Birds birds = BIRDS.withSize(400).withClasses(50);
    for (int i = 0; i < 400; i++) {
      Box box = birds.get(i).box();
      assertThat(box.left()).isPositive();
      assertThat(box.top()).isPositive();
      assertThat(box.right()).isLessThan(96);
      assertThat(box.bottom()).isLessThan(96);
      assertThat(box.width()).isGreaterThan(40);
    }
  }

  @Test
  void a_part_owns_pixels_that_change_when_it_is_removed_and_others_do_not() {
    Birds birds = BIRDS.withResolution(192);
    for (int i = 0; i < 20; i++) {
      BirdScene scene = birds.scene(i);
      PartImage whole = birds.render(scene);
      for (String part : birds.partNames()) {
        PartImage rest = birds.render(scene.without(Set.of(part)));
        boolean[] owned = owned(mask(whole), part);
        boolean[] near = grown(grown(owned, 192), 192);
        int unchanged = 0;
        int strange = 0;
        for (int p = 0; p < owned.length; p++) {
          boolean changed =
              whole.image().rgb(p % 192, p / 192) != rest.image().rgb(p % 192, p / 192);
          unchanged += owned[p] && !changed ? 1 : 0;
          strange += changed && !near[p] ? 1 : 0;
        }
        int count = mask(whole).pixels(part);
        assertThat(unchanged)
            .as("%s owned but unchanged in picture %d", part, i)
            .isLessThanOrEqualTo(count / 100);
        // Tips thinner than a pixel colour pixels of which they never own the most.
        assertThat(strange)
            .as("%s changed from afar in picture %d", part, i)
            .isLessThanOrEqualTo(2 + count / 200);
      }
    }
  }

  @Test
  void removing_a_part_changes_the_mask_only_at_the_part_and_its_edge() {
    for (int i = 0; i < 20; i++) {
      BirdScene scene = BIRDS.scene(i);
      PartMask whole = mask(BIRDS.render(scene));
      for (String part : BIRDS.partNames()) {
        PartImage rest = BIRDS.render(scene.without(Set.of(part)));
        assertThat(mask(rest).pixels(part)).isZero();
        assertThat(rest.landmark(part).visible()).isFalse();
        assertThat(rest.landmark(part).x()).isEqualTo(BIRDS.get(i).landmark(part).x());
        boolean[] near = grown(owned(whole, part), 96);
        int strange = 0;
        for (int p = 0; p < near.length; p++) {
          strange +=
              !near[p] && whole.owner(p % 96, p / 96) != mask(rest).owner(p % 96, p / 96) ? 1 : 0;
        }
        assertThat(strange).as("%s in picture %d", part, i).isLessThanOrEqualTo(2);
      }
    }
  }

  @Test
  void without_all_parts_the_box_is_empty_and_without_objects_nothing_is_left() {
    BirdScene empty = BIRDS.scene(0).without(BIRDS.partNames()).withObjects(List.of());
    PartImage image = BIRDS.render(empty);
    assertThat(image.box().isEmpty()).isTrue();
    assertThat(mask(image).toArray()).containsOnly(PartMask.BACKGROUND);
  }

  @Test
  void without_light_and_objects_the_background_has_exactly_its_colour() {
    BirdScene scene = BIRDS.scene(0);
    BirdScene plain =
        new BirdScene(
            scene.label(),
            scene.kinds(),
            Set.of(),
            scene.pose(),
            new BirdScene.Light(1, 1, 1, 1, 0, 0),
            new BirdScene.Backdrop(BirdScene.Pattern.PLAIN, 0x123456, 0xFFFFFF, 0, 0.1, 0),
            List.of());
    PartImage image = BIRDS.render(plain);
    boolean[] bird = new boolean[96 * 96];
    for (int p = 0; p < bird.length; p++) {
      bird[p] = mask(image).owner(p % 96, p / 96) != PartMask.BACKGROUND;
      if (bird[p]) {
        assertThat(image.image().rgb(p % 96, p / 96)).isNotEqualTo(0x123456);
      }
    }
    boolean[] near = grown(grown(bird, 96), 96);
    for (int p = 0; p < near.length; p++) {
      if (!near[p]) {
        assertThat(image.image().rgb(p % 96, p / 96)).isEqualTo(0x123456);
      }
    }
    BirdScene dim =
        new BirdScene(
            plain.label(),
            plain.kinds(),
            Set.of(),
            plain.pose(),
            new BirdScene.Light(0.5, 1, 1, 2, 0, 0),
            plain.backdrop(),
            List.of());
    assertThat(BIRDS.render(dim).image().rgb(0, 0)).isEqualTo(0x091A56);
  }

  @Test
  void another_kind_changes_only_its_part() {
    BirdScene scene = BIRDS.scene(1).withObjects(List.of());
    for (String part : BIRDS.partNames()) {
      for (String kind : Birds.kinds().getOrDefault(part, List.of())) {
        BirdScene changed = scene.withKind(part, kind);
        PartMask without = mask(BIRDS.render(scene.without(Set.of(part))));
        PartMask with = mask(BIRDS.render(changed));
        boolean[] near = grown(owned(with, part), 96);
        int strange = 0;
        for (int p = 0; p < near.length; p++) {
          strange +=
              !near[p] && with.owner(p % 96, p / 96) != without.owner(p % 96, p / 96) ? 1 : 0;
        }
        assertThat(strange).as("%s %s", kind, part).isLessThanOrEqualTo(2);
        assertThat(BIRDS.render(changed).attributes()).containsEntry(part, kind);
        assertThat(BIRDS.render(changed).label()).isEqualTo(scene.label());
      }
    }
  }

  @Test
  void kinds_of_a_part_look_different() {
    BirdScene scene = BIRDS.scene(1).withObjects(List.of());
    for (Map.Entry<String, List<String>> part : Birds.kinds().entrySet()) {
      List<RgbImage> pictures = new ArrayList<>();
      for (String kind : part.getValue()) {
        pictures.add(BIRDS.render(scene.withKind(part.getKey(), kind)).image());
      }
      for (int a = 0; a < pictures.size(); a++) {
        for (int b = 0; b < a; b++) {
          assertThat(distance(pictures.get(a), pictures.get(b)))
              .as(part.getKey())
              .isGreaterThan(2000);
        }
      }
    }
  }

  @Test
  void the_landmark_of_a_round_eye_is_the_middle_of_its_pixels() {
    Birds birds = BIRDS.withResolution(256);
    for (int i = 0; i < 10; i++) {
      PartImage image = birds.render(birds.scene(i).withKind("eye", "gold").withObjects(List.of()));
      double x = 0;
      double y = 0;
      boolean[] eye = owned(mask(image), "eye");
      for (int p = 0; p < eye.length; p++) {
        x += eye[p] ? p % 256 + 0.5 : 0;
        y += eye[p] ? Math.floorDiv(p, 256) + 0.5 : 0;
      }
      int pixels = mask(image).pixels("eye");
      assertThat(image.landmark("eye").x()).isCloseTo(x / pixels, within(0.2));
      assertThat(image.landmark("eye").y()).isCloseTo(y / pixels, within(0.2));
    }
  }

  @Test
  void a_mirrored_pose_gives_the_mirrored_mask() {
    BirdScene scene = BIRDS.scene(2).withObjects(List.of());
    BirdScene.Pose pose = scene.pose();
    BirdScene.Pose mirrored =
        new BirdScene.Pose(
            1 - pose.x(),
            pose.y(),
            pose.scale(),
            -pose.rotation(),
            !pose.flipped(),
            pose.beak(),
            pose.wing(),
            pose.foot(),
            pose.tail());
    PartMask one = mask(BIRDS.render(scene));
    PartMask two =
        mask(
            BIRDS.render(
                new BirdScene(
                    scene.label(),
                    scene.kinds(),
                    Set.of(),
                    mirrored,
                    scene.light(),
                    scene.backdrop(),
                    List.of())));
    int different = 0;
    for (int p = 0; p < 96 * 96; p++) {
      different += one.owner(p % 96, p / 96) == two.owner(95 - p % 96, p / 96) ? 0 : 1;
    }
    assertThat(different).isLessThanOrEqualTo(20);
  }

  @Test
  void objects_in_front_hide_the_bird_and_those_behind_do_not() {
    BirdScene scene = BIRDS.scene(0);
    BirdScene.Pose pose = scene.pose();
    for (boolean inFront : new boolean[] {true, false}) {
      BirdScene.SceneObject ball =
          new BirdScene.SceneObject(
              BirdScene.Thing.BALL, pose.x(), pose.y(), 0.05, 0, 0xFF00FF, inFront);
      PartMask mask = mask(BIRDS.render(scene.withObjects(List.of(ball))));
      int owner = mask.owner((int) (pose.x() * 96), (int) (pose.y() * 96));
      assertThat(owner == mask.otherId()).isEqualTo(inFront);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 33, 512})
  void any_resolution_shows_the_same_scene(int resolution) {
    PartImage small = BIRDS.get(5);
    PartImage other = BIRDS.withResolution(resolution).get(5);
    assertThat(other.image().width()).isEqualTo(resolution);
    assertThat(other.image().height()).isEqualTo(resolution);
    double scale = resolution / 96.0;
    for (Landmark landmark : small.landmarks()) {
      assertThat(other.landmark(landmark.part()).x()).isCloseTo(landmark.x() * scale, within(1e-6));
      assertThat(other.landmark(landmark.part()).y()).isCloseTo(landmark.y() * scale, within(1e-6));
    }
    assertThat((double) other.box().width())
        .isCloseTo(small.box().width() * scale, within(2 + scale));
    int same = 0;
    for (int p = 0; p < 96 * 96; p++) {
      int x = (int) ((p % 96 + 0.5) * scale);
      int y = (int) ((Math.floorDiv(p, 96) + 0.5) * scale);
      same += mask(small).owner(p % 96, p / 96) == mask(other).owner(x, y) ? 1 : 0;
    }
    assertThat(same).isGreaterThan(96 * 96 * 85 / 100);
  }

  @Test
  void wrong_settings_are_refused_with_the_legal_range() {
    assertThatThrownBy(() -> BIRDS.withResolution(15))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The resolution in pixels of Birds must be 16 to 2048, but was 15");
    assertThatThrownBy(() -> BIRDS.withClasses(65))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The number of classes of Birds must be 2 to 64, but was 65");
    assertThatThrownBy(() -> BIRDS.withSize(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The number of pictures of Birds must be 1 to 2147483647, but was 0");
  }

  @Test
  void unknown_parts_and_kinds_are_refused_with_the_known_ones() {
    BirdScene scene = BIRDS.scene(0);
    assertThatThrownBy(() -> scene.without(Set.of("nose")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "No part of a bird is named 'nose'; the parts are [body, beak, eye, wing, foot, tail]");
    assertThatThrownBy(() -> scene.withKind("nose", "cone"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'nose'");
    assertThatThrownBy(() -> scene.withKind("beak", "fan"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "No kind of beak is named 'fan'; the kinds of beak are [cone, needle, hook, spoon]");
    assertThatThrownBy(
            () ->
                new BirdScene(
                    0,
                    Map.of("beak", "cone"),
                    Set.of(),
                    scene.pose(),
                    scene.light(),
                    scene.backdrop(),
                    List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs the kind of each of the parts");
  }

  private static PartMask mask(PartImage image) {
    return image.mask().orElseThrow();
  }

  private static boolean[] owned(PartMask mask, String part) {
    byte[] owners = mask.toArray();
    boolean[] owned = new boolean[owners.length];
    for (int p = 0; p < owned.length; p++) {
      owned[p] = owners[p] == mask.id(part);
    }
    return owned;
  }

  /** Adds the eight neighbours of each pixel. */
  private static boolean[] grown(boolean[] set, int side) {
    boolean[] grown = new boolean[set.length];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        for (int v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++) {
          for (int u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
            grown[y * side + x] |= set[v * side + u];
          }
        }
      }
    }
    return grown;
  }

  private static long distance(RgbImage a, RgbImage b) {
    long sum = 0;
    for (int p = 0; p < a.width() * a.height(); p++) {
      int one = a.rgb(p % a.width(), p / a.width());
      int two = b.rgb(p % a.width(), p / a.width());
      for (int shift = 0; shift <= 16; shift += 8) {
        sum += Math.abs((one >> shift & 0xFF) - (two >> shift & 0xFF));
      }
    }
    return sum;
  }
}
