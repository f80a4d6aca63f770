package dev.interp.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {

  @Test
  void all_8_bit_levels_survive_the_way_through_the_picture_exactly() {
    BufferedImage levels = new BufferedImage(256, 1, BufferedImage.TYPE_INT_RGB);
    for (int p = 0; p < 256; p++) {
      levels.setRGB(p, 0, p << 16 | (255 - p) << 8 | (p ^ 0x55));
    }
    Image image = Image.of(levels);
    assertThat(image.value(0, 0, 51)).isEqualTo(51 / 255f);
    for (int p = 0; p < 256; p++) {
      assertThat(image.value(0, 0, p) * 255f).isEqualTo(p);
      assertThat(image.toBufferedImage().getRGB(p, 0)).isEqualTo(levels.getRGB(p, 0));
    }
  }

  @Test
  void grey_samples_are_taken_as_stored_and_written_back() {
    BufferedImage grey = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_GRAY);
    grey.getRaster().setPixels(0, 0, 4, 1, new int[] {0, 100, 200, 255});
    Image image = Image.of(grey);
    assertThat(image.channels()).isEqualTo(1);
    assertThat(image.values()).containsExactly(0, 100 / 255f, 200 / 255f, 1);
    assertThat(image.toBufferedImage().getRaster().getPixels(0, 0, 4, 1, (int[]) null))
        .containsExactly(0, 100, 200, 255);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void every_awt_layout_gives_the_same_opaque_colours(int type) {
    BufferedImage picture = new BufferedImage(2, 1, type);
    picture.setRGB(0, 0, 0xFF102030);
    picture.setRGB(1, 0, 0xFFFE0180);
    assertThat(Image.of(picture))
        .isEqualTo(
            Image.of(
                3,
                1,
                2,
                new float[] {16 / 255f, 254 / 255f, 32 / 255f, 1 / 255f, 48 / 255f, 128 / 255f}));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void transparency_is_composited_on_white(int type) {
    BufferedImage picture = new BufferedImage(2, 1, type);
    picture.setRGB(0, 0, 0x00000000); // fully transparent
    picture.setRGB(1, 0, 0x33FF0000); // red at 51/255 = 0.2
    Image image = Image.of(picture);
    assertThat(image.channels()).isEqualTo(3);
    for (int c = 0; c < 3; c++) {
      assertThat(image.value(c, 0, 0)).isEqualTo(1);
    }
    assertThat(image.value(0, 0, 1)).isEqualTo(1);
    assertThat(image.value(1, 0, 1)).isCloseTo(0.8f, within());
    assertThat(image.value(2, 0, 1)).isCloseTo(0.8f, within());
  }

  private static Offset<Float> within() {
    return Offset.offset(1e-6f);
  }

  @Test
  void a_linear_colour_space_with_float_samples_is_converted_by_its_model() {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_FLOAT);
    WritableRaster raster = model.createCompatibleWritableRaster(1, 1);
    raster.setPixel(0, 0, new float[] {1f, 0.2f, 0f});
    Image image = Image.of(new BufferedImage(model, raster, false, null));
    assertThat(image.values()).containsExactly(1, 51 / 255f, 0);
  }

  @Test
  void a_part_of_a_larger_picture_keeps_its_own_pixels() {
    BufferedImage picture = new BufferedImage(5, 4, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(3, 2, 0x0000FF);
    assertThat(Image.of(picture.getSubimage(3, 2, 2, 2)).plane(2)).containsExactly(1, 0, 0, 0);
  }

  @Test
  void no_one_can_change_a_picture_from_outside() {
    float[] values = {0.5f};
    Image image = Image.of(1, 1, 1, values);
    values[0] = 0;
    image.values()[0] = 0;
    image.plane(0)[0] = 0;
    image.toBufferedImage().getRaster().setSample(0, 0, 0, 0);
    assertThat(image.value(0, 0, 0)).isEqualTo(0.5f);
  }

  @Test
  void wrong_planes_are_refused_with_the_reason() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Image.of(2, 1, 1, new float[2]))
        .withMessageContaining("1 (grey) or 3 (RGB)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Image.of(1, 0, 1, new float[0]))
        .withMessageContaining("1x0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Image.of(3, 2, 2, new float[4]))
        .withMessageContaining("12 values, not 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Image.of(1, 1, 2, new float[] {0, 128}))
        .withMessageContaining("value 1 is 128.0: divide 8-bit pixels by 255");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Image.of(1, 1, 1, new float[] {Float.NaN}))
        .withMessageContaining("NaN");
    assertThatThrownBy(() -> Image.of(1, 1, 1, new float[1]).value(0, 0, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
