package dev.interp.disentangle.dissect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.data.Birds;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.data.RgbImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class ConceptsTest {
  private static final ConceptSource SURFACES = Concepts.masks(Birds.conceptNames());

  @Test
  void textures_and_materials_of_birds_have_a_plane_each() {
    PartImage bird = Birds.withDefaults().withConceptMasks().get(3);
    List<short[]> planes = SURFACES.label(bird);
    assertThat(planes).hasSize(2);
    int k = 0;
    for (Map.Entry<String, PartMask> category : bird.concepts().entrySet()) {
      byte[] owners = category.getValue().toArray();
      for (int p = 0; p < owners.length; p++) {
        Concept expected =
            new Concept(category.getValue().parts().get(owners[p] - 1), category.getKey());
        assertThat(SURFACES.concepts().get(planes.get(k)[p])).isEqualTo(expected);
      }
      k++;
    }
    assertThat(SURFACES.label(Birds.withDefaults().get(3))).isEmpty();
  }

  @Test
  void names_are_told_apart_by_category_and_unknown_ones_are_no_concept() {
    ConceptSource source = Concepts.masks(Map.of("texture", List.of("barred", "plain")));
    PartImage other = Scenes.picture(new int[1600], java.util.Optional.empty());
    byte[] owners = new byte[1600];
    owners[0] = 1;
    owners[1] = 2;
    owners[2] = 3;
    PartMask mask = PartMask.of(40, 40, List.of("plain", "odd"), owners);
    PartImage image =
        new PartImage(
            other.image(),
            0,
            other.box(),
            List.of(),
            other.mask(),
            Map.of(),
            Map.of("texture", mask, "unknown", mask));
    assertThat(source.label(image)).hasSize(1);
    assertThat(source.label(image).get(0)).startsWith(1, -1, -1, -1);
  }

  /** Barred wings are painted red and nothing else is: the red filter detects them. */
  @Test
  void a_filter_that_sees_a_texture_is_found_to_detect_it() {
    Birds birds = Birds.withDefaults().withResolution(Scenes.SIDE).withConceptMasks().withSize(40);
    Map<String, List<String>> textures = new LinkedHashMap<>(Birds.conceptNames());
    textures.remove("material");
    List<PartImage> painted = new ArrayList<>();
    for (PartImage bird : birds.stream().toList()) {
      PartMask mask = Objects.requireNonNull(bird.concepts().get("texture"));
      int[] rgb = new int[Scenes.SIDE * Scenes.SIDE];
      byte[] owners = mask.toArray();
      for (int p = 0; p < rgb.length; p++) {
        rgb[p] = owners[p] == mask.id("barred") ? 0xFF0000 : 0x000040;
      }
      painted.add(
          new PartImage(
              RgbImage.of(Scenes.SIDE, Scenes.SIDE, rgb),
              bird.label(),
              bird.box(),
              bird.landmarks(),
              bird.mask(),
              bird.attributes(),
              bird.concepts()));
    }
    Pictures pictures =
        Pictures.of(PartDataset.of(painted, birds.classNames(), birds.partNames()), Scenes.WAY);
    LayerDissection found =
        Dissection.withDefaults()
            .withQuantile(0.05)
            .run(Scenes.network(), List.of("maps"), pictures, Concepts.masks(textures))
            .get(0);
    LayerDissection.Match best = found.filters().get(0).best().orElseThrow();
    assertThat(best.concept()).isEqualTo(new Concept("barred", "texture"));
    assertThat(best.score()).isGreaterThan(0.9);
  }
}
