package dev.interp.disentangle.tree;

import static j2html.TagCreator.a;
import static j2html.TagCreator.body;
import static j2html.TagCreator.details;
import static j2html.TagCreator.div;
import static j2html.TagCreator.each;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.h3;
import static j2html.TagCreator.iff;
import static j2html.TagCreator.li;
import static j2html.TagCreator.main;
import static j2html.TagCreator.nav;
import static j2html.TagCreator.ol;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.section;
import static j2html.TagCreator.span;
import static j2html.TagCreator.summary;
import static j2html.TagCreator.ul;

import dev.interp.disentangle.dissect.Pictures;
import dev.interp.visual.report.WebPage;
import j2html.tags.DomContent;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A tree to walk through in a browser: nodes open to show what they were merged of, and every
 * picture leads to its parse tree, with what each part adds at every level. One file that runs no
 * script and loads nothing; each picture is in it once.
 */
public final class TreePage {
  private static final int THUMB = 72;
  private static final int SHOWN = 6;
  private static final String CSS =
      """
      :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
      body{margin:0 auto;max-width:72rem;padding:1rem}
      ul{list-style:none;padding-left:1.2rem;border-left:2px solid #8884;margin:.3rem 0}
      summary,.leaf{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem;padding:.2rem 0;cursor:pointer}
      summary::before{content:"+";font-weight:700;width:1ch}details[open]>summary::before{content:"\\2212"}
      .t{display:inline-block;width:48px;height:48px;background-size:100% 100%;border-radius:4px}
      .large{width:128px;height:128px}.soft{opacity:.75;font-size:.9rem}
      .bar{display:inline-flex;width:13rem;height:.8rem;border-radius:3px;overflow:hidden;background:#8883}
      .bar span{height:100%;print-color-adjust:exact}
      .key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding:0;border:0}
      .key i{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem;border-radius:2px}
      .pictures{display:flex;flex-wrap:wrap;gap:4px}
      .one{display:none;border:1px solid #8886;border-radius:10px;padding:1rem;margin:1rem 0}
      .one:target{display:block}a{color:inherit}:focus-visible{outline:3px solid #2b59d9}
      """;

  private final TreeExport export;
  private final DecisionTree tree;
  private final Pictures pictures;

  private TreePage(TreeExport export, Pictures pictures) {
    this.export = export;
    this.tree = export.tree();
    this.pictures = pictures;
  }

  /**
   * The page of a tree.
   *
   * @param tree the tree
   * @param parts of the filters; without them no bars are shown
   * @param pictures the pictures that the tree was grown of
   * @return an HTML document; the same tree gives the same text
   */
  public static String of(DecisionTree tree, Optional<PartAssignment> parts, Pictures pictures) {
    return new TreePage(new TreeExport(tree, parts), pictures).page();
  }

  private String page() {
    StringBuilder css = new StringBuilder(CSS);
    for (Rationale one : tree.rationales().all()) {
      css.append(".p")
          .append(one.picture())
          .append("{background-image:url(")
          .append(WebPage.address(thumbnail(one.picture())))
          .append(")}\n");
    }
    List<DomContent> all = new ArrayList<>();
    List<DomContent> thumbs = new ArrayList<>();
    for (int i = 0; i < tree.rationales().all().size(); i++) {
      all.add(picture(i));
      thumbs.add(thumb(i));
    }
    return WebPage.of(
        "Decision tree",
        css.toString(),
        body(
            main(
                h1("Decision tree of layer " + tree.rationales().layer()),
                p(
                    count(tree.rationales().all().size(), "picture")
                        + ", "
                        + count(tree.modes().size(), "decision mode")
                        + ", "
                        + count(tree.depth(), "level")
                        + ". Open a node to see what it was merged of; click a picture for"
                        + " its parse tree."),
                iff(export.parts().isPresent(), key()),
                section(each(all, one -> one)),
                h2("Modes"),
                ul(each(tree.modes(), mode -> li(node(mode)))),
                h2("Pictures"),
                nav(each(thumbs, one -> one)).withClass("pictures"))));
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private DomContent key() {
    List<DomContent> entries = new ArrayList<>();
    List<String> names = export.parts().map(PartAssignment::parts).orElse(List.of());
    for (int part = 0; part < names.size(); part++) {
      entries.add(
          li(
              rawHtml("<i style=\"background:" + PartColours.hex(part) + "\"></i>"),
              span(names.get(part))));
    }
    return ul(each(entries, e -> e)).withClass("key");
  }

  private DomContent node(TreeNode node) {
    List<DomContent> line = new ArrayList<>();
    int count = node.members().size();
    for (int i = 0; i < Math.min(SHOWN, count); i++) {
      line.add(thumb(node.members().get(i * count / Math.min(SHOWN, count))));
    }
    line.add(bar(export.partsOf(node)));
    if (node.isLeaf()) {
      return div(each(line, l -> l)).withClass("leaf");
    }
    line.add(
        span(String.format(Locale.ROOT, "%d pictures, gain %.3f", count, node.gain()))
            .withClass("soft"));
    return details(
        summary(each(line, l -> l)),
        ul(each(node.children(), child -> li(node(tree.nodes().get(child))))));
  }

  private DomContent thumb(int rationale) {
    int index = tree.rationales().all().get(rationale).picture();
    return a().withHref("#picture-" + index)
        .withClass("t p" + index)
        .attr("aria-label", "Picture " + index)
        .withTitle("picture " + index);
  }

  /** The parse tree of a picture, from the second level to its leaf. */
  private DomContent picture(int rationale) {
    Rationale one = tree.rationales().all().get(rationale);
    List<DomContent> levels = new ArrayList<>();
    List<TreeNode> path = tree.path(rationale);
    for (int level = 1; level < path.size(); level++) {
      TreeNode node = path.get(level);
      double[] own =
          export
              .parts()
              .map(parts -> parts.contributions(node.contributions(one)))
              .orElse(new double[0]);
      levels.add(
          li(
              bar(own),
              span(String.format(
                      Locale.ROOT,
                      " %s: score %.3f of %.3f%s",
                      node.isLeaf()
                          ? "this picture alone"
                          : "with " + node.members().size() + " pictures",
                      node.score(one),
                      one.score(),
                      words(own)))
                  .withClass("soft")));
    }
    return section(
            h3("Picture " + one.picture()),
            div().withClass("t large p" + one.picture()),
            p("What explains its score, from the mode it shares with others down to itself:"),
            ol(each(levels, l -> l)))
        .withId("picture-" + one.picture())
        .withClass("one");
  }

  private String words(double[] own) {
    StringBuilder words = new StringBuilder();
    for (int part = 0; part < own.length; part++) {
      words.append(
          String.format(
              Locale.ROOT,
              "%s%s %+.3f",
              part == 0 ? "; " : ", ",
              export.parts().orElseThrow().parts().get(part),
              own[part]));
    }
    return words.toString();
  }

  private static DomContent bar(double[] parts) {
    double total = 0;
    for (double value : parts) {
      total += Math.max(0, value);
    }
    List<DomContent> pieces = new ArrayList<>();
    for (int part = 0; part < parts.length && total > 0; part++) {
      pieces.add(
          span()
              .withStyle(
                  String.format(
                      Locale.ROOT,
                      "width:%.2f%%;background:%s",
                      100 * Math.max(0, parts[part]) / total,
                      PartColours.hex(part))));
    }
    return iff(parts.length > 0, span(each(pieces, piece -> piece)).withClass("bar"));
  }

  private BufferedImage thumbnail(int index) {
    BufferedImage small = new BufferedImage(THUMB, THUMB, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = small.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.drawImage(pictures.data().get(index).image().toBufferedImage(), 0, 0, THUMB, THUMB, null);
    g.dispose();
    return small;
  }
}
