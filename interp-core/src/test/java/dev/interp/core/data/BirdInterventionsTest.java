package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What changes when something is taken out of a scene, pixel by pixel and without tolerance. */
class BirdInterventionsTest {
  private static final Birds BIRDS = Birds.withDefaults().withSeed(5).withSize(60);
  private static final BirdCatalogue CATALOGUE = new BirdCatalogue(BodyPlan.BIRD);
  private static final BirdCatalogue FISH = new BirdCatalogue(BodyPlan.FISH);

  @ParameterizedTest
  @CsvSource({"BIRD, 48", "BIRD, 96", "BIRD, 160", "FISH, 48", "FISH, 96"})
  void removing_any_parts_changes_only_pixels_that_they_draw(BodyPlan plan, int side) {
    Birds birds = BIRDS.withBodyPlan(plan).withResolution(side);
    SplittableRandom random = new SplittableRandom(side);
    for (int i = 0; i < 40; i++) {
      BirdScene scene = birds.scene(i);
      Set<String> removed = new LinkedHashSet<>();
      plan.parts().stream().filter(p -> random.nextBoolean()).forEach(removed::add);
      PartImage whole = birds.render(scene);
      PartImage rest = birds.render(scene.without(removed));
      int[] drawn = new int[side * side];
      removed.forEach(part -> add(drawn, partAlpha(scene, part, side)));
      for (int p = 0; p < drawn.length; p++) {
        int x = p % side;
        int y = p / side;
        if (drawn[p] == 0) {
          assertThat(rest.image().rgb(x, y)).isEqualTo(whole.image().rgb(x, y));
          assertThat(owner(rest, x, y)).isEqualTo(owner(whole, x, y));
        }
      }
      for (String part : removed) {
        assertThat(rest.mask().orElseThrow().pixels(part)).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BodyPlan.class)
  void a_mask_has_all_pixels_that_a_part_fills_and_none_that_it_does_not_touch(BodyPlan plan) {
    int side = 96;
    Birds birds = BIRDS.withBodyPlan(plan);
    for (int i = 0; i < 60; i++) {
      BirdScene scene = birds.scene(i);
      PartImage image = birds.render(scene);
      for (String part : plan.parts()) {
        int[] own = partAlpha(scene, part, side);
        int[] later = new int[side * side];
        plan.paintOrder().stream()
            .skip(plan.paintOrder().indexOf(part) + 1)
            .forEach(other -> add(later, partAlpha(scene, other, side)));
        scene.objects().stream()
            .filter(BirdScene.SceneObject::inFront)
            .forEach(object -> add(later, objectAlpha(object, side)));
        int id = image.mask().orElseThrow().id(part);
        for (int p = 0; p < own.length; p++) {
          int owner = owner(image, p % side, p / side);
          if (own[p] == 0) {
            assertThat(owner).as("%s of %d at %d", part, i, p).isNotEqualTo(id);
          } else if (own[p] == 255 && later[p] == 0) {
            assertThat(owner).as("%s of %d at %d", part, i, p).isEqualTo(id);
          }
        }
      }
    }
  }

  @Test
  void another_kind_changes_only_pixels_that_the_old_or_the_new_one_draws() {
    int side = 96;
    for (int i = 0; i < 20; i++) {
      BirdScene scene = BIRDS.scene(i);
      RgbImage whole = BIRDS.render(scene).image();
      Map<String, String> others = BIRDS.classKinds((scene.label() + 1) % 10);
      for (Map.Entry<String, String> other : others.entrySet()) {
        String part = other.getKey();
        BirdScene changed = scene.withKind(part, other.getValue());
        int[] drawn = partAlpha(scene, part, side);
        add(drawn, partAlpha(changed, part, side));
        RgbImage replaced = BIRDS.render(changed).image();
        for (int p = 0; p < drawn.length; p++) {
          if (drawn[p] == 0) {
            assertThat(replaced.rgb(p % side, p / side)).isEqualTo(whole.rgb(p % side, p / side));
          }
        }
      }
    }
  }

  @Test
  void removing_any_objects_changes_only_pixels_that_they_draw() {
    int side = 96;
    for (int i = 0; i < 40; i++) {
      BirdScene scene = BIRDS.scene(i);
      List<Integer> removed = new ArrayList<>();
      int[] drawn = new int[side * side];
      for (int o = i % 2; o < scene.objects().size(); o += 2) {
        removed.add(o);
        add(drawn, objectAlpha(scene.objects().get(o), side));
      }
      BirdScene fewer = scene.withoutObjects(removed);
      assertThat(fewer.objects()).hasSize(scene.objects().size() - removed.size());
      PartImage whole = BIRDS.render(scene);
      PartImage rest = BIRDS.render(fewer);
      for (int p = 0; p < drawn.length; p++) {
        if (drawn[p] == 0) {
          assertThat(rest.image().rgb(p % side, p / side))
              .isEqualTo(whole.image().rgb(p % side, p / side));
        }
      }
    }
    BirdScene scene = BIRDS.scene(0);
    assertThatThrownBy(() -> scene.withoutObjects(List.of(scene.objects().size())))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void without_background_the_bird_stays_and_everything_else_is_one_colour() {
    BirdScene scene = BIRDS.scene(1);
    BirdScene bare = scene.withoutBackground().withLight(new BirdScene.Light(1, 1, 1, 1, 0, 0));
    PartImage image = BIRDS.render(bare);
    int[] bird = new int[96 * 96];
    BodyPlan.BIRD.parts().forEach(part -> add(bird, partAlpha(scene, part, 96)));
    for (int p = 0; p < bird.length; p++) {
      if (bird[p] == 0) {
        assertThat(image.image().rgb(p % 96, p / 96)).isEqualTo(scene.backdrop().first());
        assertThat(owner(image, p % 96, p / 96)).isZero();
      }
    }
    assertThat(image.mask().orElseThrow().pixels("body")).isGreaterThan(100);
    assertThat(bare.pose()).isEqualTo(scene.pose());
  }

  @Test
  void a_change_of_all_scenes_is_the_change_of_each_and_changes_add_up() {
    Birds changed =
        BIRDS
            .withChange(scene -> scene.without(Set.of("wing")))
            .withResolution(64)
            .withChange(BirdScene::withoutBackground);
    for (int i = 0; i < 10; i++) {
      BirdScene scene = BIRDS.scene(i).without(Set.of("wing")).withoutBackground();
      assertThat(changed.scene(i)).isEqualTo(scene);
      assertThat(changed.get(i)).isEqualTo(BIRDS.withResolution(64).render(scene));
      assertThat(changed.get(i).label()).isEqualTo(BIRDS.get(i).label());
    }
  }

  @Test
  void the_pixels_of_a_seed_are_the_same_in_every_run() {
    CRC32 crc = new CRC32();
    for (int i = 0; i < 20; i++) {
      PartImage image = BIRDS.render(BIRDS.scene(i).without(Set.of("tail")));
      for (int rgb : image.image().toArray()) {
        crc.update(rgb >> 16);
        crc.update(rgb >> 8);
        crc.update(rgb);
      }
      crc.update(image.mask().orElseThrow().toArray());
    }
    assertThat(crc.getValue()).isEqualTo(3869384764L);
  }

  @Test
  void classes_share_as_many_parts_as_have_the_same_kind() {
    int[][] shared = BIRDS.sharedParts();
    assertThat(shared).hasDimensions(10, 10);
    for (int a = 0; a < 10; a++) {
      assertThat(shared[a][a]).isEqualTo(5);
      for (int b = 0; b < a; b++) {
        List<String> same = new ArrayList<>();
        for (String part : BodyPlan.BIRD.classParts()) {
          if (String.valueOf(BIRDS.classKinds(a).get(part)).equals(BIRDS.classKinds(b).get(part))) {
            same.add(part);
          }
        }
        assertThat(shared[a][b]).isEqualTo(same.size()).isEqualTo(shared[b][a]).isLessThan(4);
      }
    }
  }

  private static int owner(PartImage image, int x, int y) {
    return image.mask().orElseThrow().owner(x, y);
  }

  /** How much of each pixel a part covers, 0 to 255, drawn alone on a transparent canvas. */
  private static int[] partAlpha(BirdScene scene, String part, int side) {
    BirdCatalogue catalogue = BodyPlan.of(scene.kinds()) == BodyPlan.FISH ? FISH : CATALOGUE;
    AffineTransform place = BirdRenderer.birdToImage(scene.pose(), side);
    place.concatenate(catalogue.attach(part, scene.pose()));
    int[] alpha = new int[side * side];
    BirdCatalogue.Kind kind = catalogue.kind(part, String.valueOf(scene.kinds().get(part)));
    for (BirdCatalogue.Patch patch : kind.patches()) {
      add(alpha, alpha(place, patch.region(), side));
    }
    return alpha;
  }

  private static int[] objectAlpha(BirdScene.SceneObject object, int side) {
    AffineTransform place =
        AffineTransform.getTranslateInstance(object.x() * side, object.y() * side);
    place.concatenate(BirdRenderer.rotation(object.rotation()));
    place.scale(object.size() * side, object.size() * side);
    int[] alpha = new int[side * side];
    for (BirdCatalogue.Shade shade : CATALOGUE.thing(object.thing())) {
      add(alpha, alpha(place, shade.region(), side));
    }
    return alpha;
  }

  private static int[] alpha(AffineTransform place, Region region, int side) {
    SmoothCanvas canvas = new SmoothCanvas(side);
    canvas.fill(region, place, BirdCatalogue.Ink.of(0xFF), 1);
    return canvas.pixels();
  }

  private static void add(int[] sum, int[] more) {
    for (int p = 0; p < sum.length; p++) {
      sum[p] = Math.max(sum[p], more[p]);
    }
  }
}
