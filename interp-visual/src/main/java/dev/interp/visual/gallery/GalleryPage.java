package dev.interp.visual.gallery;

import static j2html.TagCreator.article;
import static j2html.TagCreator.body;
import static j2html.TagCreator.button;
import static j2html.TagCreator.dd;
import static j2html.TagCreator.details;
import static j2html.TagCreator.div;
import static j2html.TagCreator.dl;
import static j2html.TagCreator.dt;
import static j2html.TagCreator.each;
import static j2html.TagCreator.figcaption;
import static j2html.TagCreator.figure;
import static j2html.TagCreator.footer;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.h3;
import static j2html.TagCreator.header;
import static j2html.TagCreator.iff;
import static j2html.TagCreator.img;
import static j2html.TagCreator.li;
import static j2html.TagCreator.main;
import static j2html.TagCreator.nav;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.span;
import static j2html.TagCreator.strong;
import static j2html.TagCreator.summary;
import static j2html.TagCreator.ul;

import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.visual.report.Fact;
import dev.interp.visual.report.WebPage;
import j2html.tags.DomContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A page on which one can walk through a network: its graph, and for each layer its filters, of
 * which each opens to show what {@link NetworkGallery} gathered. One file that loads nothing; arrow
 * keys go from filter to filter, Enter opens, Escape closes.
 *
 * @param title the heading, not blank
 * @param facts what the page is about
 * @param notes what people should know about how it came about
 * @param unreadable pictures that could not be read, in words
 * @param provenance what it takes to make the page again
 */
public record GalleryPage(
    String title,
    List<Fact> facts,
    List<String> notes,
    List<String> unreadable,
    List<Fact> provenance) {
  private static final int ROW = 96;
  private static final int PER_ROW = 10;
  private static final String CSS =
      """
      .sheet{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 24px;align-items:start}
      .map{position:sticky;top:16px;margin-top:20px;max-height:calc(100vh - 32px);overflow:auto;
      background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:8px;
      max-width:22rem;scrollbar-width:thin}
      .graph{display:block;margin:0 auto}
      .graph text{font-size:12.5px;text-anchor:middle;fill:var(--ink)}
      .graph .shape{font-size:10.5px;fill:var(--soft)}
      .graph rect{fill:var(--well);stroke:var(--line)}
      .graph .layer rect{fill:var(--accent-soft);stroke:var(--accent)}
      .graph a:hover rect,.graph a:focus rect{stroke-width:2.5}
      .graph .edge{fill:none;stroke:var(--note-line);stroke-width:1.5;marker-end:url(#tip)}
      .graph marker path{fill:var(--note-line)}
      .filters{display:grid;grid-template-columns:repeat(auto-fill,minmax(72px,1fr));gap:8px;
      margin-top:18px;content-visibility:auto}
      .filter{font:inherit;font-size:12.5px;line-height:1.3;color:var(--soft);background:none;
      border:1px solid transparent;border-radius:10px;padding:3px;cursor:pointer;min-width:0}
      .filter:hover{border-color:var(--accent)}
      .filter img,.filter .none{display:flex;align-items:center;justify-content:center;width:64px;
      height:64px;margin:0 auto 2px;border-radius:7px;object-fit:cover;background:var(--well)}
      .filter span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
      .filter .none{white-space:normal}
      .detail{width:min(51rem,calc(100vw - 16px));max-height:calc(100vh - 16px);overflow:auto;
      color:var(--ink);background:var(--surface);border:1px solid var(--line);border-radius:14px;
      padding:20px 24px 24px;box-shadow:0 12px 60px rgba(0,0,0,.4)}
      .detail::backdrop{background:rgba(10,14,22,.45)}
      @supports not selector(:popover-open){.detail{margin-top:12px}}
      .detail header{display:flex;align-items:center;gap:8px 12px;flex-wrap:wrap}
      .detail h3{font-size:19px;line-height:1.3}
      .close{font:inherit;font-size:14px;margin-left:auto;padding:3px 12px;border-radius:999px;
      border:1px solid var(--line);background:var(--well);color:var(--ink);cursor:pointer}
      .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(136px,1fr));gap:16px;
      margin-top:16px}
      .figures img{width:100%;height:auto;max-height:none;aspect-ratio:1;object-fit:contain}
      .detail .facts{margin-top:14px}
      .remark ul{list-style:disc;padding-left:1.2rem}
      @media(max-width:860px){.sheet{grid-template-columns:minmax(0,1fr)}
      .map{position:static;max-height:45vh;max-width:none}}
      @media(max-width:560px){.filters{grid-template-columns:repeat(auto-fill,minmax(66px,1fr));
      gap:4px}.filter{padding:1px}.detail{padding:14px}
      .figures{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}}
      """;

  /**
   * Copies the lists and checks the title.
   *
   * @throws IllegalArgumentException if {@code title} is blank
   */
  public GalleryPage {
    if (title.isBlank()) {
      throw new IllegalArgumentException("a page needs a title");
    }
    facts = List.copyOf(facts);
    notes = List.copyOf(notes);
    unreadable = List.copyOf(unreadable);
    provenance = List.copyOf(provenance);
  }

  /**
   * The page of a gallery.
   *
   * @param network the network that was walked
   * @param layers what was gathered
   * @return the whole HTML document; equal contents give equal text
   */
  public String html(Network network, List<GalleryLayer> layers) {
    Map<String, String> links = new LinkedHashMap<>();
    for (int i = 0; i < layers.size(); i++) {
      links.put(layers.get(i).info().name(), "layer-" + i);
    }
    List<DomContent> sections = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      sections.add(section(layers.get(i), "layer-" + i));
    }
    List<Fact> counted = new ArrayList<>(facts);
    counted.add(new Fact("Layers shown", Integer.toString(layers.size())));
    counted.add(
        new Fact(
            "Filters", Integer.toString(layers.stream().mapToInt(l -> l.filters().size()).sum())));
    return WebPage.of(
        title,
        WebPage.look() + CSS,
        script(),
        body(
            header(
                    div(
                            p(span().withClass("mark").attr("aria-hidden", "true"), span("interp"))
                                .withClass("brand"),
                            h1(title),
                            p("What each filter looks for, and what of pictures excites it. Choose"
                                    + " a filter to see more: arrow keys go from one to the next,"
                                    + " Enter opens, Escape closes.")
                                .withClass("subtitle"),
                            tiles(counted))
                        .withClass("wrap"))
                .withClass("masthead"),
            main(
                    each(notes, GalleryPage::note),
                    iff(!unreadable.isEmpty(), leftOut()),
                    div(
                            nav(rawHtml(LayerGraph.svg(network, links)))
                                .withClass("map")
                                .withTabindex(0)
                                .attr("aria-label", "Layers"),
                            div(each(sections, s -> s)))
                        .withClass("sheet"))
                .withClass("wrap"),
            footer(
                    div(
                            iff(!provenance.isEmpty(), h2("Provenance")),
                            tiles(provenance),
                            p("What a filter really sees was measured by covering pictures with"
                                    + " noise, in patches of a sixteenth of their side; finer fields"
                                    + " are not told apart.")
                                .withClass("source"),
                            p(
                                "Made with interp. This page holds everything it shows and loads"
                                    + " nothing."))
                        .withClass("wrap"))
                .withClass("foot")));
  }

  private static String script() {
    try (InputStream in = GalleryPage.class.getResourceAsStream("gallery.js")) {
      if (in == null) {
        throw new IllegalStateException(
            "gallery.js is missing beside GalleryPage.class; was the jar repackaged without"
                + " resources?");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read gallery.js", e);
    }
  }

  private static DomContent note(String words) {
    return p(strong("Note "), span(words)).withClass("remark");
  }

  private DomContent leftOut() {
    String count =
        unreadable.size() == 1
            ? "1 picture could not be read and was left out."
            : unreadable.size() + " pictures could not be read and were left out.";
    return details(summary(strong("Warning "), span(count)), ul(each(unreadable, f -> li(f))))
        .withClass("remark warning");
  }

  private static DomContent tiles(List<Fact> facts) {
    return dl(each(facts, f -> div(dt(f.name()), dd(f.value())))).withClass("facts tiles");
  }

  private static DomContent section(GalleryLayer layer, String id) {
    LayerInfo info = layer.info();
    List<Fact> told = new ArrayList<>();
    told.add(new Fact("Maps", shape(info)));
    told.add(new Fact("A unit can see", field(info.receptiveField())));
    layer
        .field()
        .ifPresent(
            side ->
                told.add(
                    new Fact(
                        "It really sees, on average",
                        String.format(Locale.ROOT, "%.0f × %1$.0f px", side))));
    layer
        .semantics()
        .ifPresent(
            s ->
                told.add(
                    new Fact(
                        "Classes within top pictures",
                        String.format(
                            Locale.ROOT,
                            "%.2f bits; random directions %.2f",
                            s.unitMean(),
                            s.directionMean()))));
    List<DomContent> remarks = new ArrayList<>();
    if (layer.dead() > 0) {
      remarks.add(
          note(
              layer.dead()
                  + " of "
                  + layer.filters().size()
                  + " filters are dead: no picture excites them, and none was drawn. They are "
                  + names(layer, GalleryPage::isDead)));
    }
    String unmoved = names(layer, f -> f.drawing() == GalleryFilter.Drawing.DEAD && !isDead(f));
    if (!unmoved.equals(".")) {
      remarks.add(
          note(
              "Pictures excite these filters, but none could be drawn from noise, so that their"
                  + " strongest patch stands for them: "
                  + unmoved));
    }
    long left =
        layer.filters().stream()
            .filter(f -> f.drawing() == GalleryFilter.Drawing.NOT_DRAWN)
            .count();
    if (left > 0) {
      long drawn = layer.filters().size() - left;
      remarks.add(
          note(
              drawn == 0
                  ? "No filter of this layer was drawn by activation maximisation."
                  : "Only the first "
                      + drawn
                      + " filters were drawn by activation maximisation; the others are shown by"
                      + " their strongest patch."));
    }
    int rows = (layer.filters().size() + PER_ROW - 1) / PER_ROW;
    return article(
            header(
                div(h2(info.name())).withClass("heading"),
                p(count(layer.filters().size())).withClass("source")),
            dl(each(told, f -> div(dt(f.name()), dd(f.value())))).withClass("facts tiles"),
            each(remarks, r -> r),
            div(each(layer.filters(), f -> thumbnail(f, id, info)))
                .withClass("filters")
                .withStyle("contain-intrinsic-size:auto " + rows * ROW + "px")
                .attr("role", "group")
                .attr("aria-label", "Filters of " + info.name()),
            each(layer.filters(), f -> detail(f, id, layer)))
        .withClass("card")
        .withId(id);
  }

  private static String count(int filters) {
    return filters == 1 ? "1 filter" : filters + " filters";
  }

  private static boolean isDead(GalleryFilter filter) {
    return filter.silent() && filter.drawing() != GalleryFilter.Drawing.DRAWN;
  }

  private static String names(GalleryLayer layer, Predicate<GalleryFilter> which) {
    return layer.filters().stream()
        .filter(which)
        .map(f -> Integer.toString(f.channel()))
        .collect(Collectors.joining(", ", "", "."));
  }

  private static String shape(LayerInfo info) {
    return info.shape().stream().map(String::valueOf).collect(Collectors.joining(" × "));
  }

  private static String field(ReceptiveField field) {
    return String.format(
        Locale.ROOT, "%s × %s px", size(field.width().size()), size(field.height().size()));
  }

  private static String size(double pixels) {
    return pixels == Math.rint(pixels)
        ? String.format(Locale.ROOT, "%.0f", pixels)
        : String.format(Locale.ROOT, "%.1f", pixels);
  }

  private static DomContent thumbnail(GalleryFilter filter, String id, LayerInfo info) {
    GalleryFilter.Figure seen = filter.thumbnail();
    String label = filter.label().isEmpty() ? "" : ", " + filter.label();
    String name = "Filter " + filter.channel() + " of " + info.name();
    return button(
            seen == null
                ? span("dead").withClass("none")
                : image(seen, name + label + (isDead(filter) ? ", dead" : "")),
            span(filter.label().isEmpty() ? Integer.toString(filter.channel()) : filter.label())
                .attr("aria-hidden", seen == null ? "false" : "true"))
        .withType("button")
        .withClass("filter")
        .withTitle(name + label)
        .attr("popovertarget", id + "-" + filter.channel());
  }

  private static DomContent image(GalleryFilter.Figure seen, String alt) {
    return img()
        .withSrc(seen.address())
        .withAlt(alt)
        .withWidth(Integer.toString(seen.width()))
        .withHeight(Integer.toString(seen.height()))
        .attr("loading", "lazy")
        .attr("decoding", "async");
  }

  private static DomContent detail(GalleryFilter filter, String id, GalleryLayer layer) {
    String own = id + "-" + filter.channel();
    List<Fact> told = new ArrayList<>();
    if (!filter.label().isEmpty()) {
      told.add(new Fact("Label", filter.label()));
    }
    if (!filter.shots().isEmpty()) {
      told.add(
          new Fact(
              "Largest activation",
              String.format(Locale.ROOT, "%.3g", filter.shots().get(0).activation())));
    }
    filter
        .value()
        .ifPresent(
            v -> told.add(new Fact("Mean when drawn", String.format(Locale.ROOT, "%.3g", v))));
    told.add(new Fact("Can see", field(layer.info().receptiveField())));
    told.add(
        new Fact(
            "Really sees",
            filter.field().isPresent()
                ? String.format(Locale.ROOT, "%.0f × %1$.0f px", filter.field().getAsDouble())
                : "not measured"));
    String state =
        switch (filter.drawing()) {
          case DRAWN -> "";
          case DEAD -> "Nothing that was done to a picture moved this filter, so none is drawn.";
          case NOT_DRAWN -> "Not drawn by activation maximisation.";
        };
    return div(
            header(
                h3(layer.info().name() + ", filter " + filter.channel()).withId(own + "-title"),
                button("Close")
                    .withType("button")
                    .withClass("close")
                    .attr("popovertarget", own)
                    .attr("popovertargetaction", "hide")),
            iff(!state.isEmpty(), note(state)),
            iff(filter.silent(), note("No picture excites this filter.")),
            div(each(filter.figures(), f -> figure(image(f, f.alt()), figcaption(f.caption()))))
                .withClass("figures"),
            dl(each(told, f -> div(dt(f.name()), dd(f.value())))).withClass("facts tiles"))
        .withId(own)
        .withClass("detail")
        .attr("popover", "auto")
        .attr("role", "dialog")
        .attr("aria-labelledby", own + "-title");
  }
}
