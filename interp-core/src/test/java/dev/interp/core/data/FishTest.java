package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.data.BirdScene.Factor;
import dev.interp.core.testkit.PartDatasetContract;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FishTest {
  private static final Birds FISH = Birds.withDefaults().withBodyPlan(BodyPlan.FISH);

  @Nested
  class Contract extends PartDatasetContract {
    @Override
    protected PartDataset dataset() {
      return FISH.withSize(20);
    }
  }

  @Test
  void fish_have_parts_and_classes_of_their_own() {
    assertThat(FISH.partNames())
        .containsExactly("body", "eye", "back fin", "side fin", "mark", "tail");
    assertThat(FISH.classNames()).startsWith("fish-00").hasSize(10);
    assertThat(FISH.classKinds(0)).hasSize(5).doesNotContainKey("body");
    int[][] shared = FISH.sharedParts();
    for (int a = 0; a < 10; a++) {
      for (int b = 0; b < a; b++) {
        assertThat(shared[a][b]).isLessThan(4);
      }
    }
  }

  @Test
  void every_part_is_visible_in_most_pictures_and_the_whole_fish_is_inside() {
    int[] visible = new int[6];
    for (int i = 0; i < 100; i++) {
      PartImage fish = FISH.get(i);
      for (int p = 0; p < 6; p++) {
        visible[p] += fish.mask().orElseThrow().pixels(FISH.partNames().get(p)) > 3 ? 1 : 0;
      }
      Box alone = FISH.render(FISH.scene(i).withoutObjects(objects(FISH.scene(i)))).box();
      assertThat(alone.left()).isPositive();
      assertThat(alone.top()).isPositive();
      assertThat(alone.right()).isLessThan(96);
      assertThat(alone.bottom()).isLessThan(96);
    }
    assertThat(java.util.Arrays.stream(visible).min().orElseThrow()).isGreaterThan(80);
  }

  private static List<Integer> objects(BirdScene scene) {
    return java.util.stream.IntStream.range(0, scene.objects().size()).boxed().toList();
  }

  @Test
  void the_pixels_of_a_seed_are_the_same_in_every_run() {
    CRC32 crc = new CRC32();
    for (int i = 0; i < 20; i++) {
      for (int rgb : FISH.get(i).image().toArray()) {
        crc.update(rgb >> 16);
        crc.update(rgb >> 8);
        crc.update(rgb);
      }
      crc.update(FISH.get(i).mask().orElseThrow().toArray());
    }
    assertThat(crc.getValue()).isEqualTo(2479978365L);
  }

  @Test
  void a_scene_of_another_plan_is_refused() {
    assertThatThrownBy(() -> Birds.withDefaults().render(FISH.scene(0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fish");
    assertThatThrownBy(() -> FISH.scene(0).without(Set.of("beak")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("back fin");
  }

  @Test
  void a_bias_ties_the_backdrop_to_the_class_at_its_rate_and_changes_nothing_else() {
    Birds free = Birds.withDefaults().withSize(2000);
    Birds biased = free.withBias(0.7);
    Set<Integer> colours = new HashSet<>();
    int tied = 0;
    for (int i = 0; i < 2000; i++) {
      BirdScene with = biased.scene(i);
      assertThat(with.withBackdrop(free.scene(i).backdrop())).isEqualTo(free.scene(i));
      int own = free.withBias(1).scene(i).backdrop().first();
      colours.add(own);
      tied += with.backdrop().first() == own ? 1 : 0;
      assertThat(own).isEqualTo(free.withBias(1).scene(i % 10).backdrop().first());
    }
    assertThat(colours).hasSize(10);
    assertThat(tied / 2000.0).isCloseTo(0.7, within(0.03));
    assertThatThrownBy(() -> free.withBias(1.1)).hasMessageContaining("0 to 1");
  }

  @Test
  void a_factor_is_taken_over_and_the_others_stay() {
    BirdScene a = FISH.scene(0);
    BirdScene b = FISH.scene(1);
    BirdScene lit = a.with(Factor.LIGHT, b);
    assertThat(lit.light()).isEqualTo(b.light());
    assertThat(lit.withLight(a.light())).isEqualTo(a);
    BirdScene larger = a.with(Factor.SCALE, b);
    assertThat(larger.pose()).isEqualTo(a.pose().withScale(b.pose().scale()));
    BirdScene all = a;
    for (Factor factor : Factor.values()) {
      all = all.with(factor, b);
    }
    assertThat(all)
        .isEqualTo(
            new BirdScene(
                a.label(), a.kinds(), a.absent(), b.pose(), b.light(), b.backdrop(), b.objects()));
  }
}
