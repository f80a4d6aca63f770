package dev.interp.bench.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Preprocessor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Preprocessing as a JSON file:
 *
 * <pre>{@code
 * {"resize": 256, "crop": [224, 224], "channels": "RGB",
 *  "divisor": 255, "mean": [0.485, 0.456, 0.406], "scale": [0.229, 0.224, 0.225]}
 * }</pre>
 *
 * {@code resize} is the shorter side, or {@code [width, height]}; {@code crop} is {@code [width,
 * height]} or a side. A file that gives only {@code "size": [C, H, W]} means a centre crop of that
 * size after the shorter side has been made 8/7 of it, as is the custom for ImageNet nets, or
 * exactly it below 128 pixels. {@code pixel_divisor} and {@code std} are understood for divisor and
 * scale, {@code mean_bgr} for the mean of a BGR net.
 */
final class PreprocessFile {
  private static final int SMALL = 128;

  private PreprocessFile() {}

  static Preprocessor read(Path file) throws IOException {
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(TextFile.read(file));
    } catch (JacksonException e) {
      throw new IOException(file + ": not JSON, " + e.getOriginalMessage(), e);
    }
    if (!json.isObject()) {
      throw new IllegalArgumentException(
          file
              + ": the preprocessing must be a JSON object with resize, crop, channels, divisor,"
              + " mean, scale");
    }
    try {
      return of(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static Preprocessor of(JsonNode json) {
    Preprocessor result = Preprocessor.none().withOrder(order(json));
    JsonNode resize = json.get("resize");
    JsonNode crop = json.get("crop");
    int[] size = json.has("size") ? integers(json, "size") : new int[0];
    if (resize != null && resize.isArray()) {
      int[] wh = integers(json, "resize");
      result = result.withResize(wh[0], wh[wh.length - 1]);
    } else if (resize != null) {
      result = result.withResizeShorter(resize.asInt());
    }
    if (crop != null) {
      int[] wh = crop.isArray() ? integers(json, "crop") : new int[] {crop.asInt()};
      result = result.withCrop(wh[0], wh[wh.length - 1]);
    } else if (size.length >= 1) {
      int height = size[Math.max(0, size.length - 2)];
      int width = size[size.length - 1];
      int shorter = Math.min(width, height);
      if (resize == null) {
        result =
            shorter < SMALL
                ? result.withResizeShorter(shorter)
                : result.withResizeShorter(Math.round(shorter * 8 / 7f));
      }
      result = result.withCrop(width, height);
    }
    double[] divisor = numbers(json, "divisor", "pixel_divisor");
    double[] mean = numbers(json, "mean", "mean_bgr");
    double[] scale = numbers(json, "scale", "std");
    result = divisor == null ? result : result.withDivisor(divisor[0]);
    result = mean == null ? result : result.withMean(mean);
    return scale == null ? result : result.withScale(scale);
  }

  private static ChannelOrder order(JsonNode json) {
    String text =
        json.has("channels") ? json.get("channels").asText() : json.path("input").asText();
    String upper = text.toUpperCase(Locale.ROOT);
    if (upper.contains("BGR")) {
      return ChannelOrder.BGR;
    } else if (upper.contains("GREY") || upper.contains("GRAY") || upper.contains("N1HW")) {
      return ChannelOrder.GREY;
    } else if (json.has("channels") && !upper.contains("RGB")) {
      throw new IllegalArgumentException("channels must be RGB, BGR or GREY, was '" + text + "'");
    }
    return ChannelOrder.RGB;
  }

  private static int[] integers(JsonNode json, String name) {
    JsonNode node = json.get(name);
    int[] values = new int[node.isArray() ? node.size() : 1];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.isArray() ? node.get(i) : node;
      if (!value.isInt()) {
        throw new IllegalArgumentException(name + " must hold whole numbers, was " + node);
      }
      values[i] = value.asInt();
    }
    if (values.length == 0) {
      throw new IllegalArgumentException(name + " must not be empty");
    }
    return values;
  }

  private static double @Nullable [] numbers(JsonNode json, String name, String alias) {
    JsonNode node = json.has(name) ? json.get(name) : json.get(alias);
    if (node == null) {
      return null;
    }
    double[] values = new double[node.isArray() ? node.size() : 1];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.isArray() ? node.get(i) : node;
      if (!value.isNumber()) {
        throw new IllegalArgumentException(name + " must hold numbers, was " + node);
      }
      values[i] = value.asDouble();
    }
    if (values.length == 0) {
      throw new IllegalArgumentException(name + " must not be empty");
    }
    return values;
  }
}
