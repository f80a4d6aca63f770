package dev.interp.visual.report;

import static j2html.TagCreator.a;
import static j2html.TagCreator.article;
import static j2html.TagCreator.body;
import static j2html.TagCreator.caption;
import static j2html.TagCreator.dd;
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
import static j2html.TagCreator.li;
import static j2html.TagCreator.main;
import static j2html.TagCreator.nav;
import static j2html.TagCreator.ol;
import static j2html.TagCreator.p;
import static j2html.TagCreator.section;
import static j2html.TagCreator.span;
import static j2html.TagCreator.strong;
import static j2html.TagCreator.table;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.tr;
import static j2html.TagCreator.ul;

import dev.interp.visual.render.Tick;
import j2html.tags.DomContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The HTML of a {@link Report}. */
final class Page {
  private static final int FEWEST_CARDS_WITH_CONTENTS = 3;

  /** Pictures narrower than this are shown with square pixels instead of a blur. */
  private static final int SMALL = 96;

  private Page() {}

  static String of(Report report) {
    return WebPage.of(
        report.title(),
        WebPage.look(),
        body(
            a("Skip to the results").withHref("#main").withClass("skip"),
            masthead(report),
            main(
                    iff(
                        report.input() != null || !report.predictions().isEmpty(),
                        overview(report)),
                    iff(
                        report.cards().size() >= FEWEST_CARDS_WITH_CONTENTS,
                        contents(report.cards())),
                    all(cards(report.cards())))
                .withId("main")
                .withClass("wrap"),
            foot(report)));
  }

  private static DomContent all(List<DomContent> contents) {
    return each(contents, content -> content);
  }

  private static DomContent masthead(Report report) {
    return header(
            div(
                    p(span().withClass("mark").attr("aria-hidden", "true"), span("interp"))
                        .withClass("brand"),
                    h1(report.title()),
                    iff(!report.subtitle().isBlank(), p(report.subtitle()).withClass("subtitle")),
                    facts(report.facts(), "tiles"))
                .withClass("wrap"))
        .withClass("masthead");
  }

  private static DomContent overview(Report report) {
    List<DomContent> panels = new ArrayList<>();
    Picture input = report.input();
    if (input != null) {
      panels.add(
          section(h2("Input").withId("input"), picture(input))
              .withClass("panel")
              .attr("aria-labelledby", "input"));
    }
    if (!report.predictions().isEmpty()) {
      panels.add(
          section(
                  h2("Prediction").withId("prediction"),
                  div(span("Class"), span("Logit"), span("Probability"))
                      .withClass("columns")
                      .attr("aria-hidden", "true"),
                  ol(each(report.predictions(), Page::prediction)).withClass("predictions"))
              .withClass("panel")
              .attr("aria-labelledby", "prediction"));
    }
    return div(all(panels)).withClass(panels.size() == 2 ? "overview two" : "overview");
  }

  private static DomContent prediction(Prediction prediction) {
    return li(
        span(span(prediction.label()), span(" #" + prediction.index()).withClass("index"))
            .withClass("label"),
        span(span("logit ").withClass("unseen"), span(logit(prediction.logit())))
            .withClass("logit"),
        span(percent(prediction.probability())).withClass("percent"),
        span(span()
                .withStyle(
                    String.format(Locale.ROOT, "width:%.2f%%", 100 * prediction.probability())))
            .withClass("bar")
            .attr("aria-hidden", "true"));
  }

  private static String logit(double logit) {
    return Double.isNaN(logit)
        ? "–"
        : String.format(Locale.ROOT, "%.2f", logit).replace('-', '\u2212');
  }

  /** Never 0 % or 100 % for what is neither. */
  private static String percent(double probability) {
    double percent = 100 * probability;
    if (percent > 0 && percent < 0.05) {
      return "< 0.1 %";
    }
    if (percent < 100 && percent >= 99.95) {
      return "> 99.9 %";
    }
    return String.format(Locale.ROOT, "%.1f %%", percent);
  }

  private static DomContent contents(List<Card> cards) {
    List<DomContent> links = new ArrayList<>();
    for (int i = 0; i < cards.size(); i++) {
      links.add(li(a(cards.get(i).title()).withHref("#card-" + (i + 1))));
    }
    return nav(ul(all(links))).withClass("contents").attr("aria-label", "Results on this page");
  }

  private static List<DomContent> cards(List<Card> cards) {
    List<DomContent> articles = new ArrayList<>();
    for (int i = 0; i < cards.size(); i++) {
      articles.add(card(cards.get(i), "card-" + (i + 1)));
    }
    return articles;
  }

  private static DomContent card(Card card, String id) {
    boolean seen = !card.pictures().isEmpty() || !card.legends().isEmpty();
    boolean told = !card.facts().isEmpty() || !card.settings().isEmpty();
    List<DomContent> parts = new ArrayList<>();
    parts.add(
        header(
            div(
                    h2(card.title()).withId(id + "-title"),
                    iff(
                        !card.badges().isEmpty(),
                        ul(each(card.badges(), badge -> li(badge))).withClass("badges")))
                .withClass("heading"),
            iff(!card.description().isBlank(), p(card.description()).withClass("description")),
            iff(!card.source().isBlank(), p(card.source()).withClass("source"))));
    for (String warning : card.warnings()) {
      parts.add(p(strong("Warning "), span(warning)).withClass("remark warning"));
    }
    if (seen || told) {
      List<DomContent> sides = new ArrayList<>();
      if (seen) {
        sides.add(
            div(
                    div(each(card.pictures(), Page::picture))
                        .withClass("pictures of" + Math.min(4, card.pictures().size())),
                    each(card.legends(), Page::legend))
                .withClass("seen"));
      }
      if (told) {
        sides.add(
            div(
                    facts(card.facts(), "rows"),
                    iff(!card.settings().isEmpty(), h3("Settings")),
                    facts(card.settings(), "rows"))
                .withClass("told"));
      }
      String shape = card.pictures().size() > 2 ? "sides stacked" : "sides";
      parts.add(div(all(sides)).withClass(seen && told ? shape : "alone"));
    }
    card.tables().forEach(table -> parts.add(numbers(table)));
    for (String note : card.notes()) {
      parts.add(p(strong("Note "), span(note)).withClass("remark"));
    }
    return article(all(parts)).withId(id).withClass("card").attr("aria-labelledby", id + "-title");
  }

  /** Wide tables scroll within their card, by keyboard too. */
  private static DomContent numbers(Table numbers) {
    return div(table(
            caption(numbers.caption()),
            thead(tr(each(numbers.columns(), c -> th(c).attr("scope", "col")))),
            tbody(each(numbers.rows(), Page::row))))
        .withClass("numbers")
        .withTabindex(0)
        .attr("role", "region")
        .attr("aria-label", numbers.caption());
  }

  private static DomContent row(List<String> cells) {
    return tr(
        th(cells.get(0)).attr("scope", "row"), each(cells.subList(1, cells.size()), c -> td(c)));
  }

  private static DomContent facts(List<Fact> facts, String kind) {
    return iff(
        !facts.isEmpty(),
        dl(each(facts, fact -> div(dt(fact.name()), dd(fact.value())))).withClass("facts " + kind));
  }

  private static DomContent picture(Picture picture) {
    return figure(
        WebPage.image(picture.image(), picture.alt())
            .withCondClass(picture.image().getWidth() < SMALL, "small"),
        iff(!picture.caption().isBlank(), figcaption(picture.caption())));
  }

  private static DomContent legend(Legend legend) {
    List<DomContent> ticks = new ArrayList<>();
    for (Tick tick : legend.ticks()) {
      ticks.add(
          span(tick.text())
              .withStyle(
                  String.format(
                      Locale.ROOT,
                      "left:%1$.2f%%;transform:translateX(-%1$.2f%%)",
                      100 * tick.position())));
    }
    return figure(
            WebPage.image(
                legend.bar(),
                legend.ticks().stream()
                    .map(Tick::text)
                    .collect(Collectors.joining(" to ", "Colour bar: ", ""))),
            div(all(ticks)).withClass("ticks"),
            figcaption(legend.label()))
        .withClass("legend");
  }

  private static DomContent foot(Report report) {
    return footer(
            div(
                    iff(!report.footer().isEmpty(), h2("Provenance")),
                    facts(report.footer(), "tiles"),
                    p("Made with interp. This page holds everything it shows and loads nothing."))
                .withClass("wrap"))
        .withClass("foot");
  }
}
