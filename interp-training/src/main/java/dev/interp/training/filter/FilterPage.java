package dev.interp.training.filter;

import static j2html.TagCreator.body;
import static j2html.TagCreator.dd;
import static j2html.TagCreator.div;
import static j2html.TagCreator.dl;
import static j2html.TagCreator.dt;
import static j2html.TagCreator.each;
import static j2html.TagCreator.figcaption;
import static j2html.TagCreator.figure;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.head;
import static j2html.TagCreator.html;
import static j2html.TagCreator.main;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.section;
import static j2html.TagCreator.span;
import static j2html.TagCreator.style;
import static j2html.TagCreator.title;

import dev.interp.core.data.PartImage;
import dev.interp.training.filter.FilterReport.Shot;
import j2html.tags.DomContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The page of a {@link FilterMonitor}. Each picture is in it once, however many filters show it.
 */
final class FilterPage {
  private static final String CSS =
      """
      :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
      body{margin:0 auto;max-width:80rem;padding:1rem}
      dl{display:flex;flex-wrap:wrap;gap:.25rem 2rem}dt{opacity:.7}dd{margin:0;font-weight:600}
      .filters{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}
      figure{margin:0}.row{display:flex;gap:2px}figcaption{font-size:.85rem}
      .shot{position:relative;flex:1;aspect-ratio:1;background-size:100% 100%}
      .shot span{position:absolute;width:26%;height:26%;margin:-13%;border:2px solid #fff;
      border-radius:50%;outline:1px solid #000;box-sizing:border-box}
      """;

  private final List<PartImage> pictures;
  private final List<String> classes;
  private final Map<Integer, String> encoded = new HashMap<>();

  FilterPage(List<PartImage> pictures, List<String> classes) {
    this.pictures = pictures;
    this.classes = classes;
  }

  String page(List<FilterReport> reports) {
    TreeSet<Integer> used = new TreeSet<>();
    reports.forEach(r -> r.strongest().forEach(s -> s.forEach(shot -> used.add(shot.picture()))));
    StringBuilder css = new StringBuilder(CSS);
    for (int picture : used) {
      css.append(".p")
          .append(picture)
          .append("{background-image:url(data:image/png;base64,")
          .append(encoded.computeIfAbsent(picture, this::encode))
          .append(")}\n");
    }
    return "<!DOCTYPE html>\n"
        + html(
                head(
                    meta().withCharset("utf-8"),
                    meta().withName("viewport").withContent("width=device-width, initial-scale=1"),
                    title("Filters"),
                    style(rawHtml(css.toString()))),
                body(main(h1("Filters"), each(reports, this::layer))))
            .withLang("en")
            .render()
        + "\n";
  }

  private DomContent layer(FilterReport report) {
    List<DomContent> filters = new ArrayList<>();
    for (int f = 0; f < report.strongest().size(); f++) {
      filters.add(filter(f, report.categories().get(f), report.strongest().get(f)));
    }
    return section(
        h2(report.layer()),
        dl(
            fact("after epoch", String.valueOf(report.epoch())),
            fact("location instability", number(report.instability())),
            fact("part interpretability", number(report.partInterpretability().orElse(Double.NaN))),
            fact("inter-category entropy", number(report.interCategory())),
            fact("spatial entropy", number(report.spatial())),
            fact("filters with another category", String.valueOf(report.reassigned()))),
        p(
            "Each filter's strongest pictures; the ring is the middle of what its strongest unit sees."),
        div(each(filters, f -> f)).withClass("filters"));
  }

  private DomContent filter(int index, int category, List<Shot> shots) {
    return figure(
        div(each(shots, FilterPage::shot)).withClass("row"),
        figcaption(
            "filter "
                + index
                + (category < 0
                    ? ""
                    : " · "
                        + (category < classes.size()
                            ? classes.get(category)
                            : "category " + category))));
  }

  private static DomContent shot(Shot shot) {
    return div(span()
            .withStyle(
                String.format(
                    Locale.ROOT, "left:%.1f%%;top:%.1f%%", 100 * shot.x(), 100 * shot.y())))
        .withClass("shot p" + shot.picture())
        .withTitle(String.format(Locale.ROOT, "activation %.3g", shot.activation()));
  }

  private static DomContent fact(String name, String value) {
    return div(dt(name), dd(value));
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%.4f", value);
  }

  private String encode(int picture) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(pictures.get(picture).image().toBufferedImage(), "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
