package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.data.BirdScene.Backdrop;
import dev.interp.core.data.BirdScene.Pattern;
import dev.interp.core.data.BirdScene.SceneObject;
import dev.interp.core.data.BirdScene.Thing;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SurfacesTest {
  private static final Birds BIRDS = Birds.withDefaults().withSeed(3).withSize(60);

  @Test
  void every_pixel_of_a_scene_has_the_surface_that_it_is_made_of() {
    BirdScene scene = BIRDS.scene(0);
    for (Map.Entry<String, String> kind :
        Map.of("eye", "lidded", "wing", "barred", "tail", "fork", "foot", "toes").entrySet()) {
      scene = scene.withKind(kind.getKey(), kind.getValue());
    }
    scene =
        scene
            .withObjects(
                List.of(
                    new SceneObject(Thing.LEAF, 0.1, 0.1, 0.1, 0, 0x00AA00, false),
                    new SceneObject(Thing.STONE, 0.5, 0.5, 0.08, 0, 0x888888, true)))
            .withBackdrop(new Backdrop(Pattern.MOTTLED, 0xFFFFFF, 0xDDDDDD, 0, 0.2, 1));
    Birds known = BIRDS.withConceptMasks();
    PartImage image = known.render(scene);
    PartMask mask = image.mask().orElseThrow();
    PartMask textures = category(image, "texture");
    PartMask materials = category(image, "material");
    List<boolean[]> objects = known.objectMasks(scene);
    Map<String, String> partMaterials =
        Map.of(
            "body", "plumage", "wing", "plumage", "tail", "plumage", "beak", "horn", "foot", "horn",
            "eye", "eye");
    assertThat(mask.pixels("wing")).isGreaterThan(100);
    for (int p = 0; p < 96 * 96; p++) {
      int owner = mask.owner(p % 96, p / 96);
      String texture = "mottled";
      String material = "haze";
      if (owner == mask.otherId()) {
        assertThat(objects.get(0)[p]).isNotEqualTo(objects.get(1)[p]);
        texture = objects.get(0)[p] ? "lined" : "plain";
        material = objects.get(0)[p] ? "foliage" : "stone";
      } else if (owner > 0) {
        String part = mask.parts().get(owner - 1);
        texture = part.equals("wing") ? "barred" : "plain";
        material = Objects.requireNonNull(partMaterials.get(part));
      }
      assertThat(name(textures, p)).isEqualTo(texture);
      assertThat(name(materials, p)).isEqualTo(material);
    }
  }

  @ParameterizedTest
  @EnumSource(BodyPlan.class)
  void every_kind_thing_and_pattern_has_a_surface_with_a_known_name(BodyPlan plan) {
    plan.kinds()
        .forEach((part, kinds) -> kinds.forEach(kind -> isKnown(Surfaces.of(plan, part, kind))));
    for (Thing thing : Thing.values()) {
      isKnown(Surfaces.of(thing));
    }
    for (Pattern pattern : Pattern.values()) {
      isKnown(Surfaces.of(pattern));
    }
  }

  @ParameterizedTest
  @EnumSource(BodyPlan.class)
  void the_masks_are_complete_and_change_nothing_else(BodyPlan plan) {
    Birds plain = BIRDS.withBodyPlan(plan);
    Birds known = BIRDS.withConceptMasks().withBodyPlan(plan).withSeed(3);
    for (int i = 0; i < 60; i++) {
      PartImage image = known.get(i);
      assertThat(plain.get(i).concepts()).isEmpty();
      assertThat(
              new PartImage(
                  image.image(),
                  image.label(),
                  image.box(),
                  image.landmarks(),
                  image.mask(),
                  image.attributes()))
          .isEqualTo(plain.get(i));
      assertThat(image.concepts().keySet())
          .containsExactlyElementsOf(Birds.conceptNames().keySet());
      for (PartMask mask : image.concepts().values()) {
        for (byte owner : mask.toArray()) {
          assertThat((int) owner).isBetween(1, mask.parts().size());
        }
      }
    }
  }

  @Test
  void too_many_objects_are_refused_only_where_they_are_told_apart() {
    SceneObject ball = new SceneObject(Thing.BALL, 0.5, 0.5, 0.1, 0, 0xFF0000, true);
    BirdScene crowded = BIRDS.scene(0).withObjects(Collections.nCopies(121, ball));
    assertThat(BIRDS.render(crowded).concepts()).isEmpty();
    assertThatThrownBy(() -> BIRDS.withConceptMasks().render(crowded))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 120");
  }

  @Test
  void a_mask_of_another_size_is_refused() {
    PartImage image = BIRDS.get(0);
    PartMask small = PartMask.of(1, 1, List.of("plain"), new byte[] {1});
    assertThatThrownBy(
            () ->
                new PartImage(
                    image.image(),
                    0,
                    image.box(),
                    List.of(),
                    Optional.empty(),
                    Map.of(),
                    Map.of("texture", small)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must have the size");
  }

  private static void isKnown(Surfaces.Surface surface) {
    Surfaces.NAMES.forEach((category, names) -> assertThat(names).contains(surface.of(category)));
  }

  private static PartMask category(PartImage image, String name) {
    return Objects.requireNonNull(image.concepts().get(name));
  }

  private static String name(PartMask mask, int p) {
    return mask.parts().get(mask.owner(p % 96, Math.floorDiv(p, 96)) - 1);
  }
}
