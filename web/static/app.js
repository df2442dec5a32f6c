// What script adds to pages that work without it: fragments instead of whole pages, a few keys, a text counter,
// and two clocks. Names of the attributes it reads begin with data-.
"use strict";

const byId = (id) => document.getElementById(id);
const FRAGMENT_HEADER = { "X-Homestretch-Fragment": "1" };
document.documentElement.classList.add("js");

// ---- Fragments: one request at a time; a newer one waits, and what a person asked for outranks what typing did.
// A button that takes words along (data-takes) empties their field at once, and each such press has its turn: who
// types three exercises faster than the line answers gets all three.
let running = null;
let waiting = [];
let typing = 0;
// How often a draft was typed in, as of the last save that went through, and where to when it has.
let typed = 0;
let saved = 0;
let leaving = null;
let shownPath = location.pathname;
const typedMeanwhile = new Map();

function enqueue(form, submitter, live) {
  if (!form.dataset.fragment || !form.isConnected) return;
  const job = { form, submitter, live, taken: take(submitter) };
  if (!running) return run(job);
  if (submitter && submitter === running.submitter && !job.taken) return; // a double tap
  if (!live) waiting = [...waiting.filter((one) => one.taken), job];
  else if (waiting.every((one) => one.live)) waiting = [job];
}

function take(submitter) {
  const field = submitter && byId(submitter.dataset.takes);
  if (!field || !field.value) return null;
  const taken = { id: field.id, name: field.name, value: field.value };
  clearTimeout(typing);
  field.value = "";
  typedMeanwhile.delete(field.id);
  return taken;
}

async function run(job) {
  const form = byId(job.form.id) || job.form;
  running = job;
  typedMeanwhile.clear();
  const field = job.taken && byId(job.taken.id);
  if (field && field.value) typedMeanwhile.set(field.id, field.value);
  form.setAttribute("aria-busy", "true");
  const before = typed;
  try {
    await show(await ask(form, job), form, job);
    if ("autosave" in form.dataset) saved = before;
  } catch {
    leaving = null;
    if (field && field.isConnected && !field.value) field.value = job.taken.value;
    say("Not sent: no connection. Nothing is lost, try again.");
  }
  (byId(form.id) || form).removeAttribute("aria-busy");
  running = null;
  if (waiting.length) return run(waiting.shift());
  const go = leaving;
  leaving = null;
  if (go) go();
}

function ask(form, { submitter, live, taken }) {
  if (form.matches("a")) return history.replaceState(null, "", form.href), fetch(form.href, { headers: FRAGMENT_HEADER });
  const data = new FormData(form);
  if (taken) data.set(taken.name, taken.value);
  if (live) data.set("live", live);
  if (submitter && submitter.name) data.set(submitter.name, submitter.value);
  const url = new URL((submitter && submitter.getAttribute("formaction")) || form.getAttribute("action") || location.href, location.href);
  if (form.method !== "get") return fetch(url, { method: "POST", body: data, headers: FRAGMENT_HEADER });
  data.delete("live");
  url.search = new URLSearchParams([...data].filter(([, value]) => value !== ""));
  history.replaceState(null, "", url);
  return fetch(url, { headers: FRAGMENT_HEADER });
}

async function show(answer, form, job) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const ids = form.dataset.fragment.split(" ");
  const isHere = !answer.redirected || new URL(answer.url).pathname === location.pathname;
  if (!isHere || !ids.some((id) => page.getElementById(id))) return showPage(page, answer);
  if (answer.redirected) history.replaceState(null, "", answer.url);
  const focused = document.activeElement;
  const selection = focused && /^(text|search|tel|url)$/.test(focused.type) ? [focused.selectionStart, focused.selectionEnd] : null;
  const news = page.querySelector("[data-announce]");
  if (job.live && focused && focused.id && "value" in focused) typedMeanwhile.set(focused.id, focused.value);
  const fresh = [...ids, "flashes"].map((id) => swap(id, page)).filter(Boolean);
  if (page.title) document.title = page.title;
  for (const [id, value] of typedMeanwhile) if (byId(id)) byId(id).value = value;
  refocus(fresh, focused, selection, job.live);
  setUp();
  const notice = byId("flashes");
  if (news) say(news.dataset.announce || news.textContent);
  else if (notice && notice.getBoundingClientRect().bottom < 0) say(notice.textContent);
}

function swap(id, page) {
  const old = byId(id);
  const fresh = page.getElementById(id);
  // What somebody unfolded stays unfolded.
  if (old && fresh) for (const open of old.querySelectorAll("details[id][open]")) fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
  if (old && fresh) old.replaceWith(fresh);
  return old && fresh;
}

function refocus(fresh, before, selection, live) {
  const find = (selector) => fresh.map((part) => (part.matches(selector) ? part : part.querySelector(selector))).find(Boolean);
  const target = (!live && (find(".error-summary") || find("[autofocus]"))) || (before && before.id && byId(before.id)) || (before && before.isConnected && before);
  if (!target || target === document.body) return;
  target.focus();
  if (selection && target.id === before.id) target.setSelectionRange(...selection);
}

// What a head asks for. A page that asks for other things than ours cannot lend us its body: it is loaded whole.
const headOf = (page) =>
  [page.documentElement.lang, ...[...page.head.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => one.getAttribute("href") || one.getAttribute("src"))].join();

function showPage(page, { url, redirected }) {
  if (redirected && headOf(page) !== headOf(document)) {
    forgetWaiting();
    return location.assign(url);
  }
  document.title = page.title;
  document.body.replaceWith(page.body);
  forgetWaiting(); // a field that was being typed in tells of its change even as it goes
  if (url !== location.href) history.pushState(null, "", url);
  shownPath = location.pathname;
  scrollTo(0, 0);
  const mistakes = document.querySelector(".error-summary");
  if (mistakes) mistakes.focus();
  else (byId("main") || document.body).focus({ preventScroll: true }); // what just happened stands above it
  setUp();
}

function forgetWaiting() {
  waiting = [];
  clearTimeout(typing);
  clearTimeout(changing);
}

function say(words) {
  const status = byId("status");
  if (!status) return;
  status.textContent = words.trim();
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (status.textContent = ""), 8000);
}

// A jump to a #place fires popstate too: only a page that showPage left behind is fetched again.
addEventListener("popstate", () => location.pathname === shownPath || location.reload());
document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.fragment || (submitter && "full" in submitter.dataset)) return;
  event.preventDefault();
  enqueue(form, submitter, "");
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fragment]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  enqueue(link, null, "");
});

document.addEventListener("input", ({ target }) => {
  if (target.id && "value" in target && !/^(radio|checkbox)$/.test(target.type)) typedMeanwhile.set(target.id, target.value);
  if (target.dataset.counter) count(target);
  const { form } = target;
  if (!target.dataset.live || !form) return;
  clearTimeout(typing);
  typing = setTimeout(() => enqueue(byId(form.id) || form, null, target.dataset.live), 300);
});
// A draft is saved while it is typed, not only when the field is left: a lock takes nothing.
let changing = 0;
document.addEventListener("input", ({ target }) => {
  const { form } = target;
  if (!form || !("autosave" in form.dataset) || target.dataset.live) return;
  document.querySelector(`[data-prefilled="${target.name}"]`)?.remove();
  typed += 1;
  clearTimeout(changing);
  changing = setTimeout(() => enqueue(byId(form.id) || form, null, "autosave"), 1500);
});
document.addEventListener("change", ({ target }) => {
  if (target.form && "autosave" in target.form.dataset && !target.dataset.live) enqueue(target.form, null, "autosave");
});
// Whoever follows a link or locks the screen while a draft is not saved yet leaves once it is. A page that is closed
// sends it along.
const unsaved = () => typed !== saved && document.querySelector("form[data-autosave]");
function leaveAfterSaving(event, go) {
  if (event.defaultPrevented || !unsaved()) return;
  event.preventDefault();
  leaving = go;
  clearTimeout(changing);
  enqueue(unsaved(), null, "autosave");
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const stays = !link || link.target || link.download || link.getAttribute("href").startsWith("#") || link.dataset.fragment;
  if (!stays && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) leaveAfterSaving(event, () => location.assign(link.href));
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "lock-form") leaveAfterSaving(event, () => event.target.submit());
  if ("autosave" in event.target.dataset) saved = typed;
});
addEventListener("pagehide", () => {
  const form = unsaved();
  if (!form) return;
  const data = new FormData(form);
  data.set("live", "autosave");
  navigator.sendBeacon(form.getAttribute("action") || location.href, data);
});

// ---- A file that is too large is told of at its field and not sent: some servers end at its size without a word.
const isTooLarge = ({ files, dataset }) => [...files].some((file) => file.size > Number(dataset.largest));
document.addEventListener("change", ({ target }) => target.dataset.largest && tellSize(target));
document.addEventListener("submit", (event) => {
  const field = [...event.target.elements].find((one) => one.dataset.largest && isTooLarge(one));
  if (!field) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tellSize(field);
  field.focus();
}, true);

function tellSize(field) {
  const id = `${field.id}-error`;
  byId(id)?.remove();
  const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
  if (isTooLarge(field)) {
    const error = Object.assign(document.createElement("span"), { id, className: "field-error" });
    const before = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: "Error: " });
    error.append(before, field.dataset.tooLarge);
    field.before(error);
    field.setAttribute("aria-invalid", "true");
    described.push(id);
    say(field.dataset.tooLarge);
  } else field.removeAttribute("aria-invalid");
  field.setAttribute("aria-describedby", described.join(" "));
}

// ---- Text counter. One text holds 160 plain characters, 70 as soon as one of them is not in the phone alphabet.
const PLAIN = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]$/;
const DOUBLE = /^[\f^{}\\[~\]|€]$/;

function count(area) {
  const output = byId(area.dataset.counter);
  if (!output) return;
  const characters = [...area.value.replace(/\r\n/g, "\n")];
  const odd = characters.find((one) => !PLAIN.test(one) && !DOUBLE.test(one));
  const doubled = odd ? area.value.length - characters.length : characters.filter((one) => DOUBLE.test(one)).length;
  const size = Number(area.dataset.before || 0) + characters.length + doubled;
  const [single, each] = odd ? [70, 67] : [160, 153];
  const parts = size <= single ? 1 : Math.ceil(size / each);
  const room = parts === 1 ? single : parts * each;
  output.textContent = `${parts} ${parts === 1 ? "text" : "texts"}, ${size} of ${room}${odd ? `. With "${odd}" fewer characters fit` : ""}`;
}

// ---- Keys
const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return pressMain(event);
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach(closeMenu);
  if (event.target.matches("[data-tick]") && tickBy(event)) return event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.body.dataset.shortcuts === "off") return;
  const search = document.querySelector("[data-find]");
  if (event.key === "?" && byId("shortcuts")) byId("shortcuts").showModal();
  else if (event.key === "/" && search) (event.preventDefault(), search.focus());
});

function pressMain(event) {
  const form = event.target.form || event.target.closest("form") || document.querySelector("form:has([data-send])");
  const main = form && (form.querySelector("[data-send]") || form.querySelector("button.button--primary"));
  if (main) (event.preventDefault(), form.requestSubmit(main));
}

function closeMenu(menu) {
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  menu.open = false;
}

document.addEventListener("click", (event) => {
  const { target } = event;
  document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(target) || (menu.open = false));
  if (target.closest("[data-print]")) print();
  const copied = target.closest("[data-copy]") && byId(target.closest("[data-copy]").dataset.copy);
  if (copied) copy(copied);
  const mistake = target.closest(".error-summary a");
  if (mistake && byId(mistake.hash.slice(1))) (event.preventDefault(), byId(mistake.hash.slice(1)).focus());
  const tick = target.closest("[data-tick]");
  if (tick) mark(tick, (list) => (list.selectedIndex + 1) % list.length);
  if (target.closest("[data-tick-all]")) ticksIn(target.closest("[data-ticks]")).forEach((one) => mark(one, (list) => list.selectedIndex || 1));
  const hold = target.closest("[data-hold]");
  if (hold && !hold.timer) holdFor(hold, Number(hold.dataset.hold));
});

// ---- The boxes of a sheet: each button shows what its list has chosen.
const ticksIn = (part) => [...part.querySelectorAll("[data-tick]")];
const SIGN_KEYS = { Backspace: 0, Delete: 0, v: 1, "/": 2, 0: 3 };

function mark(button, choose) {
  const list = byId(button.dataset.tick);
  if (choose) list.selectedIndex = choose(list);
  const chosen = list.options[list.selectedIndex];
  button.dataset.mark = chosen.value;
  button.textContent = chosen.dataset.sign;
  button.setAttribute("aria-label", `${button.dataset.about}: ${chosen.dataset.words}`);
}

// A mark goes on to the next box; up and down lead to the same place of the exercise above or below.
function tickBy({ key, target, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return false;
  const sign = SIGN_KEYS[key.length === 1 ? key.toLowerCase() : key];
  if (sign !== undefined) mark(target, () => sign);
  const step = sign > 0 || key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  const all = ticksIn(document);
  if (step) (all[all.indexOf(target) + step] || target).focus();
  const up = key === "ArrowUp" ? -1 : key === "ArrowDown" ? 1 : 0;
  const rows = [...document.querySelectorAll("[data-ticks]")];
  const row = target.closest("[data-ticks]");
  const other = up && rows[rows.indexOf(row) + up];
  if (other) (ticksIn(other)[ticksIn(row).indexOf(target)] || ticksIn(other)[0] || target).focus();
  return sign !== undefined || step !== 0 || up !== 0;
}

// Where the browser keeps the clipboard to itself, the words are at least selected.
async function copy(field) {
  field.select();
  await navigator.clipboard?.writeText(field.value).then(() => say("Copied."), () => {});
}

// ---- Clocks: hold an exercise, lock an idle screen (activity in any tab counts).
function holdFor(button, seconds) {
  const words = button.textContent;
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.textContent = left > 0 ? `Hold: ${left}` : words;
    if (left > 0) return;
    clearInterval(button.timer);
    button.timer = null;
    say("Time. Let go slowly.");
  };
  button.timer = setInterval(tick, 250);
  tick();
}

const ACTIVE = "homestretch-active-at";
const lockAfter = () => byId("lock-form") && Number(document.body.dataset.lockAfter) * 1000;
const idleFor = () => Date.now() - Number(localStorage.getItem(ACTIVE));
const touch = () => lockAfter() && idleFor() > 1000 && localStorage.setItem(ACTIVE, Date.now());
["keydown", "pointerdown", "scroll"].forEach((kind) => addEventListener(kind, touch, { passive: true }));
touch();
setInterval(() => lockAfter() && idleFor() > lockAfter() && byId("lock-form").submit(), 5000);

// ---- The one count, brought up to date while somebody looks. It keeps nobody signed in.
setInterval(async () => {
  const old = byId("inbox-count");
  if (document.hidden || !old) return;
  const answer = await fetch(old.dataset.from, { headers: FRAGMENT_HEADER }).catch(() => null);
  if (answer && answer.ok) swap("inbox-count", new DOMParser().parseFromString(await answer.text(), "text/html"));
}, 60000);

function setUp() {
  document.querySelectorAll("[data-gone-after]").forEach((one) => setTimeout(() => one.remove(), one.dataset.goneAfter * 1000));
  document.querySelectorAll("[data-counter]").forEach(count);
  document.querySelectorAll("[data-tick]").forEach((one) => mark(one));
  // A part that takes work to make comes once the page is there.
  const late = document.querySelector("[data-fetch]");
  if (late) enqueue(late.closest("form"), null, late.dataset.fetch);
}
setUp();
if (document.querySelector(".error-summary")) document.querySelector(".error-summary").focus();
