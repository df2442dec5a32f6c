// What `looking.py` asks of a page; it is there on every page before anything else.
window.looking = {
  // All that is wrong as the page stands now. Axe is "closed", "thrifty" or "thorough".
  async at(leastTarget, leastContrast, axe) {
    const found = [...looking.byMeasure(leastTarget), ...looking.byEdges(leastContrast)];
    return axe === "closed" ? found : [...found, ...(await looking.byAxe(axe === "thrifty"))];
  },

  // What axe finds: the rule that is broken, and the first place where it is. Reckoning the contrast of words takes
  // most of its time, so with `thrifty` that is done for one of many that are styled alike.
  async byAxe(thrifty) {
    if (thrifty) markRepeated();
    const reckoned = thrifty ? "*:not([data-repeated])" : "*";
    axe.configure({ rules: [{ id: "color-contrast", selector: reckoned }] });
    const { violations } = await axe.run(document, { resultTypes: ["violations"], iframes: false });
    return violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
  },

  // What is wider than the window, and what is to be tapped and is too small; links within a sentence aside.
  byMeasure(least) {
    const found = [];
    if (document.documentElement.scrollWidth > window.innerWidth) found.push("scrolls sideways");
    for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
      if (one.type === "hidden" || !isSeen(one) || isInSentence(one)) continue;
      const { height, width } = targetOf(one).getBoundingClientRect();
      if (Math.round(height) < least || Math.round(width) < Math.min(least, 44)) {
        found.push(`${Math.round(width)} by ${Math.round(height)} px: ${briefly(one)}`);
      }
    }
    return found;
  },

  // Fields and buttons whose edge stands out too little from what is around them (WCAG 1.4.11).
  byEdges(least) {
    return [...document.querySelectorAll("input:not([type=hidden], .box), select, textarea, .chip, .button")]
      .filter((one) => one.checkVisibility() && !one.closest(".chip input") && !one.matches(".button--quiet"))
      .map((one) => [contrast(rgb(getComputedStyle(one).borderTopColor), ground(one)), one])
      .filter(([found]) => found < least)
      .map(([found, one]) => `edge of ${found.toFixed(1)}: ${briefly(one)}`);
  },

  // Forms into which something is typed: their place on the page, and where they post to.
  typedForms() {
    const isTyped = (one) => !one.readOnly && one.matches("textarea, input:not([type=hidden], [type=radio], [type=checkbox])");
    return [...document.querySelectorAll("main form[method=post]")]
      .map((form, at) => [at, new URL(form.getAttribute("action") || "", location.href).pathname, form])
      .filter(([, , form]) => [...form.elements].some(isTyped))
      .map(([at, path]) => [at, path]);
  },

  // Sent by its main button as nobody would: what is needed left empty, numbers below nothing, no box ticked.
  sendBadly(at) {
    const form = document.querySelectorAll("main form[method=post]")[at];
    const bad = { number: "-7", email: "x", tel: "x", url: "x" };
    for (const one of form.elements) {
      if (one.readOnly || one.matches("button, select, [type=hidden], [type=file]")) continue;
      if (one.matches("[type=checkbox], [type=radio]")) one.checked = false;
      else one.value = /numeric|decimal/.test(one.inputMode) ? "-7" : bad[one.type] || "";
    }
    const main = form.querySelector("[data-send], .button--primary");
    if (main?.name) form.append(Object.assign(document.createElement("input"), { name: main.name, value: main.value }));
    HTMLFormElement.prototype.submit.call(form);
  },
  // Words that are cut off, and a page wider than the window.
  byOverflow() {
    const isWide = document.documentElement.scrollWidth > window.innerWidth ? ["scrolls sideways"] : [];
    const cut = [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility() && isCut(one));
    return [...isWide, ...cut.map((one) => `cut off: ${briefly(one)}`)];
  },

  // On paper: no navigation, no dark ground, nothing beyond the edge.
  byPrint() {
    const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    const found = shown(".top, .strip-note, .actions, .handout-bar, .send-bar").map((one) => `printed: ${briefly(one)}`);
    if (document.documentElement.scrollWidth > window.innerWidth) found.push("wider than the paper");
    for (const one of shown("main p, main dd, main dt, main td, main h1, main h2")) {
      if (luminance(rgb(getComputedStyle(one).color)) > 0.2) found.push(`too pale for paper: ${briefly(one)}`);
    }
    return found;
  },

  // Tab begins at the top, and every element it comes to is marked.
  beginTabbing() {
    for (const one of document.querySelectorAll("[autofocus]")) one.blur();
    document.activeElement?.blur();
    scrollTo(0, 0);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  },

  // What is wrong where the focus is now; null once it has left the page or come round. A date has several stops.
  whereTabbed() {
    const one = document.activeElement;
    if (one?.dataset.tabbed && one === looking.lastTabbed) return [];
    if (!one || one === document.body || one.dataset.tabbed) return null;
    looking.lastTabbed = one;
    one.dataset.tabbed = "yes";
    const ring = getComputedStyle(one.closest(".chip") ?? one);
    const found = ring.outlineStyle === "none" || parseFloat(ring.outlineWidth) < 2 ? [`no ring: ${briefly(one)}`] : [];
    const bar = [...document.querySelectorAll(".send-bars, .send-bar")].find((it) => getComputedStyle(it).position === "sticky");
    const isUnder = bar && !bar.contains(one) && one.getBoundingClientRect().top >= bar.getBoundingClientRect().top
      && one.getBoundingClientRect().bottom <= bar.getBoundingClientRect().bottom;
    if (isUnder) found.push(`hidden under the bar: ${briefly(one)}`);
    return found;
  },

  notTabbedTo() {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
    return all.filter((one) => !one.dataset.tabbed && !one.disabled && one.checkVisibility() && !isRestOfGroup(one))
      .map((one) => `Tab never comes to ${briefly(one)}`);
  },
};

// What styles can tell apart, from the body down.
const STYLED_BY = ["class", "aria-current", "aria-invalid", "aria-disabled", "disabled", "data-mark", "open", "type"];
function markRepeated() {
  const seen = new Set();
  const walk = (one, path) => {
    const own = `${path}>${one.tagName}${STYLED_BY.map((name) => one.getAttribute(name) ?? "").join("|")}`;
    one.toggleAttribute("data-repeated", !one.firstElementChild && seen.has(own));
    seen.add(own);
    for (const child of one.children) walk(child, own);
  };
  walk(document.body, "");
}

const briefly = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 120);
const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden, .skip");
const targetOf = (one) => (one.matches("[type=radio], [type=checkbox]") && one.closest(".chip, .choice")) || one;
const isInSentence = (one) => one.matches("a") && getComputedStyle(one).display === "inline"
  && [...one.parentElement.childNodes].some((node) => node !== one && node.nodeType === 3 && node.data.trim());

const isRestOfGroup = (one) => one.tabIndex < 0
  || (one.type === "radio" && [...document.getElementsByName(one.name)].some((other) => other.dataset.tabbed));
const isCut = (one) => /hidden|clip/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).textOverflow !== "ellipsis" && !one.matches(".visually-hidden, .clamp, input");

const canvas = () => (canvas.kept ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
function rgb(color) {
  canvas().clearRect(0, 0, 1, 1);
  canvas().fillStyle = color;
  canvas().fillRect(0, 0, 1, 1);
  return [...canvas().getImageData(0, 0, 1, 1).data];
}
function ground(one) {
  for (let around = one.parentElement; around; around = around.parentElement) {
    const color = rgb(getComputedStyle(around).backgroundColor);
    if (color[3] === 255) return color;
  }
  return [255, 255, 255];
}
function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
