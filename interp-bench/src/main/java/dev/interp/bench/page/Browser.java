package dev.interp.bench.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A headless Chromium with a page in it, driven by the DevTools protocol: keys are pressed as a
 * person presses them. It has a profile of its own, which goes when it is closed, and finds no
 * other machine. Not safe for concurrent use.
 */
public final class Browser implements AutoCloseable {
  private static final long PATIENCE = 60;
  private static final int WAIT = 50;
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "chrome");

  /** What keys are called, and their codes. */
  private static final Map<String, Integer> KEYS =
      Map.of(
          "Tab",
          9,
          "Enter",
          13,
          "Escape",
          27,
          "End",
          35,
          "Home",
          36,
          "ArrowLeft",
          37,
          "ArrowUp",
          38,
          "ArrowRight",
          39,
          "ArrowDown",
          40);

  private final ObjectMapper mapper = new ObjectMapper();
  private final Process process;
  private final Path profile;
  private final WebSocket socket;
  private final AtomicInteger last = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> console = new CopyOnWriteArrayList<>();
  private volatile CountDownLatch loaded = new CountDownLatch(0);

  private Browser(Process process, Path profile, HttpClient client, URI page) {
    this.process = process;
    this.profile = profile;
    this.socket = client.newWebSocketBuilder().buildAsync(page, new Listener()).join();
  }

  /**
   * Looks for a browser.
   *
   * @return the first of Chromium and Chrome on the search path of programs; empty if there is none
   */
  public static Optional<Path> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return NAMES.stream()
        .flatMap(
            name ->
                Stream.of(path.split(File.pathSeparator, -1)).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts a browser with an empty page.
   *
   * @param program from {@link #find}
   * @return the browser; close it
   * @throws IOException if it does not start within a minute
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  public static Browser start(Path program) throws IOException, InterruptedException {
    Path profile = Files.createTempDirectory("browser");
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      HttpClient client = HttpClient.newHttpClient();
      Browser browser = new Browser(process, profile, client, page(client, process, profile));
      for (String domain : List.of("Page", "Network", "Runtime", "Log")) {
        browser.call(domain + ".enable", Map.of());
      }
      return browser;
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Where the page listens, which the browser writes into its profile. */
  private static URI page(HttpClient client, Process process, Path profile)
      throws IOException, InterruptedException {
    Path file = profile.resolve("DevToolsActivePort");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
    while (System.nanoTime() < end && process.isAlive()) {
      if (Files.exists(file) && Files.size(file) > 0) {
        String port = Files.readAllLines(file).get(0);
        HttpRequest list =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
        String text = client.send(list, HttpResponse.BodyHandlers.ofString()).body();
        for (JsonNode target : new ObjectMapper().readTree(text)) {
          if (target.path("type").asText().equals("page")) {
            return URI.create(target.get("webSocketDebuggerUrl").asText());
          }
        }
      }
      Thread.sleep(WAIT);
    }
    throw new IOException("the browser did not open a page within " + PATIENCE + " s");
  }

  /** Gathers answers and events. */
  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
      text.append(data);
      if (isLast) {
        try {
          take(mapper.readTree(text.toString()));
        } catch (IOException e) {
          console.add("not JSON: " + e.getMessage());
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private void take(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = waiting.remove(message.get("id").asInt());
      if (answer != null) {
        answer.complete(message);
      }
      return;
    }
    JsonNode event = message.path("params");
    switch (message.path("method").asText()) {
      case "Page.loadEventFired" -> loaded.countDown();
      case "Network.requestWillBeSent" -> requests.add(event.at("/request/url").asText());
      case "Runtime.consoleAPICalled" -> console.add(event.path("args").toString());
      case "Runtime.exceptionThrown" -> console.add(event.path("exceptionDetails").toString());
      case "Log.entryAdded" -> console.add(event.at("/entry/text").asText());
      default -> {}
    }
  }

  private JsonNode call(String method, Map<String, ?> parameters) throws IOException {
    int id = last.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    ObjectNode message = mapper.createObjectNode();
    message.put("id", id);
    message.put("method", method);
    message.set("params", mapper.valueToTree(parameters));
    socket.sendText(message.toString(), true).join();
    try {
      JsonNode all = answer.get(PATIENCE, TimeUnit.SECONDS);
      if (all.has("error")) {
        throw new IOException(method + ": " + all.at("/error/message").asText());
      }
      return all.path("result");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the browser did " + method, e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the browser did not do " + method + " within " + PATIENCE + " s", e);
    }
  }

  /**
   * Opens a page and waits until all of it is there. What was asked for and told before is
   * forgotten.
   *
   * @param page a file
   * @throws IOException if that takes more than a minute
   */
  public void open(Path page) throws IOException {
    requests.clear();
    console.clear();
    loaded = new CountDownLatch(1);
    call("Page.navigate", Map.of("url", page.toUri().toString()));
    try {
      if (!loaded.await(PATIENCE, TimeUnit.SECONDS)) {
        throw new IOException(page + " was not there within " + PATIENCE + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + page + " was opened", e);
    }
  }

  /**
   * Sets how a page is seen.
   *
   * @param width of the window in pixels
   * @param height of the window
   * @param isDark whether dark colours are preferred
   * @throws IOException if the browser fails
   */
  public void see(int width, int height, boolean isDark) throws IOException {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    call(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", isDark ? "dark" : "light"))));
  }

  /**
   * What an expression of JavaScript gives on the page.
   *
   * @param expression its value, or what it promises, must be JSON
   * @return the value
   * @throws IOException if the browser fails or the expression throws
   */
  public JsonNode evaluate(String expression) throws IOException {
    JsonNode result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (result.has("exceptionDetails")) {
      throw new IOException(expression + ": " + result.get("exceptionDetails"));
    }
    return result.at("/result/value");
  }

  /**
   * Presses and releases keys.
   *
   * @param keys as {@code KeyboardEvent.key} calls them: Tab, Enter, Escape, Home, End and arrows
   * @throws IOException if the browser fails
   */
  public void press(String... keys) throws IOException {
    for (String key : keys) {
      Integer code = KEYS.get(key);
      if (code == null) {
        throw new IllegalArgumentException("keys are " + KEYS.keySet() + ", not " + key);
      }
      for (String type : List.of("keyDown", "keyUp")) {
        call(
            "Input.dispatchKeyEvent",
            Map.of(
                "type",
                type,
                "key",
                key,
                "code",
                key,
                "windowsVirtualKeyCode",
                code,
                "text",
                key.equals("Enter") && type.equals("keyDown") ? "\r" : ""));
      }
    }
  }

  /**
   * What is seen.
   *
   * @return a PNG file
   * @throws IOException if the browser fails
   */
  public byte[] screenshot() throws IOException {
    JsonNode result = call("Page.captureScreenshot", Map.of("format", "png"));
    return Base64.getDecoder().decode(result.get("data").asText());
  }

  /**
   * What the page asked for since it was opened, without what lies in itself.
   *
   * @return addresses, that of the page first
   */
  public List<String> requests() {
    return requests.stream().filter(address -> !address.startsWith("data:")).toList();
  }

  /**
   * What was written to the console, warnings and errors of the browser among it.
   *
   * @return in order
   */
  public List<String> console() {
    return List.copyOf(console);
  }

  @Override
  public void close() throws IOException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    // They write into the profile until they are gone.
    children.forEach(ProcessHandle::destroyForcibly);
    children.forEach(child -> child.onExit().orTimeout(PATIENCE, TimeUnit.SECONDS).join());
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(profile)) {
      all.sorted(Comparator.reverseOrder()).forEach(files::add);
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
